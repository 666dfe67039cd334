"""The top of a spec: its keys, its data, its definitions, and its model."""

from __future__ import annotations

import keyword

from flowspec.diagnostics import Label
from flowspec.graph.model import Context, Data, Density, Program
from flowspec.graph.support import REAL, integers
from flowspec.passes.resolve.arguments import value_of
from flowspec.passes.resolve.data import data_of, givens_of
from flowspec.passes.resolve.densities import Place, autoregressive
from flowspec.passes.resolve.flows import flow_model
from flowspec.passes.resolve.naming import NAME, check_defined, legal_name
from flowspec.passes.resolve.session import Definition, Scope, Session
from flowspec.passes.resolve.training import check_training
from flowspec.syntax.tree import Entry, Mapping, Node, Scalar, plain, site

KEYS = (
    "flowspec", "name", "x", "given", "vars", "nets", "blocks", "use", "order", "net", "head", "flow", "base", "train",
)  # fmt: skip


def resolve_top(root: Mapping, imports: dict[str, Mapping], session: Session) -> Program | None:
    """The program of one document. `imports` are the roots of the documents under `use`, by name."""
    _check_keys(root, session)
    name = _name(root, session)
    scope = _scope(root, imports, session)
    x = data_of("x", root.get("x"), scope, session, root.span)
    givens = givens_of(root.get("given"), scope, session)
    model = _model(root, x, givens, scope, session)
    _unused(scope, session)
    check_training(root.get("train"), session)
    if name is None or x is None or givens is None or model is None:
        return None
    spans = {entry.key.text: site(entry.key) for entry in root.entries}
    train = root.get("train")
    return Program(name, x, givens, model, spans, plain(train.value) if train else {})


# --- keys and names ------------------------------------------------------------------------------------------------


def _check_keys(root: Mapping, session: Session) -> None:
    first = root.entries[0]
    entry = root.get("flowspec")
    if entry is None:
        session.report(
            "FS101",
            "a spec begins with `flowspec: 1`, the version of the language",
            site(first.key),
            "write `flowspec: 1` on the first line",
        )
    elif entry.value and (
        not isinstance(entry.value, Scalar) or entry.value.value != 1 or isinstance(entry.value.value, bool)
    ):
        session.report(
            "FS101", "this flowspec reads version 1 of the language", site(entry.value), "write `flowspec: 1`"
        )
    elif first is not entry:
        session.report("FS101", "`flowspec: 1` is not the first key", site(entry.key), "move it to the first line")
    for other in root.entries:
        if other.key.text not in KEYS:
            session.unknown_name("FS102", "top-level key", other.key.text, KEYS, site(other.key))


def _name(root: Mapping, session: Session) -> str | None:
    entry = root.get("name")
    if entry is None:
        session.report("FS103", "a spec needs a `name`", site(root.entries[0].key), "add `name: my_model`")
        return None
    text = entry.value.value if isinstance(entry.value, Scalar) else None
    if not isinstance(text, str) or not NAME.match(text) or keyword.iskeyword(text):
        session.report(
            "FS103",
            "`name` must be a word of lower-case letters, digits and `_` that begins with a letter (48 at most)",
            site(entry.value),
            "write `name: my_model`",
        )
        return None
    return text


# --- definitions ---------------------------------------------------------------------------------------------------


def _scope(root: Mapping, imports: dict[str, Mapping], session: Session) -> Scope:
    scope = Scope()
    for alias, document in imports.items():
        inner = _scope(document, {}, session)
        scope.nets.update({f"{alias}.{k}": d for k, d in inner.nets.items()})
        scope.blocks.update({f"{alias}.{k}": d for k, d in inner.blocks.items()})
        session.used.update([*inner.nets.values(), *inner.blocks.values()])
    _vars(root.get("vars"), scope, session)
    _definitions(root.get("nets"), "net", scope, scope.nets, session)
    _definitions(root.get("blocks"), "block", scope, scope.blocks, session)
    return scope


