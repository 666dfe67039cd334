"""Files: the spec that was asked for, and those that it names under `use`.

A top-level spec may lie anywhere. What it uses stays under one root: the working directory when the spec lies in it,
else the directory of the spec; both after every symbolic link is resolved. Only regular files are opened, and never
read beyond the limit. Nothing is fetched, expanded from the environment, or searched for.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from flowspec.diagnostics import Finding, Span
from flowspec.syntax.characters import decode, too_large
from flowspec.syntax.limits import MAX_BYTES, MAX_FILES
from flowspec.syntax.papercuts import shown
from flowspec.syntax.reader import read
from flowspec.syntax.tree import Node, Scalar, site

STDIN = "<stdin>"


@dataclass(frozen=True, slots=True, eq=False)
class SpecFile:
    """A file as read.

    Attributes:
        file: its name in spans and messages: the path as it was asked for, or as reached from there.
        path: where it lies after symbolic links; None for the standard input and for what could not be opened.
        data: its bytes, which the spec's digest is of.
        text: what positions count in, for renderers.
        root: the tree; None when there is none.
        findings: what reading found wrong.
    """

    file: str
    path: Path | None
    data: bytes
    text: str
    root: Node | None
    findings: tuple[Finding, ...]

    @property
    def readable(self) -> bool:
        """Whether the file could be opened at all; a spec that cannot be is a usage error, not a fault in it."""
        return not any(finding.code == "FS091" for finding in self.findings)


class Loader:
    """Reads one top-level spec and the files it uses; each file is read once. Every top-level spec gets its own loader.

    Args:
        root: the directory that `use` may not leave; by default it follows from the first `open` or `stdin`.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root = root.resolve() if root else None
        self._files: dict[Path, SpecFile] = {}
        self._uses: dict[Path, list[Path]] = {}

    @property
    def files(self) -> tuple[SpecFile, ...]:
        """Every file read so far, in the order of reading: what to collect the findings of reading from."""
        return tuple(self._files.values())

    @property
    def sources(self) -> dict[str, str]:
        """The text of every file read so far, by the name that its spans carry."""
        return {spec.file: spec.text for spec in self._files.values()}

    def open(self, path: str | Path) -> SpecFile:
        """Read the spec at `path`, whatever directory that is in."""
        name = str(path)
        try:
            resolved = Path(path).resolve(strict=True)
        except (OSError, RuntimeError, ValueError) as error:
            return _unopened(name, _unreadable(name, _reason(error)))
        self.root = self.root or _root_of(resolved)
        fault = self._fetch(resolved, name)
        return _unopened(name, fault) if fault else self._files[resolved]

    def stdin(self, data: bytes | str, file: str = STDIN) -> SpecFile:
        """Read a spec from the standard input; what it uses is relative to the working directory."""
        self.root = self.root or Path.cwd().resolve()
        raw = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
        spec = _parsed(file, None, raw)
        self._files[self.root / file] = spec
        return spec

    def use(self, target: Node, using: SpecFile) -> SpecFile | Finding:
        """Read the file that `using` names under `use`; `target` is the scalar that holds the path.

        What is wrong inside the file stands in its `findings`; the finding returned instead of a file is about the
        path: not a relative path, outside the root, unreadable, too large, or a circle of uses.
        """
        if not isinstance(target, Scalar) or not isinstance(target.value, str):
            return Finding("FS121", "`use` needs a path, such as `./glow.yaml`", site(target))
        refused = _refuse_path(target.value, site(target))
        if refused:
            return refused
        here = using.path.parent if using.path else Path.cwd()
        return self._under_root(here / target.value, target, using)

    def _under_root(self, path: Path, target: Scalar, using: SpecFile) -> SpecFile | Finding:
        root, place = self.root or Path.cwd().resolve(), site(target)
        try:
            resolved = path.resolve()
        except (OSError, RuntimeError, ValueError) as error:
            return _unreadable(shown(target.text), _reason(error), place)
        if not resolved.is_relative_to(root):
            return _outside(target.text, place)
        ring = self._ring(using, resolved)
        if ring:
            return _cycle(ring, place)
        fault = self._fetch(resolved, _name(using, resolved), place)
        return fault or self._files[resolved]

    def _fetch(self, resolved: Path, name: str, place: Span | None = None) -> Finding | None:
        """Make sure that the file at `resolved` has been read; the finding says why it cannot be."""
        if resolved in self._files:
            return None
        if len(self._files) >= MAX_FILES:
            return Finding("FS124", f"more than {MAX_FILES} files use each other", place)
        data = _bytes(resolved)
        if isinstance(data, str):
            return _unreadable(name, data, place)
        if len(data) > MAX_BYTES:
            return too_large(name, place)
        self._files[resolved] = _parsed(name, resolved, data)
        return None

    def _ring(self, using: SpecFile, target: Path) -> list[str]:
        """The files of the circle that a use of `target` would close; empty when it closes none."""
        if using.path is None:
            return []
        trail = self._trail(target, using.path, set())
        if not trail:
            self._uses.setdefault(using.path, []).append(target)
        return [_label(path, self._files) for path in (using.path, *trail)] if trail else []

    def _trail(self, start: Path, goal: Path, seen: set[Path]) -> list[Path]:
        """A way from `start` to `goal` along the uses seen so far, both included; empty when there is none."""
        if start == goal:
            return [start]
        seen.add(start)
        for following in self._uses.get(start, ()):
            if following not in seen and (rest := self._trail(following, goal, seen)):
                return [start, *rest]
        return []


