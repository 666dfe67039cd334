"""A compiler that only looks for words, so that the command line is tested apart from the real one."""

from __future__ import annotations

import dataclasses
import io
import re
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from flowspec.cli import Command
from flowspec.diagnostics import CATALOG, Code, Finding, Position, Span
from flowspec.syntax.files import Loader

SHA = "0" * 64
CODES = {"leak": "FS401", "blind": "FS597", "remark": "FS598"}


@dataclasses.dataclass(frozen=True)
class Facts:
    """The public facts, and one that is not."""

    variables: int = 4
    exact: bool = True
    likelihood: str = "exact"
    density_steps: int = 1
    sampling_steps: int = 4
    parameters: int = 12
    context_allowed: int | None = 6
    context_missing: int | None = 0
    context_blind: int | None = 0
    secret: str = "internal"


@dataclasses.dataclass(frozen=True)
class Report:
    """The words `leak`, `blind` and `remark` are an error, a warning and a note; `crash` is a bug."""

    name: str
    text: str
    unread: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        return "leak" not in self.text and not self.unread

    @property
    def diagnostics(self) -> Sequence[Finding]:
        if "crash" in self.text:
            raise KeyError("the compiler\nbroke")
        if self.unread:
            return self.unread
        found = re.finditer("|".join(CODES), self.text)
        return [Finding(CODES[m.group()], f"`{m.group()}` is here", self._span(m), label="this") for m in found]

    def _span(self, match: re.Match[str]) -> Span:
        line = self.text.count("\n", 0, match.start()) + 1
        column = match.start() - (self.text.rfind("\n", 0, match.start()) + 1) + 1
        return Span(self.name, Position(line, column), Position(line, column + len(match.group())))

    @property
    def facts(self) -> Facts | None:
        return Facts() if self.ok else None

    @property
    def sources(self) -> Mapping[str, str]:
        return {self.name: self.text}

    def summary_lines(self) -> Sequence[str]:
        return [f"ok {self.name}   3 steps", "   cost          density 1 pass"]

    def dump(self, stage: str) -> str:
        return f"{stage} of {self.name}"

    def source(self, link: bool = False) -> str:
        return f'# {"linked" if link else "whole"}\nclass Model:\n    SPEC_SHA256: str = "{SHA}"\n'


def analyse(name: str, text: str | None = None) -> Report:
    """The stand-in for the compiler."""
    if text is not None:
        return Report(name, text)
    spec = Loader().open(name)
    return Report(name, spec.text, () if spec.readable else spec.findings)


@pytest.fixture
def compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the stand-in where the commands look for the compiler."""
    module = types.ModuleType("flowspec.compiler")
    module.analyse = analyse  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "flowspec.compiler", module)
    monkeypatch.setitem(CATALOG, "FS597", Code("FS597", "blind", "warning", "blind"))
    monkeypatch.setitem(CATALOG, "FS598", Code("FS598", "remark", "note", "remark"))


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a command line did."""

    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def flowspec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line in an empty folder, in this process."""
    monkeypatch.chdir(tmp_path)

    def run(*args: str, stdin: str = "", environ: Mapping[str, str] | None = None, width: int = 80) -> Outcome:
        out, err = io.StringIO(), io.StringIO()
        code = Command(io.StringIO(stdin), out, err, environ or {}, width).main(args)
        return Outcome(code, out.getvalue(), err.getvalue())

    return run


@pytest.fixture
def folder(flowspec: Run, tmp_path: Path) -> Path:
    """A folder with specs of every kind."""
    (tmp_path / "specs" / "deep").mkdir(parents=True)
    (tmp_path / "specs" / ".hidden").mkdir()
    for name, text in {
        "specs/good.yaml": "a: 1\n",
        "specs/bad.yaml": "a: leak\nb: 1\n",
        "specs/deep/warned.yaml": "a: blind\n",
        "specs/deep/noted.yaml": "a: remark\n",
        "specs/.hidden/x.yaml": "a: leak\n",
        "specs/.x.yaml": "a: leak\n",
        "specs/README.md": "leak\n",
        "crash.yaml": "crash\n",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path
