"""Random legal flows, drawn so that nothing in them can be wrong: every step, where its domain and shape allow it."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any

from hypothesis import strategies as st

Spec = dict[str, Any]
Steps = list[Any]


@st.composite
def contexts(draw: st.DrawFn) -> Spec:
    """What the model is given, under the name c; mostly nothing."""
    kinds = [None, None, None, {"classes": 3}, {"shape": [2], "values": "real"}]
    kind = draw(st.sampled_from(kinds))
    return {"given": {"c": kind}} if kind else {}


@dataclass
class _Flow:
    """A flow in the making, and the shape of the value at its end."""

    draw: st.DrawFn
    shape: list[int]
    context: Spec
    steps: Steps = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    learned: list[str] = field(default_factory=list)
    mixed: bool = False

    @property
    def vector(self) -> bool:
        return len(self.shape) == 1

    def net(self) -> Steps:
        if self.vector:
            return self.draw(
                st.sampled_from([[{"linear": 4}, "tanh"], [{"mlp": [5]}], [{"linear": 6}, {"gate": "glu"}]])
            )
        convs: Steps = [{"conv": 4, "kernel": 3}, "tanh"]
        return self.draw(
            st.sampled_from([convs, [{"resnet": {"width": 3, "blocks": 1}}], [*convs, {"conv": 2}, {"norm": "layer"}]])
        )

    def transform(self) -> tuple[Any, int]:
        """A transform and how often it stands; one of mixtures once a flow, since stacks of them may be flat in between."""
        kind = self.draw(st.sampled_from(["linear", "quadratic", "rational_quadratic"]))
        spline = {"spline": {"kind": kind, "bins": self.draw(st.integers(2, 5)), "box": 2.5}}
        mixtures: list[Any] = [] if self.mixed else [{"logistic_mixture": 2}, {"gaussian_mixture": 3}]
        found = self.draw(st.sampled_from(["affine", "affine", "additive", spline, spline, *mixtures]))
        self.mixed = self.mixed or found in mixtures
        return found, 1 if found in mixtures else self.draw(st.integers(1, 3))

    def keeps(self) -> list[Any]:
        """The halves that a value of this shape has; none where it has one entry."""
        size = prod(self.shape)
        if self.vector:
            indices = sorted(self.draw(st.permutations(range(size)))[: max(1, size // 2)])
            words: list[Any] = ["half", "even_odd", {"not": "half"}, {"random": 1, "seed": 5}, indices]
            return words if size > 1 else []
        words = ["checkerboard", "even_odd", {"not": "checkerboard"}] if prod(self.shape[1:]) > 1 else []
        if len(self.shape) == 3 and self.shape[1] > 1:
            words.append({"half": "rows"})
        return [*words, "channel"] if self.shape[0] > 1 else words

    def coupling(self) -> None:
        keeps = self.keeps()
        if not keeps:
            return
        transform, times = self.transform()
        step = {"keep": self.draw(st.sampled_from(keeps)), "net": self.net(), "transform": transform}
        given = {"given": "c"} if self.context and self.draw(st.booleans()) else {}
        self.steps.append({"coupling": step, "times": times, **given})

    def autoregressive(self) -> None:
        words: list[Any] = ["raster", "reverse"]
        words += ["even_odd", {"random": 1, "seed": 4}] if self.vector else ["columns", "s_curve"]
        order = self.draw(st.sampled_from(words if len(self.shape) != 2 else ["raster"]))
        size = self.shape[0]
        net: Steps = [{"linear": 2 * size}, "tanh"] if self.vector else [{"conv": 2 * size, "kernel": 3}, "tanh"]
        transform, times = self.transform()
        step = {"order": order, "net": net, "transform": transform}
        step["fast"] = self.draw(st.sampled_from(["density", "sampling"]))
        self.steps.append({"autoregressive": step, "times": min(times, 2)})

    def matrix(self) -> None:
        kinds = ["dense", "lu", "qr", "householder"] if len(self.shape) == 1 else ["dense", "lu"]
        word = "linear" if self.vector else "conv1x1"
        if self.shape[0] > 1:
            self.steps.append({word: self.draw(st.sampled_from(kinds))})

    def bend(self) -> None:
        """A spline on the line; in front, where values are small, also a way into an interval and back."""
        kind = self.draw(st.sampled_from(["linear", "quadratic", "rational_quadratic"]))
        inside = {"spline": {"kind": kind, "bins": 3, "box": [0, 1], "tails": "none"}}
        ways: list[Steps] = [
            [{"spline": {"kind": kind, "bins": 4, "box": [-2, 3]}}],
            ["sigmoid", inside, {"invert": ["sigmoid"]}],
            [{"cdf": "normal"}, {"invert": [{"cdf": "logistic"}]}],
            [{"cdf": {"logistic_mixture": 2}}, inside, {"invert": [{"cdf": "normal"}]}],
            ["exp", "scale", "log"],
            ["tanh", {"invert": ["tanh"]}],
        ]
        self.steps.extend(self.draw(st.sampled_from(ways[:1] if self.steps else ways)))

    def elementwise(self) -> None:
        words = ["actnorm", "affine", "scale", "shift", "leaky_relu", {"leaky_relu": 0.5}]
        self.steps.append(self.draw(st.sampled_from(words)))

    def rearrange(self) -> None:
        size = self.shape[0]
        words = ["reverse", {"permute": {"random": 1, "seed": 2}}, {"permute": self.draw(st.permutations(range(size)))}]
        self.steps.append(self.draw(st.sampled_from(words)))

    def squeeze(self) -> None:
        if not self.vector and all(n % 2 == 0 for n in self.shape[1:]):
            block = 2 ** (len(self.shape) - 1)
            self.shape = [self.shape[0] * block, *[n // 2 for n in self.shape[1:]]]
            self.steps.append({"squeeze": 2})

    def unsqueeze(self) -> None:
        block = 2 ** (len(self.shape) - 1)
        if not self.vector and self.shape[0] % block == 0:
            self.shape = [self.shape[0] // block, *[n * 2 for n in self.shape[1:]]]
            self.steps.append({"unsqueeze": 2})

    def split(self) -> None:
        size = self.shape[0]
        if size < 2:
            return
        name = f"part{len(self.parts)}"
        first = self.draw(st.integers(1, size - 1))
        names = [name, f"on{len(self.parts)}"]
        split: Spec = {"sizes": [first, size - first], "names": names}
        if self.draw(st.booleans()):
            split["base"] = {"net": self.net(), "head": "normal"}  # a prior given what goes on
            self.learned.append(name)
        self.steps.append({"split": split})
        self.parts.append(name)
        self.shape = [size - first, *self.shape[1:]]

    def repeat(self) -> None:
        inner = _Flow(self.draw, list(self.shape), self.context, mixed=True)
        inner.elementwise()
        inner.coupling()
        self.steps.append({"repeat": self.draw(st.integers(1, 2)), "do": inner.steps})


@st.composite
def flow_models(draw: st.DrawFn) -> Spec:
    """A flow of a vector, a sequence or an image, with splits, repeats and contexts."""
    shape = draw(st.sampled_from([[2], [3], [5], [2, 4], [1, 4], [1, 2, 2], [2, 2, 4], [3, 2, 2]]))
    values = draw(st.sampled_from(["real", "real", [0, 1], 4]))
    context = draw(contexts())
    flow = _Flow(draw, list(shape), context)
    opening = {"real": [], 4: ["dequantize", {"logit": 0.05}]}.get(
        values if not isinstance(values, list) else "", [{"logit": 0.1}]
    )
    makers = [
        flow.coupling, flow.coupling, flow.autoregressive, flow.elementwise, flow.rearrange, flow.squeeze, flow.split,
        flow.repeat, flow.matrix, flow.bend, flow.unsqueeze,
    ]  # fmt: skip
    for _ in range(draw(st.integers(1, 6))):
        draw(st.sampled_from(makers))()
    base = _ending(draw, flow)
    steps = [*opening, *flow.steps] or ["reverse"]
    return {"x": {"shape": shape, "values": values}, **context, "flow": steps, "base": base}


def _ending(draw: st.DrawFn, flow: _Flow) -> Any:
    """A base for what is left, and for the parts that have no prior; some end on the unit interval."""
    word: Any = draw(st.sampled_from(["normal", "logistic", {"gaussian_mixture": 2}]))
    named = bool(flow.steps) and isinstance(flow.steps[-1], dict) and "split" in flow.steps[-1]
    left = [part for part in flow.parts if part not in flow.learned]
    last = f"on{len(flow.parts) - 1}" if named else "last"
    if not named and draw(st.booleans()):
        flow.steps.append(draw(st.sampled_from(["sigmoid", {"cdf": {"gaussian_mixture": 2}}])))
        unit = draw(st.sampled_from(["uniform", {"beta": [2, 3]}]))
        return {**dict.fromkeys(left, word), "last": unit}
    return dict.fromkeys([*left, last], word) if draw(st.booleans()) else word
