"""A film as SVG: no script, the colours move by CSS animations; where those are not wanted or known, shades stand still."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html import escape

import numpy as np

from flowspec.diagnostics.text import clean
from flowspec.view.items import GAP, Words
from flowspec.view.letters import long
from flowspec.view.order_movie import EMPTY, HELD, LEGEND, NOW, Movie, Slot
from flowspec.view.svg import item_of, rectangles, rules, stylesheet
from flowspec.view.tones import BARRED, MISSING, SEEN

STILL = "standing still: the later, the bluer"


def render_movie(movie: Movie, title: str) -> str:
    """The film as a file of its own; it starts again after a pause at the end."""
    page = movie.page
    size = f'width="{page.width}" height="{page.height}" viewBox="0 0 {page.width} {page.height}"'
    slots = {slot.item: slot for slot in movie.slots}
    captions = {item: order for order, item in enumerate(movie.captions)}
    body: list[str] = [_still(movie)]
    for k, item in enumerate(page.items):
        if k in slots:
            body.append(_panel(movie, slots[k]))
        elif k in captions and isinstance(item, Words):
            body.extend(_captions(movie, captions[k], item))
        else:
            body.append(item_of(item))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n<title>{escape(clean(title))}</title>\n'
        f"<style>\n{stylesheet()}{''.join(_rules(movie))}</style>\n"
        f'<rect class="fs-paper" width="100%" height="100%"/>\n{"".join(body)}</svg>\n'
    )


def _rules(movie: Movie) -> Iterator[str]:
    """A colour that changes twice for each frame: when its variables come, and when the next ones do."""
    count, each = len(movie.ends), movie.seconds
    total = count * each + HELD
    yield f"svg{{--now:{MISSING.light};--done:{SEEN.light}}}\n"
    yield f"@media (prefers-color-scheme:dark){{svg{{--now:{MISSING.dark};--done:{SEEN.dark}}}}}\n"
    yield "@media (prefers-reduced-motion:no-preference){\n"
    yield f".m,.t{{animation-duration:{total:.2f}s;animation-iteration-count:infinite;animation-timing-function:step-end}}\n"
    yield ".m{fill-opacity:1}.s{visibility:hidden}\n"
    for f in range(count):
        start, end = 100 * f * each / total, 100 * (f + 1) * each / total
        last = f == count - 1
        done = "" if last else f"{end:.3f}%{{fill:var(--done);visibility:visible}}"
        hidden = "" if f == 0 else "0%{visibility:hidden}"
        after = "" if last else f"{end:.3f}%{{opacity:0}}"
        unseen = "" if f == 0 else "0%{opacity:0}"
        yield f".m{f}{{animation-name:m{f}}}.t{f}{{animation-name:t{f}}}\n"
        yield f"@keyframes m{f}{{{hidden}{start:.3f}%{{fill:var(--now);visibility:visible}}{done}}}\n"
        yield f"@keyframes t{f}{{{unseen}{start:.3f}%{{opacity:1}}{after}}}\n"
    yield "}\n"


def _still(movie: Movie) -> str:
    """Behind the legend, what shades mean where nothing moves."""
    last = movie.page.items[1 + 2 * len(LEGEND)]  # the words of its last colour
    assert isinstance(last, Words)
    words = replace(last, x=last.x + long(last.text, last.size) + GAP, text=STILL, faint=True)
    return item_of(words).replace('class="', 'class="s ', 1)


def _panel(movie: Movie, slot: Slot) -> str:
    """The squares of each frame as one path, over all the squares that come some time."""
    still = movie.block(slot, len(movie.ends) - 1)
    found = [f'<path class="fs-{BARRED.key}" d="{_path(np.where(still.codes == EMPTY, 0, 1), 1)}"/>\n']
    for f in range(len(movie.ends)):
        path = _path(movie.block(slot, f).codes, NOW)
        if path:
            share = f"{(f + 1) / len(movie.ends):.3f}"
            found.append(f'<path class="m m{f}" fill="{SEEN.light}" fill-opacity="{share}" d="{path}"/>\n')
    found.extend(rules(still))
    item = movie.page.items[slot.item]
    place = f"translate({item.x:g} {item.y:g}) scale({still.across} {still.down})"
    return f'<g transform="{place}" shape-rendering="crispEdges">\n{"".join(found)}</g>\n'


def _path(codes: np.ndarray[tuple[int, int], np.dtype[np.intp]], code: int) -> str:
    return "".join(f"M{x} {y}h{w}v{h}h-{w}z" for x, y, w, h in rectangles(codes, code))


def _captions(movie: Movie, order: int, item: Words) -> Iterator[str]:
    last = len(movie.ends) - 1
    for f in range(last + 1):
        seen = "" if f == last else ' opacity="0"'
        text = escape(clean(movie.words(order, f)))
        yield f'<text class="fs-w fs-ink t t{f}" x="{item.x:g}" y="{item.y:g}" font-size="{item.size}"{seen}>{text}</text>\n'
