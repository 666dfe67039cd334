"""Log-likelihood over a split, counted right: mean nats, bits per dimension, standard errors, and what they bound."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from flowspec.train.compute import Compute, Feed
from flowspec.train.dither import log_widths
from flowspec.train.traits import Traits

LABELS = {"exact": "NLL", "bound": "upper bound on NLL", "estimate": "estimate of NLL"}
SEED = 20_180_501  # of the noise that a validation draws: the same for every model and every step


@dataclass(frozen=True, slots=True)
class Score:
    """The negative log-likelihood over the rows of a split: `nll` mean nats, `nll_error` its standard error.

    Bits per dimension are nll / (D ln 2). `impossible` rows have density 0 (then nll is infinite), `undefined` ones
    NaN. `log_det` nats of a standardisation are counted in already: figures are in the units of the data. `noise` holds
    the widths of the noise that was added to the data.
    """

    split: str
    rows: int
    variables: int
    likelihood: str
    nll: float
    nll_error: float
    impossible: int = 0
    undefined: int = 0
    log_det: float = 0.0
    noise: tuple[float, ...] = ()

    @property
    def bits(self) -> float:
        """Bits per dimension."""
        return self.nll / (self.variables * math.log(2))

    @property
    def bits_error(self) -> float:
        return self.nll_error / (self.variables * math.log(2))

    @property
    def label(self) -> str:
        """What `nll` is, in words."""
        return LABELS[self.likelihood]

    @property
    def finite(self) -> bool:
        return math.isfinite(self.nll)

    def as_json(self) -> dict[str, Any]:
        """Plain values; figures that are not finite are null."""
        figures = {
            "nats": self.nll,
            "nats_standard_error": self.nll_error,
            "bits_per_dim": self.bits,
            "bits_per_dim_standard_error": self.bits_error,
        }
        return {
            "split": self.split,
            "rows": self.rows,
            "variables": self.variables,
            "measures": self.label,
            **{name: value if math.isfinite(value) else None for name, value in figures.items()},
            "impossible_rows": self.impossible,
            "undefined_rows": self.undefined,
            "standardize_log_det": self.log_det,
            "noise": list(self.noise),
        }

    def lines(self) -> list[str]:
        """The score as text, one figure a line."""
        width = max(len(self.label), len("bits/dim"))
        lines = [
            f"{self.label:<{width}}  {_figure(self.nll, self.nll_error)} nats",
            f"{'bits/dim':<{width}}  {_figure(self.bits, self.bits_error)}",
            f"mean ± standard error over {self.rows} rows of {self.variables} variables",
        ]
        if self.log_det:
            lines.append(f"in the units of the data: the log-det of --standardize, {self.log_det:+.4f} nats, is in")
        if any(self.noise):
            bound = f"-log P of the rounded x is at most {self.nll - log_widths(self.noise, self.variables):.4f} nats"
            lines.append(f"of x with the noise of --noise; {bound}")
        if self.impossible:
            lines.append(f"{self.impossible} rows have density 0 under the model")
        if self.undefined:
            lines.append(f"{self.undefined} rows have no density: the model gives NaN for them")
        return lines


def log_probs(model: nn.Module, feed: Feed, compute: Compute, batch: int, seed: int = SEED) -> Tensor:
    """log p(x) of each row in nats, (N,) float64 on the CPU, by the model's own `log_prob`, in eval mode.

    Stochastic terms (dequantization) draw one sample a row, from `seed`; the training generators stay untouched.
    """
    training = model.training
    model.eval()
    with torch.no_grad(), compute.aside(seed):
        parts = []
        for x, given in feed.batches(batch):
            with compute.autocast():
                parts.append(model.log_prob(x, **given).double().cpu())  # type: ignore[operator]
    model.train(training)
    return torch.cat(parts)


def score(split: str, log_p: Tensor, traits: Traits, log_det: float = 0.0, noise: tuple[float, ...] = ()) -> Score:
    """Sum up log_p (N,); `log_det` is the constant of a standardisation, in nats, `noise` what was added to the data."""
    nats = -(log_p + log_det)
    rows = len(nats)
    error = float(nats.std(unbiased=True)) / math.sqrt(rows) if rows > 1 else math.nan
    return Score(
        split=split,
        rows=rows,
        variables=traits.variables,
        likelihood=traits.likelihood,
        nll=float(nats.mean()),
        nll_error=error,
        impossible=int((log_p == -math.inf).sum()),
        undefined=int(log_p.isnan().sum()),
        log_det=log_det,
        noise=noise,
    )


def _figure(value: float, error: float) -> str:
    return f"{value:.4f} ± {error:.4f}" if math.isfinite(error) else f"{value:.4f}"
