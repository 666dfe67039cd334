"""Sizes to try, and the edits that each of them means."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from flowspec.compiler import Report
from flowspec.diagnostics import Span
from flowspec.graph.layout import Layout
from flowspec.graph.model import Data, Density, Flow, Program
from flowspec.ops.flow_base import Parting
from flowspec.syntax import Mapping, Node, Scalar, read
from flowspec.syntax import Sequence as Items
from flowspec.verify.shrink.edits import Edit
from flowspec.verify.shrink.roles import COUNT, DIGITS, LEVELS, MEMBER, WIDTH, Found, numbers_of

LARGEST = 2**31
VECTORS = (10, 12, 16, 24, 32, 48, 64, 128, LARGEST)
SEQUENCES = (12, 16, 24, 32, 64, 128, LARGEST)
IMAGES = ((5, 6), (4, 5), (4, 6), (4, 4), (8, 8), (8, 16), (16, 16), (32, 32), (LARGEST, LARGEST))
VIDEOS = ((3, 4, 5), (2, 4, 4), (4, 4, 4), (4, 8, 8), (8, 8, 8), (8, 16, 16), (LARGEST, LARGEST, LARGEST))
WIDTHS, COUNTS, CHANNELS = (12, 24, 48, 96, LARGEST), (2, 3, 4, LARGEST), (4, 8, 16, LARGEST)
MEMBERS, CATEGORIES, CLASSES, CONTEXT = 3, 5, 4, 5
TWO_DIGITS = 4  # categories, where they are split by bits
RATIO = 8  # widths up to this many times the smallest large one keep their proportion to it


@dataclass(frozen=True, slots=True)
class Size:
    """What a candidate caps: the shape of x, and widths, counts, members and categories."""

    shape: tuple[int, ...]
    width: int
    count: int
    members: int = MEMBERS
    categories: int = CATEGORIES


def sizes(program: Program) -> Iterator[Size]:
    """Candidates from small to large; the shape grows first, then widths, then counts."""
    shapes = list(dict.fromkeys(_shapes(program.x.layout)))
    for count, width, shape in product(COUNTS, WIDTHS, shapes):
        yield Size(shape, width, count, categories=TWO_DIGITS if has_digits(program.model) else CATEGORIES)


def _shapes(layout: Layout) -> Iterator[tuple[int, ...]]:
    if layout.vector:
        yield from ((min(n, layout.units),) for n in VECTORS)
        return
    options: dict[int, Sequence[tuple[int, ...]]] = {1: [(n,) for n in SEQUENCES], 2: IMAGES, 3: VIDEOS}
    for channels, sites in product(CHANNELS, options[len(layout.sites)]):
        if layout.channels > 1 and sites == IMAGES[0]:
            continue  # for pictures of one channel
        yield (min(channels, layout.channels), *(min(n, m) for n, m in zip(sites, layout.sites, strict=True)))


def tiny_sizes(program: Program, most_states: int) -> Iterator[Size]:
    """Candidates whose states can be counted, the largest first; for real vectors one or two variables."""
    layout, count = program.x.layout, program.x.count
    width, rounds = WIDTHS[0], COUNTS[0]
    if count is None:
        yield from (Size((n,), width, rounds) for n in (2, 1) if layout.vector and n <= layout.units)
        return
    values = [TWO_DIGITS] if has_digits(program.model) else sorted({min(count, 3), 2})
    options = [(s, n) for s in _tiny_shapes(layout) for n in values if n ** math.prod(s) <= most_states]
    for shape, n in sorted(options, key=lambda option: (-math.prod(option[0]), -option[1])):
        yield Size(shape, width, rounds, 2, n)


def has_digits(density: Density) -> bool:
    """Whether some step splits integers by their bits."""
    if not isinstance(density, Flow):
        return False
    split = any(isinstance(node.op, Parting) and node.op.digits for node in density.nodes)
    return split or any(has_digits(part.density) for part in density.parts)


def _tiny_shapes(layout: Layout) -> list[tuple[int, ...]]:
    if layout.vector:
        return [(n,) for n in range(2, min(12, layout.units) + 1)]
    sides = [range(1, min(4, n) + 1) for n in layout.sites]
    channels = sorted({min(c, layout.channels) for c in (1, 2, layout.channels)})
    return [(c, *sites) for c in channels for sites in product(*sides)]


def edits_of(report: Report, size: Size) -> list[Edit]:
    """The edits that cap a spec to a size, in the spec itself and in the files that it uses."""
    program = report.program
    assert program is not None
    documents = [(name, read(text, name).root) for name, text in report.sources.items()]
    found = [numbers_of(root) for _, root in documents if root is not None]
    edits = _widths(found, size.width)
    edits += [edit for one in found for edit in _counts(one, size)]
    edits += [edit for one in found for edit in _loops(one, size.count)]
    edits += [edit for one in found for edit in _sites(one, program.x.layout, size.shape)]
    for name, root in documents:
        if isinstance(root, Mapping) and name == program.x.span.file:
            edits += _data(root, program, size)
    edits = [edit for edit in edits if edit.text != edit.before]
    cuts = [edit for edit in edits if not edit.text]
    return [edit for edit in edits if not any(cut.holds(edit) for cut in cuts)]


def _edit(node: Scalar, value: int, what: str) -> Edit:
    return Edit(node.span, str(value), what, node.text)


# --- numbers with a role ---------------------------------------------------------------------------------------------


def _widths(found: list[Found], cap: int) -> list[Edit]:
    numbers = [n for one in found for n in one.numbers if n.role == WIDTH]
    table = capped({n.value for n in numbers}, cap)
    return [_edit(n.node, table[n.value], n.what) for n in numbers]


def capped(widths: set[int], cap: int) -> dict[int, int]:
    """The new width for each: at most `cap`, but multiples of a smaller large width stay its multiples (gates do)."""
    table, bases = {}, list[int]()
    for width in sorted(widths):
        base = next((b for b in bases if width % b == 0 and width // b <= RATIO), width)
        if width <= cap:
            table[width] = width
            continue
        if base == width:
            bases.append(width)
        table[width] = min(cap * (width // base), width)
    return table


def _counts(found: Found, size: Size) -> Iterator[Edit]:
    caps = {COUNT: size.count, MEMBER: size.members, DIGITS: 1, LEVELS: 2}
    for number in found.numbers:
        if number.role in caps:
            yield _edit(number.node, min(number.value, caps[number.role]), number.what)


def _loops(found: Found, most: int) -> Iterator[Edit]:
    """The values of a `for` after the first few are cut off."""
    for node in found.loops:
        if len(node.items) > most:
            last = node.items[-1].span
            span = Span(last.file, node.items[most - 1].span.end, last.end)
            yield Edit(span, "", "rounds of for", str(len(node.items)), str(most))


def _sites(found: Found, layout: Layout, shape: tuple[int, ...]) -> Iterator[Edit]:
    """The sites of `linear: [C, H, W]`, in the proportion in which those of x shrink."""
    for axis, node in found.sites:
        if isinstance(node.value, int) and axis < len(layout.sites):
            yield _edit(node, scaled(node.value, axis, layout, shape), "sites of linear")


def scaled(n: int, axis: int, layout: Layout, shape: tuple[int, ...]) -> int:
    """A number of sites in the proportion in which that axis of x shrinks."""
    new = shape if layout.vector else shape[1:]
    return max(1, n * new[axis] // layout.sites[axis])


# --- data ------------------------------------------------------------------------------------------------------------


def _data(root: Mapping, program: Program, size: Size) -> list[Edit]:
    x, given = root.get("x"), root.get("given")
    edits = list(_shape_of("x", x.value, size.shape)) if x else []
    edits += list(_values_of("x", x.value, program.x, size.categories)) if x else []
    table = {data.name: data for data in program.givens}
    if given is not None and isinstance(given.value, Mapping):
        for entry in given.value.entries:
            data = table[entry.key.text]
            shape = _context(data, program.x.layout, size.shape)
            edits += [
                *_shape_of(data.name, entry.value, shape),
                *_values_of(data.name, entry.value, data, size.categories),
            ]
    return edits


def _context(data: Data, x: Layout, shape: tuple[int, ...]) -> tuple[int, ...]:
    """A context with the sites of x keeps them; any other vector is cut short."""
    layout = data.layout
    if layout.vector and layout.sites != x.sites:
        return (min(layout.units, CONTEXT),)
    if len(layout.sites) != len(x.sites):
        return layout.shape
    sites = tuple(scaled(n, axis, x, shape) for axis, n in enumerate(layout.sites))
    return sites if layout.vector else (layout.channels, *sites)


def _shape_of(name: str, body: Node, shape: tuple[int, ...]) -> Iterator[Edit]:
    entry = body.get("shape") if isinstance(body, Mapping) else None
    if entry is not None and isinstance(entry.value, Items):
        for item, n in zip(entry.value.items, shape, strict=False):
            if isinstance(item, Scalar):
                yield _edit(item, n, f"shape of {name}")


def _values_of(name: str, body: Node, data: Data, most: int) -> Iterator[Edit]:
    for key, cap in (("values", most), ("classes", CLASSES)):
        entry = body.get(key) if isinstance(body, Mapping) else None
        count = data.classes if key == "classes" else data.count
        if entry is not None and isinstance(entry.value, Scalar) and count is not None and entry.value.text != "binary":
            yield _edit(entry.value, min(count, cap), f"{key} of {name}")
