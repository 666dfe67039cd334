"""What a check says on success: what was proved, and what it costs."""

from __future__ import annotations

from collections import Counter

from flowspec.graph.model import Autoregressive, Flow, FlowNode, Leaf
from flowspec.ops.flow_base import Parting
from flowspec.passes.composed import composed_dependency
from flowspec.passes.facts import DensityFacts, Facts, FlowFacts


def statement(path: str, facts: Facts, seconds: float) -> tuple[str, ...]:
    """The lines printed for a spec without errors; the time is the only part that differs between runs."""
    summary = facts.summary
    variables = summary.variables or 0
    head = f"ok {path}   {_many(facts.steps, 'step')}, {_many(variables, 'variable')}, {seconds * 1000:.0f} ms"
    rows = [("cost", _cost(facts))]
    model = facts.program.model
    if isinstance(model, Flow):
        composed = [("composed", text)] if (text := composed_dependency(model, facts)) else []
        rows = [
            ("invertible", _invertible(model, facts)),
            ("conservation", _conservation(model, facts)),
            *composed,
            *rows,
        ]
    elif isinstance(model, Autoregressive):
        rows = [("autoregressive", _autoregressive(model, facts)), ("context", _context(facts)), *rows]
    else:
        rows = [("density", _independent(model, facts)), *rows]
    return (head, *(f"   {name:<15}{text}" for name, text in rows))


def _independent(model: Leaf, facts: Facts) -> str:
    layout = facts.program.x.layout
    together = model.family.together(layout, model.joint)
    noun = "independent variable" if together == 1 else "independent site"
    whole = f", each with its {together} channels together" if together > 1 else ""
    return f"{_many(layout.units // together, noun)}, `{model.family.name}`{whole}"


def _autoregressive(model: Autoregressive, facts: Facts) -> str:
    top = facts.densities[model]
    members = f"{len(top.orders)} orders, mixed in probability; " if len(top.orders) > 1 else ""
    label = top.orders[0].label
    return f"{members}no path reaches beyond `order: {label}`; log p(x) is {_likelihood(top)}"


def _likelihood(top: DensityFacts) -> str:
    return {"exact": "exact", "bound": "a lower bound", "estimate": "an estimate"}[top.likelihood]


def _context(facts: Facts) -> str:
    s = facts.summary
    if s.context_missing is None:
        return f"{s.context_allowed:,} pairs allowed; too many variables to follow one by one"
    if not s.context_missing and s.context_allowed in (0, 1):
        return "the one allowed pair realised" if s.context_allowed else "no variable may know another"
    if not s.context_missing:
        return f"all {s.context_allowed:,} allowed pairs realised"
    far = s.context_missing - (s.context_blind or 0)
    return f"{s.context_allowed:,} pairs allowed, {s.context_missing:,} missing ({s.context_blind:,} blind, {far:,} need more layers)"


def _invertible(flow: Flow, facts: Facts) -> str:
    searched = [n.op.tolerance for n in flow.nodes if n.op.tolerance]
    exact = [n for n in flow.nodes if not n.op.stochastic and not n.op.tolerance and not n.op.solved]
    forms = Counter(n.op.log_det_form for n in flow.nodes)
    order = ("integrated", "dense", "triangular", "elementwise", "constant", "zero")
    listed = ", ".join(f"{forms[f]} {f}" for f in order if forms[f])
    inverses = f"{len(exact)} exact {'inverse' if len(exact) == 1 else 'inverses'}"
    inverses += f", {len(searched)} by root search to {max(searched, key=float)}" if searched else ""
    solved = Counter(n.op.solved for n in flow.nodes if n.op.solved)
    inverses += "".join(f", {count} by solving an ODE ({how})" for how, count in solved.items())
    return f"{inverses}; log-det: {listed or 'none'}{_inexact(flow, facts)}"


