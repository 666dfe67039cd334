"""Emitted models against the same architecture, with as many parameters, in other libraries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

import flowspec
from benchmarks import peers
from benchmarks.checks import GALLERY, write
from benchmarks.peers import Rival
from benchmarks.timing import Case, Entry, clock

BATCH = {"log_prob": 1024, "train": 256, "sample": 1024}


@dataclass(frozen=True, slots=True)
class Setting:
    """An architecture: our spec, what the others call it, data, and the jobs that are timed."""

    name: str
    spec: str
    size: tuple[object, ...]  # the arguments of the peers
    peers: dict[str, Callable[..., Rival]]
    draw: Callable[[int], torch.Tensor]
    jobs: tuple[str, ...] = ("log_prob", "train", "sample")


def settings() -> list[Setting]:
    """Every architecture."""
    maf, toy, made = (read(name) for name in ("maf_power", "realnvp_toy", "made_mnist"))
    wide = (6, 5, (100, 100))
    maf_peers: dict[str, Callable[..., Rival]] = {"zuko": peers.zuko_maf, "nflows": peers.nflows_maf}
    iaf_peers: dict[str, Callable[..., Rival]] = {"zuko": peers.zuko_iaf, "nflows": peers.nflows_iaf}
    iaf = maf.replace("{order: raster,", "{order: raster, fast: sampling,")
    halves: dict[str, Callable[..., Rival]] = {
        "normflows": peers.normflows_coupling,
        "FrEIA": peers.freia_coupling,
        "zuko": peers.zuko_coupling,
    }
    toy6 = toy.replace("shape: [2]", "shape: [6]")
    dense: dict[str, Callable[..., Rival]] = {"nflows": peers.nflows_made, "plain torch": peers.plain_made}
    return [
        Setting("MAF 6-D", maf, wide, maf_peers, normal(6)),
        Setting("IAF 6-D", iaf, wide, iaf_peers, normal(6), ("log_prob", "sample")),
        Setting("couplings 2-D", toy, (2, 6, (64, 64)), halves, normal(2)),
        Setting("couplings 6-D", toy6, (6, 6, (64, 64)), halves, normal(6)),
        Setting("MADE 784-2000-784", made, (784, 2000), dense, binary(784), ("log_prob", "train")),
    ]


def read(name: str) -> str:
    """A spec of the gallery."""
    return (GALLERY / f"{name}.yaml").read_text(encoding="utf-8")


def normal(features: int) -> Callable[[int], torch.Tensor]:
    """Standard normal data, n -> (n, features)."""
    return lambda n: torch.randn(n, features)


def binary(features: int) -> Callable[[int], torch.Tensor]:
    """Fair coins, n -> (n, features)."""
    return lambda n: torch.randint(2, (n, features)).float()


def cases(folder: Path, seconds: float) -> Iterator[tuple[str, Callable[[], Case]]]:
    """Every architecture and job, by name; specs are written to `folder`."""
    for setting in settings():
        for job in setting.jobs:
            name = f"{setting.name} {job}, batch {BATCH[job]:,}"
            yield name, partial(compete, name, setting, job, folder, seconds)


def compete(name: str, setting: Setting, job: str, folder: Path, seconds: float) -> Case:
    """Ours and the peers at one job, on the same batch."""
    x = setting.draw(BATCH[job])
    ours = entry(name, own(setting, folder), job, x, seconds)
    return Case((ours,), tuple(entry(who, rival(setting, who), job, x, seconds) for who in setting.peers))


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


def entry(name: str, model: Rival | None, job: str, x: torch.Tensor, seconds: float) -> Entry:
    """One model, ready to be timed at one job."""
    if model is None:
        return Entry(name, None)
    return Entry(name, clock(JOBS[job](model, x), seconds), model.count())


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


JOBS = {"log_prob": evaluate, "train": train, "sample": sample}