def _vars(entry: Entry | None, scope: Scope, session: Session) -> None:
    if entry is None:
        return
    if not isinstance(entry.value, Mapping):
        session.report(
            "FS203", "`vars` is a mapping of names to numbers", site(entry.value), "write `vars: {width: 64}`"
        )
        return
    for var in entry.value.entries:
        value, ok = value_of(var.value, scope, session)
        if not ok:
            scope.vars[var.key.text] = 1  # unknown; what uses it stays silent
        elif isinstance(value, bool) or not isinstance(value, int | float):
            session.report(
                "FS203", f"variable `{var.key.text}` must be an integer or a float", site(var.value), "write a number"
            )
            scope.vars[var.key.text] = 1
        else:
            scope.vars[var.key.text] = value


def _definitions(entry: Entry | None, what: str, scope: Scope, table: dict[str, Definition], session: Session) -> None:
    if entry is None:
        return
    if not isinstance(entry.value, Mapping):
        session.report(
            "FS203", f"`{what}s` is a mapping of names to {what}s", site(entry.value), f"write `{what}s: {{name: ...}}`"
        )
        return
    for item in entry.value.entries:
        check_defined(item, what, session)
        if what == "block" and not _block_is_sound(item, session):
            continue
        table[item.key.text] = Definition(item.key.text, item.value, item.key, scope)


def _block_is_sound(item: Entry, session: Session) -> bool:
    body = item.value
    if not isinstance(body, Mapping) or not ({"net", "flow"} & set(body.keys())):
        session.report(
            "FS139",
            f"block `{item.key.text}` needs a `net` or a `flow`",
            site(item.key),
            "write `{in: [...], net: ..., out: ...}` or `{flow: [...]}`",
        )
        return False
    for entry in body.entries:
        if entry.key.text not in ("in", "vars", "net", "flow", "out"):
            session.unknown_name(
                "FS201", "key of a block", entry.key.text, ("in", "vars", "net", "flow", "out"), site(entry.key)
            )
    return True


def _unused(scope: Scope, session: Session) -> None:
    for table, what in ((scope.nets, "net"), (scope.blocks, "block")):
        for definition in table.values():
            if definition not in session.used:
                session.report(
                    "FS141", f"{what} `{definition.name}` is never used", site(definition.key), "use it or delete it"
                )


# --- the model -----------------------------------------------------------------------------------------------------


def _model(
    root: Mapping, x: Data | None, givens: tuple[Data, ...] | None, scope: Scope, session: Session
) -> Density | None:
    flow = [k for k in ("flow", "base") if k in root]
    chain = [k for k in ("order", "net", "head") if k in root]
    if bool(flow) == bool(chain) or (flow and "flow" not in flow):
        _no_model(root, flow, chain, session)
        return None
    everywhere = tuple(Context(d.name, f"given:{d.name}", d.span) for d in givens or ())
    available = {c.name: c.origin for c in everywhere}
    values = x.support if x else REAL
    place = Place(values, available, everywhere, (), "model", x.names if x else ())
    if x is None:
        place = Place(integers(2), available, everywhere, (), "model")
    if flow:
        return flow_model(root, place, scope, session, top=True)
    return autoregressive(root, place, scope, session, top=True)


def _no_model(root: Mapping, flow: list[str], chain: list[str], session: Session) -> None:
    if flow and chain:
        first, other = root.get(flow[0]), root.get(chain[0])
        assert first is not None
        assert other is not None
        session.report(
            "FS108",
            f"a spec has one model, and this one has `{flow[0]}` and `{chain[0]}`",
            site(other.key),
            "keep `order`, `net`, `head`, or keep `flow`, `base`",
            labels=(Label(site(first.key), "a flow begins here"),),
        )
    elif flow:
        base = root.get("base")
        assert base is not None
        session.report("FS108", "a `base` without a `flow`", site(base.key), "add `flow: [...]`")
    else:
        session.report(
            "FS108",
            "a spec needs a model",
            site(root.entries[0].key),
            "add `order`, `net` and `head`, or `flow` and `base`",
        )


__all__ = ["Node", "legal_name", "resolve_top"]
