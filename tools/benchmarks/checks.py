"""Checks: how their time grows with the image, how long a long flow takes, and what the command costs from cold."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import flowspec
from benchmarks.growing import NETS, SIDES
from benchmarks.timing import Case, Clock, Entry, clock, timed

ROOT = Path(__file__).resolve().parents[2]
GALLERY = ROOT / "specs"

GLOW = """\
flowspec: 1                                    # Glow-like: 2 levels of 200 rounds of 3 steps
name: glow
x: {shape: [3, 32, 32], values: 256}
nets:
  st: [{conv: 64, kernel: 3}, relu, {conv: 64}, relu]
flow:
- dequantize
- squeeze: 2
- {repeat: 200, do: [actnorm, {permute: {random: 1, seed: 1}}, {coupling: {keep: channel, net: st}}]}
- split: half
- squeeze: 2
- {repeat: 200, do: [actnorm, {permute: {random: 1, seed: 2}}, {coupling: {keep: channel, net: st}}]}
base: normal
"""


def cases(folder: Path, seconds: float) -> Iterator[tuple[str, Callable[[], Case]]]:
    """Every case of checking, by name; specs that are not in the gallery are written to `folder`."""
    for name, text in NETS.items():
        yield f"check {name}", partial(growing, name, text, folder, seconds)
    yield "check glow", lambda: alone("check Glow-like flow, 1,200 steps", write(folder / "glow.yaml", GLOW), seconds)
    for path in sorted(GALLERY.glob("*.yaml")):
        yield f"check {path.stem}", partial(alone, f"check specs/{path.name}", path, seconds)
    yield "check from cold", lambda: Case((Entry("`flowspec check specs` from cold", lambda: timed(command, 1)),))


def growing(name: str, text: str, folder: Path, seconds: float) -> Case:
    """The same net on larger images, against itself on the smallest."""
    specs = {side: write(folder / f"{side}.yaml", text.format(side=side)) for side in SIDES}
    entries = [Entry(f"check {name}, 3x{side}x{side}", check(path, seconds)) for side, path in specs.items()]
    return Case(tuple(entries), (entries[0],))


def alone(name: str, path: Path, seconds: float) -> Case:
    """One check, with nothing to compare it to."""
    return Case((Entry(name, check(path, seconds)),))


def write(path: Path, text: str) -> Path:
    """Writes a spec; its path."""
    path.write_text(text, encoding="utf-8")
    return path


def check(path: Path, seconds: float) -> Clock:
    """Times the check of a spec in this process; raises ValueError if it fails."""
    report = flowspec.check(path)
    if not report.ok:
        raise ValueError(f"{path.name} fails its check: {report.diagnostics[0].message}")
    return clock(lambda: flowspec.check(path), seconds)


def command() -> None:
    """The whole gallery in a fresh interpreter."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    call = [sys.executable, "-m", "flowspec", "check", str(GALLERY)]
    subprocess.run(call, check=True, stdout=subprocess.DEVNULL, env=environ)
