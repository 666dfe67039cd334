"""Smaller specs: only numbers change, lines stay where they are, and the model is of the same kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowspec.compiler import Report, analyse
from flowspec.verify.shrink import Shrunk, shrink, shrink_more
from flowspec.verify.shrink.candidates import capped
from flowspec.verify.shrink.roles import numbers_of

from .specs import HEAD, SPECS, checked

GATED = """x: {shape: [3, 32, 32], values: 256}
given: {label: {classes: 10}, low: {shape: [3, 32, 32], values: real}}
vars: {p: 126, layers: 15, k: 3}
order: raster
net:
  v:   {conv: $p, kernel: 7, in: x, knows: above}
  h:   {conv: $p, kernel: [1, 7], in: x, given: low}
  vh:  {repeat: $layers, block: gated, in: {v: v, h: h, c: label}}
  out: {chain: [relu, {conv: 1024}, relu], in: vh.h}
head: categorical
blocks:
  gated:
    in: [v, h, c]
    vars: {k: 3}
    net:
      vc:  {conv: 2*$p, kernel: $k, in: v, knows: above}
      v2:  {gate: tanh_sigmoid, in: vc, given: c}
      v2h: {conv: 2*$p, in: vc}
      hc:  {conv: 2*$p, kernel: [1, $k], in: h}
      hv:  {add: [hc, v2h]}
      g:   {gate: tanh_sigmoid, in: hv, given: c}
      res: {conv: $p, in: g}
      h2:  {add: [h, res]}
    out: {v: v2, h: h2}
"""

DILATED = """x: {shape: [1, 400], values: 2}
order: raster
net:
- {conv: 64, kernel: 2}
- {for: {d: [1, 2, 4, 8, 16]}, do: [{residual: [relu, {conv: 64, kernel: 2, dilation: $d}]}]}
- relu
head: categorical
"""

MULTISCALE = """x: {shape: [3, 64, 64], values: 256}
nets: {st: {resnet: {width: 96, blocks: 6}}}
flow:
- dequantize
- {logit: 0.05}
- squeeze: 2
- {coupling: {keep: channel, net: st}, times: 6}
- split: half
- squeeze: [2, 2]
- {coupling: {keep: checkerboard, net: st}, times: 6}
- split: half
- squeeze: 2
- {coupling: {keep: channel, net: st}, times: 6}
base: normal
"""

LISTED = """x: {shape: [60], values: binary}
order: {explicit: [%s]}
net: [{linear: 500}, relu]
head: bernoulli
"""


def shrunk(body: str) -> tuple[Report, Shrunk]:
    report = checked(body)
    found = shrink(report)
    assert found is not None
    assert found.report.ok
    assert found.text.count("\n") == (HEAD + body).count("\n")
    return report, found


def after(found: Shrunk) -> list[str]:
    return [f"{c.line} {c.what} {c.before} -> {c.after}" for c in found.changes]


def test_variables_gates_and_contexts_shrink_together() -> None:
    _, found = shrunk(GATED)
    assert sorted(after(found)) == [
        "11 conv 1024 -> 12",
        "3 shape of x [3, 32, 32] -> [3, 4, 5]",
        "3 values of x 256 -> 5",
        "4 classes of label 10 -> 4",
        "4 shape of low [3, 32, 32] -> [3, 4, 5]",
        "5 layers 15 -> 2",
        "5 p 126 -> 12",
    ]
    assert "vars: {p: 12, layers: 2, k: 3}" in found.text  # a kernel is no size
    assert found.report.facts.variables == 60


def test_rounds_of_for_are_cut() -> None:
    _, found = shrunk(DILATED)
    assert "{d: [1, 2]}" in found.text
    assert "7 rounds of for 5 -> 2" in after(found)


def test_squeezes_still_divide() -> None:
    _, found = shrunk(MULTISCALE)
    assert found.report.facts.variables == 3 * 8 * 8
    assert "times: 2" in found.text


def test_lists_of_indices_stay() -> None:
    text = ", ".join(str(59 - i) for i in range(60))
    _, found = shrunk(LISTED % text)
    assert text in found.text
    assert found.report.facts.variables == 60
    assert found.report.facts.context_missing == 0  # wide enough for every context, as it was


def test_small_specs_stay_as_they_are() -> None:
    assert all(shrink(checked(body)) is None for body in SPECS.values())


def test_findings_do_not_come_with_size() -> None:
    for body in (GATED, MULTISCALE, DILATED):
        report, found = shrunk(body)
        assert {f.code for f in found.report.diagnostics} <= {f.code for f in report.diagnostics}


@pytest.mark.parametrize(("body", "variables"), [(SPECS["pixelcnn"], 8), (SPECS["maf"], 2), (GATED, 9)])
def test_a_tiny_version_can_be_counted_or_integrated(body: str, variables: int) -> None:
    found = shrink_more(checked(body), 2**10)
    assert found is not None
    assert found.report.facts.variables is not None
    assert found.report.facts.variables <= max(variables, 10)


def test_pictures_of_real_numbers_have_no_tiny_version() -> None:
    body = "x: {shape: [3, 8, 8], values: real}\nflow: [{coupling: {keep: channel, net: {resnet: 8}}, times: 2}]\nbase: normal\n"
    assert shrink_more(checked(body), 2**10) is None


def test_used_files_shrink_too(tmp_path: Path) -> None:
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "parts.yaml").write_text("flowspec: 1\nname: parts\nnets: {st: {mlp: [700, 1400]}}\n")
    main = tmp_path / "main.yaml"
    text = "flowspec: 1\nname: main\nuse: {p: ./nets/parts.yaml}\nx: {shape: [100], values: real}\n"
    main.write_text(text + "flow: [{coupling: {keep: half, net: p.st}, times: 2}]\nbase: normal\n")
    report = analyse(main)
    assert report.ok, report.diagnostics
    found = shrink(report)
    assert found is not None
    assert found.report.facts.variables == 10
    assert {(Path(c.file).name, c.before, c.after) for c in found.changes} == {
        ("main.yaml", "[100]", "[10]"),
        ("parts.yaml", "700", "12"),
        ("parts.yaml", "1400", "24"),
    }


def test_widths_keep_their_proportions() -> None:
    assert capped({8, 126, 252, 1024}, 12) == {8: 8, 126: 12, 252: 24, 1024: 12}
    assert capped({12, 13}, 12) == {12: 12, 13: 12}
    assert capped({64, 128, 2**31}, 2**31) == {64: 64, 128: 128, 2**31: 2**31}


def test_a_variable_with_two_roles_is_left_alone() -> None:
    body = "vars: {n: 40}\nnets: {a: {resnet: {width: $n, blocks: $n}}, b: {mlp: [2*$n]}}\n"
    from flowspec.syntax import read

    root = read(HEAD + body, "t").root
    assert root is not None
    assert [number.what for number in numbers_of(root).numbers] == []
