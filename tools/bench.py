"""Checks and emitted models, timed side by side with other libraries in one run; nothing here decides a test.

`python tools/bench.py [--quick] [--only TEXT] [--threads N] [--json FILE]`. Peers come with `pip install -e '.[train,bench]'`;
one that is missing is reported as missing. A ratio is ours over the peer's: below 1 we are faster.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import torch
from benchmarks import checks, models
from benchmarks.peers import LIBRARIES
from benchmarks.timing import Row, measure


def main(arguments: list[str] | None = None) -> int:
    """Runs what was asked for, prints the table, writes the json."""
    options = parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    rounds, seconds = (3, 0.005) if options.quick else (15, 0.05)
    with tempfile.TemporaryDirectory() as folder:
        rows = list(run(options.only, rounds, seconds, Path(folder)))
    print(table(rows))
    if options.json:
        record = {"setting": setting(options.threads, rounds), "rows": [asdict(row) for row in rows]}
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    result.add_argument("--quick", action="store_true", help="3 short rounds instead of 15")
    result.add_argument("--only", default="", metavar="TEXT", help="only cases whose name contains TEXT")
    result.add_argument("--threads", type=int, default=1, help="torch threads of everyone")
    result.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    return result


def run(only: str, rounds: int, seconds: float, folder: Path) -> Iterator[Row]:
    """Measures case after case."""
    for room in (checks, models):
        for name, case in room.cases(folder, seconds):
            if only in name:
                print(name, file=sys.stderr, flush=True)
                yield from measure(case(), rounds)


def setting(threads: int, rounds: int) -> dict[str, object]:
    """What the figures depend on."""
    return {"threads": threads, "rounds": rounds, "versions": {name: version(name) for name in ("torch", *LIBRARIES)}}


def version(package: str) -> str | None:
    """The installed version, None without."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def table(rows: list[Row]) -> str:
    """One line for each comparison."""
    head = ("case", "parameters", "flowspec", "peer", "theirs", "ratio", "quartiles")
    lines = [head, *(cells(row) for row in rows)]
    widths = [max(len(line[k]) for line in lines) for k in range(len(head))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines)


def cells(row: Row) -> tuple[str, ...]:
    """A row as text; both counts of parameters where they differ."""
    counts = [f"{n:,}" for n in dict.fromkeys((row.parameters, row.peer_parameters)) if n is not None]
    start = (row.case, " / ".join(counts), duration(row.seconds), row.peer or "")
    if row.ratio is None or row.peer_seconds is None:
        return (*start, "missing" if row.peer else "", "", "")
    return (*start, duration(row.peer_seconds), f"{row.ratio:.2f}", f"{row.ratio_low:.2f}..{row.ratio_high:.2f}")


def duration(seconds: float) -> str:
    """Three digits and a unit."""
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1e3:.3g} ms"


if __name__ == "__main__":
    raise SystemExit(main())
