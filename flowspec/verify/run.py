"""From a spec to its certificate: make it small enough, build it, and run every check that applies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from flowspec.compiler import Report, analyse
from flowspec.verify.checks.base import Check
from flowspec.verify.registry import CHECKS
from flowspec.verify.result import Certificate, Result
from flowspec.verify.versions import Build, Versions, build_class

Progress = Callable[[int, int, str], object]  # how many checks are done, of how many, and which comes next


def verify(path: str | Path, *, seed: int = 0, full: bool = False) -> Certificate:
    """Builds the module of a spec and judges it by numbers alone.

    Args:
        path: the spec. Where it is large, a version with smaller shapes and fewer rounds is judged in its place.
        seed: of weights, data and noise.
        full: judge the spec at its own size, except by checks that go through its variables one by one.

    Raises:
        SpecError: when the spec has errors.
    """
    from flowspec import SpecError

    report = analyse(path)
    if not report.ok:
        raise SpecError(report)
    return certify(report, seed=seed, full=full)


def certify(
    report: Report,
    *,
    seed: int = 0,
    full: bool = False,
    build: Build = build_class,
    checks: tuple[Check, ...] = CHECKS,
    progress: Progress | None = None,
) -> Certificate:
    """The certificate of a spec that has been checked; `build` says how its module is made."""
    start = perf_counter()
    versions = Versions(report, seed, full, build)
    results = tuple(_judge(versions, checks, progress or (lambda *_: None)))
    changes = {v.name: v.changes for v in versions.made}
    return Certificate(
        report.path, results, changes.get("shrunk", ()), changes.get("tiny", ()), seed, perf_counter() - start
    )


def _judge(versions: Versions, checks: tuple[Check, ...], tell: Progress) -> Iterator[Result]:
    tell(0, len(checks), "build")
    try:
        first = next(iter(versions))
        first.subject.model()
    except Exception as error:  # whatever the module raises, it cannot be built
        yield Result("build", False, detail=_said(error))
        return
    yield Result(
        "build", True, detail="the module loads, and every mask has the digest that was proved", version=first.name
    )
    for done, check in enumerate(checks):
        tell(done, len(checks), check.name)
        if check.applies(first.subject):
            yield from _run(check, versions)
    tell(len(checks), len(checks), "")


def _run(check: Check, versions: Versions) -> Iterator[Result]:
    """The check on the first version that it fits, if there is one."""
    name = "spec"
    try:
        for version in versions:
            name = version.name
            if check.fits(version.subject):
                yield replace(check.run(version.subject), name=check.name, version=name)
                return
    except Exception as error:  # the module failed on legal input
        yield Result(check.name, False, detail=_said(error), version=name)


def _said(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0] if text else ''}"[:200]
