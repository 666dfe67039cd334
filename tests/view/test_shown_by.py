"""What a finding about knowledge or coverage names as the command that shows it is a command that does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flowspec.cli import main
from flowspec.compiler import analyse

BAD = Path(__file__).parents[1] / "bad"
POINTING = ("FS340", "FS341", "FS420", "FS421", "FS422", "FS423", "FS426", "FS427", "FS428")
FOUND = re.compile(r"^(?:error|warning|note)\[(FS4\d\d)\]", re.MULTILINE)
PAGE = "`flowspec explore SPEC -o page.html`"
TEXT_ALONE = {
    "FS402": "an order of the wrong kind at its place",
    "FS403": "an order that does not fit the variables",
    "FS406": "an op that has no places to slide over, whatever is known",
    "FS407": "a cap that has no meaning under the order, whatever is known",
    "FS430": "numbers of heads and channels that do not divide",
    "FS431": "shapes that do not fit",
    "FS434": "a direction that x does not have",
    "FS436": "a value that has no rows and columns",
    "FS437": "an op that cannot slide",
    "FS438": "an order that differs from block to block",
    "FS439": "numbers that do not divide",
    "FS440": "shapes that do not fit",
    "FS442": "an op at a place where it cannot stand",
    "FS443": "values that are no integers",
    "FS444": "a size above the limit",
    "FS445": "an op under an order of the wrong kind",
}
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


def about_knowledge() -> list[Path]:
    return [path.with_suffix(".yaml") for path in sorted(BAD.glob("*.out")) if FOUND.search(path.read_text("utf-8"))]


@pytest.mark.parametrize("path", about_knowledge(), ids=lambda path: path.stem)
def test_every_finding_about_knowledge_names_a_command_that_works(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = analyse(str(path))
    for finding in report.diagnostics:
        if not finding.code.startswith("FS4") or finding.code in TEXT_ALONE:
            continue
        drawn = [words for words in finding.helps if COMMAND.search(words)]
        paged = [words for words in finding.helps if words.startswith(PAGE)]
        assert (len(drawn), len(paged)) == ((0, 1) if not report.ok else (len(drawn) or 1, 0)), finding.code
        if paged:
            page = tmp_path / "page.html"
            assert main(["explore", str(path), "-o", str(page)]) == 1
            assert "the spec has errors" in capsys.readouterr().err
            assert finding.code in page.read_text("utf-8")


def test_what_is_wrong_in_the_text_alone_is_still_found_there() -> None:
    found = {code for path in about_knowledge() for code in FOUND.findall(path.with_suffix(".out").read_text("utf-8"))}
    assert set(TEXT_ALONE) <= found, "an exception that nothing needs"
