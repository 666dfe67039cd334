"""A plan as text, for `--dump plan` and for reading in a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowspec.plan.code import ClassPlan, Listed

if TYPE_CHECKING:
    from flowspec.plan.model import Plan


def describe(plan: Plan) -> str:
    """The classes with their modules, the masks that were proved, and the levels of the sampler."""
    lines = [f"module {plan.name}: {plan.summary}"]
    lines += [f"constant {constant.name}: {constant.comment}" for constant in plan.constants]
    for found in plan.classes:
        lines.extend(_class(found))
    lines += [f"mask {name}.{attribute}: {digest}" for name, attribute, digest in plan.digests]
    for schedule in plan.schedules:
        counts = ", ".join(str(len(set(row.tolist()))) for row in schedule.levels)
        lines.append(f"schedule {schedule.owner}: {len(schedule.levels[0])} variables in {counts} levels")
    return "\n".join(lines) + "\n"


def _class(plan: ClassPlan) -> list[str]:
    methods = ", ".join(f"{m.name}({', '.join(p.name for p in m.parameters)})" for m in plan.methods)
    lines = [f"class {plan.name}({', '.join(plan.bases)}): {methods}"]
    for attribute in plan.attributes:
        value = attribute.value
        if isinstance(value, Listed):
            text = " + ".join(f"{run.count} x ({', '.join(c.name for c in run.items)})" for run in value.runs)
        else:
            text = value.name
        lines.append(f"  {attribute.name}: {text}    # line {attribute.line}")
    return lines
