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
    """A spec to read: the name that findings give it, its text when that came from stdin, or why it is unreadable."""

    name: str
    text: str | None = None
    fault: Finding | None = None


def find_sources(paths: Iterable[str], streams: Streams) -> list[Source]:
    """The specs that paths name, each once: a directory names its `*.yaml` files, sorted, and `-` is stdin."""
    names = dict.fromkeys(name for path in paths for name in _expand(path))
    return [read_source(name, streams) for name in names]


def read_source(path: str, streams: Streams) -> Source:
    """One spec; files are only opened here, to see whether they can be."""
    if path == STDIN:
        return Source(STDIN_NAME, streams.stdin.read(_LIMIT))
    name = os.path.normpath(path)
    reason = _unreadable(name)
    return Source(name, fault=Finding("FS091", f"cannot read `{name}`: {reason}", None) if reason else None)


def _expand(path: str) -> list[str]:
    """The files under a directory, or the path itself; hidden directories and files are left out."""
    if path == STDIN or not os.path.isdir(path):
        return [path if path == STDIN else os.path.normpath(path)]
    found: list[str] = []
    for folder, folders, files in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [os.path.join(folder, name) for name in files if name.endswith(".yaml") and not name.startswith(".")]
    return sorted(os.path.normpath(file) for file in found) or [os.path.normpath(path)]


def _unreadable(name: str) -> str:
    """Why a file cannot be read; empty when it can."""
    if os.path.isdir(name):
        return "it is a directory without `*.yaml` files"
    if os.path.exists(name) and not os.path.isfile(name):
        return "it is not a regular file"
    try:
        with open(name, "rb") as file:
            file.read(1)
    except OSError as error:
        return _REASONS.get(type(error), error.strerror or type(error).__name__)
    except ValueError as error:  # a NUL in the name
        return str(error)
    return ""


_REASONS: dict[type[OSError], str] = {
    FileNotFoundError: "it does not exist",
    PermissionError: "permission denied",
    NotADirectoryError: "a part of its path is not a directory",
}
