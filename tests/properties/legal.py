"""Random legal specs, drawn so that nothing in them can be wrong: nets of every kind under every order, and flows."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.properties.legal_flows import Spec, Steps, contexts, flow_models

ACTIVATIONS = (
    "relu",
    "tanh",
    "sigmoid",
    "elu",
    "gelu",
    "silu",
    "softplus",
    "leaky_relu",
    {"leaky_relu": 0.2},
    {"dropout": 0.1},
)
NEAR = ("raster", "reverse", "columns", "s_curve", "hilbert")  # each variable stands beside the one before it


@st.composite
def heads(draw: st.DrawFn) -> tuple[Any, Any]:
    """Values of x, and a head that fits them."""
    return draw(
        st.sampled_from(
            [("binary", "bernoulli"), ("binary", "categorical"), (3, "categorical"), (5, "categorical"), ("real", "normal"),
             ("real", "logistic"), ("real", {"gaussian_mixture": 2}), ("real", {"logistic_mixture": 3}),
             (4, {"discretized_logistic_mixture": 2})]
        )
    )  # fmt: skip


# --- nets over flat values ------------------------------------------------------------------------------------------


def _given(draw: st.DrawFn, context: Spec) -> Spec:
    return {"given": "c"} if context and draw(st.booleans()) else {}


@st.composite
def flat_nets(draw: st.DrawFn, size: int, context: Spec, depth: int = 4) -> Steps:
    """Layers at least as wide as there are variables, so that no context is lost."""
    widths = st.integers(max(2, size), 2 * size + 2)
    width = draw(widths)
    steps: Steps = [{"linear": width, **_given(draw, context)}]
    for _ in range(draw(st.integers(0, depth))):
        word = draw(st.sampled_from(["activation", "linear", "gate", "residual", "mlp", "repeat", "norm", "chain"]))
        if word == "linear":
            width = draw(widths)
            steps.append({"linear": width, **_given(draw, context)})
        elif word == "gate":
            width = draw(widths)
            steps += [
                {"linear": 2 * width},
                {"gate": draw(st.sampled_from(["glu", "tanh_sigmoid"])), **_given(draw, context)},
            ]
        elif word == "residual":
            steps.append({"residual": [draw(st.sampled_from(ACTIVATIONS)), {"linear": width}]})
        elif word == "mlp":
            width = draw(widths)
            steps.append({"mlp": [width]})
        elif word == "repeat":
            steps.append({"repeat": draw(st.integers(0, 3)), "do": ["tanh", {"linear": width}]})
        elif word == "norm":
            width = 3 * max(2, size)
            steps += [{"linear": width}, {"norm": "layer"}]
        elif word == "chain":
            steps.append({"chain": ["relu", {"linear": width}]})
        else:
            steps.append(draw(st.sampled_from(ACTIVATIONS)))
    return steps


# --- nets over sites ------------------------------------------------------------------------------------------------


@st.composite
def sited_nets(draw: st.DrawFn, channels: int, axes: int, context: Spec, depth: int = 4) -> Steps:
    """A first kernel that reaches the variable before, then any others; widths are multiples of the channels."""
    multiples = st.integers(1, 2).map(lambda k: k * channels)
    width = draw(multiples) * 2
    steps: Steps = [{"conv": width, "kernel": 3, **_given(draw, context)}]
    for _ in range(draw(st.integers(0, depth))):
        word = draw(st.sampled_from(["activation", "conv", "gate", "residual", "repeat", "norm", "resnet", "upto"]))
        kernel = [draw(st.integers(1, 3)) for _ in range(axes)]
        if word == "conv":
            width = draw(multiples)
            steps.append(
                {"conv": width, "kernel": kernel, "dilation": draw(st.integers(1, 2)), **_given(draw, context)}
            )
        elif word == "gate":
            width = draw(multiples)
            steps += [{"conv": 2 * width, "kernel": kernel}, {"gate": "glu", **_given(draw, context)}]
        elif word == "residual":
            steps.append({"residual": [draw(st.sampled_from(ACTIVATIONS)), {"conv": width, "kernel": kernel}]})
        elif word == "repeat":
            steps.append({"repeat": draw(st.integers(0, 2)), "do": ["relu", {"conv": width, "kernel": kernel}]})
        elif word == "norm":
            width = 3 * channels
            steps += [{"conv": width}, {"norm": "layer"}]
        elif word == "resnet":
            width = 2 * channels
            steps.append({"resnet": {"width": width, "blocks": 1}})
        else:
            steps.append(draw(st.sampled_from(ACTIVATIONS)))
    return steps


@st.composite
def stacked_nets(draw: st.DrawFn, channels: int) -> Spec:
    """A vertical and a horizontal stack of an image, as a graph of named values."""
    width = 2 * channels
    rounds = draw(st.integers(1, 2))
    body = {
        "vc": {"conv": 2 * width, "kernel": 3, "in": "v", "knows": "above"},
        "v2": {"gate": "tanh_sigmoid", "in": "vc"},
        "l": {"conv": 2 * width, "in": "vc"},
        "hc": {"conv": 2 * width, "kernel": [1, 3], "in": "h"},
        "s": {"add": ["hc", "l"]},
        "g": {"gate": "glu", "in": "s"},
        "r": {"conv": width, "in": "g"},
        "h2": {"add": ["h", "r"]},
    }
    net = {
        "v": {"conv": width, "kernel": 3, "in": "x", "knows": "above"},
        "h": {"conv": width, "kernel": [1, 3], "in": "x"},
        "w": {"repeat": rounds, "block": "two_stacks", "in": {"v": "v", "h": "h"}},
        "o": {"chain": ["relu", {"conv": width}], "in": "w.h"},
    }
    return {"net": net, "blocks": {"two_stacks": {"in": ["v", "h"], "net": body, "out": {"v": "v2", "h": "h2"}}}}


# --- models ---------------------------------------------------------------------------------------------------------


@st.composite
def vector_models(draw: st.DrawFn) -> Spec:
    """A vector under any order, with a flat net."""
    size = draw(st.integers(1, 6))
    values, head = draw(heads())
    context = draw(contexts())
    named = sorted(draw(st.permutations(range(size)))[: max(1, size // 2)])
    parents = {str(i): [j for j in range(i) if draw(st.booleans())] for i in range(1, size)}
    orders = ["raster", "reverse", "even_odd", {"random": draw(st.integers(1, 3)), "seed": 3},
              {"explicit": draw(st.permutations(range(size)))},
              {"levels": [g for g in (named, [v for v in range(size) if v not in named]) if g]}]  # fmt: skip
    order = draw(st.sampled_from([*orders, {"graph": parents}] if parents else orders))
    net = draw(flat_nets(size, context))
    if order == {"graph": parents} and parents:
        net = [step for step in net if step == net[0] or not isinstance(step, dict)]  # rows of a graph are no chain
        net[0] = {**net[0], "linear": 3 * size}
    return {"x": {"shape": [size], "values": values}, **context, "order": order, "net": net, "head": head}


@st.composite
def sited_models(draw: st.DrawFn) -> Spec:
    """A sequence, an image or a video under an order that steps to neighbours, with kernels."""
    axes = draw(st.sampled_from([1, 2, 2, 2, 3]))
    channels = draw(st.integers(1, 3))
    sites = [draw(st.integers(1, {1: 6, 2: 3, 3: 2}[axes])) for _ in range(axes)]
    near = {1: ["raster", "reverse"], 2: list(NEAR), 3: ["raster", "reverse", "columns", "s_curve"]}[axes]
    modifier = draw(st.sampled_from([None, "inner", "joint", "first"]))
    word = draw(st.sampled_from(near))
    values, head = draw(heads())
    context = draw(contexts())
    spec = {"x": {"shape": [channels, *sites], "values": values}, **context}
    spec["order"] = {word: {}, "channels": modifier} if modifier else word
    if axes == 2 and word in ("raster", "columns", "reverse") and not context and draw(st.integers(0, 3)) == 0:
        spec["order"] = "raster"
        return {**spec, **draw(stacked_nets(channels)), "head": head}
    return {**spec, "net": draw(sited_nets(channels, axes, context)), "head": head}


def models() -> st.SearchStrategy[Spec]:
    """Any legal spec."""
    return st.one_of(vector_models(), sited_models(), flow_models())
