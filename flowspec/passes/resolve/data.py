"""Data as it is declared: `x`, and the contexts under `given`."""

from __future__ import annotations

from typing import Any

from flowspec.diagnostics import Label, Span
from flowspec.graph.layout import Layout, layout_of
from flowspec.graph.model import Data
from flowspec.graph.support import POSITIVE, REAL, UNKNOWN, Support, integers, interval
from flowspec.passes.resolve.arguments import is_number, is_whole, value_of
from flowspec.passes.resolve.names import check_name
from flowspec.passes.resolve.session import Scope, Session, shortened
from flowspec.syntax.tree import Entry, Mapping, Scalar, Sequence, site

MAX_ELEMENTS = 2**31
MAX_VARIABLES = 2**24
MAX_CATEGORIES = 2**20
X_KEYS = ("shape", "names", "values")
GIVEN_KEYS = ("classes", "shape", "values")
FORMS = "`[D]`, `[C, T]`, `[C, H, W]` or `[C, T, H, W]`"
SHAPELESS = Layout(0)  # a shape that nobody knows
KINDS = {"real": REAL, "binary": integers(2), "positive": POSITIVE}


def read_x(entry: Entry | None, span: Span, scope: Scope, session: Session) -> Data:
    """The variables that a spec models; what of them is wrong becomes unknown."""
    if entry is None:
        helps = "add `x: {shape: [784], values: binary}`"
        session.report("FS106", "a spec needs `x`: the variables it models", span, helps)
        return Data("x", SHAPELESS, UNKNOWN, span)
    if not isinstance(entry.value, Mapping):
        _no_mapping("x", "`shape` (or `names`) and `values`", entry, session)
        return Data("x", SHAPELESS, UNKNOWN, site(entry.key))
    meant = session.check_keys("FS201", "key of `x`", entry.value, X_KEYS)
    if "names" in entry.value:
        return _named(entry, entry.value, meant, scope, session)
    return _shaped("x", entry, entry.value, meant, scope, session)


def read_givens(entry: Entry | None, scope: Scope, session: Session) -> tuple[Data, ...]:
    """The contexts that a spec declares at its top."""
    if entry is None:
        return ()
    if not isinstance(entry.value, Mapping):
        helps = "write `given: {label: {classes: 10}}`"
        session.report("FS203", "`given` is a mapping of names to data", site(entry.value), helps)
        return ()
    return tuple(_given(item, scope, session) for item in entry.value.entries)


def _given(item: Entry, scope: Scope, session: Session) -> Data:
    name = item.key.text
    check_name(item.key, "context", session, parameter=True)
    if not isinstance(item.value, Mapping):
        _no_mapping(name, "`classes`, or `shape` and `values`", item, session)
        return Data(name, SHAPELESS, UNKNOWN, site(item.key))
    meant = session.check_keys("FS201", f"key of `{shortened(name)}`", item.value, GIVEN_KEYS)
    classes = item.value.get("classes")
    if classes is None and "classes" in meant:
        return Data(name, SHAPELESS, UNKNOWN, site(item.key))
    if classes is None:
        return _shaped(name, item, item.value, meant, scope, session)
    for word in ("shape", "values"):
        if (other := item.value.get(word)) is not None:
            message = f"`{word}` says nothing beside `classes`: a label is one number below its classes"
            session.report("FS204", message, site(other.key), "keep one of the two")
    return _label(name, item, classes, scope, session)


def _no_mapping(name: str, keys: str, entry: Entry, session: Session) -> None:
    if not (isinstance(entry.value, Scalar) and entry.value.bad):
        helps = "write `x: {shape: [1, 28, 28], values: binary}`" if name == "x" else f"write `{name}: {{classes: 10}}`"
        session.report("FS203", f"`{shortened(name)}` is a mapping with {keys}", site(entry.value), helps)


def _label(name: str, item: Entry, entry: Entry, scope: Scope, session: Session) -> Data:
    value, ok = value_of(entry.value, scope, session)
    if ok and not (is_whole(value) and 2 <= value <= MAX_CATEGORIES):
        message = f"`classes` of `{name}` must be an integer from 2 to {MAX_CATEGORIES:,}"
        session.report("FS203", message, site(entry.value), "write `classes: 10`")
        ok = False
    if not ok:
        return Data(name, SHAPELESS, UNKNOWN, site(item.key))
    return Data(name, Layout(value), integers(value), site(item.key), classes=value)


# --- shapes and values -----------------------------------------------------------------------------------------------


def _shaped(name: str, entry: Entry, body: Mapping, meant: frozenset[str], scope: Scope, session: Session) -> Data:
    layout = SHAPELESS
    if (shape := body.get("shape")) is not None:
        layout = _shape(name, shape, scope, session)
    elif not meant & {"shape", "names"}:
        session.report("FS202", f"`{shortened(name)}` needs a `shape`", site(entry.key), f"write `shape: ...`: {FORMS}")
    support = UNKNOWN if "values" in meant else _values(name, body.get("values"), site(entry.key), scope, session)
    return Data(name, layout, support, site(entry.key))


