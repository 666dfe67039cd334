"""Figures of specs/README.md, reproduced: `python -m pytest -m slow tests/test_reproductions.py`.

They need the data sets beside the checkout (`../shared/data`) and minutes of CPU, so they stand behind a marker.
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from flowspec.cli.command import Command

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"

pytestmark = [pytest.mark.slow]


def trained(spec: str, out: Path, *options: str) -> None:
    """Trains a gallery spec; fails with what the command printed."""
    shown = io.StringIO()
    args = ["train", str(ROOT / "specs" / spec), "--out", str(out), "--quiet", *options]
    code = Command(io.StringIO(), shown, shown, {}).main(args)
    assert code == 0, shown.getvalue()


def nats(out: Path, split: str) -> float:
    """The held-out negative log-likelihood of a run."""
    shown = io.StringIO()
    code = Command(io.StringIO(), shown, io.StringIO(), {}).main(
        ["eval", str(out), "--split", split, "--format", "json"]
    )
    assert code == 0
    return float(json.loads(shown.getvalue())["nats"])


def test_made_reaches_ninety_nats_on_binarized_mnist(tmp_path: Path) -> None:
    """One hidden layer, one order; the paper's best is 88.40 (Germain et al. 2015)."""
    file = DATA / "binarized_mnist" / "binarized_mnist.npz"
    if not file.exists():
        pytest.skip(f"needs {file}")
    trained("made_mnist.yaml", tmp_path / "made", "--data", str(file))
    assert nats(tmp_path / "made", "test") <= 90.0


def test_realnvp_fits_two_moons(tmp_path: Path) -> None:
    """A standard normal of the same data scores 2.84 nats; the flow must be well below."""
    trained("realnvp_toy.yaml", tmp_path / "toy", "--data", "synthetic:moons")
    assert nats(tmp_path / "toy", "valid") <= 2.3
