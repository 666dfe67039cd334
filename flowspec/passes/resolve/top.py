"""The top of a spec: its keys, its data, its definitions, and its model."""

from __future__ import annotations

import keyword
import re
from math import prod
from typing import Any

from flowspec.diagnostics import Label, Span
from flowspec.graph.layout import layout_of
from flowspec.graph.model import Context, Data, Density, Program
from flowspec.graph.support import POSITIVE, REAL, Support, integers, interval
from flowspec.ops.schema import value_problems
from flowspec.passes.resolve.arguments import value_of
from flowspec.passes.resolve.densities import Place, autoregressive
from flowspec.passes.resolve.flows import flow_model
from flowspec.passes.resolve.session import Definition, Scope, Session
from flowspec.syntax.tree import Entry, Mapping, Node, Scalar, Sequence, plain, site

KEYS = (
    "flowspec", "name", "x", "given", "vars", "nets", "blocks", "use", "order", "net", "head", "flow", "base", "train",
)  # fmt: skip
NAME = re.compile(r"[a-z][a-z0-9_]{0,47}\Z")
RESERVED = frozenset(
    {
        "x",
        "z",
        "n",
        "order",
        "generator",
        "draw",
        "torch",
        "nn",
        "math",
        "self",
        "forward",
        "train",
        "eval",
        "print",
        "type",
    }
)
MODULE_NAMES = frozenset(
    [
        "add_module",
        "apply",
        "bfloat16",
        "buffers",
        "call_super_init",
        "children",
        "compile",
        "cpu",
        "cuda",
        "double",
        "dump_patches",
        "extra_repr",
        "float",
        "get_buffer",
        "get_extra_state",
        "get_parameter",
        "get_submodule",
        "half",
        "ipu",
        "load_state_dict",
        "modules",
        "mtia",
        "named_buffers",
        "named_children",
        "named_modules",
        "named_parameters",
        "parameters",
        "register_buffer",
        "register_module",
        "register_parameter",
        "requires_grad_",
        "set_extra_state",
        "set_submodule",
        "share_memory",
        "state_dict",
        "to",
        "to_empty",
        "training",
        "type",
        "xpu",
        "zero_grad",
        "log_prob",
        "sample",
        "encode",
        "decode",
        "terms",
        "conditionals",
        "bits_per_dim",
        "initialize",
        "flow",
        "unflow",
        "theta",
    ]
)
MAX_ELEMENTS = 2**31
MAX_VARIABLES = 2**24


def resolve_top(root: Mapping, imports: dict[str, Mapping], session: Session) -> Program | None:
    """The program of one document. `imports` are the roots of the documents under `use`, by name."""
    _check_keys(root, session)
    name = _name(root, session)
    scope = _scope(root, imports, session)
    x = _data("x", root.get("x"), scope, session, root.span)
    givens = _givens(root.get("given"), scope, session)
    model = _model(root, x, givens, scope, session)
    _unused(scope, session)
    _train(root.get("train"), session)
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


def legal_name(text: Any) -> bool:
    """Whether a name may reach source text: it matches the pattern and shadows nothing."""
    return (
        isinstance(text, str)
        and bool(NAME.match(text))
        and not keyword.iskeyword(text)
        and text not in RESERVED | MODULE_NAMES
    )


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


def _check_defined(entry: Entry, what: str, session: Session) -> bool:
    if legal_name(entry.key.text):
        return True
    session.report(
        "FS104",
        f"`{entry.key.text[:60]}` cannot name a {what}: it must match [a-z][a-z0-9_]* and shadow nothing of Python, torch or the model",
        site(entry.key),
        "choose another name",
    )
    return False


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
        _check_defined(item, what, session)
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


# --- data ----------------------------------------------------------------------------------------------------------


def _givens(entry: Entry | None, scope: Scope, session: Session) -> tuple[Data, ...] | None:
    if entry is None:
        return ()
    if not isinstance(entry.value, Mapping):
        session.report(
            "FS203", "`given` is a mapping of names to data", site(entry.value), "write `given: {label: {classes: 10}}`"
        )
        return None
    found = []
    for item in entry.value.entries:
        if _check_defined(item, "context", session):
            found.append(_data(item.key.text, item, scope, session, item.key.span))
        else:
            found.append(None)
    complete = [data for data in found if data is not None]
    return tuple(complete) if len(complete) == len(found) else None


def _data(name: str, entry: Entry | None, scope: Scope, session: Session, span: Span) -> Data | None:
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
    from flowspec.graph.layout import Layout

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


_COUNT = {"type": "integer", "minimum": 1}
_RATE = {"type": "number", "exclusiveMinimum": 0}
_SHARE = {"type": "number", "minimum": 0, "exclusiveMaximum": 1}
_ANY_OF_BOTH = {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string"}]}
TRAIN: dict[str, Any] = {
    "epochs": {"type": "number", "exclusiveMinimum": 0},
    "steps": _COUNT,
    "batch": _COUNT,
    "lr": _RATE,
    "betas": {"type": "array", "items": _SHARE, "minItems": 2, "maxItems": 2},
    "weight_decay": {"type": "number", "minimum": 0},
    "clip": {"anyOf": [_RATE, {"type": "null"}]},
    "patience": {"anyOf": [_COUNT, {"type": "null"}]},
    "eval_every": _COUNT,
    "schedule": {"enum": ["constant", "cosine"]},
    "warmup": {"type": "integer", "minimum": 0},
    "ema": {"anyOf": [_SHARE, {"type": "null"}]},
    "seed": {"type": "integer", "minimum": 0},
    "precision": {"enum": ["float32", "bfloat16", "float64"]},
    "compile": {"type": "boolean"},
    "columns": {"anyOf": [{"type": "array", "items": _ANY_OF_BOTH, "minItems": 1}, {"type": "string"}]},
    "binarize": {"type": "boolean"},
    "standardize": {"type": "boolean"},
}


def _train(entry: Entry | None, session: Session) -> None:
    if entry is None:
        return
    if not isinstance(entry.value, Mapping):
        session.report(
            "FS203",
            "`train` is a mapping of defaults for the train command",
            site(entry.value),
            "write `train: {epochs: 30, lr: 1e-3}`",
        )
        return
    for item in entry.value.entries:
        if item.key.text not in TRAIN:
            session.unknown_name("FS201", "key of `train`", item.key.text, sorted(TRAIN), site(item.key))
            continue
        for problem in value_problems(TRAIN[item.key.text], plain(item.value)):
            session.report(
                "FS203",
                f"`{item.key.text}` of `train` is {problem.found}; it must be {problem.legal}",
                site(item.value),
                problem.help,
            )


__all__ = ["Node", "legal_name", "resolve_top"]
