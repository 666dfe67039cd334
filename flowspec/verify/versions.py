"""The versions of a spec that are judged, each built when the first check needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flowspec.compiler import Report
from flowspec.verify.result import Change
from flowspec.verify.shrink import shrink, shrink_more
from flowspec.verify.subject import Subject

FEW_STATES = 2**10  # of a version made small enough to count them
Build = Callable[[Report], Any]  # from a report to the class of the module


def build_class(report: Report) -> Any:
    """The emitted module of a report as a class."""
    from flowspec.emit.load import load_class

    return load_class(report.source(), report.path)


@dataclass(frozen=True, eq=False, slots=True)
class Version:
    """One version: `spec`, `shrunk` or `tiny`, with what was made smaller."""

    name: str
    subject: Subject
    changes: tuple[Change, ...] = ()


class Versions:
    """The versions from large to small: the spec (or a shrunken one where it is large), then a tiny one.

    With `full` the spec itself always comes first. `made` lists those that were needed.
    """

    def __init__(self, report: Report, seed: int, full: bool, build: Build) -> None:
        self.made: list[Version] = []
        self._rest = _versions(report, seed, full, build)

    def __iter__(self) -> Iterator[Version]:
        yield from self.made
        for version in self._rest:
            self.made.append(version)
            yield version


def _versions(report: Report, seed: int, full: bool, build: Build) -> Iterator[Version]:
    if full:
        yield Version("spec", Subject(report, build(report), seed))
    small = shrink(report)
    if small is not None:
        yield Version("shrunk", Subject(small.report, build(small.report), seed), small.changes)
    elif not full:
        yield Version("spec", Subject(report, build(report), seed))
    tiny = shrink_more(small.report if small else report, FEW_STATES)
    if tiny is not None:
        yield Version("tiny", Subject(tiny.report, build(tiny.report), seed), tiny.changes)
