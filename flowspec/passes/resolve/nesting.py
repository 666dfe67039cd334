"""The state of a net under construction that nests: places, caps, regions, scopes, and what is being unfolded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flowspec.diagnostics import Span
from flowspec.graph.bounds import CAPS
from flowspec.graph.net import Frame
from flowspec.passes.resolve.arguments import Arguments
from flowspec.passes.resolve.session import Definition, Scope, Session
from flowspec.syntax.steps import Step
from flowspec.syntax.tree import Entry, Scalar, site


class Nesting:
    """What a step sets for the nodes inside it, put back when it ends."""

    session: Session
    scope: Scope
    span: Span | None
    cap: str
    prefix: str
    args: tuple[tuple[str, Span], ...]
    unmasked: bool
    frames: tuple[Frame, ...]
    counts: dict[str, int]
    open: list[Definition]

    @contextmanager
    def at(self, span: Span, arguments: Arguments | None, name: str) -> Iterator[None]:
        """Nodes added inside stand at `span`, under the caps and names of this step."""
        saved = (self.span, self.cap, self.prefix, self.args, self.unmasked)
        self.span = span
        if arguments is not None:
            self.args = arguments.spans
            self.cap = self._cap(arguments) or self.cap
            self.unmasked = arguments.values.get("mask") == "none"
        if name:
            self.prefix = f"{self.prefix}{name}."
        try:
            yield
        finally:
            self.span, self.cap, self.prefix, self.args, self.unmasked = saved

    @contextmanager
    def inside(self, frame: Frame) -> Iterator[None]:
        """Nodes added inside belong to a region of the emitted source."""
        saved, self.frames = self.frames, (*self.frames, frame)
        try:
            yield
        finally:
            self.frames = saved

    @contextmanager
    def in_scope(self, scope: Scope) -> Iterator[None]:
        saved, self.scope = self.scope, scope
        try:
            yield
        finally:
            self.scope = saved

    def _cap(self, arguments: Arguments) -> str:
        entry: Entry | None = arguments.modifiers.get("knows")
        if entry is None:
            return ""
        text = entry.value.text if isinstance(entry.value, Scalar) else ""
        if text not in CAPS:
            self.session.unknown_name("FS203", "bound", text or "?", CAPS, site(entry.value))
            return ""
        return text

    def _fresh(self, word: str) -> str:
        base = self.prefix.rstrip(".")
        key = f"{self.prefix}{word}"
        self.counts[key] = self.counts.get(key, 0) + 1
        n = self.counts[key]
        if base and word not in ("add_context", "project") and self.counts.get(base, 0) == 0:
            self.counts[base] = 1
            return base
        return f"{key}.{n}"

    def enter(self, definition: Definition, step: Step) -> bool:
        """Notes that a block is being unfolded; False after reporting a block that uses itself."""
        if definition in self.open:
            self.session.report(
                "FS140", f"block `{definition.name}` uses itself", step.span, "a block cannot contain itself"
            )
            return False
        self.open.append(definition)
        return True

    def leave(self, definition: Definition) -> None:
        """The end of `enter`."""
        self.open.remove(definition)
