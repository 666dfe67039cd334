"""Flows: the class of a flow, with the densities of its parts, and both directions as straight-line code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flowspec.graph.model import TIME, Autoregressive, Computed, Density, Flow, Leaf, Part
from flowspec.graph.support import REAL
from flowspec.passes.draws import as_data
from flowspec.passes.facts import Facts, FlowFacts
from flowspec.plan import names
from flowspec.plan.body import write
from flowspec.plan.code import Assign, Attribute, ClassPlan, Construct, Method, Parameter
from flowspec.plan.contexts import Datum, Origins, contexts_of, datum, entries, words_of
from flowspec.plan.densities import Shell, autoregressive, leaf
from flowspec.plan.flow_level import FlowLevel
from flowspec.plan.flow_steps import Unit, context_key, flow_steps, forward_items
from flowspec.plan.module import Module
from flowspec.plan.nets import NetUse, net_class
from flowspec.plan.steps import Def, Item, Key, Result, Step

TENSOR = "torch.Tensor"
PARTS = f"tuple[tuple[{TENSOR}, ...], {TENSOR}, {TENSOR}]"
Given = list[tuple[Key, str, tuple[int, ...]]]


@dataclass(frozen=True, slots=True)
class PartPlan:
    """One part: its place, value and shape, the variable that holds it, its density, and what that is given."""

    number: int
    value: int
    shape: tuple[int, ...]
    variable: str
    density: str
    given: tuple[tuple[str, Key], ...]

    def log_prob(self) -> tuple[str, tuple[Key, ...]]:
        """The log-density of the part."""
        keywords = [f", {word}={{{k}}}" for k, (word, _) in enumerate(self.given, 1)]
        return f"self.{self.density}.log_prob({{0}}{''.join(keywords)})", (self.value, *(key for _, key in self.given))

    def draw(self) -> Step:
        """A draw of the part."""
        keywords = [f", {word}={{{k}}}" for k, (word, _) in enumerate(self.given)]
        text = f"draw({self.number}, self.{self.density}{''.join(keywords)})"
        return Step(text, tuple(key for _, key in self.given), (Def(self.value, self.variable or "z", self.shape),))

    def scored(self, first: bool) -> Step:
        """A draw of the part with its log-density, which is added to those before."""
        plain, after = self.draw(), () if first else (Assign("log_q", "log_q + change"),)
        return replace(plain, extra=("log_q" if first else "change",), after=after, fuses=False)


def flow_class(flow: Flow, shell: Shell, facts: Facts, origins: Origins, module: Module) -> ClassPlan:
    """The class of a flow."""
    found = facts.densities[flow].flow
    assert found is not None
    origins = {**origins, **{c.origin: _computed_datum(c, facts) for c in flow.computed}, TIME: Datum((1,), REAL)}
    level = FlowLevel(flow_steps(flow, facts, origins, module), module, drawn=shell.drawn)
    taken = {attribute.name for attribute in level.attributes}
    wanted = [_attribute(flow, k, taken, facts, found, origins, module) for k in range(len(flow.parts))]
    nets = [_computed_net(c, facts, origins, module) for c in flow.computed]
    attributes, units = level.named([*wanted, *nets])
    owned = [a.name for a in attributes[len(units) : len(units) + len(wanted)]]
    before = _computing(flow, attributes[len(units) + len(wanted) :], facts)
    parts = [_part_plan(flow, k, name, found) for k, name in enumerate(owned)]
    parts = [replace(part, variable="x") if part.number in _decoders(flow) else part for part in parts]
    given = _given(flow, shell, origins)
    decoders = _decoders(flow)
    keywords = (("decoders", decoders),) if decoders else ()
    wants = _wants(flow, parts)
    methods: tuple[Method, ...] = (
        _flow(units, parts, wants, given, found, before),
        _unflow(units, parts, wants, given, before),
    )
    if shell.drawn:
        methods = (*methods, _scored(units, parts, wants, given, before))
    arguments = (found.layouts[0].shape, [part.shape for part in parts])
    return ClassPlan(
        shell.name, (*shell.bases, "Flow"), shell.doc, attributes, methods, shell.fields, arguments, keywords=keywords
    )


def _decoders(flow: Flow) -> list[int]:
    """The numbers of the parts that are the input of an encoder, and no entries of z."""
    inputs = {n.outputs[0] for n in flow.nodes if n.op.drawn is not None and len(n.outputs) > 1}
    return [k for k, part in enumerate(flow.parts) if part.value in inputs]


def _given(flow: Flow, shell: Shell, origins: Origins) -> Given:
    """The contexts that the methods take."""
    if shell.given is not None:
        return [(context_key(f"given:{name}"), name, origins[f"given:{name}"].shape) for name in shell.given]
    contexts = contexts_of(flow)
    words = zip(contexts, words_of(contexts), strict=True)
    return [(context_key(c.origin), word, origins[c.origin].shape) for c, word in words]


# --- contexts that are computed once ---------------------------------------------------------------------------------------


def _computed_datum(computed: Computed, facts: Facts) -> Datum:
    net = facts.nets[computed]
    return datum(as_data(net.shapes[computed.conditioner.graph.output]), REAL)


def _computed_net(computed: Computed, facts: Facts, origins: Origins, module: Module) -> Attribute:
    """The net of one context."""
    net, name = facts.nets[computed], names.member(computed.name, "context")
    use = NetUse(
        net, entries(net, computed.conditioner, None, origins), f"{name}_net", f"The context `{computed.name}`."
    )
    place = computed.span
    return Attribute(f"{name}_net", Construct(net_class(use, module)), place.start.line, place.file != module.root)


def _computing(flow: Flow, nets: Sequence[Attribute], facts: Facts) -> list[Step]:
    """The calls that compute the contexts."""
    found = []
    for computed, attribute in zip(flow.computed, nets, strict=True):
        contexts = computed.conditioner.contexts
        arguments = ", ".join(f"{{{k}}}" for k in range(len(contexts)))
        shape = facts.nets[computed].shapes[computed.conditioner.graph.output].shape
        made = Def(context_key(computed.origin), names.local(computed.name, "context"), shape)
        uses = tuple(context_key(c.origin) for c in contexts)
        found.append(Step(f"self.{attribute.name}({arguments})", uses, (made,), fuses=False))
    return found


# --- parts -------------------------------------------------------------------------------------------------------------


def _is_named(part: Part) -> bool:
    return "." not in part.name and part.name != "last" and bool(names.word_of(part.name))


def _attribute(
    flow: Flow, k: int, taken: set[str], facts: Facts, found: FlowFacts, origins: Origins, module: Module
) -> Attribute:
    """The density of one part."""
    part = flow.parts[k]
    name = names.member(part.name, "part") if _is_named(part) else "base" if len(flow.parts) == 1 else f"base_{k + 1}"
    name = f"{name}_base" if name in taken else name
    inner = dict(origins)
    for context in contexts_of(part.density):
        if (value := flow.own(context.origin)) is not None:
            inner[context.origin] = datum(found.layouts[value], found.forward[value])
    span = part.density.span
    return Attribute(
        name, part_density(part.density, name, facts, inner, module), span.start.line, span.file != module.root
    )


def part_density(
    density: Density, label: str, facts: Facts, origins: Origins, module: Module, doc: str = ""
) -> Construct:
    """The constructor of a part's density, with a class made for it where it needs one."""
    if isinstance(density, Leaf):
        name, arguments = leaf(density, f"{label}_net", facts, origins, module)
        return Construct(name, arguments)
    about = doc or f"The density of part `{label}`."
    shell = Shell(module.class_name(label), about, f"{label}_net", drawn=bool(doc))
    if isinstance(density, Autoregressive):
        return Construct(module.add(autoregressive(density, shell, facts, origins, module)))
    return Construct(module.add(flow_class(density, shell, facts, origins, module)))


