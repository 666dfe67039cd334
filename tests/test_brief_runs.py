"""Every flow of the gallery learns from real data: `python -m pytest -m slow -s tests/test_brief_runs.py`.

Some seconds of training each, on a few hundred to a few thousand rows; a line says what held-out rows gave at each of five
validations. They need the data sets beside the checkout (`../shared/data`). That no flow is left out is a test of every run.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt
import pytest

from flowspec.cli.command import Command

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
Array = npt.NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class Brief:
    """Which rows, and how long. `rows` gives the arrays of a file; their names begin with the split."""

    rows: Callable[[], dict[str, Array]]
    steps: int
    options: tuple[str, ...] = ()


def split(train: Array, valid: Array, name: str = "x") -> dict[str, Array]:
    """Two arrays under the names that a loader knows."""
    return {f"train_{name}": train, f"valid_{name}": valid}


def needed(*parts: str) -> Path:
    """A data set; the test is skipped without it."""
    file = DATA.joinpath(*parts)
    if not file.exists():
        pytest.skip(f"needs {file}")
    return file


def power(*columns: int) -> Callable[[], dict[str, Array]]:
    """Standardized columns of POWER with noise of the width of their rounding, 8,000 and 1,000 rows."""
    widths = np.asarray((0.002, 0.002, 0.01, 0.2, 1.0, 1.0, 1.0, 1.0))

    def rows() -> dict[str, Array]:
        draw = np.random.default_rng(0)
        table = np.load(needed("power_subset", "power_48k.npz"))["data"].astype(np.float64)
        table = (table + widths * draw.random(table.shape))[draw.permutation(len(table))[:9000]][:, list(columns)]
        table = ((table - table.mean(0)) / table.std(0)).astype(np.float32)
        return split(table[:8000], table[8000:])

    return rows


def miniboone() -> dict[str, Array]:
    """Standardized rows of 43 columns, 1,300 and 223."""
    table = np.load(needed("miniboone_subset", "miniboone_1523.npz"))["data"]
    table = table[np.random.default_rng(0).permutation(len(table))]
    table = ((table - table.mean(0)) / table.std(0)).astype(np.float32)
    return split(table[:1300], table[1300:])


def neighbours() -> dict[str, Array]:
    """Two neighbouring pixels of natural images with noise of a level, in (0, 1)."""
    file = np.load(needed("bsds300_patches", "bsds300_patches_u8.npz"))
    draw = np.random.default_rng(0)
    train, valid = (file[k][:n, 3, 3:5] for k, n in (("train", 8000), ("valid", 1000)))
    train, valid = (((a + draw.random(a.shape)) / 256).astype(np.float32) for a in (train, valid))
    return split(train, valid)


def cifar() -> dict[str, Array]:
    """Images of 32 x 32 in colour, channels first, 2,000 and 128."""
    images = np.load(needed("cifar10", "cifar10_10k_2k.npz"))["x_train"].transpose(0, 3, 1, 2)
    return split(images[:2000], images[2000:2128])


def mnist(labelled: bool) -> Callable[[], dict[str, Array]]:
    """Gray digits, 4,000 and 500, with their labels where they are asked for."""

    def rows() -> dict[str, Array]:
        images = np.frombuffer(
            gzip.decompress(needed("mnist", "t10k-images-idx3-ubyte.gz").read_bytes()), np.uint8, offset=16
        )
        digits = images.reshape(-1, 1, 28, 28)
        found = split(digits[:4000], digits[4000:4500])
        if labelled:
            labels = np.frombuffer(
                gzip.decompress(needed("mnist", "t10k-labels-idx1-ubyte.gz").read_bytes()), np.uint8, offset=8
            )
            found |= split(labels[:4000], labels[4000:4500], "label")
        return found

    return rows


def binarized() -> dict[str, Array]:
    """Binary digits, 10,000 and 1,000."""
    file = np.load(needed("binarized_mnist", "binarized_mnist.npz"))
    train, valid = (np.unpackbits(file[k][:n], axis=1) for k, n in (("train", 10000), ("valid", 1000)))
    return split(train, valid)


def speech() -> dict[str, Array]:
    """Windows of 128 samples of spoken digits, companded to 256 levels (mu-law), 64 and 16: the loud ones."""
    file = np.load(needed("speech_fsdd", "fsdd.npz"))
    windows = file["samples"][: 128 * 4000].reshape(-1, 1, 128).astype(np.float64) / 2**15
    loud = windows[np.abs(windows).max((1, 2)) > 0.05][:80]
    levels = np.sign(loud) * np.log1p(255 * np.abs(loud)) / np.log(256)
    codes = np.clip((levels + 1) * 128, 0, 255).astype(np.uint8)
    return split(codes[:64], codes[64:])


TABLE, LINE, PLANE = power(0, 2, 4, 5, 6, 7), power(0), power(0, 2)
IMAGES = ("--batch", "16")
RUNS: dict[str, Brief] = {
    "cdf_uniform": Brief(LINE, 200),
    "cdf_beta": Brief(LINE, 300),
    "cdf_normal": Brief(LINE, 200),
    "moons_ar": Brief(PLANE, 200),
    "realnvp_toy": Brief(PLANE, 400),
    "ffjord": Brief(PLANE, 60),
    "image_density_2d": Brief(PLANE, 100),
    "neural_importance_sampling": Brief(neighbours, 150),
    "affine": Brief(TABLE, 100),
    "elementwise": Brief(TABLE, 200),
    "maf_power": Brief(TABLE, 200),
    "realnvp_power": Brief(TABLE, 200),
    "nsf": Brief(TABLE, 150),
    "made_mog": Brief(TABLE, 150),
    "maf_mog": Brief(TABLE, 150),
    "iaf": Brief(TABLE, 100),
    "dag_flow": Brief(TABLE, 200),
    "ffjord_tabular": Brief(TABLE, 30),
    "nsf_autoregressive": Brief(miniboone, 100),
    "nice_mnist": Brief(mnist(labelled=False), 200),
    "realnvp_mnist": Brief(mnist(labelled=False), 40, ("--batch", "32")),
    "conditional": Brief(mnist(labelled=True), 40, ("--batch", "64")),
    "vae_iaf_posterior": Brief(binarized, 200),
    "vae_flow_prior": Brief(binarized, 200),
    "realnvp_cifar10": Brief(cifar, 20, IMAGES),
    "realnvp_halves": Brief(cifar, 20, IMAGES),
    "glow_cifar10": Brief(cifar, 40, IMAGES),
    "flowpp_cifar10": Brief(cifar, 60, IMAGES),
    "flowpp_affine": Brief(cifar, 60, IMAGES),
    "flowpp_no_attention": Brief(cifar, 60, IMAGES),
    "flowpp_uniform_dequantization": Brief(cifar, 60, IMAGES),
    "flowpp_vardeq": Brief(cifar, 60, IMAGES),
    "parallel_wavenet": Brief(speech, 15, ("--batch", "4")),
}


def flows() -> dict[str, Path]:
    """The gallery's flows by name: a folder, and those that stand above it."""
    above = ("maf_power", "realnvp_toy", "realnvp_cifar10")
    files = [*(ROOT / "specs" / "flows").glob("*.yaml"), *(ROOT / "specs" / f"{name}.yaml" for name in above)]
    return {file.stem: file for file in files}


def test_every_flow_of_the_gallery_has_a_brief_run() -> None:
    assert set(flows()) == set(RUNS)


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_a_brief_run_lowers_the_loss(name: str, tmp_path: Path) -> None:
    """Held-out rows: five validations, of which the first comes after a fifth of the steps."""
    brief, started = RUNS[name], perf_counter()
    data = tmp_path / "rows.npz"
    np.savez(data, allow_pickle=False, **brief.rows())
    shown = io.StringIO()
    args = ["train", str(flows()[name]), "--data", str(data), "--out", str(tmp_path / "run"), "--quiet"]
    args += ["--steps", str(brief.steps), "--eval-every", str(brief.steps // 5), *brief.options]
    assert Command(io.StringIO(), shown, shown, {}).main(args) == 0, shown.getvalue()
    lines = (tmp_path / "run" / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    valid = [json.loads(line)["valid_nats"] for line in lines]
    falling = ", ".join(f"{v:.4g}" for v in valid)
    sys.stdout.write(f"\n{name}: {falling} nats in {brief.steps} steps, {perf_counter() - started:.0f} s\n")
    assert len(valid) == 5
    assert valid[-1] < valid[0]
    assert min(valid[3:]) < min(valid[:2])
