"""From the paths of a command line to the specs they name."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from flowspec.cli.streams import Streams
from flowspec.diagnostics import Finding

STDIN = "-"
STDIN_NAME = "<stdin>"
_LIMIT = 256 * 1024 + 1  # one character more than a spec may have: a longer one is refused when it is read


@dataclass(frozen=True, slots=True)
class Source:
    """A spec to read: the name that findings give it, its text when that came from stdin, or why there is none."""

    name: str
    text: str | None = None
    fault: Finding | None = None


def find_sources(paths: Iterable[str], streams: Streams) -> list[Source]:
    """The specs that paths name, each once: a directory names its `*.yaml` files, sorted, and `-` is stdin."""
    names = dict.fromkeys(name for path in paths for name in _expand(path))
    return [_empty(name) if os.path.isdir(name) else source_of(name, streams) for name in names]


def source_of(path: str, streams: Streams) -> Source:
    """One spec; a file is opened by the compiler, stdin is read here."""
    if path == STDIN:
        return Source(STDIN_NAME, streams.stdin.read(_LIMIT))
    return Source(os.path.normpath(path))


def _empty(name: str) -> Source:
    return Source(name, fault=Finding("FS091", f"cannot read `{name}`: it is a directory without `*.yaml` files", None))


def unreadable(findings: Iterable[Finding]) -> bool:
    """Whether the spec itself could not be read; a file that it uses is at fault at a place in the spec."""
    return any(finding.code == "FS091" and finding.span is None for finding in findings)


def _expand(path: str) -> list[str]:
    """The files under a directory, or the path itself; hidden directories and files are left out."""
    if path == STDIN or not os.path.isdir(path):
        return [path if path == STDIN else os.path.normpath(path)]
    found: list[str] = []
    for folder, folders, files in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [os.path.join(folder, name) for name in files if name.endswith(".yaml") and not name.startswith(".")]
    return sorted(os.path.normpath(file) for file in found) or [os.path.normpath(path)]
