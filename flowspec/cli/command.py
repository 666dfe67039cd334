"""The entry: find the command, run it, and turn what goes wrong into an exit code."""

from __future__ import annotations

import os
import shutil
import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import TextIO

from flowspec.cli.arguments import HelpWanted, Parser, UsageError
from flowspec.cli.failures import internal_failure, missing_package, usage_failure
from flowspec.cli.registry import COMMANDS, CommandModule
from flowspec.cli.streams import PLAIN_WIDTH, Output, Streams
from flowspec.diagnostics import suggest

_ABOUT = (
    "A compiler for likelihood-based generative models: it proves that a spec is a density, then writes the module."
)
_GLOBAL = ("-h", "--help", "--version", "--debug")


class Command:
    """flowspec as a function of its streams, so that everything it does can be tested in one process."""

    def __init__(
        self,
        stdin: TextIO,
        stdout: TextIO,
        stderr: TextIO,
        environ: Mapping[str, str] | None = None,
        width: int = PLAIN_WIDTH,
    ) -> None:
        env = os.environ if environ is None else environ
        self.streams = Streams(stdin, Output(stdout), Output(stderr), env, width)

    def main(self, args: Sequence[str]) -> int:
        """Run one command line.

        Returns:
            0 clean; 1 errors (with --strict also warnings); 2 usage or an unreadable file; 3 an internal error.
        """
        debug = "--debug" in args
        plain = [arg for arg in args if arg != "--debug"]
        try:
            return self._run(plain)
        except HelpWanted as wanted:
            self.streams.stdout.write(str(wanted))
            return 0
        except UsageError as error:
            return usage_failure(error, plain, self.streams)
        except Exception as error:  # whatever it is, it is a bug of ours, unless a package is missing
            if debug:
                self.streams.stderr.write(traceback.format_exc())
            if (missing := missing_package(error)) is not None:
                return usage_failure(missing, plain, self.streams)
            return internal_failure(error, plain, self.streams)
        finally:
            self.streams.stdout.flush()
            self.streams.stderr.flush()

    def _run(self, args: Sequence[str]) -> int:
        if not args or args[0] in ("-h", "--help"):
            raise HelpWanted(_overview())
        if args[0] == "--version":
            raise HelpWanted(f"flowspec {metadata.version('flowspec')}\n")
        command = _find(args[0])
        parser = Parser(f"flowspec {command.NAME}", command.HELP, self.streams.width)
        command.add_arguments(parser)
        parser.add_argument("--debug", action="store_true", help="print the traceback of an internal error")
        return command.run(parser.parse(args[1:]), self.streams)


def _find(name: str) -> CommandModule:
    found = next((command for command in COMMANDS if name == command.NAME), None)
    if found:
        return found
    guess = suggest(name, [*(command.NAME for command in COMMANDS), *_GLOBAL])
    kind = "option" if name.startswith("-") else "command"
    help_text = f"did you mean `{guess}`?" if guess else "`flowspec --help` lists the commands"
    raise UsageError(f"there is no {kind} `{name}`", help_text)


def _overview() -> str:
    rows = "".join(f"  {command.NAME:<9} {command.HELP}\n" for command in COMMANDS)
    options = "  --version  print the version\n  --debug    print the traceback of an internal error\n"
    more = "`flowspec COMMAND --help` shows the arguments of a command.\n"
    return f"usage: flowspec COMMAND ...\n\n{_ABOUT}\n\ncommands:\n{rows}\noptions:\n{options}\n{more}"


def main(argv: Sequence[str] | None = None) -> int:
    """Run flowspec on the streams of this process and return the exit code."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        _prepare(stream)
    width = shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns if sys.stdout.isatty() else PLAIN_WIDTH
    command = Command(sys.stdin, sys.stdout, sys.stderr, width=width)
    try:
        return command.main(sys.argv[1:] if argv is None else argv)
    except KeyboardInterrupt:
        return 130  # what shells report for SIGINT
    finally:
        _let_go(command.streams.stdout, sys.stdout)


def _prepare(stream: TextIO) -> None:
    """Let stdin hand over bytes that are no text, and let a narrow encoding show the escapes of what it lacks."""
    if stream is sys.stdin and hasattr(stream, "reconfigure"):
        stream.reconfigure(encoding="utf-8", errors="surrogateescape", newline="")
    elif hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")


def _let_go(output: Output, stream: TextIO) -> None:
    """Send what is still buffered for a reader that left to nowhere, or Python would complain about it at exit."""
    if output.broken:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
