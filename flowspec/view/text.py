"""Pictures as text: full, half or shaded blocks, or ASCII; correct without colour, within a given width."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from flowspec.diagnostics.text import clean
from flowspec.view.chart_text import chart_lines
from flowspec.view.pictures import Axis, Figure, Panel, Picture, kind_of
from flowspec.view.text_cells import Drawn, Mode, Run, draw, mode_of
from flowspec.view.words import RAREST, joined, spelled, wrapped

FRAMES = {False: "┌┐└┘─│", True: "++++-|"}
FAINT, BOLD = "2", "1"
Legend = dict[tuple[str, str], None]  # symbols and what they mean, in order of use


@dataclass(frozen=True, slots=True)
class Style:
    """How text may look: its width in characters, whether colours are wanted, whether it must be ASCII."""

    width: int = 80
    color: bool = False
    ascii: bool = False


def render_text(picture: Picture, style: Style) -> str:
    """The picture as lines of at most `style.width` characters; longer names and paths are cut."""
    lines = [*_wrapped(picture.title, style, BOLD), *_wrapped(picture.subtitle, style), ""]
    used: Legend = {}
    for figure in picture.figures:
        lines += [*_figure(figure, style, used), ""]
    for note in picture.notes:
        lines += [*_wrapped(note, style), ""]
    lines += _legend(used, style)
    return "\n".join(line.rstrip() for line in lines).rstrip("\n") + "\n"


def _figure(figure: Figure, style: Style, used: Legend) -> Iterator[str]:
    title, place = (_fit(clean(text), style) for text in (figure.title, figure.place))
    if len(title) + len(place) + 3 <= style.width:
        yield _paint([(title, BOLD), (f"   {place}", FAINT)], style)
    else:
        yield from (*_wrapped(title, style, BOLD), *_wrapped(place, style, FAINT))
    for fact in figure.facts:
        yield from _wrapped(fact, style)
    if figure.chart is not None:
        yield from (_paint(list(runs), style) for runs in chart_lines(figure.chart, style.width, style.ascii))
    for _, group in groupby(figure.panels, key=kind_of):
        panels = tuple(group)
        mode = mode_of(panels, style.width - 2)
        boxes = [_box(panel, mode, style, used) for panel in panels]
        for row in _rows(boxes, figure.across, style.width):
            yield from _beside(row, style)
        yield from _wrapped(_axes(panels[0], mode), style)


# --- panels side by side -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Box:
    """A panel with its frame: lines of runs, all of one width."""

    lines: tuple[tuple[Run, ...], ...]
    width: int


def _box(panel: Panel, mode: Mode, style: Style, used: Legend) -> _Box:
    drawn = draw(panel, mode, style.ascii)
    used.update(dict.fromkeys(drawn.legend))
    title = wrapped(_fit(panel.title, style), style.width)
    width = max(drawn.width + 2, *map(len, title), 0)
    lines = [*(((line, FAINT),) for line in title), *_framed(drawn, FRAMES[style.ascii])]
    return _Box(tuple(_padded(line, width) for line in lines), width)


def _framed(drawn: Drawn, parts: str) -> Iterator[tuple[Run, ...]]:
    yield ((parts[0] + parts[4] * drawn.width + parts[1], FAINT),)
    for line in drawn.lines:
        yield ((parts[5], FAINT), *line, (parts[5], FAINT))
    yield ((parts[2] + parts[4] * drawn.width + parts[3], FAINT),)


def _padded(line: tuple[Run, ...], width: int) -> tuple[Run, ...]:
    room = width - sum(len(text) for text, _ in line)
    return (*line, (" " * room, "")) if room else line


def _rows(boxes: list[_Box], across: int, width: int) -> Iterator[list[_Box]]:
    """Boxes by rows: as many as fit, in whole rows of `across` where such a row fits."""
    row: list[_Box] = []
    for k, box in enumerate(boxes):
        fits = sum(b.width + 1 for b in row) + box.width <= width
        if row and (not fits or (across and k % across == 0)):
            yield row
            row = []
        row.append(box)
    yield row


def _beside(row: list[_Box], style: Style) -> Iterator[str]:
    height = max(len(box.lines) for box in row)
    for at in range(height):
        runs: list[Run] = []
        for k, box in enumerate(row):
            if k:
                runs.append((" ", ""))
            runs.extend(box.lines[at] if at < len(box.lines) else ((" " * box.width, ""),))
        yield _paint(runs, style)


# --- words ---------------------------------------------------------------------------------------------------------


def _axes(panel: Panel, mode: Mode) -> str:
    """What rows and columns are, and what one character stands for where cells were joined."""
    parts = [f"{word}: {axis.name} {axis.first} to {axis.last}" for word, axis in _named(panel)]
    if (grid := mode.grid(panel)) != panel.shape:
        shown = RAREST if mode.kind == "coarse" else ""
        parts.append(f"a symbol stands for about {joined(panel.shape, grid)} cells{shown}")
    return "; ".join(parts)


def _named(panel: Panel) -> list[tuple[str, Axis]]:
    both = (("down", panel.rows), ("across", panel.columns))
    return [(word, axis) for word, axis in both if axis.name and axis.first != axis.last]


def _legend(used: Iterable[tuple[str, str]], style: Style) -> Iterator[str]:
    """What each symbol means; symbols never break from their words."""
    line = ""
    for glyph, label in used:
        entry = f"{glyph} {label}"
        if line and len(line) + 3 + len(entry) > style.width:
            yield from _wrapped(line, style)
            line = ""
        line = f"{line}   {entry}" if line else entry
    yield from _wrapped(line, style)


def _wrapped(text: str, style: Style, sgr: str = "") -> list[str]:
    return [_paint([(line, sgr)], style) for line in wrapped(_fit(text, style), style.width)]


def _fit(text: str, style: Style) -> str:
    """The text in characters that the stream has."""
    return spelled(text, style.ascii)


def _paint(runs: Iterable[Run], style: Style) -> str:
    """One line; runs of one colour are joined, blanks at the end dropped."""
    merged: list[list[str]] = []
    for text, sgr in ((_fit(text, style), sgr) for text, sgr in runs):
        if merged and merged[-1][1] == sgr:
            merged[-1][0] += text
        else:
            merged.append([text, sgr])
    while merged and not merged[-1][0].strip():
        merged.pop()
    if not style.color:
        return "".join(text for text, _ in merged)
    return "".join(f"\x1b[{sgr}m{text}\x1b[0m" if sgr and text.strip() else text for text, sgr in merged)
