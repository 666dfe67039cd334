"""Lookups of contexts of integers: one table of vectors says the same as a map of one-hot channels, site by site."""

from __future__ import annotations

import pytest
import torch

from flowspec.compiler import analyse
from flowspec.emit.load import load_class
from flowspec.verify import verify

HEAD = "flowspec: 1\nname: model\n"
GIVEN = (
    "x: {shape: [1, 2, 3], values: binary}\ngiven: {c: {shape: [2, 2, 3], values: 4}}\norder: raster\nhead: bernoulli\n"
)
PART = (
    "x: {shape: [1, 4, 4], values: 5}\nflow: [{split: {subsample: 2, names: [low, rest]}}]\nbase:\n"
    "  low: {order: raster, net: [{conv: 6, kernel: 3}], head: categorical}\n"
    "  rest: {given: low, order: raster, head: categorical, net: {c: {embedding: 3, in: low}, o: {one_hot: {}, in: low},"
    " h: {conv: 9, kernel: 3, in: x, given: [c, o]}}}\n"
)
NOISE = (
    "x: {shape: [4], values: 4}\nbase: normal\nflow: [{dequantize: {variational: {flow: [logit], base: {head: {normal: {}, in: k}},"
    " given: {k: {chain: [one_hot, {conv: 3}], in: x}}}}}, {coupling: {keep: half, net: {mlp: [6]}, times: 2}}]\n"
)


def made(net: str) -> torch.nn.Module:
    report = analyse("s.yaml", f"{HEAD}{GIVEN}net: {net}\n")
    assert report.ok, [f.message for f in report.diagnostics]
    torch.manual_seed(0)
    model: torch.nn.Module = load_class(report.source())().double()
    return model


def test_a_table_is_a_map_of_one_hot_channels() -> None:
    rest = "a: {conv: 6, kernel: 3, in: x}, s: {add: [a, e]}"
    table = made(f"{{e: {{embedding: 3, in: c}}, {rest}}}")
    units = made(f"{{o: {{one_hot: {{}}, in: c}}, e: {{conv: 6, in: o}}, {rest}}}")
    weight = next(p for n, p in table.named_parameters() if p.shape == (2, 4, 3))  # a table for each channel of c
    shared = {n: p for n, p in table.state_dict().items() if not torch.equal(p, weight) or p.shape != weight.shape}
    missing = units.load_state_dict(shared, strict=False).missing_keys
    with torch.no_grad():
        for name, p in units.named_parameters():
            if name in missing:
                p.zero_()
            if name in missing and p.dim() > 1:
                for channel in range(2):
                    p[3 * channel : 3 * channel + 3, 4 * channel : 4 * channel + 4, 0, 0] = weight[channel].T
    x, c = torch.randint(0, 2, (6, 1, 2, 3)), torch.randint(0, 4, (6, 2, 2, 3))
    assert torch.allclose(table.log_prob(x, c=c), units.log_prob(x, c=c))  # type: ignore[operator]
    assert not torch.allclose(table.log_prob(x, c=c), table.log_prob(x, c=3 - c))  # type: ignore[operator]


@pytest.mark.parametrize("text", [PART, NOISE], ids=["a part that a density is given", "data before noise is added"])
def test_integers_of_a_flow_are_looked_up(text: str, tmp_path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(HEAD + text)
    assert verify(path).ok
