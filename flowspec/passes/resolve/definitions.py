"""What a document defines: variables, nets, blocks, and the documents that it uses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flowspec.diagnostics import Finding, Label
from flowspec.ops.registry import vocabulary
from flowspec.passes.resolve.arguments import is_number, value_of
from flowspec.passes.resolve.names import check_name, check_value_name, check_variable
from flowspec.passes.resolve.session import Definition, Scope, Session
from flowspec.syntax import Loader, SpecFile
from flowspec.syntax.tree import Entry, Mapping, Node, Scalar, Sequence, site

BLOCK_KEYS = ("in", "vars", "net", "flow", "out")


def scope_of(root: Mapping, file: SpecFile, loader: Loader, session: Session) -> Scope:
    """The names of one document; those that it imports have the name of the import in front."""
    nets: dict[str, Definition] = {}
    blocks: dict[str, Definition] = {}
    unread = _imports(root.get("use"), file, loader, session, nets, blocks)
    scope = Scope({}, nets, blocks, {}, frozenset(), frozenset(unread))
    scope = scope.with_vars(_vars(root.get("vars"), scope, session))
    bodies = _entries(root.get("blocks"), "block", session)
    whole = [item for item in bodies if _check_block(item, session)]
    broken = {item.key.text for item in bodies} - {item.key.text for item in whole}
    scope = replace(scope, unread=scope.unread | broken)  # reported where it stands, so its uses stay silent
    for item in _entries(root.get("nets"), "net", session):
        _check_net(item, session)
        nets[item.key.text] = Definition(item.key.text, item.value, item.key, scope)
    for item in bodies:
        if item.key.text in broken:
            session.give_up(item.value)
        else:
            blocks[item.key.text] = Definition(item.key.text, item.value, item.key, scope)
    return scope


# --- use -------------------------------------------------------------------------------------------------------------


def _imports(
    entry: Entry | None, file: SpecFile, loader: Loader, session: Session, nets: dict[str, Definition],
    blocks: dict[str, Definition],
) -> set[str]:  # fmt: skip
    """Adds the nets and blocks of the documents under `use`; the names of those that could not be read."""
    if entry is None:
        return set()
    if not isinstance(entry.value, Mapping):
        helps = "write `use: {g: ./glow.yaml}`"
        session.report("FS203", "`use` is a mapping of names to files", site(entry.value), helps)
        return set()
    unread = set()
    for item in entry.value.entries:
        check_name(item.key, "import", session, "an")
        scope = _imported(item, file, loader, session)
        if scope is None:
            unread.add(item.key.text)
            continue
        for mine, theirs in ((nets, scope.nets), (blocks, scope.blocks)):
            own = {name: definition for name, definition in theirs.items() if "." not in name}
            mine.update({f"{item.key.text}.{name}": definition for name, definition in own.items()})
            session.used.update(own.values())  # what a document does not use of another is no fault of either
    return unread


def _imported(item: Entry, file: SpecFile, loader: Loader, session: Session) -> Scope | None:
    document = loader.use(item.value, file)
    if isinstance(document, Finding):
        session.add(document)
        return None
    if not isinstance(document.root, Mapping):
        if document.root is not None:
            message = f"`{item.key.text}` is no spec: a spec is a mapping that begins with `flowspec: 1`"
            session.report("FS106", message, site(item.value))
        return None
    key = ("scope", document.root)
    if key not in session.memo:
        session.memo[key] = scope_of(document.root, document, loader, session)
    found: Scope = session.memo[key]
    return found


# --- vars ------------------------------------------------------------------------------------------------------------


def _vars(entry: Entry | None, scope: Scope, session: Session) -> dict[str, Any]:
    """The variables in writing order, each of which may use those before; None is one that failed."""
    if entry is None:
        return {}
    if not isinstance(entry.value, Mapping):
        helps = "write `vars: {width: 64}`"
        session.report("FS203", "`vars` is a mapping of names to numbers", site(entry.value), helps)
        return {}
    found: dict[str, Any] = {}
    for var in entry.value.entries:
        check_variable(var.key, session)
        value, ok = value_of(var.value, scope.with_vars(found), session)
        if ok and not is_number(value):
            message = f"variable `{var.key.text}` must be an integer or a float"
            session.report("FS203", message, site(var.value), "write a number")
        found[var.key.text] = value if ok and is_number(value) else None
    return found


# --- nets and blocks -------------------------------------------------------------------------------------------------


def _entries(entry: Entry | None, what: str, session: Session) -> tuple[Entry, ...]:
    if entry is None:
        return ()
    if isinstance(entry.value, Mapping):
        return entry.value.entries
    helps = f"write `{what}s: {{name: ...}}`"
    session.report("FS203", f"`{what}s` is a mapping of names to {what}s", site(entry.value), helps)
    return ()


def _check_net(item: Entry, session: Session) -> None:
    if item.key.text in vocabulary("net"):
        message = f"`{item.key.text}` cannot name a net: it is an op"
        session.report("FS104", message, site(item.key), f"choose another name, such as `{item.key.text}_1`")
    else:
        check_name(item.key, "net", session)


def _check_block(item: Entry, session: Session) -> bool:
    """Whether a block is one; its parts are checked where they say what they are."""
    check_name(item.key, "block", session)
    body = item.value
    meant = session.check_keys("FS201", "key of a block", body, BLOCK_KEYS) if isinstance(body, Mapping) else ()
    if not isinstance(body, Mapping) or ("net" in body) == ("flow" in body):
        found = "both a `net` and a `flow`" if isinstance(body, Mapping) and "net" in body else "no `net` and no `flow`"
        helps = "write `{in: [...], net: ..., out: ...}` or `{flow: [...]}`"
        if not {"net", "flow"} & set(meant):
            if isinstance(body, Sequence):
                helps = f"a list alone is no block: write `{item.key.text}: {{flow: [...]}}` or `{{net: [...]}}`"
            session.report("FS139", f"block `{item.key.text}` has {found}", site(item.key), helps)
        return False
    if "flow" in body:
        _refuse_ports(body, session)
    _check_inputs(body.get("in"), session)
    _check_outputs(body.get("out"), session)
    _check_block_vars(item.key.text, body.get("vars"), session)
    return True


def _refuse_ports(body: Mapping, session: Session) -> None:
    for word in ("in", "out"):
        if (entry := body.get(word)) is not None:
            message = f"`{word}` does nothing in a block with a `flow`: one value goes in and one comes out"
            session.report("FS204", message, site(entry.key), "drop it")


def _check_inputs(entry: Entry | None, session: Session) -> None:
    if entry is None:
        return
    items = entry.value.items if isinstance(entry.value, Sequence) else (entry.value,)
    seen: dict[str, Scalar] = {}
    for item in items:
        if not isinstance(item, Scalar) or not isinstance(item.value, str):
            _no_name(item, "`in` of a block lists the names of its inputs", session)
            continue
        if item.text != "x":
            check_value_name(item, frozenset(), session, "an input")
        first = seen.setdefault(item.text, item)
        if first is not item:
            labels = (Label(site(first), "first named here"),)
            session.report("FS131", f"`{item.text}` names two inputs", site(item), "drop one", labels=labels)
    if not items:
        session.report("FS203", "a block has one input or more", site(entry.value), "drop `in`, or name an input")


def _no_name(node: Node, message: str, session: Session) -> None:
    if not (isinstance(node, Scalar) and node.bad):
        session.report("FS203", message, site(node), "write `in: [h, c]`")


def _check_outputs(entry: Entry | None, session: Session) -> None:
    if entry is not None and isinstance(entry.value, Mapping):
        for item in entry.value.entries:
            check_value_name(item.key, frozenset(), session, "an output")
        if not entry.value.entries:
            session.report("FS203", "a block has one output or more", site(entry.value), "write `out: {h: VALUE}`")


def _check_block_vars(name: str, entry: Entry | None, session: Session) -> None:
    if entry is None:
        return
    if not isinstance(entry.value, Mapping):
        helps = "write `vars: {d: 1}`"
        session.report("FS203", f"`vars` of block `{name}` is a mapping of names to numbers", site(entry.value), helps)
        return
    for var in entry.value.entries:
        check_variable(var.key, session)
        text = isinstance(var.value, Scalar) and isinstance(var.value.value, str) and "$" in var.value.text
        known = isinstance(var.value, Scalar) and (is_number(var.value.value) or var.value.bad)
        if not text and not known:
            message = f"variable `{var.key.text}` must be an integer or a float"
            session.report("FS203", message, site(var.value), "write a number, the default")
