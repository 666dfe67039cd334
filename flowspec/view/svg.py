"""Pages as SVG: written by hand, deterministic, with the colours of light and dark pages in one style sheet."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from flowspec.diagnostics.text import clean
from flowspec.view.blocks import Block, Ink
from flowspec.view.items import Arrow, Frame, Item, Page, Words
from flowspec.view.pictures import Codes
from flowspec.view.tones import BLANK, FAINT, MISSING, PAPER, SEEN, TEXT, TONES

FONT = "system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif"
RULED = 6  # pixels of a cell from which lines stand between cells


def render_svg(page: Page, title: str) -> str:
    """The page as a file of its own, named `title` for those who hear it."""
    size = f'width="{page.width}" height="{page.height}" viewBox="0 0 {page.width} {page.height}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n<title>{_text(title)}</title>\n'
        f"<style>\n{stylesheet()}</style>\n"
        f'<rect class="fs-paper" width="100%" height="100%"/>\n{_items(page)}</svg>\n'
    )


def render_inline(page: Page, title: str) -> str:
    """The page as an element of an HTML document that holds `stylesheet()` itself."""
    size = f'width="{page.width}" height="{page.height}" viewBox="0 0 {page.width} {page.height}"'
    return f'<svg {size} role="img" aria-label="{_text(title)}">\n{_items(page)}</svg>'


def stylesheet() -> str:
    """The colours and letters of every element, on light pages and on dark ones."""
    fixed = f".fs-w{{font-family:{FONT}}} .fs-b{{font-weight:600}} .fs-l{{fill:none}}\n"
    return f"{fixed}{_colors('light')}@media (prefers-color-scheme:dark){{\n{_colors('dark')}}}\n"


def _colors(theme: str) -> str:
    rules = {
        "fs-paper": f"fill:{PAPER[theme]}",
        "fs-ink": f"fill:{TEXT[theme]}",
        "fs-faint": f"fill:{FAINT[theme]}",
        "fs-l": f"stroke:{PAPER[theme]}",
    }
    rules["fs-arrow"] = f"fill:none;stroke:{FAINT[theme]};stroke-width:1.2"
    rules |= {f"fs-{tone.key}": f"fill:{tone.light if theme == 'light' else tone.dark}" for tone in (*TONES, BLANK)}
    outlines = {"itself": TEXT[theme], "faint": FAINT[theme]}
    outlines |= {tone.key: tone.light if theme == "light" else tone.dark for tone in (SEEN, MISSING)}
    boxes = "".join(
        f".fs-box.fs-{key}{{fill:{PAPER[theme]};stroke:{color};stroke-width:1.4}}\n" for key, color in outlines.items()
    )
    return "".join(f".{name}{{{rule}}}\n" for name, rule in rules.items()) + boxes


def _items(page: Page) -> str:
    return "".join(item_of(item) for item in page.items)


def item_of(item: Item) -> str:
    """One item as an element."""
    if isinstance(item, Words):
        return _words(item)
    if isinstance(item, Frame):
        return _frame(item)
    if isinstance(item, Arrow):
        return _arrow(item)
    block = item.block
    inner = "".join((*_fills(block), *_dots(block), *rules(block)))
    place = f"translate({_number(item.x)} {_number(item.y)}) scale({block.across} {block.down})"
    return f'<g transform="{place}" shape-rendering="crispEdges">\n{inner}</g>\n'


def _frame(frame: Frame) -> str:
    x, y, width, height = (_number(n) for n in (frame.x, frame.y, frame.width, frame.height))
    shape = f'<rect class="fs-box {frame.key}" x="{x}" y="{y}" width="{width}" height="{height}" rx="5"'
    return f"{shape}><title>{_text(frame.hint)}</title></rect>\n" if frame.hint else f"{shape}/>\n"


def _arrow(arrow: Arrow) -> str:
    points = [(arrow.x + x, arrow.y + y) for x, y in arrow.points]
    way = "L".join(f"{_number(x)} {_number(y)}" for x, y in points)
    head = "L".join(f"{_number(x)} {_number(y)}" for x, y in head_of(points))
    dashed = ' stroke-dasharray="4 3"' if arrow.dashed else ""
    ends = f'<path class="fs-arrow" d="M{head}"/>' if arrow.dashed else ""
    return f'<path class="fs-arrow"{dashed} d="M{way}{"" if arrow.dashed else f"M{head}"}"/>{ends}\n'


def head_of(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The three points of an arrow's head: downwards, or along a level end."""
    (x, y), (before, level) = points[-1], points[-2]
    if level == y:
        back = -7 if before < x else 7
        return [(x + back, y - 4), (x, y), (x + back, y + 4)]
    return [(x - 4, y - 7), (x, y), (x + 4, y - 7)]


