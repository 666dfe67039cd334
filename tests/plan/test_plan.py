"""Plans are inert data that say everything about a module but its layout."""

from __future__ import annotations

import dataclasses
import re

import pytest

from flowspec.plan import describe
from flowspec.plan.code import Construct
from flowspec.plan.module import listed
from flowspec.plan.runtime import definitions, needed
from tests.emit.cases import CASES
from tests.emit.models import report, text


def test_plans_are_frozen() -> None:
    plan = report("gated").plan
    with pytest.raises(dataclasses.FrozenInstanceError):
        plan.name = "other"
    assert plan.classes[-1].name == plan.model == "Gated"
    assert plan.version


@pytest.mark.parametrize("name", CASES)
def test_every_mask_has_a_digest(name: str) -> None:
    written = re.findall(r'digest="([0-9a-f]{16})"', text(name, True))
    assert sorted(d for _, _, d in report(name).plan.digests) == sorted(written)
    masked = re.findall(r"(?:MaskedLinear|SubsetLinear|MaskedConv|LocalConv)\(", text(name, True))
    assert len(written) == len(masked)


def test_classes_come_after_those_they_use() -> None:
    for name in CASES:
        plan = report(name).plan
        seen: set[str] = set()
        for found in plan.classes:
            used = {part for a in found.attributes for part in re.findall(r"name='(\w+)'", repr(a.value))}
            assert used & {c.name for c in plan.classes} <= seen
            seen.add(found.name)


def test_a_plan_can_be_read() -> None:
    shown = describe(report("gated").plan)
    assert "class Gated(Model, Autoregressive): theta(x, label)" in shown
    assert "  vh: 3 x (GatedBlock)    # line 17" in shown
    assert "schedule model: 48 variables in 48 levels" in shown
    assert shown == report("gated").dump("plan")


def test_lists_of_modules_are_short() -> None:
    a, b = Construct("A"), Construct("B")
    assert [(len(r.items), r.count) for r in listed([a] * 7).runs] == [(1, 7)]
    assert [(len(r.items), r.count) for r in listed([b, *[a] * 7, b]).runs] == [(1, 1), (1, 7), (1, 1)]
    assert [(len(r.items), r.count) for r in listed([a, b] * 5).runs] == [(2, 5)]
    assert len(listed([a, b, a])) == 3


def test_the_runtime_is_read_as_text() -> None:
    found = [d.name for d in needed(["MaskedLinear", "Bernoulli"])]
    assert found.index("Family") < found.index("Bernoulli")
    assert found.index("check_digest") < found.index("MaskedLinear")
    assert "Flow" not in found
    assert found == [d.name for d in needed(["Bernoulli", "MaskedLinear", "torch"])]
    assert definitions()["Bernoulli"].text.startswith("class Bernoulli(Family):")
