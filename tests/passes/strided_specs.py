"""Random nets that go down and up between grids, as the text of specs."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.passes.specs import named, text_of

SIZES = {1: (4, 6, 8, 9, 12), 2: (1, 2, 3, 4, 6), 3: (1, 2, 4)}
MOST = 72  # variables


@st.composite
def strided_grids(draw: st.DrawFn) -> tuple[list[int], int, tuple[int, ...]]:
    """A shape whose sizes have divisors, with its channels and sites."""
    axes = draw(st.sampled_from([1, 1, 2, 2, 2, 2, 3]))
    sites = tuple(draw(st.sampled_from(SIZES[axes])) for _ in range(axes))
    volume = 1
    for n in sites:
        volume *= n
    if axes == 1 and draw(st.booleans()):
        return [*sites], 1, sites
    channels = draw(st.integers(1, max(1, min(3, MOST // volume))))
    return [channels, *sites], channels, sites


class _Net:
    """Named values with their widths and sites; empty sites are flat."""

    def __init__(self, draw: st.DrawFn, channels: int, sites: tuple[int, ...], lines: bool) -> None:
        self.draw, self.whole, self.lines = draw, sites, lines
        self.steps: dict[str, Any] = {}
        self.of: dict[str, tuple[int, tuple[int, ...]]] = {"x": (channels, sites)}

    def pick(self, *, vector: bool = True) -> str:
        """Some value, the later the likelier."""
        names = [n for n, (_, sites) in self.of.items() if self._divides(sites) and (vector or n != "x")] or ["x"]
        return names[-1 - min(self.draw(st.integers(0, 3)), len(names) - 1)]

    def _divides(self, sites: tuple[int, ...]) -> bool:
        return bool(sites) and all(m % n == 0 for n, m in zip(sites, self.whole, strict=True))

    def add(self, step: dict[str, Any], width: int, sites: tuple[int, ...]) -> None:
        name = f"v{len(self.steps)}"
        self.steps[name], self.of[name] = step, (width, sites)

    def capped(self, step: dict[str, Any]) -> dict[str, Any]:
        caps = [None, None, None, "before", "upto", *(["above"] if self.lines else [])]
        if cap := self.draw(st.sampled_from(caps)):
            step["knows"] = cap
        if self.draw(st.integers(0, 19)) == 0:
            step["mask"] = "none"
        return step

    def conv(self) -> None:
        source, width = self.pick(), self.draw(st.integers(1, 6))
        kernel = [self.draw(st.integers(1, 3)) for _ in self.whole]
        self.add(self.capped({"conv": width, "kernel": kernel, "in": source}), width, self.of[source][1])

    def down(self) -> None:
        source = self.pick()
        width, sites = self.of[source]
        factors = [self.draw(st.sampled_from([f for f in (1, 2, 3) if n % f == 0])) for n in sites]
        step: dict[str, Any] = {"down": factors if self.draw(st.booleans()) or len(set(factors)) > 1 else factors[0]}
        self._resize({**step, "in": source}, width, tuple(n // f for n, f in zip(sites, factors, strict=True)))

    def up(self) -> None:
        source = self.pick()
        width, sites = self.of[source]
        fits = [
            [f for f in (1, 2, 3) if m % (n * f) == 0 and n * f <= m] for n, m in zip(sites, self.whole, strict=True)
        ]
        factors = [self.draw(st.sampled_from(f)) for f in fits]
        if self.draw(st.integers(0, 15)) == 0:
            factors[0] = 2  # beyond x, perhaps
        self._resize({"up": factors, "in": source}, width, tuple(n * f for n, f in zip(sites, factors, strict=True)))

    def _resize(self, step: dict[str, Any], width: int, sites: tuple[int, ...]) -> None:
        if self.draw(st.booleans()):
            width = step["out"] = self.draw(st.integers(1, 6))
        self.add(self.capped(step), width, sites)

    def pointwise(self) -> None:
        source = self.pick(vector=False) if len(self.of) > 1 else self.pick()
        width, sites = self.of[source]
        word = self.draw(st.sampled_from(["tanh", "norm", "gate", "residual"]))
        if word == "gate" and width % 2 == 0:
            self.add({"gate": "glu", "in": source}, width // 2, sites)
        elif word == "norm" and source != "x":
            self.add({"norm": "layer", "in": source}, width, sites)
        elif word == "residual":
            self.add({"residual": ["relu", {"conv": width, "kernel": 2}], "in": source}, width, sites)
        else:
            self.add({"chain": ["tanh"], "in": source}, width, sites)

    def merge(self) -> None:
        first = self.pick(vector=False) if len(self.of) > 1 else self.pick()
        width, sites = self.of[first]
        cap = {"knows": "upto"} if self.draw(st.integers(0, 4)) == 0 else {}
        alike = [n for n, (w, s) in self.of.items() if s == sites and n != "x"] or [first]
        other = alike[self.draw(st.integers(0, len(alike) - 1))]
        if self.of[other][0] == width and self.draw(st.booleans()):
            self.add({"add": [first, other], **cap}, width, sites)
        else:
            self.add({"concat": [first, other], **cap}, width + self.of[other][0], sites)

    def finish(self) -> None:
        """A last value on the sites of x, or a flat one."""
        last = self.pick()
        width, sites = self.of[last]
        if sites == self.whole and last == next(reversed(self.of)) != "x":
            return
        if self.draw(st.integers(0, 3)) == 0:
            self.add({"linear": 9, "in": last}, 9, ())
            return
        factors = [m // n for n, m in zip(sites, self.whole, strict=True)]
        self.add({"up": factors, "in": last} if sites != self.whole else {"conv": width, "in": last}, width, self.whole)
        skip = [n for n, (w, s) in self.of.items() if s == self.whole and n not in ("x", next(reversed(self.of)))]
        if skip and self.draw(st.integers(0, 3)):
            self.add({"concat": [next(reversed(self.of)), skip[-1]]}, width + self.of[skip[-1]][0], self.whole)


@st.composite
def strided_specs(draw: st.DrawFn) -> str:
    """An autoregressive model whose net changes the grid at least once."""
    shape, channels, sites = draw(strided_grids())
    word = draw(st.sampled_from(["raster", "raster", "reverse", *(["columns"] if len(sites) > 1 else ["raster"])]))
    if draw(st.integers(0, 24)) == 0:
        word = "even_odd"
    modifier = draw(st.sampled_from([None, None, "inner", "joint", "first"]))
    net = _Net(draw, channels, sites, len(sites) > 1)
    makers = [net.conv, net.conv, net.down, net.down, net.up, net.pointwise, net.merge]
    draw(st.sampled_from([net.conv, net.conv, net.down]))()
    for _ in range(draw(st.integers(0, 2))):
        draw(st.sampled_from(makers))()
    net.down()
    for _ in range(draw(st.integers(0, 5))):
        draw(st.sampled_from(makers))()
    net.finish()
    return text_of(
        {"x": {"shape": shape, "values": 3}, "order": named(word, modifier), "net": net.steps, "head": "categorical"}
    )
