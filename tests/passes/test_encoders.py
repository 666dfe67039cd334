"""What entries of z depend on behind an encoder: the claim against the module, whose encoder draws the same noise twice."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from flowspec.compiler import Report, analyse
from flowspec.emit.load import load_class
from tests.ops.contract import TINY, instance, numbers

IMAGE = "x: {shape: [1, 4, 4], values: binary}\n"
VECTOR = "x: {shape: [4], values: binary}\n"
DECODER = "decoder: {net: [{linear: 5}, tanh], head: bernoulli}"
GRAPH = "{order: {graph: {1: [0], 2: [1], 3: [2]}}, net: [{linear: 12}, tanh]"
ENCODERS = {
    "one site each": f"{IMAGE}flow:\n- {{encode: [2, 4, 4], posterior: {{net: [{{conv: 3}}, tanh], head: normal}}, {DECODER}}}",
    "kernel": f"{IMAGE}flow:\n- {{encode: [1, 4, 4], posterior: {{net: [{{conv: 3, kernel: 3}}, tanh], head: normal}}, {DECODER}}}",
    "stride": f"{IMAGE}flow:\n- {{encode: [2, 2, 2], posterior: {{net: [{{down: 2}}, tanh], head: logistic}}, {DECODER}}}",
    "looked up": f"{IMAGE}flow:\n- {{encode: [1, 4, 4], posterior: {{net: [one_hot, {{conv: 3, kernel: [1, 2]}}, tanh], head: normal}}, {DECODER}}}",
    "coupling": f"{IMAGE}flow:\n- encode: [1, 4, 4]\n  posterior: {{given: {{h: {{chain: [{{conv: 4, kernel: [1, 2]}}, tanh], in: x}}}}, "
    "flow: [{coupling: {keep: checkerboard, net: [{conv: 4, kernel: [2, 1]}, tanh]}, given: h}], base: {head: {normal: {}, in: h}}}\n"
    f"  {DECODER}",
    "noise of the base alone": f"{IMAGE}flow:\n- encode: [1, 4, 4]\n  posterior: {{given: {{h: {{chain: [{{conv: 4}}, tanh], in: x}}}}, "
    "flow: [{coupling: {keep: columns, net: [{conv: 4, kernel: 3}, tanh]}, given: h}, {squeeze: 2}, reverse], base: normal}\n"
    f"  {DECODER}",
    "one pass along a graph": f"{VECTOR}flow:\n- {{encode: [4], posterior: {{flow: [{{autoregressive: {GRAPH}, fast: sampling}}}}], "
    f"base: {{net: [{{conv: 5}}, tanh], head: normal}}}}, {DECODER}}}",
    "level by level along a graph": f"{VECTOR}flow:\n- {{encode: [4], posterior: {{flow: [{{autoregressive: {GRAPH}}}}}], "
    f"base: {{net: [{{conv: 5}}, tanh], head: normal}}}}, {DECODER}}}",
    "a part of its own": f"{IMAGE}flow:\n- encode: [2, 4, 4]\n  posterior: {{given: {{h: {{chain: [{{conv: 4, kernel: [1, 2]}}, tanh], in: x}}}}, "
    "flow: [{split: {sizes: half, names: [a, b]}}], base: {a: {given: b, net: [{conv: 4, kernel: [2, 1]}, tanh], head: normal}, "
    f"b: {{head: {{normal: {{}}, in: h}}}}}}}}\n  {DECODER}",
    "a prior that mixes": f"{IMAGE}flow:\n- {{encode: [2, 2, 2], posterior: {{net: [{{down: 2}}, tanh], head: normal}}, {DECODER}}}\n"
    "- {coupling: {keep: checkerboard, net: [{conv: 4, kernel: [1, 3]}, tanh]}}",
    "one behind another": f"{IMAGE}flow:\n- {{encode: [2, 4, 4], posterior: {{net: [{{conv: 4, kernel: [1, 2]}}, tanh], head: normal}}, {DECODER}}}\n"
    "- {coupling: {keep: channel, net: [{conv: 4, kernel: [2, 1]}, tanh]}}\n"
    "- {encode: [1, 2, 2], posterior: {net: [{down: 2}, tanh], head: normal}, decoder: {net: [{up: 2}, tanh], head: normal}}",
    "behind a split": "x: {shape: [2, 4, 4], values: real}\nflow:\n- {split: {sizes: half}}\n"
    "- {encode: [1, 2, 2], posterior: {net: [{down: 2}, tanh], head: normal}, decoder: {net: [{up: 2}, tanh], head: normal}}",
}  # fmt: skip


def checked(body: str) -> Report:
    report = analyse("encoder.yaml", f"flowspec: 1\nname: encoder\n{body}\nbase: normal\n")
    assert report.ok, [f.message for f in report.diagnostics]
    return report


def moved(model: torch.nn.Module, draw: int) -> np.ndarray:
    """(entries of z, D) which entries of z move when one variable does, with the noise held fixed."""
    torch.manual_seed(100 + draw)
    x = numbers(1, model.SHAPE, model.VALUES)  # type: ignore[arg-type]
    size = x.numel()
    torch.manual_seed(3)
    z = model.encode(x)[0][0]  # type: ignore[operator]
    found = np.zeros((len(z), size), dtype=bool)
    for j in range(size):
        other = x.clone().reshape(1, -1)
        other[0, j] = other[0, j] + 0.7 if model.VALUES == "real" else 1 - other[0, j]
        torch.manual_seed(3)
        found[:, j] = ((model.encode(other.view_as(x))[0][0] - z).abs() > TINY).detach().numpy()  # type: ignore[operator]
    return found


@pytest.mark.parametrize("name", ENCODERS)
def test_a_latent_moves_with_what_it_is_said_to_depend_on(name: str) -> None:
    report = checked(ENCODERS[name])
    claimed, cls = np.asarray(report.dependency()), load_class(report.source())
    assert claimed.any()
    assert not claimed.all(), "everything would be no answer"
    found = np.zeros_like(claimed)
    for draw in range(40):
        once = moved(instance(cls, draw), draw)
        assert not (once & ~claimed).any(), np.argwhere(once & ~claimed)[:4].tolist()
        found |= once
        if (found == claimed).all():
            return
    raise AssertionError(f"claimed and never seen: {np.argwhere(claimed & ~found)[:4].tolist()}")


def test_an_encoder_that_shrinks_a_picture_reads_every_site() -> None:
    """Blocks of `down` fill the grid where there is no order, as those of `up` do."""
    text = (
        "flowspec: 1\nname: m\nx: {shape: [1, 4, 6], values: real}\nflow:\n"
        "- encode: [2, 2, 3]\n  posterior: {net: [{conv: 4}, tanh, {down: 2}], head: normal}\n"
        "  decoder: {net: [{up: 2, out: 4}, tanh], head: normal}\nbase: normal\n"
    )
    seen = analyse("m.yaml", text).dependency().any(0)
    assert seen.all()