def _inexact(flow: Flow, facts: Facts) -> str:
    """What makes log p(x) anything but exact: steps, and parts whose own densities are not."""
    text = ""
    for status, words in (("bound", "a lower bound"), ("estimate", "an estimate")):
        names = sorted({n.op.name for n in flow.nodes if n.op.likelihood == status})
        names += ["the density of " + ("the base" if p.name == "last" else f"`{p.name}`")
                  for p in flow.parts if facts.densities[p.density].likelihood == status]  # fmt: skip
        text += f"; {', '.join(names)} {'makes' if len(names) == 1 else 'make'} log p(x) {words}" if names else ""
    solved = [n.op for d in facts.densities if isinstance(d, Flow) for n in d.nodes if n.op.solved]
    if not all(op.guarded for op in solved):
        return f"{text}: nothing bounds the error of fixed steps"
    if not solved or facts.densities[flow].likelihood != "exact":
        return text
    return f"{text}; log p(x) is exact up to the error of the solver"


def _conservation(flow: Flow, facts: Facts) -> str:
    found = facts.densities[flow].flow
    assert found is not None
    views = [p.name for p in flow.parts if p.value in _views(flow)]
    noun = "is a view" if len(views) == 1 else "are views"
    seen = f"; {', '.join(f'`{name}`' for name in views)} {noun} of them" if views else ""
    drawn = [found.layouts[n.outputs[-1]].units for n in flow.nodes if n.op.drawn is not None and len(n.outputs) > 1]
    made = "".join(f" + {units} drawn" for units in drawn)
    text = f"{found.layouts[0].units}{made} = {' + '.join(_shares(0, flow, found))}{seen}"
    coverage = facts.extra["coverage"].get(flow)
    if coverage is None or not coverage.conditioned:
        return text
    mixed = "all mixed" if coverage.classes == 1 else f"{coverage.classes} groups that never mix"
    return f"{text}       coverage  {int(coverage.transformed.sum())}/{coverage.total} transformed, {mixed}"


def _views(flow: Flow) -> set[int]:
    """The values that are computed from variables which reach a density elsewhere."""
    return {value for node in flow.nodes if _is_view(node) for value in node.outputs[:-1]}


def _is_view(node: FlowNode) -> bool:
    return isinstance(node.op, Parting) and node.op.auxiliary


def _shares(value: int, flow: Flow, found: FlowFacts) -> list[str]:
    """How the variables of a value are shared out among the parts that it becomes."""
    parts, readers = {part.value: part for part in flow.parts}, {node.input: node for node in flow.nodes}
    while value not in parts and len(readers[value].outputs) == 1:
        value = readers[value].outputs[0]
    part = parts.get(value)
    if part is not None:
        return [f"{found.layouts[value].units} ({'base' if part.name == 'last' else part.name})"]
    node = readers[value]
    below = [_shares(v, flow, found) for v in (node.outputs[-1:] if _is_view(node) else node.outputs)]
    if isinstance(node.op, Parting) and node.op.digits:
        high, low = (" + ".join(shares) for shares in below)
        return [f"high bits {high}, low bits {low}"]
    return [share for shares in below for share in shares]


def _cost(facts: Facts) -> str:
    s = facts.summary
    parameters = f"{_count(s.parameters or 0)} {'parameter' if s.parameters == 1 else 'parameters'}"
    solves = sum(1 for d in facts.densities if isinstance(d, Flow) for n in d.nodes if n.op.solved)
    also = f"; {_many(solves, 'ODE')} to solve each way" if solves else ""
    return f"density {_passes(s.density_steps)}; sampling {_levels(facts)}{also}; {parameters}"


def _many(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _passes(n: int | None) -> str:
    return "1 pass" if n == 1 else f"{n:,} steps"


def _levels(facts: Facts) -> str:
    steps = facts.summary.sampling_steps
    if isinstance(facts.program.model, Leaf) or steps == 1:
        return "1 pass"
    return f"{steps:,} levels"


def _count(n: int) -> str:
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if n >= size:
            return f"{n / size:.1f} {letter}"
    return str(n)
