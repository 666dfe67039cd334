"""Data as it is declared: `x` and the contexts under `given`."""

from __future__ import annotations

from math import prod
from typing import Any

from flowspec.diagnostics import Label, Span
from flowspec.graph.layout import Layout, layout_of
from flowspec.graph.model import Data
from flowspec.graph.support import POSITIVE, REAL, Support, integers, interval
from flowspec.passes.resolve.arguments import value_of
from flowspec.passes.resolve.naming import check_defined
from flowspec.passes.resolve.session import Scope, Session
from flowspec.syntax.tree import Entry, Mapping, Scalar, Sequence, site

MAX_ELEMENTS = 2**31
MAX_VARIABLES = 2**24


def givens_of(entry: Entry | None, scope: Scope, session: Session) -> tuple[Data, ...] | None:
    if entry is None:
        return ()
    if not isinstance(entry.value, Mapping):
        session.report(
            "FS203", "`given` is a mapping of names to data", site(entry.value), "write `given: {label: {classes: 10}}`"
        )
        return None
    found = []
    for item in entry.value.entries:
        if check_defined(item, "context", session):
            found.append(data_of(item.key.text, item, scope, session, item.key.span))
        else:
            found.append(None)
    complete = [data for data in found if data is not None]
    return tuple(complete) if len(complete) == len(found) else None


def data_of(name: str, entry: Entry | None, scope: Scope, session: Session, span: Span) -> Data | None:
    if entry is None:
        session.report(
            "FS106", "a spec needs `x`: the variables it models", span, "add `x: {shape: [784], values: binary}`"
        )
        return None
    body = entry.value
    keys = ("shape", "names", "values") if name == "x" else ("classes", "shape", "values")
    if not isinstance(body, Mapping):
        session.report("FS203", f"`{name}` is a mapping with {' and '.join(f'`{k}`' for k in keys)}", site(body))
        return None
    ok = True
    for item in body.entries:
        if item.key.text not in keys:
            session.unknown_name("FS201", f"key of `{name}`", item.key.text, keys, site(item.key))
            ok = False
    if name != "x" and (classes := body.get("classes")):
        return _label(name, classes, scope, session) if ok else None
    named = body.get("names")
    if named is not None:
        return _named(name, body, named, scope, session) if ok else None
    shape, values = _shape(name, body, scope, session), _values(name, body.get("values"), site(body), scope, session)
    return Data(name, layout_of(shape), values, site(entry.key)) if shape and values and ok else None


def _label(name: str, entry: Entry, scope: Scope, session: Session) -> Data | None:
    value, ok = value_of(entry.value, scope, session)
    if ok and (not isinstance(value, int) or isinstance(value, bool) or not 2 <= value < MAX_ELEMENTS):
        session.report("FS203", f"`classes` of `{name}` must be an integer at least 2", site(entry.value))
        return None
    return Data(name, Layout(value), integers(value), site(entry.key), classes=value) if ok else None


def _shape(name: str, body: Mapping, scope: Scope, session: Session) -> tuple[int, ...] | None:
    entry = body.get("shape")
    if entry is None:
        session.report(
            "FS202",
            f"`{name}` needs a `shape`",
            site(body),
            "write `shape: [D]`, `[C, T]`, `[C, H, W]` or `[C, T, H, W]`",
        )
        return None
    value, ok = value_of(entry.value, scope, session)
    if not ok:
        return None
    sizes = value if isinstance(value, list) else [None]
    if not 1 <= len(sizes) <= 4 or any(not isinstance(s, int) or isinstance(s, bool) or s < 1 for s in sizes):
        session.report(
            "FS203",
            f"`shape` of `{name}` must be a list of one to four positive integers",
            site(entry.value),
            "[D], [C, T], [C, H, W] or [C, T, H, W]",
        )
        return None
    total = prod(size for size in sizes if size)
    if total > MAX_ELEMENTS:
        session.report(
            "FS107",
            f"`shape` of `{name}` has {total:,} elements; the limit is 2^31",
            site(entry.value),
            "use a smaller shape",
        )
        return None
    if name == "x" and total > MAX_VARIABLES:
        message = f"`x` has {total:,} variables; a check follows at most {MAX_VARIABLES:,} one by one"
        session.report("FS107", message, site(entry.value), "use a smaller shape")
        return None
    return tuple(sizes)


