"""The same architecture trained by several libraries: same rows, same batches in the same order, same optimizer."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import mean, median, stdev
from time import perf_counter

import torch

from benchmarks.peers import Rival
from benchmarks.tables import Rows


@dataclass(frozen=True, slots=True)
class Budget:
    """How long and how everyone is trained: Adam at a constant rate; the gradient's norm is cut at `clip`."""

    steps: int
    batch: int
    lr: float
    clip: float = 5.0
    every: int = 100  # steps between validations


@dataclass(slots=True, eq=False)
class Learner:
    """A model in training, with the seconds of each step, and the test figure where validation was best so far."""

    name: str
    model: Rival
    optimizer: torch.optim.Optimizer
    clip: float
    seconds: list[float] = field(default_factory=list)
    valid: float = float("inf")
    test: float = float("nan")
    at: int = 0

    @classmethod
    def of(cls, name: str, model: Rival, budget: Budget) -> Learner:
        """A learner at step 0."""
        return cls(name, model, torch.optim.Adam(model.parameters(), lr=budget.lr), budget.clip)

    def step(self, x: torch.Tensor) -> None:
        """One step on a batch, (B, D)."""
        started = perf_counter()
        self.model.module.train()
        loss = -self.model.log_prob(x).mean()
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        self.optimizer.step()
        self.seconds.append(perf_counter() - started)

    def validate(self, rows: Rows, step: int) -> None:
        """Keep the test figure if validation has improved: what early stopping would have kept."""
        valid = self.nats(rows.valid)
        if valid < self.valid:
            self.valid, self.test, self.at = valid, self.nats(rows.test) - rows.log_det, step

    @torch.no_grad()
    def nats(self, x: torch.Tensor) -> float:
        """The mean of -log p over rows."""
        self.model.module.eval()
        return -float(torch.cat([self.model.log_prob(part) for part in x.split(4096)]).double().mean())


def batches(rows: int, budget: Budget, seed: int) -> Iterator[torch.Tensor]:
    """The row numbers of each step: a new shuffle each epoch, full batches only, the same for everyone."""
    draw = torch.Generator().manual_seed(seed)
    size, done = min(budget.batch, rows), 0
    while done < budget.steps:
        order = torch.randperm(rows, generator=draw)
        for start in range(0, rows - size + 1, size):
            if done == budget.steps:
                return
            yield order[start : start + size]
            done += 1


def race(learners: Sequence[Learner], rows: Rows, budget: Budget, seed: int) -> None:
    """Train everyone step by step, each leading in turn, so that a busy machine is busy for all of them."""
    gc.collect()
    for k, chosen in enumerate(batches(len(rows.train), budget, seed)):
        x = rows.train[chosen]
        for i in range(len(learners)):
            learners[(i + k) % len(learners)].step(x)
        if (k + 1) % budget.every == 0 or k + 1 == budget.steps:
            for learner in learners:
                learner.validate(rows, k + 1)


@dataclass(frozen=True, slots=True)
class Result:
    """One library on one model and table: test nats of each seed where validation was best, seconds of a step."""

    who: str
    parameters: int
    test: tuple[float, ...]
    best_at: tuple[int, ...]
    seconds: float

    @property
    def mean(self) -> float:
        """The mean over seeds."""
        return mean(self.test)

    @property
    def deviation(self) -> float:
        """The standard deviation over seeds."""
        return stdev(self.test) if len(self.test) > 1 else float("nan")


def contest(
    makers: dict[str, Callable[[], Rival]],
    rows: Rows,
    budget: Budget,
    seeds: Sequence[int],
    told: Callable[[str], None] = lambda line: None,
) -> tuple[list[Result], dict[str, float]]:
    """Everyone trained from every seed; and the median over steps of the ratio of our seconds to each peer's.

    `makers` has ours first. A seed decides the first weights and the batches; `told` hears of each one that is done.
    """
    runs: dict[str, list[Learner]] = {name: [] for name in makers}
    for seed in seeds:
        learners = [seeded(name, make, budget, seed) for name, make in makers.items()]
        race(learners, rows, budget, seed)
        for learner in learners:
            runs[learner.name].append(learner)
        told(f"seed {seed}: " + ", ".join(f"{one.name} {one.test:.3f}" for one in learners))
    times = {name: [t for learner in found for t in learner.seconds] for name, found in runs.items()}
    own = times[next(iter(makers))]
    ratios = {name: median(a / b for a, b in zip(own, theirs, strict=True)) for name, theirs in times.items()}
    return [result(name, found) for name, found in runs.items()], ratios


def seeded(name: str, make: Callable[[], Rival], budget: Budget, seed: int) -> Learner:
    """A learner whose first weights depend on the seed alone."""
    torch.manual_seed(seed)
    return Learner.of(name, make(), budget)


def result(name: str, runs: list[Learner]) -> Result:
    """The figures of one library."""
    return Result(
        name,
        runs[0].model.count(),
        tuple(run.test for run in runs),
        tuple(run.at for run in runs),
        median(t for run in runs for t in run.seconds),
    )
