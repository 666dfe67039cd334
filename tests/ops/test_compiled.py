"""One row of every op, compiled as one graph: it takes batches of any size, and gives what the module itself gives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from flowspec.compiler import analyse
from flowspec.emit.load import load_class
from tests.ops.cases import CASES, Case
from tests.ops.contract import inputs, instance

SIZES = (4, 3, 2)  # the first is compiled for itself, the second makes the size a symbol


def first_rows() -> Iterator[Case]:
    """The first row that covers each op, without those that cover nothing new."""
    covered = set[tuple[str, str]]()
    for case in CASES:
        if not covered.issuperset(case.covers):
            covered.update(case.covers)
            yield case


def compiles_whole(source: str) -> bool:
    """An adaptive solver chooses its steps as it goes: the one exception."""
    return "torchdiffeq" not in source


@pytest.mark.parametrize("case", first_rows(), ids=lambda case: case.id)
def test_the_whole_graph_compiles_for_batches_of_any_size(case: Case) -> None:
    source = analyse("case.yaml", case.spec).source()
    if not compiles_whole(source):
        return
    model = instance(load_class(source), 0)
    torch.compiler.reset()
    compiled = torch.compile(model, fullgraph=True, backend="eager")
    for size in SIZES:
        x, given = inputs(model, size)
        found = []
        for run in (model, compiled):
            torch.manual_seed(size)
            with torch.no_grad():
                found.append(run(x, **given))
        assert torch.allclose(*found, rtol=1e-9, atol=1e-9)
