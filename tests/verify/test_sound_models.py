"""Models without faults: every check that applies holds, and the numbers are those of float64."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")

from flowspec import SpecError
from flowspec.verify import verify

from .specs import SPECS, planted

GALLERY = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))


@pytest.mark.parametrize("name", SPECS)
def test_every_check_holds(name: str) -> None:
    certificate = planted(SPECS[name])
    assert certificate.ok, certificate.failures
    assert len(certificate.results) >= 16
    assert all(result.measured is None or result.measured == result.measured for result in certificate.results)


def test_weights_of_each_sites_own_without_a_mask() -> None:
    certificate = planted(
        "x: {shape: [1, 1, 2], values: binary}\norder: reverse\nnet: [{linear: 3, tied: true}]\nhead: bernoulli\n"
    )
    assert certificate.ok, certificate.failures


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_the_gallery_is_certified(path: Path) -> None:
    certificate = verify(path)
    assert certificate.ok, certificate.failures
    assert certificate.seconds < 20


def test_checks_that_count_or_integrate_get_a_version_of_their_own() -> None:
    names = {spec: {r.name for r in planted(SPECS[spec]).results} for spec in ("maf", "pixelcnn", "glow", "made")}
    assert "integral" in names["maf"]  # 5 variables made 2
    assert {"probabilities of all states", "samples against all states"} <= names["pixelcnn"]  # 2^24 states made few
    assert not names["glow"] & {"integral", "probabilities of all states"}  # log_prob has noise
    assert planted(SPECS["made"]).tiny == ()  # small enough as it is


LONG_TAILS = """
x: {shape: [2], values: positive}
flow:
- log
- {autoregressive: {order: raster, net: {mlp: [16]}, transform: {cdf: {logistic_mixture: 3}}}}
- {invert: [sigmoid]}
- {linear: dense}
base: logistic
"""


@pytest.mark.parametrize("seed", range(2))
def test_densities_with_long_tails_integrate_to_one(seed: int) -> None:
    """x falls as slowly as a power: samples spread over many decades, and the grid follows them."""
    from flowspec.verify import certify

    from .specs import checked

    (found,) = (r for r in certify(checked(LONG_TAILS), seed=seed).results if r.name == "integral")
    assert found.ok, found


RAINFALL = """
x: {shape: [2, 6, 6], values: positive}
given: {month: {classes: 12}, low: {shape: [2, 3, 3], values: real}}
nets:
  st: {resnet: {width: 8, blocks: 1}}
  pr: [{conv: 8, kernel: 3}, silu]
flow:
- log
- {coupling: {keep: checkerboard, net: st, transform: {affine: {scale: softplus, start: 0.8}}, times: 2}, given: month}
- squeeze: 2
- actnorm
- {conv1x1: lu}
- split: {sizes: [3, 5], names: [fine]}
- {coupling: {keep: channel, net: st, transform: {gaussian_mixture: 3}, times: 2}, given: low}
- {autoregressive: {order: reverse, transform: {spline: {kind: rational_quadratic, bins: 4, box: 4}}, net: [{conv: 10, kernel: 3}, silu]}}
base:
  fine: {given: last, flow: [{coupling: {keep: {half: channel}, net: pr, times: 2}}], base: {net: pr, head: logistic}}
  last: normal
"""


def test_samples_beyond_the_range_of_numbers_are_drawn_under_mild_weights() -> None:
    """A prior whose scales are read off latents, behind scales: generic weights multiply up to exp(10^4)."""
    certificate = planted(RAINFALL)
    assert certificate.ok, certificate.failures
    drawn = next(result for result in certificate.results if result.name == "support of samples")
    assert drawn.detail == "16 samples, finite and inside, under mild weights"


def test_seeds_draw_other_numbers_and_the_same_seed_the_same() -> None:
    from flowspec.verify import certify

    from .specs import checked

    report = checked(SPECS["box"])
    one, again, other = (certify(report, seed=seed) for seed in (1, 1, 2))
    assert one == again
    assert one.results != other.results
    assert other.ok


def test_specs_with_errors_are_not_verified(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("flowspec: 1\nname: bad\nx: {shape: [2], values: real}\nflow: [tanh]\nbase: normal\n")
    with pytest.raises(SpecError, match="FS312"):
        verify(path)
