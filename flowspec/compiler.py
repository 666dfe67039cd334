"""The pipeline in one function: text -> tree -> program -> facts. Plan and source come after, on demand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Any

from flowspec.diagnostics import Finding
from flowspec.graph.model import Program
from flowspec.passes.analysis import analyse_program
from flowspec.passes.facts import Facts, Summary
from flowspec.passes.resolve import fingerprint, resolve
from flowspec.passes.shown_by import pointed
from flowspec.passes.verifier import verify_program
from flowspec.syntax import Loader, Mapping, SpecFile


@dataclass(frozen=True)
class Report:
    """What a check says of one spec.

    Attributes:
        path: the name of the spec in messages.
        diagnostics: findings, sorted by place and code.
        facts: the numbers of design section 3; all None when the spec has errors.
        sources: the text of every file read, for rendering.
        readable: False when the spec could not be read at all (exit code 2).
        seconds: how long the check took.
    """

    path: str
    diagnostics: tuple[Finding, ...]
    facts: Summary
    sources: dict[str, str]
    readable: bool = True
    seconds: float = 0.0
    sha256: str = ""
    tree: Mapping | None = None
    program: Program | None = None
    all_facts: Facts | None = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        """Whether no finding is an error."""
        return self.readable and not any(f.severity == "error" for f in self.diagnostics)

    def summary_lines(self) -> tuple[str, ...]:
        """The `ok ...` block: what was proved, and what it costs."""
        from flowspec.passes.statement import statement

        return statement(self.path, self.all_facts, self.seconds) if self.ok and self.all_facts else ()

    def dependency(self, order: int = 0) -> Any:
        """(D, D) booleans: row i holds the variables that conditional i, or entry i of z, can structurally use.

        Raises:
            ValueError: for a spec with errors, and above 2^16 variables.
        """
        from flowspec.passes.dependency import dependency

        if not self.ok or self.all_facts is None:
            raise ValueError(f"{self.path} has errors; `flowspec check` shows them")
        return dependency(self.all_facts, order)

    def dump(self, stage: str) -> str:
        """One stage of the pipeline as text: tree, graph, facts, plan or source. Raises ValueError where there is none."""
        from flowspec.dump import dump

        return dump(self, stage)

    @cached_property
    def plan(self) -> Any:
        """The plan of the emitted module. Raises ValueError for a spec with errors."""
        from flowspec.plan import make_plan

        if not self.ok or self.all_facts is None:
            raise ValueError(f"{self.path} has errors; `flowspec check` shows them")
        return make_plan(self.all_facts, self.sha256)

    def source(self, link: bool = False) -> str:
        """The emitted module as text. Raises ValueError for a spec with errors."""
        from flowspec.emit import source

        return source(self.plan, link=link)


def analyse(name: str | Path, text: str | bytes | None = None, root: Path | None = None) -> Report:
    """Checks a spec by path, or its text (as from standard input) under the name that messages give it.

    Args:
        name: the path of the YAML file; with `text` just a name.
        text: the text itself.
        root: the directory that `use` may not leave; the current one if the spec lies in it, else the spec's own.
    """
    loader = Loader(root)
    return _analyse(loader, loader.open(name) if text is None else loader.stdin(text), str(name))


def _analyse(loader: Loader, file: SpecFile, name: str) -> Report:
    start = perf_counter()
    findings: list[Finding] = []
    program, facts = None, None
    root = file.root
    if root is not None:
        program, found = resolve(root, file, loader)
        findings.extend(found)
    for read in dict.fromkeys((file, *loader.files)):  # a file that could not be opened is not among the loader's
        findings.extend(read.findings)
    if program is not None:
        program = replace(program, whole=not any(f.severity == "error" for f in findings))
        if program.whole:
            verify_program(program)
        facts = analyse_program(program)
        findings.extend(facts.findings)
        if not program.whole:
            program = facts = None  # the stand-ins for what failed are nobody else's business
    return Report(
        name, distinct(sorted(pointed(findings), key=_place)), facts.summary if facts else Summary(), dict(loader.sources),
        file.readable, perf_counter() - start, hashlib.sha256(file.data).hexdigest(),
        root if isinstance(root, Mapping) else None, program, facts,
    )  # fmt: skip


def distinct(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings without those that say the same of the same place: a fault inside a loop is one fault."""
    first: dict[Any, Finding] = {}
    for finding in findings:
        first.setdefault(fingerprint(finding), finding)
    return tuple(first.values())


def _place(finding: Finding) -> tuple[Any, ...]:
    span = finding.span
    return (span.file, span.start, span.end, finding.code) if span else ("", (0, 0), (0, 0), finding.code)
