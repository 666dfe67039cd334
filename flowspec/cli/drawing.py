"""What the commands that draw share: their options, and a picture on the terminal or in a file."""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from flowspec.cli.arguments import UsageError, add_color, wants_color
from flowspec.cli.compiling import analyse
from flowspec.cli.files import files_read, refuse_read, write_whole
from flowspec.cli.paths import source_of, unreadable
from flowspec.cli.streams import Streams
from flowspec.diagnostics.render import render_full
from flowspec.diagnostics.text import clean

if TYPE_CHECKING:
    from flowspec.compiler import Report
    from flowspec.view.pictures import Picture

SUFFIXES = (".svg", ".png", ".html", ".json", ".npy")
NARROWEST, PIPED = 20, 80  # columns


@dataclass(frozen=True, slots=True)
class Drawing:
    """One picture in every form: for eyes, as JSON, and as an array. `array` raises UsageError where there is no one array.
    `film`, where there is one, is written in the place of the picture; it is given the suffix of the file. `reads` are the
    files that were read besides those of the spec."""

    picture: Picture
    json: Callable[[], str]
    array: Callable[[], np.ndarray[Any, Any]]
    film: Callable[[str], str | bytes] | None = None
    reads: tuple[str, ...] = ()


def add_drawing(parser: argparse.ArgumentParser) -> None:
    """Declare the options of every command that draws."""
    parser.add_argument("spec", metavar="SPEC", help="a file, or - for stdin")
    kinds = ", ".join(suffix[1:] for suffix in SUFFIXES)
    parser.add_argument("-o", "--output", metavar="FILE", help=f"write it to a file, by its suffix: {kinds}")
    parser.add_argument("--order", type=int, default=0, metavar="K", help="which order of an ensemble, from 0")
    parser.add_argument(
        "--width", type=_columns, metavar="N", help="columns of text (default: the terminal's, else 80)"
    )
    parser.add_argument("--ascii", action="store_true", help="draw with ASCII characters only")
    add_color(parser)


def _columns(text: str) -> int:
    """A width of the terminal. Raises argparse.ArgumentTypeError for none."""
    if not text.isascii() or not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"`{text}` is no number of columns")
    return int(text)


def run_drawing(
    args: argparse.Namespace, streams: Streams, draw: Callable[[Report], Drawing], suffixes: tuple[str, ...] = SUFFIXES
) -> int:
    """Check the spec and draw it; a spec with errors is answered with its findings, and nothing is drawn."""
    from flowspec.view.errors import ViewError

    suffix = _suffix(args.output, suffixes)
    if suffix:
        refuse_read(args.output, args.spec)
    spec = source_of(args.spec, streams)
    report: Any = analyse(spec.name, spec.text)
    if not report.ok:
        streams.stdout.write(render_full(report.diagnostics, report.sources, wants_color(args, streams), streams.width))
        return 2 if unreadable(report.diagnostics) else 1
    try:
        drawing = draw(report)
        if suffix:
            refuse_read(args.output, args.spec, (*files_read(args.spec, report.sources), *drawing.reads))
            _write(drawing, args.output, suffix, streams)
        else:
            streams.stdout.write(_as_text(drawing.picture, args, streams))
    except ViewError as error:
        raise UsageError(error.message, error.help_text) from error
    return 0


def _suffix(output: str | None, suffixes: tuple[str, ...]) -> str:
    """The suffix of the file to write, "" for text on stdout. Raises UsageError for one that means nothing."""
    if output is None:
        return ""
    suffix = Path(output).suffix.lower()
    if suffix in suffixes:
        return suffix
    found = f"`{output}` ends in `{suffix}`" if suffix else f"`{output}` has no suffix"
    if suffix == ".gif":
        raise UsageError(
            f"{found}: a still picture is no GIF", "`flowspec order SPEC --animate -o FILE.gif` shows an order in time"
        )
    there = f"there are {', '.join(suffixes)}; without `-o` the picture is text on stdout"
    raise UsageError(f"{found}: the suffix chooses the format", there)


def _as_text(picture: Picture, args: argparse.Namespace, streams: Streams) -> str:
    from flowspec.view.text import Style, render_text

    width = args.width or (streams.width if streams.stdout.isatty() else PIPED)
    ascii_only = args.ascii or streams.stdout.encoding.lower().replace("-", "") not in ("utf8", "utf8sig")
    return render_text(picture, Style(max(NARROWEST, width), wants_color(args, streams), ascii_only))


def _write(drawing: Drawing, path: str, suffix: str, streams: Streams) -> None:
    write_whole(path, drawing.film(suffix) if drawing.film else _CONTENT[suffix](drawing))
    streams.stderr.write(f"wrote {clean(path)}\n")


def _svg(drawing: Drawing) -> str:
    from flowspec.view.page import lay_out
    from flowspec.view.svg import render_svg

    return render_svg(lay_out(drawing.picture), drawing.picture.title)


def _png(drawing: Drawing) -> bytes:
    from flowspec.view.page import lay_out
    from flowspec.view.png import render_png

    return render_png(lay_out(drawing.picture))


def _html(drawing: Drawing) -> str:
    from flowspec.view.html import render_html

    return render_html(drawing.picture)


def _npy(drawing: Drawing) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, drawing.array(), allow_pickle=False)
    return buffer.getvalue()


_CONTENT: dict[str, Callable[[Drawing], str | bytes]] = {
    ".svg": _svg,
    ".png": _png,
    ".html": _html,
    ".json": lambda drawing: drawing.json(),
    ".npy": _npy,
}
