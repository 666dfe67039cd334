"""The constructors of orders (design section 2; semantics O).

All but `graph` take the modifier `channels`: `inner` (the default) ranks the channels of a site one after the other,
`joint` together, `first` makes the channel the outermost key. Without it `explicit` and `levels` name variables, with
it sites; and `none` makes all variables independent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

import numpy as np

from flowspec.order.curves import hilbert as hilbert_curve
from flowspec.order.curves import snake
from flowspec.order.errors import OrderError
from flowspec.order.grid import Grid, IntArray
from flowspec.order.order import Order, frozen
from flowspec.order.rng import permutation
from flowspec.order.scan import Channels, Scan


def raster(grid: Grid, channels: Channels | None = None) -> Order:
    """Row by row (frame by frame)."""
    return _scanned(grid, "raster", tuple(range(grid.axes)), channels)


def reverse(grid: Grid, channels: Channels | None = None) -> Order:
    """`raster` backwards, channels included."""
    order = raster(grid, channels)
    assert order.rank is not None
    assert order.scan is not None
    line = None if order.line is None else frozen(order.line.max() - order.line)
    return Order(
        grid, "reverse", frozen(order.rank.max() - order.rank), None, order.channels, order.scan.reversed(), line
    )


def columns(grid: Grid, channels: Channels | None = None) -> Order:
    """Column by column; in a video frame by frame, columns inside a frame."""
    _need_axes(grid, "columns")
    axes = (*range(grid.axes - 2), grid.axes - 1, grid.axes - 2)
    return _scanned(grid, "columns", axes, channels)


def even_odd(grid: Grid, channels: Channels | None = None) -> Order:
    """The sites of even number (row-major, from 0) first, then the odd ones."""
    place = np.arange(grid.volume)
    return _ranked(grid, "even_odd", _ranks_of(np.lexsort((place, place % 2))), channels)


def s_curve(grid: Grid, channels: Channels | None = None) -> Order:
    """Row by row, every other row backwards, so that each step goes to a neighbour."""
    _need_axes(grid, "s_curve")
    place, line = snake(grid)
    return _ranked(grid, "s_curve", place, channels, line=line)


def hilbert(grid: Grid, channels: Channels | None = None) -> Order:
    """Along the generalized Hilbert curve of an image (see `curves.hilbert`)."""
    if grid.axes != 2:
        raise OrderError(f"`hilbert` walks an image: it needs two spatial axes, and there are {grid.axes}")
    return _ranked(grid, "hilbert", hilbert_curve(*grid.sites), channels)


def random_order(grid: Grid, seed: int, member: int = 0, channels: Channels | None = None) -> Order:
    """Member `member` of the ensemble of `seed`: the i-th site generated is `permutation(volume, seed, member)[i]`."""
    return _ranked(grid, "random", _ranks_of(np.array(permutation(grid.volume, seed, member))), channels)


def explicit(grid: Grid, sequence: Sequence[int], channels: Channels | None = None) -> Order:
    """The i-th entry is generated i-th: a variable, or with `channels` a site.

    Raises:
        OrderError: unless the entries are a permutation; `index` is the first entry at fault.
    """
    count = grid.volume if channels else grid.size
    seen = _claim({}, sequence, count)
    if len(seen) < count:
        missing = next(v for v in range(count) if v not in seen)
        raise OrderError(f"`explicit` names {len(seen)} of {count} {_noun(channels)}: {missing} is missing")
    return _named(grid, "explicit", _ranks_of(np.array(sequence)), channels)


def levels(grid: Grid, lists: Sequence[Sequence[int]], channels: Channels | None = None) -> Order:
    """Variables (with `channels`, sites) of one list share a rank and know those of the lists before.

    Raises:
        OrderError: unless every one stands in exactly one list; `index` is the list at fault.
    """
    count = grid.volume if channels else grid.size
    rank = np.full(count, -1, np.int64)
    seen: dict[int, int] = {}
    for at, members in enumerate(lists):
        if not members:
            raise OrderError("a level holds at least one entry", index=at)
        try:
            _claim(seen, members, count)
        except OrderError as fault:
            raise OrderError(fault.message, index=at) from None
        rank[list(members)] = at
    if len(seen) < count:
        missing = int(np.argmin(rank))
        raise OrderError(f"`levels` names {len(seen)} of {count} {_noun(channels)}: {missing} is missing")
    return _named(grid, "levels", rank, channels)


def graph(grid: Grid, parents: Mapping[int, Iterable[int]]) -> Order:
    """R(i) = the parents of i, not closed; variables without an entry have none.

    Raises:
        OrderError: for a variable out of range or named twice, and for a cycle, which `path` holds.
    """
    n = grid.size
    sets: dict[int, tuple[int, ...]] = dict.fromkeys(range(n), ())
    for child, named in parents.items():
        if not 0 <= child < n:
            raise OrderError(f"{child} is not a variable: they are 0..{n - 1}")
        sets[child] = tuple(sorted(_claim({}, tuple(named), n)))
    try:
        TopologicalSorter(sets).prepare()
    except CycleError as fault:
        cycle = tuple(fault.args[1])
        text = " -> ".join(map(str, cycle))
        raise OrderError(f"the parents of a graph form a cycle: {text}", path=cycle) from None
    return Order(grid, "graph", None, tuple(sets[i] for i in range(n)))


def subscale(grid: Grid, strides: Sequence[int], channels: Channels | None = None) -> Order:
    """Slice by slice, raster inside a slice; a slice holds the sites of equal coordinates modulo `strides`.

    Slices come in the raster order of those remainders (Menick and Kalchbrenner 2018).
    """
    if len(strides) != grid.axes or any(not 1 <= s <= size for s, size in zip(strides, grid.sites, strict=False)):
        raise OrderError(f"`subscale` needs one stride from 1 to the size for each of the axes {list(grid.sites)}")
    step = np.array(strides)[:, None]
    keys = np.concatenate([grid.coordinates % step, grid.coordinates // step])
    line = _dense(keys[:-1]) if grid.axes >= 2 else None
    return _ranked(grid, "subscale", _dense(keys), channels, line=line)


def none(grid: Grid, channels: Channels | None = None) -> Order:
    """Every site independent of the others: one rank, or with `channels: inner | first` one rank a channel."""
    kind = channels or "joint"
    scan = Scan((), grid.axes, 1, kind, grid.channels)
    order = _ranked(grid, "none", np.zeros(grid.volume, np.int64), kind, scan=scan)
    return Order(grid, "none", order.rank, None, channels, scan)


def _scanned(grid: Grid, label: str, axes: tuple[int, ...], channels: Channels | None) -> Order:
    keys = grid.coordinates[list(axes)]
    line = _dense(keys[:-1]) if grid.axes >= 2 else None
    scan = Scan(axes, grid.axes, 1, channels or "inner", grid.channels)
    return _ranked(grid, label, _dense(keys), channels, scan=scan, line=line)


def _named(grid: Grid, label: str, rank: IntArray, channels: Channels | None) -> Order:
    return _ranked(grid, label, rank, channels) if channels else Order(grid, label, frozen(rank))


def _ranked(
    grid: Grid,
    label: str,
    place: IntArray,
    modifier: Channels | None,
    *,
    scan: Scan | None = None,
    line: IntArray | None = None,
) -> Order:
    """Spread the ranks of the sites over the channels; lines are a channel's own under `first`."""
    channels = modifier or "inner"
    channel = np.arange(grid.channels)[:, None]
    if channels == "inner":
        rank = place * grid.channels + channel
    else:
        rank = place + (channel * (place.max() + 1) if channels == "first" else 0 * channel)
    if line is not None:
        line = line + (line.max() + 1) * channel * (channels == "first")
        line = frozen(line.reshape(-1))
    return Order(grid, label, frozen(rank.reshape(-1)), None, channels, scan, line)


def _ranks_of(sequence: IntArray) -> IntArray:
    rank = np.empty(len(sequence), np.int64)
    rank[sequence] = np.arange(len(sequence))
    return rank


def _dense(keys: IntArray) -> IntArray:
    """The rank of every column among the distinct columns, the first row being the slowest key."""
    sizes = keys.max(axis=1) + 1
    packed = np.ravel_multi_index(tuple(keys), tuple(sizes))
    return np.unique(packed, return_inverse=True)[1].reshape(-1)


def _claim(seen: dict[int, int], entries: Sequence[int], count: int) -> dict[int, int]:
    for at, v in enumerate(entries):
        if not 0 <= v < count:
            raise OrderError(f"{v} is out of range: entries go from 0 to {count - 1}", index=at)
        if v in seen:
            raise OrderError(f"{v} is named twice", index=at)
        seen[v] = at
    return seen


def _noun(channels: Channels | None) -> str:
    return "sites" if channels else "variables"


def _need_axes(grid: Grid, label: str) -> None:
    if grid.axes < 2:
        raise OrderError(f"`{label}` needs two or more spatial axes: give x a shape such as [1, 28, 28]")
