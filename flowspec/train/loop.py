"""The training loop: maximum likelihood by Adam, early stopping on validation, a state that can always be taken up."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from flowspec.train import metrics
from flowspec.train.compute import Compute, Feed, limits
from flowspec.train.data import Data
from flowspec.train.errors import FAILED, TrainError
from flowspec.train.options import Options
from flowspec.train.progress import Progress
from flowspec.train.run import FAILURE, LAST, Run
from flowspec.train.state import State
from flowspec.train.traits import Traits

FINISHED, STOPPED, INTERRUPTED = "finished", "stopped early", "interrupted"
EPOCH_STRIDE = 1_000_003  # keeps the shuffles of neighbouring seeds apart


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """All that one training run needs; `model` is on the device and in the type of `compute`."""

    model: nn.Module
    traits: Traits
    data: Data
    options: Options
    compute: Compute
    run: Run

    @property
    def log_det(self) -> float:
        return self.data.standard.log_det if self.data.standard else 0.0

    @property
    def per_epoch(self) -> int:
        """Steps an epoch: full batches only, so that every step sees one shape."""
        return max(1, len(self.data.splits["train"]) // self.options.batch)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How training ended: `reason` is finished, stopped early or interrupted; `best` the best entry of the history."""

    reason: str
    step: int
    epoch: float
    best: dict[str, Any] | None


def train(job: Job, progress: Progress, stopped: Callable[[], bool], spec: str, resume: bool = False) -> Outcome:
    """Train until the options say so, `stopped()` is true, or validation no longer improves.

    The run folder holds a resumable state after every validation and at the end. `spec` names the spec in messages.
    Raises TrainError when the loss or a gradient is not finite; the last good state then stays on disk.
    """
    state = State.fresh(job.model, job.options)
    resumed = resume and job.run.load_last(state, job.compute, job.traits, spec)
    if resume:  # what could not go on keeps its record
        job.run.update(options=job.options.as_json())
    loop = Loop(job, state)
    try:
        with limits(job.options.batch), contextlib.closing(progress):
            if not resumed:
                loop.initialize()
            progress.start(state.step, loop.total)
            reason = loop.run(progress, stopped)
    except TrainError as error:
        job.run.update(status=f"{FAILURE}: {error.message}", step=state.step)
        raise
    job.run.update(status=reason, step=state.step)
    best = min((e for e in state.history if e["best"]), key=lambda e: e["valid_nats"], default=None)
    return Outcome(reason, state.step, state.step / job.per_epoch, best)


