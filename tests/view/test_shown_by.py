"""What a finding about knowledge or coverage names as the command that shows it is a command that does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flowspec.cli import main
from flowspec.compiler import analyse

BAD = Path(__file__).parents[1] / "bad"
POINTING = ("FS340", "FS341", "FS420", "FS421", "FS422", "FS423", "FS426", "FS427", "FS428")
COMMAND = re.compile(r"`flowspec (mask|field|order|graph) SPEC([^`]*)`")


def drawable() -> list[Path]:
    """The specs with findings that are no errors: the others have no picture."""
    names = (path.with_suffix(".yaml") for path in sorted(BAD.glob("*.out")) if "error[" not in path.read_text("utf-8"))
    return [path for path in names if path.exists()]


@pytest.mark.parametrize("path", drawable(), ids=lambda path: path.stem)
def test_the_command_that_a_finding_names_works(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = analyse(str(path))
    for finding in report.diagnostics:
        for words in finding.helps:
            for command, rest in COMMAND.findall(words):
                assert main([command, str(path), *rest.split()]) == 0, (finding.code, words)
                assert capsys.readouterr().out


def test_every_such_finding_names_one() -> None:
    named: dict[str, list[bool]] = {}
    for path in drawable():
        report = analyse(str(path))
        told = [f.code for f in report.diagnostics if any(COMMAND.search(words) for words in f.helps)]
        for finding in report.diagnostics:
            named.setdefault(finding.code, []).append(finding.code in told)
    assert {code: any(named[code]) for code in POINTING if code in named} == {
        code: True for code in POINTING if code in named
    }
    assert {"FS340", "FS420", "FS421", "FS422", "FS423"} <= set(named)
