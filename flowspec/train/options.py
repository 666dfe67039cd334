"""How a model is trained: defaults, what the spec's `train` section says, what the command line says."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from flowspec.train.errors import TrainError

PRECISIONS = ("float32", "bfloat16", "float64")
SCHEDULES = ("constant", "cosine")
ORDERS = ("sample", "all")
EPOCHS = 100
KEPT = ("batch", "seed", "precision", "ema", "orders")  # what a run that goes on cannot change


@dataclass(frozen=True, slots=True)
class Options:
    """The choices of one training run.

    Training ends after `epochs` or `steps`, whichever comes first (0 is no limit; both 0 are 100 epochs), or after
    `patience` validations without a new best (0 never stops early). `eval_every` counts steps between validations;
    0 validates after each epoch. `schedule` `cosine` takes the learning rate from `lr` to 0 over the whole run,
    `warmup` steps ramp it up. `clip` bounds the norm of the gradient (0 does not). `ema` > 0 is the decay of an average
    of the weights, which is then what is validated and kept.

    `orders` says what an ensemble of orders is trained on. `sample` takes one member at random a step, at the cost of
    one pass (order-agnostic training: Uria, Murray and Larochelle 2014; Germain et al. 2015, section 4.2): it minimises
    the mean over the members of -log p_k, which bounds -log of their mixture from above, and makes every member good.
    `all` minimises -log of the mixture itself, at the cost of a pass for each member. Validation scores the mixture.
    """

    epochs: int = 0
    steps: int = 0
    batch: int = 100
    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.0
    clip: float = 5.0
    patience: int = 10
    eval_every: int = 0
    schedule: str = "constant"
    warmup: int = 0
    ema: float = 0.0
    seed: int = 0
    precision: str = "float32"
    compile: bool = False
    orders: str = "sample"

    def __post_init__(self) -> None:
        for name, legal, wanted in self._rules():
            if not legal:
                raise TrainError(f"the option `{name}` is {getattr(self, name)!r}; it must be {wanted}")

    def _rules(self) -> tuple[tuple[str, bool, str], ...]:
        return (
            ("epochs", self.epochs >= 0, "1 or more, or 0 for no limit"),
            ("steps", self.steps >= 0, "1 or more, or 0 for no limit"),
            ("batch", self.batch >= 1, "1 or more"),
            ("lr", 0 < self.lr < float("inf"), "above 0"),
            ("betas", all(0 <= b < 1 for b in self.betas), "two numbers from 0 to below 1"),
            ("weight_decay", 0 <= self.weight_decay < float("inf"), "0 or more"),
            ("clip", self.clip >= 0, "above 0, or 0 for no clipping"),
            ("patience", self.patience >= 0, "1 or more, or 0 to never stop early"),
            ("eval_every", self.eval_every >= 0, "1 or more, or 0 for once an epoch"),
            ("schedule", self.schedule in SCHEDULES, f"one of {', '.join(SCHEDULES)}"),
            ("orders", self.orders in ORDERS, f"one of {', '.join(ORDERS)}"),
            ("warmup", self.warmup >= 0, "0 or more"),
            ("ema", 0 <= self.ema < 1, "from 0 to below 1"),
            ("seed", 0 <= self.seed < 2**63, "0 or more, and below 2^63"),
            ("precision", self.precision in PRECISIONS, f"one of {', '.join(PRECISIONS)}"),
        )

    def total_steps(self, per_epoch: int) -> int:
        """The step after which training ends."""
        limits = [limit for limit in (self.epochs * per_epoch, self.steps) if limit]
        return min(limits, default=EPOCHS * per_epoch)

    def rate(self, step: int, total: int) -> float:
        """The learning rate of a step, counted from 0, of `total` steps."""
        ramp = min(1.0, (step + 1) / self.warmup) if self.warmup else 1.0
        fall = 0.5 * (1 + math.cos(math.pi * step / total)) if self.schedule == "cosine" else 1.0
        return self.lr * ramp * fall

    @property
    def wide(self) -> bool:
        """Whether data, weights and sums are float64."""
        return self.precision == "float64"

    def updated(self, changes: Mapping[str, Any], origin: str) -> Options:
        """These options with the entries of `changes` that are not None.

        Raises TrainError for a name or a type that no option has; `origin` says in words where the changes are from.
        """
        return replace(self, **{name: _typed(name, v, origin) for name, v in changes.items() if v is not None})

    def resumed(self, changes: Mapping[str, Any]) -> Options:
        """As `updated`, but TrainError for what would make the rest of a run another run."""
        new = self.updated(changes, "the command line")
        for name in KEPT:
            if getattr(new, name) != getattr(self, name):
                raise TrainError(
                    f"a run that is resumed keeps its {name}: it was started with {getattr(self, name)}, "
                    f"not {getattr(new, name)}",
                    "start another run with another --out",
                )
        return new

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Options:
        return cls().updated(record, "run.json")


def _typed(name: str, value: Any, origin: str) -> Any:
    default = next((field.default for field in fields(Options) if field.name == name), None)
    if default is None:
        names = [field.name for field in fields(Options)]
        close = difflib.get_close_matches(name, names, 1)
        raise TrainError(
            f"{origin} sets `{name}`, which is no option of training",
            f"did you mean `{close[0]}`?" if close else f"the options are {', '.join(names)}",
        )
    if isinstance(default, tuple) and _numbers(value) and len(value) == len(default):
        return tuple(float(v) for v in value)
    if isinstance(default, float) and _numbers([value]):
        return float(value)
    if type(value) is type(default) and not isinstance(value, tuple):
        return value
    kinds = {bool: "true or false", int: "an integer", float: "a number", str: "a word", tuple: "two numbers"}
    raise TrainError(f"{origin} sets `{name}` to {value!r}; it must be {kinds[type(default)]}")


def _numbers(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(v, int | float) and type(v) is not bool for v in value)
