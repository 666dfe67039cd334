"""The search for a smaller spec: candidates from the smallest up, until one is checked without new findings."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from flowspec.compiler import Report, analyse
from flowspec.graph.model import Program
from flowspec.verify.result import Change
from flowspec.verify.shrink.candidates import Size, edits_of, sizes, tiny_sizes
from flowspec.verify.shrink.edits import Edit, apply

VARIABLES, PARAMETERS, STEPS, CATEGORIES = 48, 100_000, 40, 16  # what may stay as it is
MANY = 256  # variables above which a version with new findings (lost context, say) is better than none
ATTEMPTS = 200


@dataclass(frozen=True, eq=False, slots=True)
class Shrunk:
    """A spec made smaller: its text (with the texts of what it uses, by name), its report, and what was changed."""

    text: str
    report: Report
    changes: tuple[Change, ...]


def is_large(report: Report) -> bool:
    """Whether a spec is worth shrinking before it is verified."""
    facts, program = report.facts, report.program
    assert program is not None
    assert report.all_facts is not None
    return (
        (facts.variables or 0) > VARIABLES
        or (facts.parameters or 0) > PARAMETERS
        or report.all_facts.steps > STEPS
        or (program.x.count or 0) > CATEGORIES
    )


def shrink(report: Report) -> Shrunk | None:
    """The spec with every size capped. None where it is small, or where nothing smaller is the same kind of model."""
    if not is_large(report):
        return None
    known = {finding.code for finding in report.diagnostics}
    return _first(report, sizes(_program(report)), lambda other: {f.code for f in other.diagnostics} <= known)


def shrink_more(report: Report, most_states: int) -> Shrunk | None:
    """The spec with so few variables and values that its states can be counted, or one or two real variables.

    Context may be cut short and layers may be too narrow then. None where there is no such version.
    """
    return _first(report, tiny_sizes(_program(report), most_states), lambda _: True)


def _program(report: Report) -> Program:
    assert report.program is not None
    return report.program


def _first(report: Report, candidates: Iterator[Size], accept: Callable[[Report], bool]) -> Shrunk | None:
    seen: set[tuple[str, ...]] = set()
    fallback: Shrunk | None = None
    for _, size in zip(range(ATTEMPTS), candidates, strict=False):
        edits = edits_of(report, size)
        key = tuple(edit.text for edit in edits)
        if key in seen or not edits:
            continue
        seen.add(key)
        shrunk = _edited(report, edits)
        if shrunk is not None and accept(shrunk.report):
            return shrunk
        fallback = fallback or shrunk
    return fallback if (report.facts.variables or 0) > MANY else None


def _edited(report: Report, edits: list[Edit]) -> Shrunk | None:
    """The spec after the edits, if it is still one."""
    texts = {name: apply(text, [e for e in edits if e.span.file == name]) for name, text in report.sources.items()}
    main = next(iter(texts)) if report.path not in texts else report.path
    other = analyse(report.path, texts[main]) if len(texts) == 1 else _with_files(main, texts)
    return (
        Shrunk(texts[main], other, _changes(report, other, edits)) if other.ok and other.program is not None else None
    )


def _changes(report: Report, other: Report, edits: list[Edit]) -> tuple[Change, ...]:
    """What was replaced, by line; shapes as a whole."""
    before, after = _shapes(report), _shapes(other)
    found = dict.fromkeys(
        replace(edit.change(), before=before[edit.what], after=after[edit.what])
        if edit.what in before
        else edit.change()
        for edit in edits
    )
    return tuple(sorted(found, key=lambda change: (change.file, change.line)))


def _shapes(report: Report) -> dict[str, str]:
    program = _program(report)
    return {f"shape of {data.name}": str(list(data.layout.shape)) for data in (program.x, *program.givens)}


def _with_files(main: str, texts: dict[str, str]) -> Report:
    """The check of a spec and the files it uses, from copies that lie to each other as the originals do."""
    home = Path(main).resolve().parent
    places = {name: Path(name).resolve() for name in texts}
    top = Path(*_common([place.parts for place in places.values()]))
    with tempfile.TemporaryDirectory() as folder:
        for name, place in places.items():
            copy = Path(folder) / place.relative_to(top)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(texts[name], encoding="utf-8")
        return analyse(Path(folder) / home.relative_to(top) / Path(main).name, root=Path(folder))


def _common(paths: list[tuple[str, ...]]) -> list[str]:
    """The folders that all files share."""
    folders = [path[:-1] for path in paths]
    shared = []
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return shared