def _part_plan(flow: Flow, k: int, density: str, found: FlowFacts) -> PartPlan:
    part = flow.parts[k]
    contexts = contexts_of(part.density)
    given = []
    for context, word in zip(contexts, words_of(contexts), strict=True):
        own = flow.own(context.origin)
        given.append((word, context_key(context.origin) if own is None else own))
    variable = names.local(part.name, "part") if _is_named(part) else "" if k == len(flow.parts) - 1 else f"z_{k + 1}"
    return PartPlan(k, part.value, found.layouts[part.value].shape, variable, density, tuple(given))


def _wants(flow: Flow, parts: Sequence[PartPlan]) -> dict[int, str]:
    """The names of values that have one: parts, and what a split names."""
    found: dict[int, str] = {}
    for node in flow.nodes:
        for value, name in zip(node.outputs, getattr(node.op, "names", ()), strict=False):
            found[value] = names.local(name, "part")
    named = {**found, **{part.value: part.variable for part in parts if part.variable}}
    for node in flow.nodes:
        if node.op.drawn is not None and len(node.outputs) > 1:
            named |= dict(zip(node.outputs, ("x", "z"), strict=True))
    return named


# --- from data to latent ---------------------------------------------------------------------------------------------------


def _flow(
    units: Sequence[Unit], parts: Sequence[PartPlan], wants: Mapping[int, str], given: Given, found: FlowFacts,
    before: Sequence[Item],
) -> Method:  # fmt: skip
    items = [*before, *forward_items(units, 0, wants)]
    ends = {part.value for part in parts}
    terms: list[tuple[str, tuple[Key, ...]]] = []
    for part in parts:
        text, uses = part.log_prob()
        if all(not isinstance(key, int) or key in ends for key in uses):
            terms.append((text, uses))
            continue
        made = Def(("log", part.value), f"log_{part.variable or 'x'}")
        at = next(
            n
            for n, item in enumerate(items)
            if not isinstance(item, Result) and part.value in [d.key for d in item.defs]
        )
        items.insert(at + 1, Step(text, uses, (made,), fuses=False))
        terms.append(("{0}", (made.key,)))
    items.extend(_ending(parts, terms))
    parameters = (Parameter("x"), *(Parameter(name) for _, name, _ in given))
    return Method("flow", parameters, PARTS, write(items, [(0, "x", found.layouts[0].shape), *given]))


