"""Lowering of attention: one module, with its mask as the labels of places."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from flowspec.graph.layout import Layout
from flowspec.graph.pairing import PairMask, inside
from flowspec.ops.base import NetSite
from flowspec.ops.labels import label_text
from flowspec.ops.lower_weighted import class_text
from flowspec.ops.lowering import Expr, Lowered, construct

BLOCK = 1 << 24  # pairs of places that are made at a time


def lowered(site: NetSite) -> Lowered:
    """`Attention(...)` of the query, the key and the value."""
    mask = site.mask
    assert isinstance(mask, PairMask)
    members = max(len(mask.reads), len(mask.writes))
    order = ", order" if members > 1 else ""
    call = f"{{m}}({', '.join(_spread(k, own) for k, own in enumerate(site.inputs))}{order})"
    channels = tuple(own.channels for own in site.inputs)
    options = {"digest": proved(mask)} if _open(mask) else _mask(mask)
    key_sites = None if site.inputs[1].sites == site.output.sites else site.inputs[1].sites
    return Lowered(
        call,
        construct(
            "Attention",
            channels[0] if len(set(channels)) == 1 else channels,
            site.output.channels,
            site.output.sites,
            heads=mask.heads if mask.heads > 1 else None,
            key_sites=key_sites,
            **options,
        ),
    )


def _spread(k: int, own: Layout) -> str:
    """A vector is one channel along its places."""
    return f"{{{k}}}.unsqueeze(1)" if own.vector else f"{{{k}}}"


def _open(mask: PairMask) -> bool:
    """Whether everything is kept."""
    places = len(mask.reads[0][0]) * len(mask.writes[0][0])
    members = range(max(len(mask.reads), len(mask.writes)))
    return _takes_all(mask) and all(mask.count(o, m) == places for m in members for o in mask.outs)


def _takes_all(mask: PairMask) -> bool:
    return all(taken for table in mask.kept for row in table for taken in row)


def _mask(mask: PairMask) -> dict[str, Any]:
    tables = [[[int(taken) for taken in row] for row in table] for table in mask.kept]
    several = any(max(of) for of in mask.in_classes)
    open_ = _takes_all(mask)
    return {
        "reads": _rows(mask.reads),
        "writes": _rows(mask.writes),
        "rule": None if mask.rule == "prefix" else mask.rule,
        "groups": None if len(mask.outs) == 1 else head_classes(mask),
        "in_groups": None if open_ or not several else _once([class_text(of) for of in mask.in_classes]),
        "takes": None if open_ else _once(tables),
        "digest": proved(mask),
    }


def head_classes(mask: PairMask) -> Expr | list[int]:
    """The class of each head."""
    width = len(mask.out_class) // mask.heads
    return class_text(mask.out_class[::width])


def _once(three: list[Any]) -> list[Any]:
    """What holds for query, key and value; one where it is the same for all."""
    return three[:1] if all(repr(one) == repr(three[0]) for one in three) else three


def _rows(rows: tuple[tuple[tuple[int, ...], ...], ...]) -> Any:
    """One row of labels for each class; those of an ensemble stand one member after the other."""
    return [label_text(row) for member in rows for row in member]


def proved(mask: PairMask) -> str:
    """The digest of the pairs under the first order and of what each projection takes, as one row of booleans.

    The runtime computes it from its own masks. Pairs are made a few rows at a time: at 256x256 places they are 2^32.
    """
    taken = [
        np.array(table, dtype=bool)[:, list(of)].ravel() for table, of in zip(mask.kept, mask.in_classes, strict=True)
    ]
    size = sum(len(reads) * len(writes) for reads, writes in map(mask.labels, mask.outs)) + sum(map(len, taken))
    found = hashlib.sha256(repr((size,)).encode())
    for o in mask.outs:
        reads, writes = mask.labels(o)
        rows = max(1, BLOCK // len(reads))
        for start in range(0, len(writes), rows):
            found.update(inside(mask.rule, reads, writes[start : start + rows]).tobytes())
    found.update(np.concatenate(taken).tobytes())
    return found.hexdigest()[:16]
