"""One body of a flow under construction: the flow's own, or that of a block in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flowspec.plan import names
from flowspec.plan.body import write
from flowspec.plan.code import Attribute, ClassPlan, Construct, Listed, Method, Parameter
from flowspec.plan.flow_steps import FlowStep, Unit, context_key, forward_items
from flowspec.plan.module import Module, listed, with_names
from flowspec.plan.regions import Region, rows, tree
from flowspec.plan.steps import Item, Key, Result, Step

TENSOR = "torch.Tensor"
Shape = tuple[int, ...]
Part = FlowStep | Region[FlowStep]


class FlowLevel:
    """The attributes of one class, and the units that they are. Regions that split a value are unrolled; where another
    step draws from it, `drawn`, they also give their log-determinant on the way back."""

    def __init__(self, steps: Sequence[FlowStep], module: Module, depth: int = 0, drawn: bool = False) -> None:
        self.module, self.drawn = module, drawn
        self.attributes: list[Attribute] = []
        self.units: list[Unit] = []
        for row in rows(_unrolled(tree(tuple(steps), lambda step: step.scope[depth:]))):
            self._row(row)

    def _row(self, row: list[Part]) -> None:
        if len({_keywords(part) for part in row}) > 1:
            for part in row:
                self._unit([part])
            return
        self._unit(row)

    def _unit(self, row: list[Part]) -> None:
        constructs = [_construct(part, self.module, self.drawn) for part in row]
        first, last = _steps(row[0]), _steps(row[-1])
        many = len(row) > 1
        value: Construct | Listed = listed(constructs) if many else constructs[0]
        self.attributes.append(Attribute(_base(row), value, first[0].line, first[0].used))
        counts = any(step.counts for part in row for step in _steps(part))
        name = f"self.@{len(self.attributes) - 1}@"
        self.units.append(
            Unit(
                name,
                _keywords(row[0]),
                counts,
                first[0].input,
                first[0].source,
                last[-1].outputs,
                last[-1].shapes,
                many,
            )
        )

    def named(self, others: Sequence[Attribute] = ()) -> tuple[tuple[Attribute, ...], list[Unit]]:
        """The attributes, with others after them, and the units, all with their final names."""
        attributes = with_names([*self.attributes, *others])
        return attributes, [
            replace(unit, name=f"self.{a.name}") for unit, a in zip(self.units, attributes, strict=False)
        ]


def _unrolled(parts: Sequence[Part]) -> list[Part]:
    """Regions that hold a split give up their steps to the body around them."""
    found: list[Part] = []
    for part in parts:
        if isinstance(part, Region) and any(len(step.outputs) > 1 for step in part.nodes()):
            found.extend(_unrolled(part.items))
        else:
            found.append(part)
    return found


def _steps(part: Part) -> tuple[FlowStep, ...]:
    return tuple(part.nodes()) if isinstance(part, Region) else (part,)


def _keywords(part: Part) -> tuple[tuple[str, str], ...]:
    """What a unit is given: a step's own keywords; for a block one for each context that a step in it reads."""
    steps = _steps(part)
    if len(steps) == 1:
        return steps[0].keywords
    origins = {origin: word for step in reversed(steps) for word, origin in step.keywords}
    namer = names.Namer(("x", "z"))
    return tuple((namer.fresh(word), origin) for origin, word in reversed(origins.items()))


def _base(row: list[Part]) -> str:
    part = row[0]
    steps = _steps(part)
    if len(steps) == 1:
        return steps[0].base if len(row) == 1 or steps[0].named else f"{steps[0].base}_steps"
    assert isinstance(part, Region)
    label = part.frame.label
    return names.unit(names.plural(label) if len(row) > 1 else label, "block")


def _construct(part: Part, module: Module, drawn: bool) -> Construct:
    steps = _steps(part)
    if len(steps) == 1:
        return steps[0].construct
    assert isinstance(part, Region)
    return Construct(_region_class(part, module, drawn))


def _region_class(region: Region[FlowStep], module: Module, drawn: bool) -> str:
    name: str = module.once(("region", drawn, _pattern(region)), lambda: _new_class(region, module, drawn))
    return name


def _pattern(region: Region[FlowStep]) -> Any:
    """What a region is but for the values and contexts that it meets in its place."""
    depth = _depth(region)
    origins = {origin: k for k, (_, origin) in enumerate(_keywords(region))}
    steps = [
        (
            s.construct,
            tuple((word, origins[o]) for word, o in s.keywords),
            s.counts,
            s.shapes,
            s.base,
            _inside(s, depth),
        )
        for s in _steps(region)
    ]
    return (region.frame.label, repr(steps))


def _inside(step: FlowStep, depth: int) -> tuple[tuple[str, int], ...]:
    return tuple((frame.label, frame.round) for frame in step.scope[depth:])


def _new_class(region: Region[FlowStep], module: Module, drawn: bool) -> str:
    level = FlowLevel(_steps(region), module, _depth(region), drawn)
    attributes, units = level.named()
    keywords = _keywords(region)
    contexts = [(context_key(origin), word, ()) for word, origin in keywords]
    label = region.frame.label
    doc = "One round of a loop." if label == "round" else f"One `{names.word_of(label) or 'block'}` block."
    methods: tuple[Method, ...] = (_forward(units, contexts), _inverse(units, contexts))
    if drawn and any(unit.counts for unit in units):
        methods = (*methods, _back(units, contexts))
    return module.share(ClassPlan("", ("nn.Module",), doc, attributes, methods), label)


def _depth(region: Region[FlowStep]) -> int:
    scope = next(region.nodes()).scope
    return next(k for k, f in enumerate(scope) if (f.use, f.round) == (region.frame.use, region.frame.round)) + 1


Given = Sequence[tuple[Key, str, Shape]]


def _forward(units: Sequence[Unit], contexts: Given) -> Method:
    start, end = units[0].input, units[-1].outputs[0]
    items = [*forward_items(units, start, {}), Result("{0}, log_det", (end,))]
    parameters = (Parameter("x"), *(Parameter(word) for _, word, _ in contexts))
    body = write(items, [(start, "x", units[0].source), *contexts])
    return Method("forward", parameters, f"tuple[{TENSOR}, {TENSOR}]", body)


def _inverse(units: Sequence[Unit], contexts: Given) -> Method:
    start, end = units[0].input, units[-1].outputs[0]
    items: list[Item] = [unit.inverse("" if unit.input == start and not unit.many else "z") for unit in reversed(units)]
    items.append(Result("{0}", (start,)))
    parameters = (Parameter("z"), *(Parameter(word) for _, word, _ in contexts))
    return Method("inverse", parameters, TENSOR, write(items, [(end, "z", units[-1].shapes[0]), *contexts]))


def _back(units: Sequence[Unit], contexts: Given) -> Method:
    """The inverse, and the log-determinant there."""
    start, end = units[0].input, units[-1].outputs[0]
    items: list[Item] = [Step("{0}.new_zeros({0}.shape[0])", (end,), (), ("log_q",), fuses=False)]
    items += [unit.back("z") if unit.counts else unit.inverse("z") for unit in reversed(units)]
    items.append(Result("{0}, log_q", (start,)))
    parameters = (Parameter("z"), *(Parameter(word) for _, word, _ in contexts))
    body = write(items, [(end, "z", units[-1].shapes[0]), *contexts])
    return Method("back", parameters, f"tuple[{TENSOR}, {TENSOR}]", body)