def _ending(parts: Sequence[PartPlan], terms: Sequence[tuple[str, tuple[Key, ...]]]) -> list[Item]:
    """The parts, the log-determinant, and the log-densities of all parts together."""
    values = tuple(part.value for part in parts)
    listed = ", ".join(f"{{{k}}}" for k in range(len(values))) + "," * (len(values) == 1)
    total, uses = _sum(terms)
    if len(parts) == 1:
        every = tuple(dict.fromkeys((*values, *uses)))
        moved = _moved(total, uses, every)
        return [Result(f"({listed}), log_det, {moved}", every)]
    return [
        Step(total, uses, (), ("log_base",), fuses=False),
        Result(f"({listed}), log_det, log_base", values),
    ]


def _sum(terms: Sequence[tuple[str, tuple[Key, ...]]]) -> tuple[str, tuple[Key, ...]]:
    every = tuple(dict.fromkeys(key for _, uses in terms for key in uses))
    return " + ".join(_moved(text, uses, every) for text, uses in terms), every


def _moved(text: str, uses: tuple[Key, ...], every: tuple[Key, ...]) -> str:
    """The text with slots that count in `every`."""
    for k, key in enumerate(uses):
        text = text.replace(f"{{{k}}}", f"{{_{every.index(key)}}}")
    return text.replace("{_", "{")


# --- from latent to data ---------------------------------------------------------------------------------------------------


def _unflow(
    units: Sequence[Unit], parts: Sequence[PartPlan], wants: Mapping[int, str], given: Given, before: Sequence[Item]
) -> Method:
    items = [*before, *_backwards(units, parts, wants), Result("{0}", (0,))]
    parameters = (Parameter("draw", ""), Parameter("n", "int"), *(Parameter(name) for _, name, _ in given))
    return Method("unflow", parameters, TENSOR, write(items, given))


def _scored(
    units: Sequence[Unit], parts: Sequence[PartPlan], wants: Mapping[int, str], given: Given, before: Sequence[Item]
) -> Method:
    """A draw and its log-density in one pass, for what others draw from."""
    items = [*before, *_backwards(units, parts, wants, scored=True), Result("{0}, log_q", (0,))]
    parameters = (Parameter("draw", ""), Parameter("n", "int"), *(Parameter(name) for _, name, _ in given))
    return Method("scored", parameters, f"tuple[{TENSOR}, {TENSOR}]", write(items, given))


def _backwards(
    units: Sequence[Unit], parts: Sequence[PartPlan], wants: Mapping[int, str], scored: bool = False
) -> list[Item]:
    """Draws and inverses in an order in which everything is there when it is needed (semantics F5)."""
    reader = {unit.input: unit for unit in units}
    part_at = {part.value: part for part in parts}
    items: list[Item] = []
    done: set[int] = set()
    stack: list[int | Unit | PartPlan] = [0]
    while stack:
        top = stack.pop()
        if isinstance(top, Unit):
            want = "" if top.input == 0 and not top.many else wants.get(top.input, "z")
            items.append(top.back(want or "z") if scored and top.counts else top.inverse(want))
            done.add(top.input)
        elif isinstance(top, PartPlan) and top.value not in done:
            items.append(
                top.scored(not items or not any(isinstance(i, Step) and i.extra for i in items))
                if scored
                else top.draw()
            )
            done.add(top.value)
        elif isinstance(top, int) and top not in done and top in part_at:
            stack.extend([part_at[top], *(key for _, key in part_at[top].given if isinstance(key, int))])
        elif isinstance(top, int) and top not in done:
            stack.extend([reader[top], *reader[top].outputs])
    return items
