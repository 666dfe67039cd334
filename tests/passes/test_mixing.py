"""Groups that never mix, against the module: two variables hang together where log p(x) has a mixed derivative by them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from flowspec.compiler import analyse
from flowspec.emit.load import load_class

NET = "net: [{linear: 9}, tanh]"
PAIR = f"{{autoregressive: {{order: {{graph: {{1: [0]}}}}, {NET}}}}}"
HALF = f"{{coupling: {{keep: half, {NET}}}, times: 2}}"
SPECS = {
    "a part under a graph": ("[4]", "affine", f"{{order: {{graph: {{1: [0]}}}}, {NET}, head: normal}}"),
    "behind a step under a graph": ("[4]", f"{PAIR}, reverse", f"{{order: {{graph: {{1: [0]}}}}, {NET}, head: normal}}"),
    "channels of a site together": (
        "[2, 1, 3]", "affine", "{order: {none: {}, channels: joint}, head: {gaussian_mixture: 3}}",
    ),
    "a part given another": (
        "[4]", "{split: {sizes: half, names: [a, b]}}", f"{{a: {{given: b, {NET}, head: normal}}, b: normal}}",
    ),
    "parts side by side": (
        "[6]", f"{HALF}, {{split: {{sizes: [3, 3], names: [a, b]}}}}, {PAIR}", "{a: normal, last: normal}",
    ),
    "a flow inside a part": (
        "[8]", "{split: {sizes: half, names: [a, b]}}", f"{{a: {{flow: [{HALF}], base: normal}}, b: {{flow: [{PAIR}], base: normal}}}}",
    ),
    "squares behind squares": (
        "[1, 4, 4]", "{squeeze: 2}, {squeeze: 2}, {conv1x1: lu}, {unsqueeze: 2}, {split: half}", "normal",
    ),
    "an inverse of elementwise steps": ("[4]", f"{{invert: [{{leaky_relu: 0.3}}, affine]}}, {PAIR}, {{permute: [2, 3, 0, 1]}}, {PAIR}", "normal"),
    "one pixel of each half": ("[2, 2, 2]", "{coupling: {keep: channel, net: [{conv: 4}, tanh]}}, {permute: [1, 0]}", "normal"),
}  # fmt: skip


def hangs_together(pairs: np.ndarray) -> int:
    """The number of connected groups of a symmetric relation, (D, D)."""
    reach = pairs | np.eye(len(pairs), dtype=bool)
    for _ in range(len(pairs)):
        reach = (reach.astype(int) @ reach.astype(int)) > 0
    return len({tuple(row) for row in reach.tolist()})


@pytest.mark.parametrize("name", SPECS)
def test_what_mixes_has_a_mixed_derivative(name: str) -> None:
    shape, steps, base = SPECS[name]
    report = analyse(
        "s.yaml", f"flowspec: 1\nname: m\nx: {{shape: {shape}, values: real}}\nflow: [{steps}]\nbase: {base}\n"
    )
    assert report.all_facts is not None, [f.message for f in report.diagnostics]
    coverage = report.all_facts.extra["coverage"][report.all_facts.program.model]
    model = load_class(report.source())().double()
    found = np.zeros((coverage.total, coverage.total), dtype=bool)
    for seed in range(3):
        torch.manual_seed(seed)
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter, std=0.6)
        x = torch.randn(1, *model.SHAPE, dtype=torch.float64)
        mixed = torch.autograd.functional.hessian(lambda v: model.log_prob(v).sum(), x)
        found |= mixed.reshape(found.shape).abs().numpy() > 1e-11
    assert coverage.classes == hangs_together(found)
    told = any(f.code == "FS341" for f in report.diagnostics)
    assert told == (coverage.classes > 1)


def said(flow: str, base: str) -> list[tuple[str, str]]:
    """Codes and first words of what is said of a flow over four variables."""
    text = f"flowspec: 1\nname: m\nx: {{shape: [4], values: real}}\nflow: [{flow}]\nbase: {base}\n"
    return [(f.code, f.message.split(" never")[0]) for f in analyse("spec.yaml", text).diagnostics]


def test_the_flow_of_a_part_may_leave_to_the_others_what_they_have_done() -> None:
    alone = f"{{coupling: {{keep: half, {NET}}}}}"
    part = "{split: {sizes: [2, 2], names: [a, b]}}"
    base = "{a: {flow: [affine], base: logistic}, b: normal}"
    assert said(f"{HALF}, reverse, {HALF}, {part}", base) == []
    assert said(part, base) == [("FS341", "4 groups of variables")]
    half = f"{{a: {{flow: [{alone}], base: normal}}, b: normal}}"
    assert said(f"{HALF}, reverse, {HALF}, {part}", half) == [("FS340", "1 of 2 variables of part `a` are")]