def _root_of(resolved: Path) -> Path:
    here = Path.cwd().resolve()
    return here if resolved.is_relative_to(here) else resolved.parent


def _parsed(file: str, path: Path | None, data: bytes) -> SpecFile:
    if len(data) > MAX_BYTES:
        return SpecFile(file, path, data, "", None, (too_large(file),))
    text, fault = decode(data, file)
    root, findings = (None, (fault,)) if fault else read(text, file)
    return SpecFile(file, path, data, text, root, findings)


def _unopened(file: str, fault: Finding) -> SpecFile:
    return SpecFile(file, None, b"", "", None, (fault,))


def _bytes(path: Path) -> bytes | str:
    """At most one byte more than the limit of a regular file, or why it cannot be read. Never blocks."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        kind = _kind(os.stat(path).st_mode)  # a device may do something when it is opened
        if kind:
            return kind
        with open(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb") as file:
            kind = _kind(os.fstat(file.fileno()).st_mode)  # what was opened may be another file by now
            return kind or file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        return _reason(error)


def _kind(mode: int) -> str:
    """What is wrong with a file of this mode; empty for a regular file."""
    if stat.S_ISREG(mode):
        return ""
    return "it is a directory" if stat.S_ISDIR(mode) else "it is not a regular file"


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, RuntimeError) or getattr(error, "errno", None) == errno.ELOOP:
        return "its symbolic links go in a circle"
    return (getattr(error, "strerror", None) or "its name is not a path").lower()


def _refuse_path(text: str, place: Span) -> Finding | None:
    """Why `text` is no path that `use` follows."""
    said = ""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", text):
        said = "a URL; nothing is fetched"
    elif text.startswith("/") or PureWindowsPath(text).anchor:
        said = "an absolute path"
    elif text.startswith("~") or "$" in text or "%" in text:
        said = "taken from the environment, which a spec never reads"
    elif "\\" in text or not text.isprintable() or not text.strip():
        said = "no path that every system reads alike"
    if not said:
        return None
    helps = ("write a path relative to this file, with `/`: `./glow.yaml`",)
    return Finding("FS121", f"`{shown(text)}` is {said}", place, helps=helps)


def _outside(text: str, place: Span) -> Finding:
    message = f"`{shown(text)}` lies outside the directory of the spec"
    notes = ("symbolic links are followed before this is judged",)
    return Finding("FS123", message, place, notes=notes, helps=("move or copy the file beside the spec",))


def _unreadable(name: str, reason: str, place: Span | None = None) -> Finding:
    return Finding("FS091", f"cannot read `{name}`: {reason}", place)


def _cycle(ring: list[str], place: Span) -> Finding:
    message = "this file uses itself" if len(ring) == 2 else f"`{ring[1]}` leads back to this file"
    helps = ("move what both need to a file of its own",)
    return Finding("FS122", message, place, "closes the circle", trace=(" -> ".join(ring),), helps=helps)


def _label(path: Path, files: dict[Path, SpecFile]) -> str:
    return files[path].file if path in files else path.name


def _name(using: SpecFile, used: Path) -> str:
    """The used file's name for spans: seen from where the using one's name is."""
    if using.path is None:
        return os.path.relpath(used).replace(os.sep, "/")
    below = os.path.relpath(used, using.path.parent)
    return os.path.normpath(os.path.join(os.path.dirname(using.file), below)).replace(os.sep, "/")
