"""Models of the gallery and the same architectures in other libraries, trained side by side; nothing here decides a test.

`python tools/compare.py [--only TEXT] [--table NAME] [--seeds N] [--first N] [--steps N] [--threads N] [--json FILE]` trains MAF, RealNVP and NSF on
POWER and MINIBOONE (subsets, in ../shared/data) with flowspec, nflows and zuko: same rows, same standardization, same batches in the
same order, same optimizer. Figures are nats in the units of the data on rows that nobody trained on, at the step where validation was
best; lower is better. `-` is ours less theirs, with its standard error over seeds. Peers come with `pip install -e '.[train,bench]'`.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from statistics import mean, stdev

import torch
from bench import duration, setting
from benchmarks import peers
from benchmarks.checks import GALLERY, write
from benchmarks.contest import Budget, Result, contest
from benchmarks.peers import Rival
from benchmarks.tables import SOURCES, Rows, Source, read

import flowspec

OURS = "flowspec"
STEPS = {"POWER": 3000, "MINIBOONE": 600}


@dataclass(frozen=True, slots=True)
class System:
    """A model of the gallery and the functions that build it with other libraries, given the number of columns."""

    name: str
    spec: Path
    peers: dict[str, Callable[[int], Rival]]
    batch: int
    lr: float
    clip: float = 5.0
    edit: tuple[str, str] = (" ", " ")  # a piece of the spec, and what stands there instead


SOFTPLUS = (
    "transform: {affine: {scale: softplus, start: 0.8}}"  # scales of nflows; those of zuko are exponential, as ours
)


def systems() -> tuple[System, ...]:
    """Every model. Batch, rate and clipping are those of its spec."""
    deep, flat = (100, 100), (64, 64)
    maf = System(
        "MAF",
        GALLERY / "maf_power.yaml",
        {"nflows": lambda d: peers.nflows_maf(d, 5, deep), "zuko": lambda d: peers.zuko_maf(d, 5, deep)},
        batch=256,
        lr=1e-3,
    )
    realnvp = System(
        "RealNVP",
        GALLERY / "flows" / "realnvp_power.yaml",
        {"nflows": lambda d: peers.nflows_coupling(d, 6, deep), "zuko": lambda d: peers.zuko_coupling(d, 6, deep)},
        batch=256,
        lr=1e-3,
    )
    return (
        maf,
        realnvp,
        replace(maf, name="MAF, softplus scales", edit=("order: raster", f"order: raster, {SOFTPLUS}")),
        replace(realnvp, name="RealNVP, softplus scales", edit=("keep: even_odd", f"keep: even_odd, {SOFTPLUS}")),
        System(
            "NSF",
            GALLERY / "flows" / "nsf.yaml",
            {"nflows": lambda d: peers.nflows_nsf(d, 6, flat, 8)},
            batch=256,
            lr=3e-3,
            clip=1.0,
        ),
    )


@dataclass(frozen=True, slots=True)
class Line:
    """Ours against one peer on one table; `difference` and `error` are nats, ours less theirs, over pairs of seeds."""

    system: str
    table: str
    budget: Budget
    ours: Result
    theirs: Result | None
    peer: str
    difference: float | None = None
    error: float | None = None
    ratio: float | None = None


def main(arguments: list[str] | None = None) -> int:
    """Runs what was asked for, prints the table, writes the json; 1 if there were no data to train on."""
    options = parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        lines = [line for pair in chosen(options) for line in compare(*pair, options, Path(folder))]
    if not lines:
        print("nothing to compare: no table was found, or no system has this name", file=sys.stderr)
        return 1
    print(table(lines))
    if options.json:
        record = {"setting": setting(options.threads, 1), "lines": [asdict(line) for line in lines]}
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    result.add_argument("--only", default="", metavar="TEXT", help="only systems whose name contains TEXT")
    result.add_argument("--table", default="", metavar="TEXT", help="only tables whose name contains TEXT")
    result.add_argument(
        "--seeds", type=positive, default=3, metavar="N", help="train everyone from N seeds (default: 3)"
    )
    result.add_argument("--first", type=int, default=0, metavar="N", help="the first of the seeds (default: 0)")
    result.add_argument("--steps", type=positive, metavar="N", help="steps of everyone (default: 3000 and 600)")
    result.add_argument("--threads", type=positive, default=1, metavar="N", help="torch threads of everyone")
    result.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there, seed by seed")
    return result


def positive(text: str) -> int:
    """A count of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("it must be 1 or more")
    return number


