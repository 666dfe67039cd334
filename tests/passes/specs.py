"""Random nets under random orders, as the text of specs. Many break a rule of the semantics, which is what is judged."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

Spec = dict[str, Any]


def text_of(spec: Spec) -> str:
    """A spec as YAML: one key a line, JSON behind it."""
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in spec.items())


def named(name: str, channels: str | None) -> Any:
    return {name: {}, "channels": channels} if channels else name


@st.composite
def orders(draw: st.DrawFn, channels: int, sites: tuple[int, ...], *, alike: bool | None = None) -> Any:
    """An order on a grid; `alike` asks for one that looks the same everywhere, or for one that does not."""
    axes, size = len(sites), channels
    for n in sites:
        size *= n
    same = ["raster", "reverse"] + (["columns"] if axes > 1 else [])
    other = ["even_odd", "random", "explicit", "levels", "subscale"]
    other += ["s_curve"] if axes > 1 else []
    other += ["hilbert"] if axes == 2 else []
    word = draw(st.sampled_from(same if alike else other if alike is False else same + other))
    modifier = draw(st.sampled_from([None, None, "inner", "joint", "first"]))
    if word == "random":
        return {"random": 1, "seed": draw(st.integers(0, 9)), **({"channels": modifier} if modifier else {})}
    if word == "explicit":
        return {"explicit": draw(st.permutations(range(size)))}
    if word == "levels":
        rank = draw(st.lists(st.integers(0, 3), min_size=size, max_size=size))
        groups = [[v for v in range(size) if rank[v] == k] for k in range(4)]
        return {"levels": [g for g in groups if g]}
    if word == "subscale":
        strides = [draw(st.integers(1, min(2, n))) for n in sites]
        return {"subscale": strides, **({"channels": modifier} if modifier else {})}
    return named(word, modifier)


@st.composite
def grids(draw: st.DrawFn) -> tuple[list[int], int, tuple[int, ...]]:
    """A shape with its channels and sites: vector, sequence, image or video."""
    kind = draw(st.sampled_from(["vector", "sequence", "image", "image", "image", "video"]))
    if kind == "vector":
        d = draw(st.integers(1, 9))
        return [d], 1, (d,)
    channels = draw(st.integers(1, 3))
    sizes = {"sequence": [9], "image": [5, 5], "video": [2, 3, 3]}[kind]
    sites = tuple(draw(st.integers(1, n)) for n in sizes)
    return [channels, *sites], channels, sites


class _Net:
    """A net in the making: named values with their widths; width 0 means raw x of a vector."""

    def __init__(self, draw: st.DrawFn, channels: int, sites: tuple[int, ...], lines: bool) -> None:
        self.draw, self.sites, self.lines = draw, sites, lines
        self.steps: dict[str, Any] = {}
        self.width = {"x": channels}
        self.flat: set[str] = set()

    def pick(self, names: list[str]) -> str:
        """Some value, the later the likelier."""
        return names[-1 - min(self.draw(st.integers(0, 3)), len(names) - 1)]

    def add(self, step: Any, width: int, *, flat: bool = False) -> None:
        name = f"v{len(self.steps)}"
        self.steps[name] = step
        self.width[name] = width
        if flat:
            self.flat.add(name)

    def sited(self) -> list[str]:
        return [n for n in self.width if n not in self.flat]

    def conv(self) -> None:
        draw, source = self.draw, self.pick(self.sited())
        small = st.integers(1, 3) if len(self.sites) > 2 else st.integers(1, 4)
        step = {"conv": draw(st.integers(1, 7)), "kernel": [draw(small) for _ in self.sites], "in": source}
        if draw(st.integers(0, 4)) == 0:
            step["dilation"] = 2
        caps = [None, None, None, "before", "upto", *(["above"] if self.lines else [])]
        if cap := draw(st.sampled_from(caps)):
            step["knows"] = cap
        if draw(st.integers(0, 15)) == 0:
            step["mask"] = "none"
        self.add(step, step["conv"])

    def attention(self) -> None:
        """Attention to one value, or with a query, keys and values of its own; heads that fit, or any."""
        draw = self.draw
        heads = draw(st.sampled_from([None, None, 1, 2, 3, 4]))
        width = (heads or draw(st.integers(1, 3))) * draw(st.sampled_from([1, 2, 3]))
        sources = [self.pick(self.sited()) for _ in range(3)]
        several = dict(zip(("query", "key", "value"), sources, strict=True))
        step: dict[str, Any] = {"attention": width, "in": several if draw(st.booleans()) else sources[0]}
        if heads:
            step["heads"] = heads
        if cap := draw(st.sampled_from([None, None, None, "upto", *(["above"] if self.lines else [])])):
            step["knows"] = cap
        if draw(st.integers(0, 15)) == 0:
            step["mask"] = "none"
        self.add(step, width)

    def dense(self) -> None:
        source = self.pick(list(self.width))
        if self.draw(st.booleans()):
            width = self.draw(st.integers(1, 12))
            self.add({"linear": width, "in": source}, width, flat=True)
        else:
            width = self.draw(st.integers(1, 5))
            self.add({"linear": [width, *self.sites], "in": source}, width)

    def elementwise(self) -> None:
        source = self.pick(list(self.width))
        word = self.draw(st.sampled_from(["relu", "tanh", "norm", "gate", "residual"]))
        width, flat = self.width[source], source in self.flat
        if word == "gate" and width % 2 == 0:
            self.add({"gate": "glu", "in": source}, width // 2, flat=flat)
        elif word == "norm" and source != "x":
            self.add({"norm": "layer", "in": source}, width, flat=flat)
        elif word == "residual":
            inner = {"linear": width} if flat else {"conv": width, "kernel": self.draw(st.integers(1, 3))}
            self.add({"residual": ["relu", inner], "in": source}, width, flat=flat)
        else:
            self.add({"chain": ["tanh"], "in": source}, width, flat=flat)

    def merge(self) -> None:
        first = self.pick(list(self.width))
        like = [n for n in self.width if (n in self.flat) == (first in self.flat)]
        if self.draw(st.booleans()):
            like = [n for n in like if self.width[n] == self.width[first] and (n == "x") == (first == "x")]
            word = self.draw(st.sampled_from(["add", "mul"]))
            self.add({word: [first, self.pick(like)], **self._cap()}, self.width[first], flat=first in self.flat)
        else:
            other = self.pick(like)
            self.add(
                {"concat": [first, other], **self._cap()},
                self.width[first] + self.width[other],
                flat=first in self.flat,
            )

    def _cap(self) -> dict[str, str]:
        return {"knows": "upto"} if self.draw(st.integers(0, 4)) == 0 else {}


@st.composite
def ordered_specs(draw: st.DrawFn, *, alike: bool | None = None, flat: bool = True, attention: bool = False) -> str:
    """An autoregressive model with a random net; `flat` lets it mix sites with flat layers, `attention` with attention."""
    shape, channels, sites = draw(grids())
    order = draw(orders(channels, sites, alike=alike))
    word = order if isinstance(order, str) else next(iter(order))
    net = _Net(
        draw, channels, sites, len(sites) > 1 and word in ("raster", "reverse", "columns", "s_curve", "subscale")
    )
    makers = [net.conv, net.conv, net.conv, net.elementwise, net.merge, *([net.dense] if flat else [])]
    makers += [net.attention] * 3 if attention else []
    if len(shape) == 1:
        net.add({"embedding": 2, "in": "x"} if draw(st.booleans()) else {"linear": [2, *sites], "in": "x"}, 2)
        net.width.pop("x")
    elif draw(st.integers(0, 5)) == 0:
        net.add({"embedding": 2, "in": "x"}, 2 * channels)
    for _ in range(draw(st.integers(1, 7))):
        draw(st.sampled_from(makers))()
    return text_of({"x": {"shape": shape, "values": 3}, "order": order, "net": net.steps, "head": "categorical"})


@st.composite
def contexts(draw: st.DrawFn) -> Spec | None:
    """What a model is given, if anything."""
    kinds = [None, None, {"classes": 3}, {"shape": [2], "values": "real"}]
    return draw(st.sampled_from(kinds))


@st.composite
def mlp_specs(draw: st.DrawFn) -> str:
    """A vector under a ranked order with a random MLP: narrow, gated, skipping, normalized, with and without context."""
    size = draw(st.integers(1, 10))
    order = draw(orders(1, (size,)))
    return _mlp(draw, size, order, draw(contexts()))


@st.composite
def graph_specs(draw: st.DrawFn) -> str:
    """A Bayes net with a random MLP."""
    size = draw(st.integers(2, 8))
    names = draw(st.permutations(range(size)))
    parents = {names[i]: [names[j] for j in range(i) if draw(st.booleans())] for i in range(1, size)}
    return _mlp(draw, size, {"graph": {str(k): v for k, v in parents.items()}}, draw(contexts()))


def _mlp(draw: st.DrawFn, size: int, order: Any, context: Spec | None) -> str:
    net = _Net(draw, 1, (size,), False)
    given = {"given": "c"} if context and draw(st.booleans()) else {}
    width = draw(st.integers(1, 2 * size + 2))
    net.add({"linear": width, "in": "x", **given}, width, flat=True)
    for _ in range(draw(st.integers(0, 5))):
        source = net.pick(sorted(net.flat, key=lambda n: int(n[1:])))
        width = net.width[source]
        word = draw(st.sampled_from(["linear", "relu", "gate", "norm", "residual", "add", "concat", "raw", "context"]))
        if word == "linear":
            width = draw(st.integers(1, 2 * size + 2))
            net.add({"linear": width, "in": source, **given}, width, flat=True)
        elif word == "gate" and width % 2 == 0:
            net.add({"gate": "glu", "in": source, **given}, width // 2, flat=True)
        elif word == "norm":
            net.add({"norm": "layer", "in": source}, width, flat=True)
        elif word == "residual":
            inner = ["relu", {"linear": draw(st.integers(1, 9))}, "relu", {"linear": width}]
            net.add({"residual": inner, "in": source}, width, flat=True)
        elif word == "add":
            others = [n for n in net.flat if net.width[n] == width]
            net.add({"add": [source, draw(st.sampled_from(sorted(others)))]}, width, flat=True)
        elif word in ("concat", "raw") or not context:
            other = "x" if word == "raw" else net.pick(sorted(net.flat))
            net.add({"concat": [source, other]}, width + (size if other == "x" else net.width[other]), flat=True)
        else:
            units = 3 if "classes" in context else 2
            net.add({"concat": [source, "c"]}, width + units, flat=True)
    spec = {"x": {"shape": [size], "values": 3}, "order": order, "net": net.steps, "head": "categorical"}
    return text_of({**({"given": {"c": context}} if context else {}), **spec})
