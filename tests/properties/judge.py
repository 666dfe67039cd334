"""Is the module of a spec a density, and is what check says of it true? Judged by autograd and by counting."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from flowspec.compiler import Report, analyse
from flowspec.emit.load import load_class
from flowspec.graph.model import Autoregressive, Flow
from tests.ops.contract import all_states, inputs, instance, judge_dependency, judge_log_det, judge_round_trip
from tests.passes.specs import text_of

LOOKUPS = ("one_hot", "embedding")


def report_of(spec: dict[str, Any]) -> Report:
    return analyse("spec.yaml", f"flowspec: 1\nname: model\n{text_of(spec)}")


def judge(report: Report, text: str, *, tight: bool = False) -> None:
    """Everything that must hold of a spec that passes."""
    cls = load_class(report.source())
    model = instance(cls, 0)
    assert sum(p.numel() for p in model.parameters()) == report.facts.parameters
    x, given = inputs(model, 3)
    assert torch.isfinite(model(x, **given)).all()
    continuous = cls.VALUES in ("real", "positive") or isinstance(cls.VALUES, tuple)
    if cls.KIND == "flow":
        judge_round_trip(model, random=True)
        if continuous:
            judge_log_det(model, random=True)
    judge_normalized(model)
    if report.facts.variables and report.facts.variables <= 40 and (continuous or cls.KIND != "flow"):
        judge_claims(report, cls, text, tight)


def judge_claims(report: Report, cls: type[Any], text: str, tight: bool) -> None:
    """The dependency is sound, lies inside the order, and is tight where nothing is degenerate."""
    assert report.program is not None
    model = report.program.model
    if not isinstance(model, Autoregressive | Flow):
        return
    degenerate = any(f.code == "FS409" for f in report.diagnostics)
    for order in range(cls.ORDERS):
        claimed = report.dependency(order=order)
        if isinstance(model, Autoregressive):
            assert acyclic(claimed), text
        judge_dependency(cls, claimed, order, lookups=any(w in text for w in LOOKUPS), tight=tight and not degenerate)


def acyclic(rows: np.ndarray) -> bool:
    """Whether no variable is behind itself: a chain of conditionals is a density only then."""
    left = np.ones(len(rows), dtype=bool)
    while left.any():
        free = left & ~(rows & left[None, :]).any(1)
        if not free.any():
            return False
        left &= ~free
    return True


def judge_normalized(model: Any) -> None:
    """Where the states can be counted, their probabilities add up to one."""
    states = all_states(model)
    if states is None or model.LIKELIHOOD != "exact":
        return
    given = {name: value[:1].expand(len(states), *value.shape[1:]) for name, value in inputs(model, 1)[1].items()}
    assert abs(float(model(states, **given).exp().sum().detach()) - 1) < 1e-9