def _shape(name: str, given: Entry, scope: Scope, session: Session) -> Layout:
    value, ok = value_of(given.value, scope, session)
    sizes: list[Any] = value if isinstance(value, list) else [None]
    if not ok:
        return SHAPELESS
    if not 1 <= len(sizes) <= 4 or any(not is_whole(s) or s < 1 for s in sizes):
        message = f"`shape` of `{name}` must be a list of one to four positive integers"
        session.report("FS203", message, site(given.value), FORMS)
        return SHAPELESS
    layout = layout_of(tuple(sizes))
    _note_channels_last(sizes, given, session)
    if name == "x" and MAX_VARIABLES < layout.units <= MAX_ELEMENTS:
        message = f"`x` has {layout.units:,} variables; a check follows at most {MAX_VARIABLES:,} one by one"
        session.report("FS107", message, site(given.value), "use a smaller shape")
        return SHAPELESS
    if layout.units <= MAX_ELEMENTS:
        return layout
    message = f"`shape` of `{name}` has {layout.units:,} elements; the limit is 2^31"
    session.report("FS107", message, site(given.value), "use a smaller shape")
    return SHAPELESS


def _note_channels_last(sizes: list[int], given: Entry, session: Session) -> None:
    """Warns of a picture written height, width, channels: the order of most files, not of this language."""
    if len(sizes) == 3 and min(sizes[:2]) >= 8 and sizes[2] in (1, 3):
        height, width, channels = sizes
        message = f"{height} channels of {width} x {channels} pixels: channels come first"
        helps = f"for pictures of {width} columns write `shape: [{channels}, {height}, {width}]`"
        session.report("FS236", message, site(given.value), helps)


def _values(name: str, entry: Entry | None, span: Span, scope: Scope, session: Session) -> Support:
    if entry is None:
        helps = "`real`, `binary`, an integer N, `positive`, or an interval [lo, hi]"
        session.report("FS202", f"`{shortened(name)}` needs `values`", span, helps)
        return UNKNOWN
    value, ok = value_of(entry.value, scope, session)
    found = _support(value) if ok else UNKNOWN
    if found is not None:
        return found
    if isinstance(value, str):
        session.unknown_name("FS203", "kind of values", value, tuple(KINDS), site(entry.value))
    else:
        message = f"`values` of `{shortened(name)}` must be `real`, `binary`, `positive`, an integer from 2 to "
        message += f"{MAX_CATEGORIES:,}, or an interval [lo, hi]"
        session.report("FS203", message, site(entry.value), _legal_values(value))
    return UNKNOWN


def _legal_values(value: Any) -> str:
    """The help for values of no kind."""
    match value:
        case [int() | float() as lo, int() | float() as hi] if hi < lo:
            return f"write the lower end first: `values: [{hi}, {lo}]`"
    return "write `values: 256` for 8-bit pixels"


def _support(value: Any) -> Support | None:
    if isinstance(value, str):
        return KINDS.get(value)
    if is_whole(value) and 2 <= value <= MAX_CATEGORIES:
        return integers(value)
    if isinstance(value, list) and len(value) == 2 and all(is_number(v) for v in value) and value[0] < value[1]:
        return interval(float(value[0]), float(value[1]))
    return None


# --- variables by name -----------------------------------------------------------------------------------------------


def _named(entry: Entry, body: Mapping, meant: frozenset[str], scope: Scope, session: Session) -> Data:
    """Variables by name: a list of names with one kind of values, or {name: values}."""
    names, shape, values = body.get("names"), body.get("shape"), body.get("values")
    assert names is not None
    if shape is not None:
        message = "`names` says how many variables there are, so `shape` has nothing to say"
        session.report("FS204", message, site(shape.key), "drop one of the two")
    if isinstance(names.value, Sequence) and names.value.items:
        items = [i for i in names.value.items if isinstance(i, Scalar) and isinstance(i.value, str)]
        if len(items) == len(names.value.items):
            support = UNKNOWN if "values" in meant else _values("x", values, site(entry.key), scope, session)
            return _distinct(items, support, entry, session)
    elif isinstance(names.value, Mapping) and names.value.entries:
        if values is not None:
            message = "`names` says which values each variable takes, so `values` has nothing to say"
            session.report("FS204", message, site(values.key), "drop one of the two")
        keys = [item.key for item in names.value.entries]
        return _distinct(keys, _mixed(names.value, scope, session), entry, session)
    message = "`names` must be a list of names, or a mapping of names to values"
    session.report("FS203", message, site(names.value), "write `names: [A, B]`")
    return Data("x", SHAPELESS, UNKNOWN, site(entry.key))


def _mixed(node: Mapping, scope: Scope, session: Session) -> Support:
    """The values of variables that each say their own: of one kind, or integers with a count for each."""
    found = [_values(e.key.text, e, site(e.key), scope, session) for e in node.entries]
    if any(v.unknown for v in found):
        return UNKNOWN
    if all(v == found[0] for v in found):
        return found[0]
    counts = tuple(v.count for v in found if isinstance(v.count, int))
    if len(counts) == len(found):
        return integers(counts)
    odd = next(e for e, v in zip(node.entries, found, strict=True) if v.discrete != found[0].discrete or v != found[0])
    labels = (Label(site(node.entries[0].value), f"`{shortened(node.entries[0].key.text)}` lies in {found[0]}"),)
    message = "variables of different kinds in one model: they must all be integers, or all lie in one set"
    session.report(
        "FS203", message, site(odd.value), "give each a number of categories, or model them apart", labels=labels
    )
    return UNKNOWN


def _distinct(names: list[Scalar], values: Support, entry: Entry, session: Session) -> Data:
    seen: dict[str, Scalar] = {}
    for scalar in names:
        first = seen.setdefault(scalar.text, scalar)
        if first is not scalar:
            message, labels = (
                f"variable `{shortened(scalar.text)}` is named twice",
                (Label(site(first), "first named here"),),
            )
            session.report("FS203", message, site(scalar), "give each variable a name of its own", labels=labels)
    return Data("x", layout_of((len(names),)), values, site(entry.key), names=tuple(seen))
