"""Places in a text: positions and the spans between them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place between two characters: line and column count from 1, columns count code points."""

    line: int
    column: int

    def __post_init__(self) -> None:
        if self.line < 1 or self.column < 1:
            raise ValueError(f"positions count from 1, not {self.line}:{self.column}")

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The characters from `start` up to, but not with, `end`; equal ends mark a place where something is missing."""

    file: str
    start: Position
    end: Position

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"a span ends at {self.end}, before its start {self.start}")

    def __str__(self) -> str:
        return f"{self.file}:{self.start}"
