"""The shell around the commands: help, usage errors, internal errors, pipes, and what is never imported."""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flowspec.cli import Command
from flowspec.cli.registry import COMMANDS
from tests.cli.conftest import Run

NAMES = [command.NAME for command in COMMANDS]


def test_help_lists_every_command(flowspec: Run) -> None:
    done = flowspec("--help")
    assert (done.code, done.err) == (0, "")
    assert all(f"\n  {command.NAME} " in done.out and command.HELP in done.out for command in COMMANDS)
    assert flowspec("-h") == flowspec() == done


@pytest.mark.parametrize("name", NAMES)
def test_help_of_a_command(flowspec: Run, name: str) -> None:
    done = flowspec(name, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"usage: flowspec {name}")


def test_version(flowspec: Run) -> None:
    done = flowspec("--version")
    assert (done.code, done.out.split()[0], done.err) == (0, "flowspec", "")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["chekc"], "error: there is no command `chekc`\n  = help: did you mean `check`?\n"),
        (["zzzzzz"], "error: there is no command `zzzzzz`\n  = help: `flowspec --help` lists the commands\n"),
        (["--versoin"], "error: there is no option `--versoin`\n  = help: did you mean `--version`?\n"),
        (["check", "--stric"], "error: `flowspec check` has no option `--stric`\n  = help: did you mean `--strict`?\n"),
        (
            ["check", "--zzz=1"],
            "error: `flowspec check` has no option `--zzz`\n  = help: `flowspec check --help` lists the options\n",
        ),
        (
            ["check", "--format", "jsn"],
            "error: argument --format: there is no format `jsn`; did you mean `json`?\n"
            "  = help: `flowspec check --help` shows what is legal\n",
        ),
        (
            ["check", "--dump", "zzz"],
            "error: argument --dump: there is no dump `zzz`; there are tree, graph, facts, plan, source\n"
            "  = help: `flowspec check --help` shows what is legal\n",
        ),
        (
            ["build"],
            "error: the following arguments are required: SPEC\n"
            "  = help: `flowspec build --help` shows what is legal\n",
        ),
        (
            ["schema", "x"],
            "error: `flowspec schema` does not take `x`\n  = help: `flowspec schema --help` shows what it takes\n",
        ),
        (["\x1b[31mx"], "error: there is no command `x`\n  = help: `flowspec --help` lists the commands\n"),
    ],
)
def test_usage_errors(flowspec: Run, args: list[str], message: str) -> None:
    done = flowspec(*args)
    assert (done.code, done.out, done.err) == (2, "", message)


@pytest.mark.parametrize("flag", [["--format", "json"], ["--format=json"]])
def test_a_usage_error_is_a_document_for_tools(flowspec: Run, flag: list[str]) -> None:
    done = flowspec("check", *flag, "--nope")
    document = json.loads(done.out)
    assert done.code == 2
    assert [d["code"] for d in document["diagnostics"]] == ["FS090"]
    assert document["files"] == []
    assert document["summary"] == {"files": 0, "errors": 1, "warnings": 0}
    assert json.loads(flowspec("check", "--format", "sarif", "--nope").out)["version"] == "2.1.0"
    assert flowspec("check", "--nope", "--format").out == ""


@pytest.mark.usefixtures("compiler", "folder")
def test_an_internal_error_asks_for_a_report_in_one_line(flowspec: Run) -> None:
    done = flowspec("check", "crash.yaml")
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("internal error: KeyError: ")
    assert "please report it" in done.err
    assert done.err.count("\n") == 1
    document = json.loads(flowspec("check", "crash.yaml", "--format", "json").out)
    assert [d["code"] for d in document["diagnostics"]] == ["FS099"]


@pytest.mark.usefixtures("compiler", "folder")
@pytest.mark.parametrize("args", [["--debug", "check", "crash.yaml"], ["check", "crash.yaml", "--debug"]])
def test_debug_prints_the_traceback(flowspec: Run, args: list[str]) -> None:
    done = flowspec(*args)
    assert done.code == 3
    assert done.err.startswith("Traceback")
    assert "conftest.py" in done.err


class Broken(io.StringIO):
    """A stream whose reader has left."""

    def write(self, text: str) -> int:
        raise BrokenPipeError

    def flush(self) -> None:
        raise BrokenPipeError


@pytest.mark.usefixtures("compiler", "folder")
@pytest.mark.parametrize(("path", "code"), [("specs/good.yaml", 0), ("specs/bad.yaml", 1)])
def test_a_broken_pipe_is_quiet_and_keeps_the_exit_code(path: str, code: int) -> None:
    err = io.StringIO()
    assert Command(io.StringIO(), Broken(), err, {}).main(["check", path]) == code
    assert err.getvalue() == ""


def test_a_broken_pipe_of_a_process_is_quiet() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    code = "import sys; from flowspec.cli import main; sys.exit(main(['explain', 'FS401']))"
    done = subprocess.run([sys.executable, "-c", code], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_narrow_encoding_does_not_crash() -> None:
    code = "import sys; from flowspec.cli import main; sys.exit(main(['explain', '日']))"
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=env, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: there is no code and no op `\\u65e5`")


def test_commands_are_well_formed() -> None:
    assert len(set(NAMES)) == len(NAMES)
    for command in COMMANDS:
        assert command.__doc__
        assert command.HELP[0].islower()
        assert not command.HELP.endswith(".")
        command.add_arguments(argparse.ArgumentParser(allow_abbrev=False))


def test_no_command_loads_torch_before_it_runs(tmp_path: Path) -> None:
    code = (
        "import sys, io; from flowspec.cli import Command\n"
        "for args in (['--help'], ['explain', 'FS401'], ['ops'], ['ops', 'conv'], ['schema']):\n"
        "    assert Command(io.StringIO(), io.StringIO(), io.StringIO()).main(args) == 0, args\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "False\n", done.stderr
