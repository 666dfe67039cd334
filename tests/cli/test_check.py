"""flowspec check: formats, exit codes, and which files are read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

pytestmark = pytest.mark.usefixtures("compiler", "folder")

ALL = """\
error[FS401]: `leak` is here
 --> specs/bad.yaml:1:4
1 | a: leak
  |    ^^^^ this

note[FS598]: `remark` is here
 --> specs/deep/noted.yaml:1:4
1 | a: remark
  |    ^^^^^^ this

ok specs/deep/noted.yaml   3 steps
   cost          density 1 pass

warning[FS597]: `blind` is here
 --> specs/deep/warned.yaml:1:4
1 | a: blind
  |    ^^^^^ this

ok specs/deep/warned.yaml   3 steps
   cost          density 1 pass

ok specs/good.yaml   3 steps
   cost          density 1 pass

1 error, 1 warning, 1 note
"""


def test_a_folder_is_read_in_order_without_what_is_hidden(flowspec: Run) -> None:
    assert flowspec("check", "specs").out == ALL
    assert flowspec("check", "./specs//").out == ALL
    assert flowspec("check", "specs", "specs/good.yaml").out == ALL
    assert flowspec("check", "specs").err == ""


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["specs/good.yaml"], 0),
        (["specs/deep"], 0),
        (["specs/deep", "--strict"], 1),
        (["specs/deep/noted.yaml", "--strict"], 0),
        (["specs/bad.yaml"], 1),
        (["specs"], 1),
        (["missing.yaml"], 2),
        (["missing.yaml", "specs/bad.yaml"], 2),
        (["specs/good.yaml/x"], 2),
        (["specs/.hidden/.."], 1),
        (["a\0b"], 2),
        (["crash.yaml"], 3),
        ([], 3),
    ],
)
@pytest.mark.parametrize("format_", ["full", "concise", "json", "github", "sarif"])
def test_exit_code(flowspec: Run, args: list[str], code: int, format_: str) -> None:
    done = flowspec("check", *args, "--format", format_)
    assert done.code == code
    if format_ in ("json", "sarif"):
        json.loads(done.out)


def test_an_unreadable_file_is_named_and_the_others_are_checked(flowspec: Run, folder: Path) -> None:
    (folder / "empty").mkdir()
    done = flowspec("check", "gone.yaml", "empty", "specs/bad.yaml", "--format", "concise")
    assert done.out == (
        "error[FS091]: cannot read `empty`: it is a directory without `*.yaml` files\n"
        "error[FS091]: cannot read `gone.yaml`: there is no such file\n"
        "specs/bad.yaml:1:4: error[FS401]: `leak` is here\n"
    )


def test_stdin(flowspec: Run) -> None:
    assert flowspec("check", "-", stdin="x: leak\n", environ={}).out.startswith(
        "error[FS401]: `leak` is here\n --> <stdin>:1:4\n"
    )
    assert flowspec("check", "-", stdin="x: 1\n").out.startswith("ok <stdin>")
    assert flowspec("check", "-", "-", stdin="x: 1\n").out.count("ok <stdin>") == 1


def test_a_file_named_like_an_option(flowspec: Run, folder: Path) -> None:
    (folder / "--strict.yaml").write_text("a: leak\n")
    assert "--strict.yaml:1:4" in flowspec("check", "--", "--strict.yaml").out
    assert flowspec("check", "./--strict.yaml").code == 1


def test_json_has_the_public_facts_and_counts(flowspec: Run) -> None:
    document = json.loads(flowspec("check", "specs", "gone.yaml", "--format=json").out)
    files = {f["path"]: f for f in document["files"]}
    assert list(files) == [
        "specs/bad.yaml",
        "specs/deep/noted.yaml",
        "specs/deep/warned.yaml",
        "specs/good.yaml",
        "gone.yaml",
    ]
    assert files["gone.yaml"] == files["specs/bad.yaml"] | {"path": "gone.yaml"}
    assert files["specs/bad.yaml"] == {"path": "specs/bad.yaml", "ok": False, "facts": None}
    assert files["specs/good.yaml"]["facts"] == {
        "variables": 4,
        "exact": True,
        "likelihood": "exact",
        "density_steps": 1,
        "sampling_steps": 4,
        "parameters": 12,
        "context_allowed": 6,
        "context_missing": 0,
        "context_blind": 0,
    }
    assert document["summary"] == {"files": 5, "errors": 2, "warnings": 1}
    assert {d["code"] for d in document["diagnostics"]} == {"FS401", "FS091", "FS597", "FS598"}


def test_strict_takes_back_the_ok(flowspec: Run) -> None:
    strict = flowspec("check", "specs/deep/warned.yaml", "--strict")
    assert "ok specs" not in strict.out
    document = json.loads(flowspec("check", "specs/deep", "--strict", "--format", "json").out)
    assert [f["ok"] for f in document["files"]] == [True, False]


@pytest.mark.parametrize("stage", ["tree", "graph", "facts", "plan", "source"])
def test_dump(flowspec: Run, stage: str) -> None:
    assert flowspec("check", "specs/good.yaml", "--dump", stage).out == f"{stage} of specs/good.yaml\n"
    assert f"this\n\n{stage} of" in flowspec("check", "specs/bad.yaml", "--dump", stage).out


def test_dump_is_text(flowspec: Run) -> None:
    done = flowspec("check", "specs", "--dump", "tree", "--format", "concise")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: `--dump` prints text, which `--format concise` has no place for")


@pytest.mark.parametrize(
    ("args", "environ", "colored"),
    [
        ([], {}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color=never"], {"FORCE_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_color(flowspec: Run, args: list[str], environ: dict[str, str], colored: bool) -> None:
    assert ("\x1b[" in flowspec("check", "specs/bad.yaml", *args, environ=environ).out) is colored


def test_names_of_files_cannot_speak_to_the_terminal(flowspec: Run, folder: Path) -> None:
    (folder / "\x1b[31m\n::error::x.yaml").write_text("a: leak\n")
    for format_ in ("full", "concise", "json", "github", "sarif"):
        out = flowspec("check", ".", "--format", format_).out
        assert "\x1b" not in out
        assert "\n::error::x" not in out


def test_a_github_finding(flowspec: Run) -> None:
    place = "file=specs/bad.yaml,line=1,endLine=1,col=4,endColumn=8,title=flowspec FS401 (leak)"
    assert flowspec("check", "specs/bad.yaml", "--format", "github").out == f"::error {place}::`leak` is here%0Athis\n"
