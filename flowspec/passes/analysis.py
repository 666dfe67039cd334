"""From a program to its facts: every pass in its turn. A newcomer reads this file first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flowspec.diagnostics import Finding
from flowspec.graph.layout import Layout
from flowspec.graph.model import (
    Autoregressive,
    Conditioner,
    Context,
    Density,
    Flow,
    FlowNode,
    Leaf,
    OrderChoice,
    Part,
    Program,
)
from flowspec.graph.support import Support
from flowspec.ops.base import NetContext, OpError, SilentError
from flowspec.ops.coupling import AutoregressiveStep, Conditioned
from flowspec.order import Order
from flowspec.passes.blind import completeness
from flowspec.passes.cost import net_cost
from flowspec.passes.coverage import Coverage, flow_coverage, part_ties
from flowspec.passes.density_labels import density_labels
from flowspec.passes.drawn_coverage import drawn_coverage, part_coverage, prior_findings
from flowspec.passes.draws import OF_DATA, as_data, draw_findings
from flowspec.passes.facts import DensityFacts, Facts, FlowFacts, NetFacts, Summary
from flowspec.passes.flow_shapes import flow_shapes
from flowspec.passes.heads import channel_findings, counted, flow_counts, head_context, idle_modifier, value_findings
from flowspec.passes.knowledge.bounds import free_knowledge, ordered_knowledge
from flowspec.passes.knowledge.reach import net_reach
from flowspec.passes.knowledge.seen import contexts_seen
from flowspec.passes.parts import density_chain, part_cycle, sampling_chain, sequential, unread_views
from flowspec.passes.shapes import net_shapes
from flowspec.passes.summary import summary
from flowspec.passes.support import flow_supports
from flowspec.passes.uncovered import Whose, coverage_findings


def analyse_program(program: Program) -> Facts:
    """Runs the passes over a resolved program. Findings are values; an exception is a bug of ours.

    A program that is not `whole` has stand-ins for what failed: the passes say what is wrong with the rest of it.
    """
    run = _Run(program, counts={f"given:{d.name}": d.count for d in program.givens if d.classes is None})
    origins = {f"given:{d.name}": d.layout for d in program.givens if d.layout.units}
    if not isinstance(program.model, Flow):
        run.findings.extend(value_findings(program.model, program.x.support))
    if not program.x.layout.units:
        run.without_shape()
        return Facts(program, {}, {}, Summary(), tuple(run.findings))
    top = run.density(program.model, program.x.layout, program.x.support, origins)
    run.check_contexts()
    ok = program.whole and not any(f.severity == "error" for f in run.findings)
    return Facts(
        program,
        run.nets,
        run.densities,
        summary(program, top) if ok and top else Summary(),
        tuple(run.findings),
        steps=run.steps(),
        extra={"coverage": run.coverage},
    )


@dataclass
class _Run:
    """The state of one analysis: facts found so far, and memo tables for nets and orders that occur again."""

    program: Program
    nets: dict[Any, NetFacts] = field(default_factory=dict)
    densities: dict[Any, DensityFacts] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    coverage: dict[Any, Coverage] = field(default_factory=dict)
    seen_contexts: set[str] = field(default_factory=set)
    inner: set[Density] = field(default_factory=set)  # parts and draws: their coverage is judged where they stand
    counts: dict[str, int | None] = field(default_factory=dict)  # the categories of what is integer, by its origin
    _nets: dict[Any, NetFacts | None] = field(default_factory=dict)
    _orders: dict[Any, tuple[Order, ...] | None] = field(default_factory=dict)

    def steps(self) -> int:
        """Ops in the spec as unfolded: flow steps, and ops of nets that are not inside a flow step."""
        flows = sum(len(d.nodes) for d in self.densities if isinstance(d, Flow))
        nets = {id(n.conditioner): n for k, n in self.nets.items() if not isinstance(k, FlowNode)}
        return flows + sum(len([x for x in n.conditioner.graph.nodes if x.inputs]) for n in nets.values())

    # --- densities -------------------------------------------------------------------------------------------------

    def density(
        self, density: Density, layout: Layout, values: Support, origins: dict[str, Layout]
    ) -> DensityFacts | None:
        """The facts of one density over variables of `layout`; None when something in it is wrong."""
        if isinstance(density, Flow):
            facts = self._flow(density, layout, values, origins)
        elif isinstance(density, Autoregressive):
            facts = self._autoregressive(density, layout, values, origins)
        else:
            facts = self._leaf(density, layout, values, origins)
        if facts is not None:
            self.densities[density] = facts
        return facts

    def _leaf(self, leaf: Leaf, layout: Layout, values: Support, origins: dict[str, Layout]) -> DensityFacts | None:
        self.findings.extend(channel_findings(leaf, layout, values))
        if leaf.conditioner is None:
            together = leaf.family.together(layout, leaf.joint)
            free = layout.units // together * leaf.family.size(values, together)
            return DensityFacts(layout, values, parameters=0 if leaf.form == "standard" else free)
        context = head_context(leaf, layout, values, False)
        net = self._net(leaf, leaf.conditioner, context, origins, None)
        return None if net is None else DensityFacts(layout, values, net, parameters=net.parameters)

    def _autoregressive(
        self, model: Autoregressive, layout: Layout, values: Support, origins: dict[str, Layout]
    ) -> DensityFacts | None:
        assert model.conditioner is not None
        orders = self._order(model.order, layout)
        self.findings.extend(channel_findings(model, layout, values))
        context = head_context(model, layout, values, True, len(orders or "1"))
        net = self._net(model, model.conditioner, context, origins, orders, model)
        if net is None or orders is None:
            return None
        steps = max((int(lv.max()) for lv in net.levels), default=1)
        return DensityFacts(
            layout,
            values,
            net,
            None,
            orders,
            net.levels,
            density_steps=1,
            sampling_steps=max(1, steps),
            parameters=net.parameters,
        )

    def _order(self, choice: OrderChoice, layout: Layout, swapped: bool = False) -> tuple[Order, ...] | None:
        key = (id(choice), layout, swapped)
        if key not in self._orders:
            self._orders[key] = self._build_order(choice, layout, swapped)
        return self._orders[key]

    def _build_order(self, choice: OrderChoice, layout: Layout, swapped: bool) -> tuple[Order, ...] | None:
        names = self.program.x.names
        self.findings.extend(idle_modifier(choice, layout))
        try:
            members = tuple(choice.op.build(layout, names, choice.channels, k) for k in range(choice.op.members))
            return tuple(m.reversed() for m in members) if swapped and members[0].is_total else members
        except SilentError:
            return None
        except OpError as error:
            self.findings.append(
                Finding(error.code, error.message, choice.span, helps=(error.help,) if error.help else ())
            )
            return None

    # --- nets ------------------------------------------------------------------------------------------------------

    def _net(
        self, owner: Any, conditioner: Conditioner, context: NetContext, origins: dict[str, Layout],
        orders: tuple[Order, ...] | None, model: Autoregressive | None = None,
    ) -> NetFacts | None:  # fmt: skip
        sources = {"x": context.x, **{c.name: origins[c.origin] for c in conditioner.contexts if c.origin in origins}}
        context = counted(context, conditioner, self.counts)
        key = (id(conditioner.graph), context, tuple(sorted(sources.items())), tuple(id(o) for o in orders or ()))
        if key not in self._nets:
            self._nets[key] = self._new_net(conditioner, context, sources, orders, owner, model)
        facts = self._nets[key]
        if facts is not None:
            self.nets[owner] = facts
            self._see(conditioner.contexts, facts)
        return facts

    def _see(self, contexts: tuple[Context, ...], facts: NetFacts) -> None:
        seen = contexts_seen(facts)
        self.seen_contexts.update(c.origin for c in contexts if seen[c.name].any())

    def _new_net(
        self, conditioner: Conditioner, context: NetContext, sources: dict[str, Layout], orders: tuple[Order, ...] | None,
        owner: Any, model: Autoregressive | None,
    ) -> NetFacts | None:  # fmt: skip
        graph = conditioner.graph
        shapes = net_shapes(graph, context, sources)
        self.findings.extend(shapes.findings)
        if orders is None:
            if any(shapes.layouts[i] is None for i in graph.live()):
                return None
            free = free_knowledge(graph, shapes, context)
            self.findings.extend(free.findings)
            return None if free.refused else net_cost(NetFacts(conditioner, context, shapes, free))
        knowledge = ordered_knowledge(graph, shapes, context, orders)
        self.findings.extend(knowledge.findings)
        if any(shapes.layouts[i] is None for i in graph.live()):
            return None
        if any(f.severity == "error" for f in knowledge.findings):
            return None
        reach = net_reach(graph, shapes, knowledge, orders[0], context)
        levels = tuple(
            self._levels(graph, shapes, knowledge, order, context, reach, k) for k, order in enumerate(orders)
        )
        facts = net_cost(NetFacts(conditioner, context, shapes, knowledge, orders, reach, levels))
        span = model.order.span if model is not None else owner.arg_span("order")
        self.findings.extend(completeness(facts, orders[0], span, owner.id))
        return facts

    def _levels(
        self, graph: Any, shapes: Any, knowledge: Any, order: Order, context: NetContext, reach: Any, k: int
    ) -> Any:
        """The sampling levels of one member; where they were not followed, the ranks bound them."""
        if k:
            reach = net_reach(graph, shapes, knowledge, order, context, k)
        found = reach.dependency.levels() if reach.dependency is not None else None
        if found is not None:
            return found
        assert order.rank is not None
        return order.rank + 1

    # --- flows -----------------------------------------------------------------------------------------------------

    def without_shape(self) -> None:
        """What can be said of a flow over variables that nobody knows the number of."""
        model, x = self.program.model, self.program.x
        if isinstance(model, Flow):
            self.findings.extend(flow_supports(model, x.support).findings)

    def _flow(self, flow: Flow, layout: Layout, values: Support, origins: dict[str, Layout]) -> DensityFacts | None:
        shapes = flow_shapes(flow, layout)
        self.findings.extend(shapes.findings)
        supports = flow_supports(flow, values)
        self.findings.extend(supports.findings)
        layouts = shapes.layouts
        whole = tuple(lay for lay in layouts if lay is not None)
        inner = {**origins, **shapes.origins(flow.number)}
        self.counts.update(flow_counts(flow, supports.forward))
        computed = self._computed(flow, layout, inner)
        drawn = [self._drawn(flow, n, layouts[n.input], inner) for n in flow.nodes if n.op.drawn is not None]
        nets = [
            self._step_net(node, layouts[node.input], inner) for node in flow.nodes if isinstance(node.op, Conditioned)
        ]
        parts = [self._part(p, layouts[p.value], supports.forward[p.value], inner) for p in flow.parts]
        cycle = part_cycle(flow)
        self.findings.extend([cycle] if cycle else [])
        missing = len(whole) < len(layouts) or any(f is None for f in (*computed, *drawn, *nets, *parts))
        # what a wrong step does to coverage is nobody's fault
        if missing or shapes.failed or supports.failed or cycle or not self.program.whole:
            return None
        self._cover(flow, whole)
        self.findings.extend(unread_views(flow))
        return self._flow_facts(
            flow, layout, values, FlowFacts(whole, supports.forward, supports.backward), [p for p in parts if p]
        )

    def _computed(self, flow: Flow, x: Layout, origins: dict[str, Layout]) -> list[NetFacts | None]:
        """The nets of the contexts that a flow computes, whose layouts are added to `origins`."""
        found = []
        for c in flow.computed:
            net = self._net(c, c.conditioner, NetContext(x, x, 1, False), dict(origins), None)
            if net is not None:
                origins[c.origin] = as_data(net.shapes[c.conditioner.graph.output])
            found.append(net)
        return found

    def _drawn(self, flow: Flow, node: FlowNode, x: Layout | None, inner: dict[str, Layout]) -> DensityFacts | None:
        """The facts of the density that a step draws from."""
        if x is None:
            return None
        facts = self._inside(node.op.drawn, node.op.drawn_layout(x), node.op.drawn_values, inner)
        if facts is not None:
            self.findings.extend(draw_findings(flow, node, facts, self.seen_contexts))
            self.findings.extend(drawn_coverage(node, self.coverage))
        return facts

    def _inside(
        self, density: Density, layout: Layout, values: Support, origins: dict[str, Layout]
    ) -> DensityFacts | None:
        """The facts of a density inside a flow. Decoding goes on behind it: where mass ends up is said of the whole."""
        self.inner.add(density)
        before = len(self.findings)
        facts = self.density(density, layout, values, origins)
        if not values.discrete:
            self.findings[before:] = [f for f in self.findings[before:] if f.code != OF_DATA]
        return facts

    def _part(
        self, part: Part, layout: Layout | None, values: Support, origins: dict[str, Layout]
    ) -> DensityFacts | None:
        if layout is None:
            return None
        facts = self._inside(part.density, layout, values, origins)
        self.findings.extend(part_coverage(part, self.coverage))
        return facts

    def _step_net(self, node: FlowNode, layout: Layout | None, origins: dict[str, Layout]) -> NetFacts | None:
        if layout is None or node.conditioner is None:
            return None
        op = node.op
        try:
            x, target = op.net_input(layout), op.net_target(layout)
        except OpError:
            return None
        if not isinstance(op, AutoregressiveStep):
            return self._net(node, node.conditioner, NetContext(x, target, op.size, False), origins, None)
        orders = self._order(op.order, layout, op.swapped)
        context = NetContext(x, target, op.size, True)
        net = self._net(node, node.conditioner, context, origins, orders)
        return None if orders is None else net

    def _cover(self, flow: Flow, layouts: tuple[Layout, ...]) -> None:
        ties = part_ties(flow, layouts, lambda part: density_labels(part, self.densities[part]), self.coverage)
        self.coverage[flow] = coverage = flow_coverage(flow, layouts, self.nets.get, ties)
        if flow not in self.inner:
            self.findings.extend(coverage_findings(flow, coverage, Whose()))
        self.findings.extend(prior_findings(flow, lambda z: flow_coverage(flow, layouts, self.nets.get, ties, z)))

    def _flow_facts(
        self, flow: Flow, layout: Layout, values: Support, facts: FlowFacts, parts: list[DensityFacts]
    ) -> DensityFacts:
        nets = [net for user in (*flow.nodes, *flow.computed) if (net := self.nets.get(user)) is not None]
        drawn = [self.densities[node.op.drawn] for node in flow.nodes if node.op.drawn is not None]
        steps = sum(sequential(q.sampling_steps) for q in drawn)
        parameters = sum(p.parameters for p in (*parts, *drawn)) + sum(net.parameters for net in nets)
        parameters += sum(node.op.parameters(facts.layouts[node.input]) for node in flow.nodes)
        statuses = [*(p.likelihood for p in parts), *(n.op.likelihood for n in flow.nodes)]
        worst = max(statuses, key=("exact", "bound", "estimate").index, default="exact")
        return DensityFacts(
            layout,
            values,
            None,
            facts,
            density_steps=max(
                1, steps + density_chain(flow, self.densities, lambda node: self._slow(node, "sampling"))
            ),
            sampling_steps=max(1, sampling_chain(flow, self.densities, lambda node: self._slow(node, "density"))),
            likelihood=worst,
            parameters=parameters,
        )

    def _slow(self, node: FlowNode, fast: str) -> int:
        """The levels of an autoregressive step in the direction in which it is slow, `fast` being the other one."""
        net = self.nets.get(node)
        if net is None or not isinstance(node.op, AutoregressiveStep) or node.op.fast != fast:
            return 0
        return max((int(levels.max()) for levels in net.levels), default=1)

    # --- contexts --------------------------------------------------------------------------------------------------

    def check_contexts(self) -> None:
        """A context under `given` that no parameter can see is a finding."""
        if not self.program.whole or any(f.severity == "error" for f in self.findings):
            return
        for data in self.program.givens:
            if f"given:{data.name}" not in self.seen_contexts:
                self.findings.append(
                    Finding(
                        "FS424",
                        f"no parameter can see the context `{data.name}`",
                        data.span,
                        helps=(f"name it in a net (`given: {data.name}` on an op), or on a density or flow step",),
                        node=data.name,
                    )
                )
