"""Emitted models against the same architecture, with as many parameters, in other libraries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

import flowspec
from benchmarks import peers
from benchmarks.checks import write
from benchmarks.peers import Rival
from benchmarks.timing import Case, Entry, clock

Job = tuple[str, int]  # what is done, and with how many samples
DENSITY: tuple[Job, ...] = (("log_prob", 1024), ("log_prob", 1))  # one sample shows what each call costs
SAMPLE: tuple[Job, ...] = (("sample", 1024), ("sample", 1))
TRAIN: tuple[Job, ...] = (("train", 256),)
PICTURES: tuple[Job, ...] = (("log_prob", 64), ("train", 64), ("sample", 64))


MAF = """\
flowspec: 1                                    # 5 steps of 2 hidden layers, orders alternate
name: maf
x: {{shape: [6], values: real}}
flow:
- {{autoregressive: {{order: raster, fast: {fast}, net: [{{linear: 100}}, relu, {{linear: 100}}, relu]}}, times: 5}}
base: normal
"""

COUPLINGS = """\
flowspec: 1                                    # 6 couplings of 2 hidden layers, halves alternate
name: couplings
x: {{shape: [{features}], values: real}}
flow:
- {{coupling: {{keep: half, net: {{mlp: [64, 64]}}}}, times: 6}}
base: normal
"""

SPLINES = """\
flowspec: 1                                    # 6 rational-quadratic couplings of 8 bins, halves alternate
name: splines
x: {shape: [6], values: real}
flow:
- {coupling: {keep: half, transform: {spline: {kind: rational_quadratic, bins: 8, box: 3}}, net: {mlp: [64, 64]}},
   times: 6}
base: normal
"""

GLOW = """\
flowspec: 1                                    # 4 steps of Glow on 8x8 sites of 12 channels
name: glow
x: {shape: [12, 8, 8], values: real}
flow:
- repeat: 4
  do:
  - actnorm
  - conv1x1: lu
  - coupling:
      keep: channel
      net: [{conv: 64, kernel: 3}, relu, {conv: 64, kernel: 1}, relu, {conv: 12, kernel: 3}]   # as wide as the head
base: normal
"""

MADE = """\
flowspec: 1                                    # one hidden layer, one order
name: made
x: {shape: [784], values: binary}
order: {random: 1, seed: 1}
net: [{linear: 2000}, relu]
head: bernoulli
"""

Makers = dict[str, Callable[..., Rival]]


@dataclass(frozen=True, slots=True)
class Setting:
    """An architecture: our spec, what the others call it, data, and the jobs that are timed."""

    name: str
    spec: str
    size: tuple[object, ...]  # the arguments of the peers
    peers: Makers
    draw: Callable[[int], torch.Tensor]
    jobs: tuple[Job, ...] = DENSITY + TRAIN + SAMPLE


def settings() -> list[Setting]:
    """Every architecture."""
    deep, flat = (6, 5, (100, 100)), (6, 6, (64, 64))
    maf: Makers = {"zuko": peers.zuko_maf, "nflows": peers.nflows_maf}
    iaf: Makers = {"zuko": peers.zuko_iaf, "nflows": peers.nflows_iaf}
    halves: Makers = {
        "normflows": peers.normflows_coupling,
        "FrEIA": peers.freia_coupling,
        "zuko": peers.zuko_coupling,
    }
    bent: Makers = {"nflows": peers.nflows_splines, "zuko": peers.zuko_splines}
    dense: Makers = {"nflows": peers.nflows_made, "plain torch": peers.plain_made}
    return [
        Setting("MAF 6-D", MAF.format(fast="density"), deep, maf, normal(6)),
        Setting("IAF 6-D", MAF.format(fast="sampling"), deep, iaf, normal(6), DENSITY + SAMPLE),
        Setting("couplings 2-D", COUPLINGS.format(features=2), (2, *flat[1:]), halves, normal(2)),
        Setting("couplings 6-D", COUPLINGS.format(features=6), flat, halves, normal(6)),
        Setting("spline couplings 6-D", SPLINES, (6, 6, (64, 64), 8), bent, normal(6)),
        Setting(
            "Glow 12x8x8", GLOW, ((12, 8, 8), 4, 64), {"normflows": peers.normflows_glow}, normal(12, 8, 8), PICTURES
        ),
        Setting("MADE 784-2000-784", MADE, (784, 2000), dense, binary(784), DENSITY + TRAIN),
    ]


def normal(*shape: int) -> Callable[[int], torch.Tensor]:
    """Standard normal data, n -> (n, *shape)."""
    return lambda n: torch.randn(n, *shape)


def binary(features: int) -> Callable[[int], torch.Tensor]:
    """Fair coins, n -> (n, features)."""
    return lambda n: torch.randint(2, (n, features)).float()


def cases(folder: Path, seconds: float) -> Iterator[tuple[str, Callable[[], Case]]]:
    """Every architecture and job, by name; specs are written to `folder`."""
    for setting in settings():
        for job in setting.jobs:
            name = f"{setting.name} {job[0]}, batch {job[1]:,}"
            yield name, partial(compete, name, setting, job, folder, seconds)


def compete(name: str, setting: Setting, job: Job, folder: Path, seconds: float) -> Case:
    """Ours and the peers at one job, on the same batch."""
    work, batch = job
    x = setting.draw(batch)
    ours = entry(name, own(setting, folder), work, x, seconds)
    return Case((ours,), tuple(entry(who, rival(setting, who), work, x, seconds) for who in setting.peers))


def own(setting: Setting, folder: Path) -> Rival:
    """Our model, built from its spec."""
    model = flowspec.build(write(folder / "model.yaml", setting.spec))()
    return Rival(model, model.log_prob, model.sample)


def rival(setting: Setting, who: str) -> Rival | None:
    """A peer's model; None if the library is not installed."""
    try:
        return setting.peers[who](*setting.size)
    except ImportError:
        return None


def entry(name: str, model: Rival | None, work: str, x: torch.Tensor, seconds: float) -> Entry:
    """One model, ready to be timed at one job."""
    if model is None:
        return Entry(name, None)
    return Entry(name, clock(WORK[work](model, x), seconds), model.count())


def evaluate(rival: Rival, x: torch.Tensor) -> Callable[[], object]:
    """The log-density of a batch, without gradients."""
    return torch.no_grad()(lambda: rival.log_prob(x))


def train(rival: Rival, x: torch.Tensor) -> Callable[[], object]:
    """One step of Adam on a batch."""
    optimizer = torch.optim.Adam(rival.parameters(), lr=1e-4)

    def step() -> None:
        optimizer.zero_grad()
        torch.autograd.backward(-rival.log_prob(x).mean())
        optimizer.step()

    return step


def sample(rival: Rival, x: torch.Tensor) -> Callable[[], object]:
    """As many samples as the batch is large, without gradients. Raises ValueError if the model has no sampler."""
    draw = rival.sample
    if draw is None:
        raise ValueError("this model is not timed in the sampling direction")
    return torch.no_grad()(lambda: draw(len(x)))


WORK = {"log_prob": evaluate, "train": train, "sample": sample}
