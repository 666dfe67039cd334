"""`flowspec check`: prove that specs are densities, or say why they are not."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata

from flowspec.cli.arguments import UsageError, add_choice, add_color, wants_color
from flowspec.cli.compiling import Report, analyse, public_facts
from flowspec.cli.paths import Source, find_sources, unreadable
from flowspec.cli.streams import Streams
from flowspec.diagnostics import Finding
from flowspec.diagnostics.render import (
    FileResult,
    render_concise,
    render_full,
    render_github,
    render_json,
    render_sarif,
    tally,
)
from flowspec.diagnostics.text import clean

NAME = "check"
HELP = "prove that specs are densities, or say where and why they are not"
STAGES = ("tree", "graph", "facts", "plan", "source")


@dataclass(frozen=True, slots=True)
class Checked:
    """One file and what was found in it; for a directory without specs there is no report."""

    name: str
    ok: bool
    findings: tuple[Finding, ...]
    report: Report | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of check."""
    parser.add_argument("paths", nargs="*", default=["."], metavar="PATH", help="files, directories, or - for stdin")
    add_choice(parser, "--format", ("full", *FORMATS), "how findings are written (default: full)", default="full")
    add_choice(parser, "--dump", STAGES, "print what a stage of the compiler made of the spec")
    parser.add_argument("--strict", action="store_true", help="let warnings fail, too")
    add_color(parser)


def run(args: argparse.Namespace, streams: Streams) -> int:
    """Check every file; 0 when all hold, 1 when one does not, 2 when one cannot be read."""
    if args.dump and args.format != "full":
        raise UsageError(
            f"`--dump` prints text, which `--format {args.format}` has no place for", "drop one of the two"
        )
    checked = (_check(source, args.strict) for source in find_sources(args.paths, streams))
    if args.format == "full":
        done = _print_full(checked, args, streams)
    else:
        done = list(checked)
        streams.stdout.write(FORMATS[args.format](done))
    return exit_code(done)


def exit_code(checked: Sequence[Checked]) -> int:
    """The exit code that a run over these files deserves."""
    if any(unreadable(file.findings) for file in checked):
        return 2
    return 0 if all(file.ok for file in checked) else 1


def _check(source: Source, strict: bool) -> Checked:
    if source.fault:
        return Checked(source.name, False, (source.fault,), None)
    report = analyse(source.name, source.text)
    failing = {"error", "warning"} if strict else {"error"}
    ok = report.ok and not any(f.severity in failing for f in report.diagnostics)
    return Checked(source.name, ok, tuple(report.diagnostics), report)


def _print_full(checked: Iterator[Checked], args: argparse.Namespace, streams: Streams) -> list[Checked]:
    """Print each file when it is done: its findings, then what was proved or the stage asked for."""
    color = wants_color(args, streams)
    done: list[Checked] = []
    for file in checked:
        sources: Mapping[str, str] = file.report.sources if file.report else {}
        blocks = [render_full(file.findings, sources, color, streams.width), _closing(file, args.dump)]
        text = "\n".join(block for block in blocks if block)
        streams.stdout.write(("\n" if done and text else "") + text)
        done.append(file)
    counts = tally([finding for file in done for finding in file.findings])
    streams.stdout.write(f"\n{counts}\n" if counts else "")
    return done


def _closing(file: Checked, stage: str | None) -> str:
    if file.report is None:
        return ""
    if stage:
        text = file.report.dump(stage)
        return text if text.endswith("\n") or not text else f"{text}\n"
    return "".join(f"{clean(line)}\n" for line in file.report.summary_lines()) if file.ok else ""


def _findings(checked: Sequence[Checked]) -> list[Finding]:
    return [finding for file in checked for finding in file.findings]


def _json(checked: Sequence[Checked]) -> str:
    return render_json(_findings(checked), [FileResult(f.name, f.ok, public_facts(f.report)) for f in checked])


FORMATS: dict[str, Callable[[Sequence[Checked]], str]] = {
    "concise": lambda checked: render_concise(_findings(checked)),
    "json": _json,
    "github": lambda checked: render_github(_findings(checked)),
    "sarif": lambda checked: render_sarif(_findings(checked), metadata.version("flowspec")),
}
