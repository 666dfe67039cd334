"""`keep`: the half that a coupling passes, as it is written."""

from __future__ import annotations

from typing import Any

from flowspec.ops.keeps import NAMES
from flowspec.ops.schema import show
from flowspec.passes.resolve.arguments import is_whole, value_of
from flowspec.passes.resolve.session import Scope, Session
from flowspec.syntax.tree import Mapping, Node, Scalar, Sequence, site

_HALVES = ("rows", "columns", "channel")
_KEYS = ("half", "random", "not", "seed")
_HELP = "a name such as `checkerboard`, `not NAME`, `{half: rows}`, `{random: 1, seed: S}`, or a list of kept indices"


def read_keep(node: Node, scope: Scope, session: Session) -> Any:
    """The keep as plain values: a name, a mapping or a list of indices. None after reporting what is wrong."""
    if isinstance(node, Sequence):
        return _indices(node, scope, session)
    if isinstance(node, Mapping):
        return _mapping(node, scope, session)
    value, ok = value_of(node, scope, session)
    if not ok:
        return None
    if not isinstance(value, str):
        session.report("FS203", f"`keep` is {show(value)}; it must be a half of the value", site(node), _HELP)
        return None
    return value if _known(value, NAMES, node, session) else None


def _known(text: str, names: tuple[str, ...], node: Scalar, session: Session) -> bool:
    word = text
    while word.startswith("not "):
        word = word.removeprefix("not ").strip()
    if word in names:
        return True
    session.unknown_name("FS203", "half", word, names, site(node))
    return False


def _indices(node: Sequence, scope: Scope, session: Session) -> list[int] | None:
    values, ok = value_of(node, scope, session)
    if not ok:
        return None
    if not values:
        session.report("FS203", "`keep` is an empty list: it keeps nothing", site(node), "list the kept indices")
        return None
    for item, value in zip(node.items, values, strict=True):
        if not is_whole(value) or not 0 <= value < 2**31:
            message = f"`keep` lists indices from 0 on, and this is {show(value)}"
            session.report("FS203", message, site(item), _HELP)
            ok = False
    return values if ok else None


def _mapping(node: Mapping, scope: Scope, session: Session) -> dict[str, Any] | None:
    meant = session.check_keys("FS203", "key of `keep`", node, _KEYS)
    kinds = [entry for entry in node.entries if entry.key.text in ("half", "random", "not")]
    if len(kinds) != 1 or len(kinds) + ("seed" in node) < len(node.entries):
        if not meant and len(kinds) != 1:
            session.report("FS203", "`keep` names one half: `half`, `random` or `not`", site(node), _HELP)
        return None
    kind = kinds[0].key.text
    if "seed" in node and kind != "random":
        seed = node.get("seed")
        assert seed is not None
        session.report("FS204", f"`seed` does nothing beside `{kind}`", site(seed.key), "drop it")
    if kind == "not":
        inner = read_keep(kinds[0].value, scope, session)
        return None if inner is None else {"not": inner}
    return _half(kinds[0].value, scope, session) if kind == "half" else _random(node, scope, session)


def _half(node: Node, scope: Scope, session: Session) -> dict[str, Any] | None:
    value, ok = value_of(node, scope, session)
    if ok and isinstance(node, Scalar) and isinstance(value, str):
        return {"half": value} if _known(value, _HALVES, node, session) else None
    if ok:
        session.report("FS203", f"`half` is {show(value)}; it must be `rows`, `columns` or `channel`", site(node))
    return None


def _random(node: Mapping, scope: Scope, session: Session) -> dict[str, Any] | None:
    found: dict[str, Any] = {}
    for entry in node.entries:
        word = entry.key.text
        value, ok = value_of(entry.value, scope, session)
        legal = is_whole(value) and (value == 1 if word == "random" else 0 <= value < 2**63)
        if ok and not legal:
            wanted = "`1`" if word == "random" else "an integer from 0 on"
            session.report("FS203", f"`{word}` of `keep` is {show(value)}; it must be {wanted}", site(entry.value))
        if not legal:
            return None
        found[word] = value
    return found