def _words(words: Words) -> str:
    color = "fs-paper" if words.paper else "fs-faint" if words.faint else "fs-ink"
    names = f"fs-w {color}{' fs-b' if words.bold else ''}"
    anchor = f' text-anchor="{words.anchor}"' if words.anchor != "start" else ""
    x, y = _number(words.x), _number(words.y)
    turn = f' transform="rotate(-90 {x} {y})"' if words.turned else ""
    text = _text(words.text)
    return f'<text class="{names}" x="{x}" y="{y}" font-size="{words.size}"{anchor}{turn}>{text}</text>\n'


# --- squares -------------------------------------------------------------------------------------------------------


def _fills(block: Block) -> Iterator[str]:
    """The base below everything, then a path for each other ink that occurs."""
    rows, columns = block.codes.shape
    under = block.inks[block.base].under.key
    yield f'<path class="fs-{under}" d="M0 0h{columns}v{rows}H0z"/>\n'
    for code, ink in enumerate(block.inks):
        if ink.tone.key == under or not ink.share:
            continue
        path = "".join(f"M{x} {y}h{w}v{h}h-{w}z" for x, y, w, h in rectangles(block.codes, code))
        if path:
            strength = f' fill-opacity="{_number(ink.share)}"' if ink.share < 1 else ""
            yield f'<path class="fs-{ink.tone.key}"{strength} d="{path}"/>\n'


def rectangles(codes: Codes, code: int) -> Iterator[tuple[int, int, int, int]]:
    """(x, y, width, height) of rectangles that cover exactly the squares of one code: runs, joined downwards."""
    open_runs: dict[tuple[int, int], int] = {}
    for y, row in enumerate(codes == code):
        runs = set(_runs(row.tolist()))
        for x, w in sorted(set(open_runs) - runs):
            top = open_runs.pop((x, w))
            yield x, top, w, y - top
        for run in runs:
            open_runs.setdefault(run, y)
    for (x, w), top in sorted(open_runs.items()):
        yield x, top, w, len(codes) - top


def _runs(row: list[bool]) -> Iterator[tuple[int, int]]:
    start = None
    for x, on in enumerate([*row, False]):
        if on and start is None:
            start = x
        elif not on and start is not None:
            yield start, x - start
            start = None


def _dots(block: Block) -> Iterator[str]:
    for code, ink in enumerate(block.inks):
        if ink.tone.dot:
            for y, x in zip(*(block.codes == code).nonzero(), strict=True):
                yield f'<circle class="{_dot(ink)}" cx="{x}.5" cy="{y}.5" r=".22" shape-rendering="auto"/>\n'


def _dot(ink: Ink) -> str:
    return "fs-paper" if ink.tone.dot == "paper" else "fs-ink"


def rules(block: Block) -> Iterator[str]:
    """Lines of paper between squares that are large enough."""
    rows, columns = block.codes.shape
    if rows > 1 and min(block.across, block.down) >= RULED:
        lines = "".join(f"M0 {y}h{columns}" for y in range(1, rows))
        yield f'<path class="fs-l" stroke-width="{_number(1 / block.down)}" d="{lines}"/>\n'
    if columns > 1 and min(block.across, block.down) >= RULED:
        lines = "".join(f"M{x} 0v{rows}" for x in range(1, columns))
        yield f'<path class="fs-l" stroke-width="{_number(1 / block.across)}" d="{lines}"/>\n'


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _text(text: str) -> str:
    """Text as text: without control characters, and with nothing that XML would take for markup."""
    return escape(clean(text))