def _values(name: str, entry: Entry | None, span: Span, scope: Scope, session: Session) -> Support | None:
    if entry is None:
        session.report(
            "FS202",
            f"`{name}` needs `values`",
            span,
            "`real`, `binary`, an integer N, `positive`, or an interval [lo, hi]",
        )
        return None
    value, ok = value_of(entry.value, scope, session)
    if not ok:
        return None
    found = _support(value)
    if found is None:
        names = ("real", "binary", "positive")
        if isinstance(value, str):
            session.unknown_name("FS203", "kind of values", value, names, site(entry.value))
        else:
            session.report(
                "FS203",
                f"`values` of `{name}` must be `real`, `binary`, `positive`, an integer N of 2 or more, or an interval [lo, hi]",
                site(entry.value),
            )
    return found


def _support(value: Any) -> Support | None:
    if value in ("real", "binary", "positive"):
        return {"real": REAL, "binary": integers(2), "positive": POSITIVE}[value]
    if isinstance(value, int) and not isinstance(value, bool) and 2 <= value <= 2**20:
        return integers(value)
    if (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(v, int | float) and not isinstance(v, bool) for v in value)
    ):
        return interval(float(value[0]), float(value[1])) if value[0] < value[1] else None
    return None


def _named(name: str, body: Mapping, entry: Entry, scope: Scope, session: Session) -> Data | None:
    """Variables by name: a list of names with one kind of values, or {name: values}."""
    if (shape := body.get("shape")) is not None:
        session.report("FS203", "`names` already says how many variables there are", site(shape.key), "drop `shape`")
        return None
    node = entry.value
    if (
        isinstance(node, Sequence)
        and node.items
        and all(isinstance(i, Scalar) and isinstance(i.value, str) for i in node.items)
    ):
        names = [i for i in node.items if isinstance(i, Scalar)]
        values = _values(name, body.get("values"), site(body), scope, session)
        return _distinct(names, values, entry, session)
    if isinstance(node, Mapping) and node.entries:
        return _mixed(name, body, entry, node, scope, session)
    session.report(
        "FS203", "`names` must be a list of names, or a mapping of names to values", site(node), "write `names: [A, B]`"
    )
    return None


def _mixed(name: str, body: Mapping, entry: Entry, node: Mapping, scope: Scope, session: Session) -> Data | None:
    if (values := body.get("values")) is not None:
        session.report(
            "FS203", "`names` already says which values each variable takes", site(values.key), "drop `values`"
        )
        return None
    found = [_values(e.key.text, e, site(e.key), scope, session) for e in node.entries]
    if any(v is None for v in found):
        return None
    counts = [v.count for v in found if v is not None]
    if len({str(v) for v in found}) > 1 and not all(isinstance(c, int) for c in counts):
        session.report(
            "FS203",
            "variables of different kinds must all be integers",
            site(node),
            "give each a number of categories, or model them apart",
        )
        return None
    support = (
        found[0] if len({str(v) for v in found}) == 1 else integers(tuple(c for c in counts if isinstance(c, int)))
    )
    return _distinct([e.key for e in node.entries], support, entry, session)


def _distinct(names: list[Scalar], values: Support | None, entry: Entry, session: Session) -> Data | None:
    seen: dict[str, Scalar] = {}
    for scalar in names:
        if scalar.text in seen:
            session.report(
                "FS203",
                f"variable `{scalar.text}` is named twice",
                site(scalar),
                "give each variable a name of its own",
                labels=(Label(site(seen[scalar.text]), "first named here"),),
            )
            return None
        seen[scalar.text] = scalar
    return Data("x", layout_of((len(names),)), values, site(entry.key), names=tuple(seen)) if values else None
