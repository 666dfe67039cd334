"""What the coverage of a flow shows to be wrong with it: variables that nothing transforms, and groups that never mix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from flowspec.diagnostics import Finding
from flowspec.graph.model import Flow
from flowspec.ops.coupling import Conditioned
from flowspec.passes.coverage import Coverage


@dataclass(frozen=True, slots=True)
class Whose:
    """What the variables of a coverage are called in messages, and what a model that never mixes them says of them."""

    name: str = "x"
    of: str = ""
    taken: str = "the model takes them to be independent"


def coverage_findings(flow: Flow, coverage: Coverage, whose: Whose) -> Iterator[Finding]:
    """Warnings about halves that are never transformed and groups that never mix."""
    last = next(
        (n for n in reversed(flow.nodes) if isinstance(n.op, Conditioned) and n.input in coverage.entries), None
    )
    if last is not None and not coverage.transformed.all():
        yield _untransformed(flow, coverage, whose)
    if coverage.classes > 1:
        sizes = sorted(Counter(coverage.labels.tolist()).values(), reverse=True)
        shown = ", ".join(str(s) for s in sizes[:4]) + (", ..." if len(sizes) > 4 else "")
        yield Finding(
            "FS341",
            f"{coverage.classes:,} groups of variables{whose.of} never mix (sizes {shown}): {whose.taken}",
            flow.span if 0 in coverage.entries or last is None else last.span,
            helps=("add a coupling, a permutation or an autoregressive step that joins them", *_shown(whose)),
            node=flow.id,
        )


def _shown(whose: Whose) -> tuple[str, ...]:
    """The command that shows which variables have mixed; it follows those of x."""
    return ("`flowspec field SPEC --layers` shows what has mixed behind each step",) if whose.name == "x" else ()


def _untransformed(flow: Flow, coverage: Coverage, whose: Whose) -> Finding:
    """The warning about variables that no step transforms, at the last step that keeps the first of them, or at the
    split where it leaves."""
    never, first = int((~coverage.transformed).sum()), int(np.argmin(coverage.transformed))
    passed = [n for n in flow.nodes if n.input in coverage.entries and first in coverage.entries[n.input]]
    keeping = [n for n in passed if isinstance(n.op, Conditioned)]
    part = next((p for p in flow.parts if p.value in coverage.entries and first in coverage.entries[p.value]), None)
    span, label = flow.span, "nothing transforms it"
    helps = "use `times: 2` or more, which swaps the halves, or add a coupling with `keep: {not: ...}`"
    if keeping:
        span, label = keeping[-1].arg_span("keep"), "the same half is kept every time"
    elif part is not None and passed:
        span, label = passed[-1].span, f"part `{part.name}` leaves before a step has transformed it"
        helps = "let it leave behind the steps, or give the split a learned prior: `base: {net: [...], head: normal}`"
    return Finding(
        "FS340",
        f"{never:,} of {coverage.total:,} variables{whose.of} are never transformed (the first is entry {first} of {whose.name})",
        span,
        label,
        helps=(helps, *(("`flowspec mask SPEC` shows what each step keeps",) if keeping else ())),
        node=flow.id,
    )
