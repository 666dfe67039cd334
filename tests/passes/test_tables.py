"""Conditional probability tables: what they may know, and what they say."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch

from flowspec.compiler import analyse
from flowspec.emit.load import load_class
from tests.passes.judge import check, codes, judge

NAMED = "{t: {table: {}, given: [c, d]}}"
LABELS = "given: {c: {classes: 3}, d: {classes: 2}}\n"
GRAPHS = ["{1: [0], 2: [0, 1], 5: [2, 4]}", "{0: [5], 5: [3], 3: [1, 2]}", "{0: []}"]
RANKED = ["raster", "reverse", "s_curve", "hilbert", "{random: 1, seed: 3}", "{levels: [[0, 3], [1, 2, 5], [4]]}"]


@pytest.mark.parametrize("order", [*RANKED, *(f"{{graph: {g}}}" for g in GRAPHS)])
@pytest.mark.parametrize("net", ["table", "{t: {table: {}, given: d}}"])
def test_every_pair_under_every_order(order: str, net: str) -> None:
    judge(f"x: {{shape: [1, 2, 3], values: 3}}\n{LABELS}order: {order}\nnet: {net}\nhead: categorical")


@pytest.mark.parametrize("channels", ["inner", "joint", "first"])
def test_the_channels_of_a_site(channels: str) -> None:
    report = judge(
        f"x: {{shape: [2, 1, 3], values: binary}}\norder: {{raster: {{}}, channels: {channels}}}\nnet: table\nhead: bernoulli"
    )
    assert codes(report) == (["FS427"] if channels == "joint" else [])


def test_a_bayes_net_multiplies_the_rows_that_its_parents_select() -> None:
    """log p(B, E, A, J) with tables of two, three, six and four rows, by hand; the probabilities add up to 1."""
    family = "x: {names: {B: binary, E: 3, A: 4, J: binary}}\norder: {graph: {A: [B, E], J: [A]}}"
    model = _built(f"{family}\nnet: table\nhead: categorical")
    rows = {name: torch.randn(n, 4, dtype=torch.float64) for name, n in (("B", 1), ("E", 1), ("A", 6), ("J", 4))}
    with torch.no_grad():
        model.net.head.weight.copy_(torch.cat(list(rows.values())))
    states = list(itertools.product(range(2), range(3), range(4), range(2)))
    sizes, want = {"B": 2, "E": 3, "A": 4, "J": 2}, []
    for b, e, a, j in states:
        chosen = {"B": (0, b), "E": (0, e), "A": (3 * b + e, a), "J": (a, j)}
        want.append(sum(rows[v][k, : sizes[v]].log_softmax(0)[value] for v, (k, value) in chosen.items()))
    got = model(torch.tensor(states))
    assert torch.allclose(got, torch.stack(want), atol=1e-12)
    assert abs(float(got.exp().sum().detach()) - 1) < 1e-12


def test_labels_select_as_well() -> None:
    model = _built(f"x: {{shape: [2], values: binary}}\n{LABELS}order: raster\nnet: {NAMED}\nhead: bernoulli")
    assert model.net.head.weight.shape == (6 + 12, 1)
    with torch.no_grad():
        model.net.head.weight.copy_(torch.arange(18.0)[:, None])
    c, d = torch.tensor([2, 0]), torch.tensor([1, 1])
    logits = model.conditionals(torch.tensor([[1, 0], [0, 1]]), c=c, d=d)["logit"]
    assert logits.tolist() == [[5, 6 + 6 + 5], [1, 6 + 1]]  # rows of x_0 before c before d, the last fastest


def test_what_is_no_category_breaks_nothing() -> None:
    model = _built("x: {shape: [2], values: 3}\norder: raster\nnet: table\nhead: categorical")
    assert model.terms(torch.tensor([[7, 0], [-1, 0]])).isfinite().tolist() == [[False, True], [False, True]]


def test_a_wrong_mask_is_noticed() -> None:
    text = _source("x: {shape: [3], values: 2}\norder: raster\nnet: table\nhead: bernoulli")
    assert "[[], [0], [0, 1]]" in text
    with pytest.raises(RuntimeError, match="not the one that was proved"):
        load_class(text.replace("[[], [0], [0, 1]]", "[[], [0], [0, 2]]"))()


@pytest.mark.parametrize(
    ("net", "code"),
    [
        ("[{linear: 4}, table]", "FS442"),
        ("[table, relu]", "FS442"),
        ("{t: {table: {}, in: c}}", "FS442"),
        ("{t: table, u: {linear: 3, in: t}}", "FS442"),
        ("{t: {table: {}, given: y}}", "FS443"),
        ("{table: {}, knows: none}", "FS204"),
    ],
)
def test_a_table_where_it_cannot_stand(net: str, code: str) -> None:
    contexts = "given: {c: {classes: 3}, y: {shape: [2], values: real}}" if "y" in net else "given: {c: {classes: 3}}"
    report = check(f"x: {{shape: [3], values: binary}}\n{contexts}\norder: raster\nnet: {net}\nhead: bernoulli")
    assert [f.code for f in report.findings if f.severity == "error"] == [code]


def _source(text: str) -> str:
    return analyse("table.yaml", f"flowspec: 1\nname: model\n{text}").source()


def _built(text: str) -> Any:
    return load_class(_source(text))().double()