class Loop:
    """One training run in memory."""

    def __init__(self, job: Job, state: State) -> None:
        self.job, self.state = job, state
        self.total = job.options.total_steps(job.per_epoch)
        self.every = job.options.eval_every or job.per_epoch
        splits = job.data.splits
        self.train_rows = Feed(splits["train"], job.traits, job.compute)
        self.valid_rows = Feed(splits["valid"], job.traits, job.compute)
        self.forward: Callable[..., Tensor] = torch.compile(job.model) if job.options.compile else job.model
        self.norm = 0.0
        self._shuffle: tuple[int, Tensor] = (-1, torch.empty(0))
        self._clock = time.monotonic()

    def initialize(self) -> None:
        """Data dependent initialization on the first batch; never repeated on a resumed run."""
        x, given = self.train_rows.batch(self.rows(0))
        with torch.no_grad():
            self.job.model.initialize(x, **given)  # type: ignore[operator]
        self.state.restart_average()

    def run(self, progress: Progress, stopped: Callable[[], bool]) -> str:
        """Steps and validations until the end; the reason why it ended."""
        state, patience = self.state, self.job.options.patience
        while state.step < self.total and not (patience and state.stale >= patience):
            if stopped():
                self.save()
                return INTERRUPTED
            progress.stepped(self.step())
            if state.step % self.every == 0 or state.step == self.total:
                progress.validated(self.validate())
        return FINISHED if state.step >= self.total else STOPPED

    def rows(self, step: int) -> Tensor:
        """The rows of a step: each epoch has a shuffle of its own, which depends on seed and epoch alone."""
        options, n = self.job.options, len(self.train_rows)
        epoch, place = divmod(step, self.job.per_epoch)
        if self._shuffle[0] != epoch:
            seed = (options.seed * EPOCH_STRIDE + epoch) % 2**63
            self._shuffle = (epoch, torch.randperm(n, generator=torch.Generator().manual_seed(seed)))
        return self._shuffle[1][place * options.batch : (place + 1) * options.batch]

    def step(self) -> float:
        """One step of Adam; the mean nats of its batch, in the units of the data."""
        job, state = self.job, self.state
        job.model.train()
        x, given = self.train_rows.batch(self.rows(state.step))
        with job.compute.autocast():
            loss = -self.forward(x, **self.order(), **given).mean()
        self.finite(loss.item(), "loss")
        state.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.norm = float(nn.utils.clip_grad_norm_(job.model.parameters(), job.options.clip or math.inf))
        self.finite(self.norm, "gradient")
        for group in state.optimizer.param_groups:
            group["lr"] = job.options.rate(state.step, self.total)
        state.optimizer.step()
        state.follow(job.options.ema)
        nats = loss.item() - job.log_det
        state.step, state.loss, state.losses = state.step + 1, state.loss + nats, state.losses + 1
        return nats

    def order(self) -> dict[str, int]:
        """A member of an ensemble of orders at random, unless all are trained together; validation mixes them all."""
        orders = self.job.traits.orders
        if orders == 1 or self.job.options.orders == "all":
            return {}
        return {"order": int(torch.randint(orders, (1,), generator=self.state.picks))}

    def finite(self, value: float, what: str) -> None:
        """Raise TrainError, with the way back, when `value` is not a finite number."""
        if math.isfinite(value):
            return
        job, step = self.job, self.state.step
        last = job.run.path / LAST
        kept = f"`{last}` holds the state of the last validation" if last.exists() else "no state was saved yet"
        raise TrainError(
            f"the {what} is {value} at step {step} (epoch {step / job.per_epoch:.2f}): training cannot go on",
            f"{kept}; try --lr below {job.options.lr:g}, --clip below {job.options.clip or 5:g}, or --warmup STEPS",
            FAILED,
        )

    def validate(self) -> dict[str, Any]:
        """Score the validation split, keep the weights if they are the best, and save the state."""
        job, state = self.job, self.state
        with state.averaged():
            log_p = metrics.log_probs(job.model, self.valid_rows, job.compute, job.options.batch)
            score = metrics.score("valid", log_p, job.traits, job.log_det)
            if score.undefined:
                self.finite(math.nan, "validation loss")
            best = score.finite and (state.best is None or score.nll < state.best)
            if best:
                job.run.save_best(job.model.state_dict(), state.step)
        record = self.record(score, best)
        state.best, state.stale = (score.nll, 0) if best else (state.best, state.stale + 1)
        state.loss, state.losses = 0.0, 0
        state.history.append(record)
        self.save()
        return record

    def record(self, score: metrics.Score, best: bool) -> dict[str, Any]:
        """The entry of the history for one validation."""
        job, state = self.job, self.state
        finite = score.finite
        return {
            "step": state.step,
            "epoch": round(state.step / job.per_epoch, 4),
            "train_nats": state.loss / max(1, state.losses),
            "valid_nats": score.nll if finite else None,
            "valid_standard_error": score.nll_error if math.isfinite(score.nll_error) else None,
            "valid_bits_per_dim": score.bits if finite else None,
            "measures": score.label,
            "lr": job.options.rate(state.step - 1, self.total),
            "gradient_norm": self.norm,
            "best": best,
            "seconds": round(time.monotonic() - self._clock, 2),
        }

    def save(self) -> None:
        """Write the state, then the history."""
        self.job.run.save_last(self.state, self.job.compute)
        self.job.run.log(self.state.history)
