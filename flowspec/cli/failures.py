"""What is said when a command fails as a whole: a usage error or a bug of ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flowspec.cli.arguments import UsageError
from flowspec.cli.streams import Streams
from flowspec.diagnostics import Finding
from flowspec.diagnostics.render import render_github, render_json, render_sarif
from flowspec.diagnostics.text import clean

USAGE, INTERNAL = 2, 3
_DOCUMENTS: dict[str, Callable[[Sequence[Finding]], str]] = {
    "json": render_json,
    "sarif": render_sarif,
    "github": render_github,
}


def usage_failure(error: UsageError, args: Sequence[str], streams: Streams) -> int:
    """Say on stderr what is wrong with the command line; a tool that asked for a document gets that too."""
    streams.stderr.write(f"error: {clean(error.message)}\n")
    if error.help_text:
        streams.stderr.write(f"  = help: {clean(error.help_text)}\n")
    helps = (error.help_text,) if error.help_text else ()
    _document(Finding("FS090", error.message, None, helps=helps), args, streams)
    return USAGE


def missing_package(error: Exception) -> UsageError | None:
    """What to say where a package that a command needs is not installed; None for any other error."""
    if not isinstance(error, ImportError) or not error.name or error.name.partition(".")[0] == "flowspec":
        return None
    return UsageError(str(error), "`pip install 'flowspec[train]'` brings what models run on")


def internal_failure(error: Exception, args: Sequence[str], streams: Streams) -> int:
    """Ask for a bug report in one line."""
    name = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    message = f"internal error: {clean(name)[:500]}"
    ask = "this is a bug in flowspec: please report it with the spec; --debug prints the traceback"
    streams.stderr.write(f"{message} ({ask})\n")
    _document(Finding("FS099", message, None, notes=(ask,)), args, streams)
    return INTERNAL


def _document(finding: Finding, args: Sequence[str], streams: Streams) -> None:
    """Whoever parses stdout must find one document there, however the command ended."""
    if (render := _DOCUMENTS.get(_format_of(args))) is not None:
        streams.stdout.write(render([finding]))


def _format_of(args: Sequence[str]) -> str:
    """The value of --format, read without a parser, for the parser may be what failed."""
    for arg, value in zip(args, [*args[1:], ""], strict=True):
        if arg.startswith("--format"):
            return value if arg == "--format" else arg.removeprefix("--format=")
    return ""
