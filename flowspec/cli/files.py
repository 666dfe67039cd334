"""Files that a command writes: whole or not at all, and never over somebody else's work."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable

from flowspec.cli.arguments import UsageError

_GENERATED = re.compile(r'SPEC_SHA256\b[^\n]*=\s*"[0-9a-f]{64}"')  # every emitted module has it


def refuse_foreign(path: str) -> None:
    """Refuse to overwrite what flowspec did not write.

    Raises:
        UsageError: when `path` holds anything but an emitted module.
    """
    if os.path.isdir(path):
        raise UsageError(f"`{path}` is a directory", f"name the file: `-o {os.path.join(path, 'model.py')}`")
    if os.path.lexists(path) and not _is_generated(path):
        raise UsageError(f"`{path}` exists and was not written by flowspec", "choose another name, or say `--force`")


def _is_generated(path: str) -> bool:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return _GENERATED.search(file.read()) is not None
    except OSError:
        return False


def refuse_read(path: str, spec: str, reads: Iterable[str] = ()) -> None:
    """Refuse to overwrite the spec that a picture shows, or another file that was read for it.

    Raises:
        UsageError: when `path` is `spec` or one of `reads`.
    """
    there = "choose another name for what is drawn"
    if _same(path, spec):
        raise UsageError(f"`{path}` is the spec itself", there)
    if any(_same(path, read) for read in reads):
        raise UsageError(f"`{path}` is read for this picture: it would be lost", there)


def files_read(spec: str, names: Iterable[str]) -> tuple[str, ...]:
    """The places of a spec and of the files that it uses. Their names are seen from the spec's, which may be a link."""
    here, there = os.path.dirname(spec) or ".", os.path.dirname(os.path.realpath(spec))
    return (spec, *(os.path.join(there, os.path.relpath(name, here)) for name in names))


def _same(path: str, other: str) -> bool:
    return os.path.exists(path) and os.path.exists(other) and os.path.samefile(path, other)


def write_whole(path: str, content: str | bytes) -> None:
    """Write a file in one move, so that no reader ever sees half of it; a link keeps pointing where it does.

    Raises:
        UsageError: when the place cannot be written.
    """
    target = os.path.realpath(path)
    data = content.encode("utf-8") if isinstance(content, str) else content
    name = ""
    try:
        with tempfile.NamedTemporaryFile(dir=os.path.dirname(target), delete=False) as file:
            name = file.name
            file.write(data)
        _move(name, target)
    except OSError as error:
        if name:
            os.unlink(name)
        raise UsageError(f"cannot write `{path}`: {error.strerror or type(error).__name__}") from error


def _move(source: str, target: str) -> None:
    """Give the file the mode that a new file would have, then its name."""
    mask = os.umask(0)
    os.umask(mask)
    os.chmod(source, 0o666 & ~mask)
    os.replace(source, target)
