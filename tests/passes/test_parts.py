"""Models in parts: what entries of z depend on, how many levels sampling takes, and what a view bounds."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from flowspec.compiler import Report, analyse
from flowspec.emit.load import load_class
from flowspec.passes.dependency import dependency
from tests.ops.cases import CASES
from tests.ops.contract import instance
from tests.passes.brute_flow import flow_sets
from tests.passes.judge import matrix

PARTS = [case for case in CASES if case.id.startswith(("split/", "view"))]
AR = "order: raster, net: [{conv: 6, kernel: 3}, relu], head: categorical"


def checked(text: str) -> Report:
    report = analyse("parts.yaml", f"flowspec: 1\nname: parts\n{text}\n")
    assert report.ok, [f.message for f in report.diagnostics]
    return report


@pytest.mark.parametrize("case", PARTS, ids=lambda case: case.id)
def test_entries_of_z_depend_on_what_brute_force_says(case: object) -> None:
    facts = analyse("case.yaml", case.spec).all_facts  # type: ignore[attr-defined]
    assert facts is not None
    rows, _ = flow_sets(facts)
    assert (matrix(rows, facts.program.x.layout.units) == dependency(facts)).all()


@pytest.mark.parametrize(
    ("parts", "levels"),
    [
        (f"a: {{{AR}}}, b: {{{AR}}}", 4),  # side by side
        (f"a: {{{AR}}}, b: {{given: a, {AR}}}", 8),
        (f"a: {{given: b, {AR}}}, b: {{{AR}}}", 8),
        (f"a: {{{AR}}}, b: {{given: a, net: [{{conv: 4}}], head: categorical}}", 4),  # b is drawn at once
    ],
)
def test_a_part_is_drawn_after_what_it_is_given(parts: str, levels: int) -> None:
    report = checked(
        f"x: {{shape: [2, 2, 2], values: 3}}\nflow: [{{split: {{sizes: half, names: [a, b]}}}}]\nbase: {{{parts}}}"
    )
    assert report.facts.sampling_steps == levels


def test_a_part_given_what_goes_on_waits_for_all_that_it_becomes() -> None:
    own = f"{{split: {{sizes: half, base: {{{AR}}}}}}}"
    report = checked(f"x: {{shape: [4, 2, 2], values: 3}}\nflow: [{own}, {own}]\nbase: {{{AR}}}")
    assert report.facts.sampling_steps == 8 + 4 + 4  # two channels given two of one, given each other


def test_a_pyramid_splits_what_left() -> None:
    net = "{u: {up: 2, in: tiny}, h: {conv: 6, kernel: 3, in: x, given: u}}"
    rest = f"{{given: tiny, order: raster, net: {net}, head: categorical}}"
    report = checked(
        "x: {shape: [1, 4, 4], values: 2}\n"
        "flow:\n  s: {split: {subsample: 2, names: [low, rest]}, in: x}\n"
        "  t: {split: {subsample: 2, names: [tiny, more]}, in: s.low}\n"
        f"base: {{tiny: {{{AR}}}, more: {{given: tiny, {AR}}}, rest: {rest}}}"
    )
    facts = report.all_facts
    assert facts is not None
    assert [str(facts.densities[p.density].layout) for p in report.program.model.parts] == ["3x2x2", "1x1x1", "3x1x1"]


def test_one_name_in_two_flows_means_two_parts() -> None:
    report = checked(
        "x: {shape: [8], values: 2}\nflow: [{split: {sizes: half, names: [a, b]}}]\n"
        "base:\n"
        "  a: {flow: [{split: {sizes: half, names: [a, b]}}], base: {a: {given: b, net: [{linear: 3}], head: bernoulli}, b: bernoulli}}\n"
        "  b: {given: a, flow: [{split: {sizes: half, names: [u, v], base: {flow: [{split: half}], base: {given: {c: a, d: v},"
        " net: {j: {concat: [c, d]}, h: {linear: 3, in: j}}, head: bernoulli}}}}], base: {v: bernoulli}}"
    )
    model = instance(load_class(report.source()), 0)
    x = torch.tensor(list(itertools.product([0, 1], repeat=8)))
    assert abs(float(model(x).exp().sum().detach()) - 1) < 1e-9


@pytest.mark.parametrize("view", ["luma", "mean", "{of: low, size: 2}"])
def test_a_view_bounds_the_density_of_its_samples(view: str) -> None:
    """log p(x) is the sum over all views of p(view) p(x | view): the module's bound is one term of it."""
    shape, of = ("[3, 1, 1]", view) if "low" not in view else ("[1, 2, 2]", "low")
    net = f"{{u: {{linear: {shape}, in: v}}, h: {{conv: 6, kernel: 3, in: x, given: u}}}}"
    report = checked(
        f"x: {{shape: {shape}, values: 3}}\nflow: [{{view: {{of: {of}, levels: 2, names: [v, rest]}}}}]\n"
        f"base: {{v: {{head: bernoulli}}, rest: {{given: v, order: raster, net: {net}, head: categorical}}}}"
    )
    assert report.facts.likelihood == "bound"
    model = instance(load_class(report.source()), 3)
    x = torch.tensor(list(itertools.product(range(3), repeat=int(np.prod(model.SHAPE))))).view(-1, *model.SHAPE)
    seen = torch.tensor([0.0, 1.0], dtype=torch.float64).view(2, 1, *[1] * (x.dim() - 1)).expand(2, len(x), 1, 1, 1)
    with torch.no_grad():
        joint = torch.stack([model.v.log_prob(v) + model.rest.log_prob(x.double(), v=v) for v in seen]).exp()
        bound, own = model(x).exp(), model.encode(x)[0][:, 0].long()
    assert torch.allclose(bound, joint.gather(0, own[None])[0])
    assert abs(float(joint.sum()) - 1) < 1e-9
    assert 0 < float(bound.sum()) < 1
    drawn = model.sample(4000, generator=torch.Generator().manual_seed(1))
    place = (x.double().flatten(1)[:, None] == drawn.double().flatten(1)[None]).all(2).sum(1) / 4000
    assert float((place - joint.sum(0)).abs().sum()) < 0.4


def test_z_holds_the_view_first_and_decoding_reads_x_alone() -> None:
    report = checked(
        "x: {shape: [3, 2, 2], values: 8}\nflow: [{view: luma, levels: 4, names: [gray, color]}]\n"
        f"base: {{gray: {{{AR}}}, color: {{given: gray, {AR}}}}}"
    )
    model = instance(load_class(report.source()), 0)
    x = torch.randint(0, 8, (5, 3, 2, 2))
    z, log_det = model.encode(x)
    assert z.shape == (5, 4 + 12)
    assert not log_det.any()
    luma = (299 * x[:, 0] + 587 * x[:, 1] + 114 * x[:, 2]) * 4 // 8000
    assert torch.equal(z[:, :4], luma.flatten(1).double())
    z[:, :4] = 0
    assert torch.equal(model.decode(z), x.double())


def test_bits_are_digits() -> None:
    report = checked(
        "x: {shape: [4], values: 256}\nflow: [{split: {bits: 3, names: [high, low]}}]\n"
        "base: {high: categorical, low: categorical}"
    )
    model = instance(load_class(report.source()), 0)
    x = torch.arange(256).view(64, 4)
    z = model.encode(x)[0].long()
    assert torch.equal(z[:, :4], x // 32)
    assert torch.equal(z[:, 4:], x % 32)