def chosen(options: argparse.Namespace) -> Iterator[tuple[System, Source]]:
    """The pairs that were asked for and whose data are there; says which are not."""
    for source in SOURCES:
        if options.table not in source.name:
            continue
        if not source.file.exists():
            print(f"{source.name} is missing: {source.file}", file=sys.stderr)
            continue
        yield from ((system, source) for system in systems() if options.only in system.name)


def compare(system: System, source: Source, options: argparse.Namespace, folder: Path) -> list[Line]:
    """Trains everyone on one table."""
    print(f"{system.name} on {source.name}", file=sys.stderr, flush=True)
    budget = Budget(options.steps or STEPS[source.name], system.batch, system.lr, system.clip)
    budget = replace(budget, every=max(1, budget.steps // 30))
    seeds = range(options.first, options.first + options.seeds)
    return judged(system, source.name, read(source), budget, seeds, folder)


def judged(system: System, name: str, rows: Rows, budget: Budget, seeds: Sequence[int], folder: Path) -> list[Line]:
    """A line for each peer; one that is not installed has no figures."""
    makers: dict[str, Callable[[], Rival]] = {OURS: partial(own, system, rows.features, folder)}
    makers |= {who: partial(make, rows.features) for who, make in system.peers.items() if installed(make)}
    results, ratios = contest(makers, rows, budget, seeds, partial(print, file=sys.stderr, flush=True))
    found = {result.who: result for result in results}
    lines = []
    for who in system.peers:
        line = Line(system.name, name, budget, found[OURS], found.get(who), who)
        if line.theirs:
            pairs = [a - b for a, b in zip(line.ours.test, line.theirs.test, strict=True)]
            error = stdev(pairs) / math.sqrt(len(pairs)) if len(pairs) > 1 else None
            line = replace(line, difference=mean(pairs), error=error, ratio=ratios[who])
        lines.append(line)
    return lines


def own(system: System, features: int, folder: Path) -> Rival:
    """The emitted module of the gallery's spec, with as many columns as the table has."""
    text = system.spec.read_text(encoding="utf-8")
    for old, new in (("{shape: [6],", f"{{shape: [{features}],"), system.edit):
        if old not in text:  # a model would be compared with itself
            raise ValueError(f"{system.spec} does not say `{old}`")
        text = text.replace(old, new)
    model = flowspec.build(write(folder / "model.yaml", text))()
    return Rival(model, model.log_prob, model.sample)


def installed(make: Callable[[int], Rival]) -> bool:
    """Whether the library of a peer is there."""
    try:
        make(4)
    except ImportError:
        return False
    return True


def table(lines: list[Line]) -> str:
    """One line for each comparison."""
    head = ("system", "table", "steps", "peer", "parameters", "flowspec", "theirs", "-", "a step", "theirs", "ratio")
    rows = [head, *(cells(line) for line in lines)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(head))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def cells(line: Line) -> tuple[str, ...]:
    """A line as text."""
    ours, theirs = line.ours, line.theirs
    start = (line.system, line.table, str(line.budget.steps), line.peer)
    if theirs is None or line.difference is None or line.ratio is None:
        return (*start, f"{ours.parameters:,}", nats(ours), "missing", "", duration(ours.seconds), "", "")
    return (
        *start,
        f"{ours.parameters:,} / {theirs.parameters:,}",
        nats(ours),
        nats(theirs),
        f"{line.difference:+.3f} ± {line.error:.3f}" if line.error is not None else f"{line.difference:+.3f}",
        duration(ours.seconds),
        duration(theirs.seconds),
        f"{line.ratio:.2f}",
    )


def nats(result: Result) -> str:
    """The mean over seeds and, in brackets, their standard deviation."""
    return f"{result.mean:.3f} ({result.deviation:.3f})" if len(result.test) > 1 else f"{result.mean:.3f}"


if __name__ == "__main__":
    raise SystemExit(main())
