"""The plan of a whole module: its constants, its classes, and the model last."""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from importlib.metadata import version

from flowspec.graph.model import Autoregressive, Data, Flow, Leaf
from flowspec.graph.support import Support
from flowspec.passes.facts import Facts
from flowspec.plan.code import Attribute, ClassPlan, Constant, Construct, Listed, Method, Parameter, Return, Value
from flowspec.plan.contexts import Datum, Origins, parameter_names
from flowspec.plan.densities import Shell, autoregressive, leaf
from flowspec.plan.flows import flow_class
from flowspec.plan.module import Module
from flowspec.plan.names import camel
from flowspec.plan.runtime import definitions
from flowspec.plan.schedule import Schedule
from flowspec.plan.templates import with_parameters

OTHER_NAMES = ("F", *(name for name in dir(builtins) if name[0].isupper()))


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything about an emitted module but its layout on the page.

    Attributes:
        name: the spec's name.
        model: the name of the model's class, which stands last in `classes`.
        sha256: of the spec's text.
        version: of flowspec.
        summary: one sentence about the model, for the header.
        constants: what stands before the classes.
        classes: in an order in which each comes after those that it uses.
        schedules: the sampling levels of variables and units, one for each net under an order.
        digests: (class, attribute, digest) of every mask that was proved.
    """

    name: str
    model: str
    sha256: str
    version: str
    summary: str
    constants: tuple[Constant, ...]
    classes: tuple[ClassPlan, ...]
    schedules: tuple[Schedule, ...]
    digests: tuple[tuple[str, str, str], ...]


def make_plan(facts: Facts, sha256: str) -> Plan:
    """Decides everything about the module of a spec without errors."""
    program = facts.program
    foreign = {*definitions(), *OTHER_NAMES}
    name = f"{camel(program.name)}Model" if camel(program.name) in foreign else camel(program.name)
    module = Module(program.x.span.file, foreign=frozenset({*foreign, name}))
    origins = {
        f"given:{d.name}": Datum(() if d.classes else d.layout.shape, d.support, d.classes) for d in program.givens
    }
    summary = _summary(facts)
    shell = Shell(name, _doc(facts), "net", ("Model",), _fields(facts, sha256), tuple(d.name for d in program.givens))
    module.add(_model(facts, shell, origins, module))
    classes = with_parameters(module.classes)
    return Plan(
        program.name, name, sha256, version("flowspec"), summary, tuple(module.literals.constants), tuple(classes),
        tuple(module.schedules), _digests(classes),
    )  # fmt: skip


def _model(facts: Facts, shell: Shell, origins: Origins, module: Module) -> ClassPlan:
    model = facts.program.model
    if isinstance(model, Flow):
        return flow_class(model, shell, facts, origins, module)
    if isinstance(model, Autoregressive):
        return autoregressive(model, shell, facts, origins, module)
    base, arguments = leaf(model, "net", facts, origins, module)
    return ClassPlan(
        shell.name, (*shell.bases, base), shell.doc, (), _leaf_methods(model, shell), shell.fields, arguments
    )


def _leaf_methods(model: Leaf, shell: Shell) -> tuple[Method, ...]:
    """A model takes every context that the spec declares, also those that its net does not read."""
    contexts = model.conditioner.contexts if model.conditioner is not None else ()
    if model.conditioner is None or set(parameter_names(contexts).values()) == set(shell.given or ()):
        return ()
    names = [c.origin.removeprefix("given:") for c in contexts]
    parameters = (Parameter("n", "int"), *(Parameter(name) for name in shell.given or ()))
    return (Method("theta", parameters, "torch.Tensor", (Return(f"self.net({', '.join(names)})"),)),)


# --- what the model says about itself ------------------------------------------------------------------------------------


def _fields(facts: Facts, sha256: str) -> tuple[tuple[str, Value], ...]:
    program, found = facts.program, facts.densities[facts.program.model]
    return (
        ("NAME", program.name),
        ("KIND", "flow" if isinstance(program.model, Flow) else "autoregressive"),
        ("SPEC_SHA256", sha256),
        ("LIKELIHOOD", found.likelihood),
        ("SHAPE", program.x.layout.shape),
        ("VALUES", values_of(program.x.support)),
        ("GIVEN", {data.name: _given(data) for data in program.givens}),
        ("ORDERS", max(1, len(found.orders))),
    )


def _given(data: Data) -> dict[str, Value]:
    if data.classes is not None:
        return {"classes": data.classes}
    return {"shape": data.layout.shape, "values": values_of(data.support)}


def values_of(values: Support) -> Value:
    """The values of data as the module declares them: `real`, `positive`, (lo, hi), `binary`, N, or a count for each variable."""
    if isinstance(values.count, tuple):
        return list(values.count)
    if values.count is not None:
        return "binary" if values.count == 2 else values.count
    if values.real:
        return "real"
    return "positive" if (values.lo, values.hi) == (0.0, float("inf")) else (float(values.lo), float(values.hi))


def _summary(facts: Facts) -> str:
    program, x = facts.program, facts.program.x
    kind = "binary " if x.support.count == 2 else "integer " if x.support.discrete else ""
    size = f"{x.layout.units}" if x.layout.vector else "x".join(str(n) for n in x.layout.shape)
    model = {Flow: "A flow", Autoregressive: "An autoregressive model"}.get(type(program.model), "A model")
    return f"{model} of {size} {kind}variables."


def _doc(facts: Facts) -> str:
    """What log_prob is, as a formula."""
    program, found = facts.program, facts.densities[facts.program.model]
    given = ", ".join(data.name for data in program.givens)
    bar = f" | {given}" if given else ""
    if isinstance(program.model, Flow):
        encoders = any(n.op.drawn is not None and len(n.outputs) > 1 for n in program.model.nodes)
        formula = f"log p(x{bar}) = log |det dz/dx| + log p(z{bar})"
        if encoders:
            also = f", {given}" if given else ""
            return (
                f"log p(x{bar}) >= E [log p(x | z{also}) + log p(z{bar}) - log q(z | x{also})] over z drawn from q; log_prob "
                "draws one."
            )
    elif isinstance(program.model, Autoregressive):
        one = _summed(program.model.head.together(program.x.layout, program.model.joint))
        before = f"x before {one[-1]}{', ' + given if given else ''}"
        formula = f"log p(x{bar}) = sum over {one} of log p(x_{one[-1]} | {before})"
    else:
        one = _summed(program.model.family.together(program.x.layout, program.model.joint))
        formula = f"log p(x{bar}) = sum over {one} of log p(x_{one[-1]}{bar})"
    end = {
        "exact": "",
        "bound": ", of which log_prob is a lower bound",
        "estimate": ", of which log_prob is an estimate",
    }
    return f"{formula}{end[found.likelihood]}."


def _summed(together: int) -> str:
    """What the terms of log p(x) are about: variables, or sites whose channels are modelled together."""
    return "sites s" if together > 1 else "i"


def _digests(classes: list[ClassPlan]) -> tuple[tuple[str, str, str], ...]:
    found = []
    for plan in classes:
        for attribute in plan.attributes:
            for construct in _constructs(attribute):
                digest = dict(construct.kwargs).get("digest")
                if digest is not None:
                    found.append((plan.name, attribute.name, digest))
    return tuple(found)


def _constructs(attribute: Attribute) -> tuple[Construct, ...]:
    if isinstance(attribute.value, Listed):
        return tuple(item for run in attribute.value.runs for item in run.items)
    return (attribute.value,)
