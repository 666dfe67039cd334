"""From a spec to its certificate: make it small enough, build it, and run every check that applies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from flowspec.compiler import Report, analyse
from flowspec.verify.checks.base import Check
from flowspec.verify.checks.density import MOST_STATES
from flowspec.verify.registry import CHECKS
from flowspec.verify.result import Certificate, Change, Result
from flowspec.verify.shrink import shrink, shrink_more
from flowspec.verify.subject import Subject

Build = Callable[[Report], Any]  # from a report to the class of the module
Progress = Callable[[int, int, str], object]  # how many checks are done, of how many, and which comes next


def verify(path: str | Path, *, seed: int = 0, full: bool = False) -> Certificate:
    """Builds the module of a spec and judges it by numbers alone.

    Args:
        path: the spec. Where it is large, a version with smaller shapes and fewer rounds is judged in its place.
        seed: of weights, data and noise.
        full: judge the spec at its own size.

    Raises:
        SpecError: when the spec has errors.
    """
    from flowspec import SpecError

    report = analyse(path)
    if not report.ok:
        raise SpecError(report)
    return certify(report, seed=seed, full=full)


def build_class(report: Report) -> Any:
    """The emitted module of a report as a class."""
    from flowspec.emit.load import load_class

    return load_class(report.source(), report.path)


def certify(
    report: Report, *, seed: int = 0, full: bool = False, build: Build = build_class, progress: Progress | None = None
) -> Certificate:
    """The certificate of a spec that has been checked; `build` says how its module is made."""
    start = perf_counter()
    small = None if full else shrink(report)
    judged = small.report if small else report
    tell = progress or (lambda *_: None)
    results, tiny = _judge(judged, seed, build, tell)
    return Certificate(
        report.path, results, small.changes if small else (), tiny, seed=seed, seconds=perf_counter() - start
    )


def _judge(report: Report, seed: int, build: Build, tell: Progress) -> tuple[tuple[Result, ...], tuple[Change, ...]]:
    tell(0, len(CHECKS), "build")
    try:
        subject = Subject(report, build(report), seed)
        subject.model()
    except Exception as error:  # whatever the module raises, it cannot be built
        return (Result("build", False, detail=_said(error)),), ()
    results = [Result("build", True, detail="the module loads, and every mask has the digest that was proved")]
    tiny, changes = _tiny(subject, build)
    for done, check in enumerate(CHECKS):
        tell(done, len(CHECKS), check.name)
        judged = tiny if check.tiny and not check.applies(subject) else subject
        if judged is not None and check.applies(judged):
            results.append(_run(check, judged))
    tell(len(CHECKS), len(CHECKS), "")
    used = any(check.tiny and tiny and not check.applies(subject) and check.applies(tiny) for check in CHECKS)
    return tuple(results), changes if used else ()


def _tiny(subject: Subject, build: Build) -> tuple[Subject | None, tuple[Change, ...]]:
    """A second version whose states can be counted, where that makes sense and the first is too large for it."""
    if not subject.is_exact or any(check.tiny and check.applies(subject) for check in CHECKS):
        return None, ()
    shrunk = shrink_more(subject.report, MOST_STATES)
    if shrunk is None:
        return None, ()
    return Subject(shrunk.report, build(shrunk.report), subject.seed), shrunk.changes


def _run(check: Check, subject: Subject) -> Result:
    try:
        return replace(check.run(subject), name=check.name)
    except Exception as error:  # the module failed on legal input
        return Result(check.name, False, detail=_said(error))


def _said(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0] if text else ''}"[:200]
