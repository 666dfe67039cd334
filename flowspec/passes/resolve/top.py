"""The top of a spec: its keys, its name, and its model."""

from __future__ import annotations

from dataclasses import replace

from flowspec.diagnostics import Label
from flowspec.graph.model import Context, Data, Density, Leaf, Program
from flowspec.ops.unknown import UnknownDensity
from flowspec.passes.resolve.data import read_givens, read_x
from flowspec.passes.resolve.definitions import scope_of
from flowspec.passes.resolve.densities import Place
from flowspec.passes.resolve.flow_models import flow_model
from flowspec.passes.resolve.models import autoregressive
from flowspec.passes.resolve.names import is_name
from flowspec.passes.resolve.rehearsal import rehearse
from flowspec.passes.resolve.session import Scope, Session, TooManyStepsError
from flowspec.passes.resolve.training import check_train
from flowspec.syntax import Loader, SpecFile
from flowspec.syntax.tree import Entry, Mapping, Scalar, plain, site

KEYS = (
    "flowspec", "name", "x", "given", "vars", "nets", "blocks", "use", "order", "net", "head", "flow", "base", "train",
)  # fmt: skip
FLOW = ("flow", "base")
CHAIN = ("order", "net", "head")


def resolve_top(root: Mapping, file: SpecFile, loader: Loader, session: Session) -> Program:
    """The program of one document. What is wrong in it is reported, and stand-ins take its place."""
    _check_version(root, session)
    root = _with_keys_meant(root, session)
    name = _name(root, session)
    scope = scope_of(root, file, loader, session)
    x = read_x(root.get("x"), site(root.entries[0].key), scope, session)
    givens = read_givens(root.get("given"), scope, session)
    check_train(root.get("train"), session)
    try:
        model = _model(root, x, givens, scope, session)
        rehearse(scope, givens, session)
    except TooManyStepsError:
        model = _unknown_model(root)
    spans = {entry.key.text: site(entry.key) for entry in root.entries}
    train = root.get("train")
    return Program(name, x, givens, model, spans, plain(train.value) if train else {})


# --- keys and names --------------------------------------------------------------------------------------------------


def _check_version(root: Mapping, session: Session) -> None:
    first, entry = root.entries[0], root.get("flowspec")
    if entry is None:
        message = "a spec begins with `flowspec: 1`, the version of the language"
        session.report("FS101", message, site(first.key), "write `flowspec: 1` on the first line")
    elif not isinstance(entry.value, Scalar) or entry.value.value != 1 or isinstance(entry.value.value, bool):
        message = "this flowspec reads version 1 of the language"
        session.report("FS101", message, site(entry.value), "write `flowspec: 1`")
    elif first is not entry:
        session.report("FS101", "`flowspec: 1` is not the first key", site(entry.key), "move it to the first line")


def _with_keys_meant(root: Mapping, session: Session) -> Mapping:
    """The document with misspelt keys put right, so that what stands under them is read as well."""
    entries = []
    taken = set(root.keys())
    for entry in root.entries:
        key = entry.key
        if key.text not in KEYS:
            meant = session.unknown_name("FS102", "top-level key", key.text, KEYS, site(key))
            if meant is None or meant in taken or meant == "flowspec" or _of_another_model(meant, taken):
                session.give_up(entry.value)
                continue
            taken.add(meant)
            entries.append(Entry(replace(key, value=meant, text=meant), entry.value))
        else:
            entries.append(entry)
    return replace(root, entries=tuple(entries) or root.entries[:1])


def _of_another_model(key: str, taken: set[str]) -> bool:
    """Whether a key would make a second model: then it was not meant."""
    return (key in FLOW and not taken.isdisjoint(CHAIN)) or (key in CHAIN and not taken.isdisjoint(FLOW))


def _name(root: Mapping, session: Session) -> str:
    entry = root.get("name")
    if entry is None:
        session.report("FS103", "a spec needs a `name`", site(root.entries[0].key), "add `name: my_model`")
        return "unnamed"
    text = entry.value.value if isinstance(entry.value, Scalar) else None
    if isinstance(text, str) and is_name(text):
        return text
    if not (isinstance(entry.value, Scalar) and entry.value.bad):
        message = (
            "`name` must be lower-case letters, digits and `_`, begin with a letter, be no longer than 48, and mean "
        )
        message += "nothing to Python"
        session.report("FS103", message, site(entry.value), "write `name: my_model`")
    return "unnamed"


# --- the model -------------------------------------------------------------------------------------------------------


def _model(root: Mapping, x: Data, givens: tuple[Data, ...], scope: Scope, session: Session) -> Density:
    everywhere = tuple(Context(d.name, f"given:{d.name}", d.span) for d in givens)
    place = Place(x.support, {c.name: c.origin for c in everywhere}, everywhere, (), "model")
    flow, chain = [k for k in FLOW if k in root], [k for k in CHAIN if k in root]
    if flow and chain:
        _two_models(root, flow[0], chain[0], session)
        return _unknown_model(root)
    if flow:
        return flow_model(root, place, scope, session)
    if chain:
        return autoregressive(root, place, scope, session)
    if not any(f.code == "FS102" for f in session.findings):
        helps = "add `order`, `net` and `head`, or `flow` and `base`"
        session.report("FS108", "a spec needs a model", site(root.entries[0].key), helps)
    return _unknown_model(root)


def _two_models(root: Mapping, flow: str, chain: str, session: Session) -> None:
    first, other = root.get(flow), root.get(chain)
    assert first is not None
    assert other is not None
    message = f"a spec has one model, and this one has `{flow}` and `{chain}`"
    helps = "keep `order`, `net`, `head`, or keep `flow`, `base`"
    labels = (Label(site(first.key), "a flow is declared here"),)
    session.report("FS108", message, site(other.key), helps, labels=labels)
    session.give_up(*(entry.value for entry in root.entries if entry.key.text in FLOW + CHAIN))


def _unknown_model(root: Mapping) -> Leaf:
    return Leaf(UnknownDensity(), "standard", site(root.entries[0].key), id="model")
