"""Single random changes to a legal spec: the slips of a person who edits one, one at a time."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

Spec = dict[str, Any]
Place = tuple[Any, Any]  # a mapping or a list, and the key or index of one of its entries
Change = Callable[[st.DrawFn, Spec, Place], None]

_ELSEWHERE = ("tanh", "sigmoid", "logit", "dequantize", "squeeze", "split", "reverse", {"norm": "batch"}, {"permute": [0, 0]},
              {"conv": 3, "kernel": 3}, {"linear": 2}, "one_hot", "position", {"gate": "glu"}, "uniform", "no_such_op", 7)  # fmt: skip


def places(tree: Any) -> Iterator[Place]:
    """Every entry of every mapping and list below."""
    entries = list(tree.items()) if isinstance(tree, dict) else list(enumerate(tree)) if isinstance(tree, list) else []
    for key, value in entries:
        yield tree, key
        yield from places(value)


def _with(*keys: str) -> Callable[[Place], bool]:
    return lambda place: place[1] in keys and isinstance(place[0], dict)


def _listed(place: Place) -> bool:
    return isinstance(place[0], list)


def _step(place: Place) -> bool:
    return _listed(place) and (
        isinstance(place[0][place[1]], dict) or place[0][place[1]] in ("relu", "tanh", "actnorm", "reverse")
    )


def _drop_mask(draw: st.DrawFn, spec: Spec, place: Place) -> None:
    place[0]["mask"] = "none"


def _other_cap(draw: st.DrawFn, spec: Spec, place: Place) -> None:
    place[0]["knows"] = draw(st.sampled_from(["none", "above", "before", "upto"]))


def _other_number(draw: st.DrawFn, spec: Spec, place: Place) -> None:
    container, key = place
    if isinstance(container[key], int):
        container[key] += draw(st.sampled_from([-2, -1, 1, 2, 9]))
    elif isinstance(container[key], list) and container[key]:
        k = draw(st.integers(0, len(container[key]) - 1))
        if isinstance(container[key][k], int):
            container[key][k] += draw(st.sampled_from([-1, 1]))


def _repeat_index(draw: st.DrawFn, spec: Spec, place: Place) -> None:
    container, key = place
    if isinstance(container[key], list) and len(container[key]) > 1:
        container[key][0] = container[key][-1]


def _remove(draw: st.DrawFn, spec: Spec, place: Place) -> None:
    del place[0][place[1]]


def _again(draw: st.DrawFn, spec: Spec, place: Place) -> None:
    place[0].insert(place[1], copy.deepcopy(place[0][place[1]]))


def _insert(draw: st.DrawFn, spec: Spec, place: Place) -> None:
    place[0].insert(place[1], copy.deepcopy(draw(st.sampled_from(_ELSEWHERE))))


def _other_density(draw: st.DrawFn, spec: Spec, place: Place) -> None:
    place[0][place[1]] = draw(
        st.sampled_from(["uniform", "normal", "bernoulli", "categorical", {"gaussian_mixture": 2}, {"head": "normal"}])
    )


def _other_keep(draw: st.DrawFn, spec: Spec, place: Place) -> None:
    every = list(range(200))
    place[0][place[1]] = draw(
        st.sampled_from([every[:1], every[:2], [], "rows", "channel", "not half", {"half": "columns"}, every, [0, 0]])
    )


def _other_order(draw: st.DrawFn, spec: Spec, place: Place) -> None:
    orders = ["none", "raster", "columns", "hilbert", {"explicit": [0, 1]}, {"graph": {"0": [1], "1": [0]}}, {"levels": [[0], [1]]},
              {"random": 2}, {"none": {}, "channels": "inner"}, {"subscale": [2, 2]}]  # fmt: skip
    place[0][place[1]] = copy.deepcopy(draw(st.sampled_from(orders)))


def _other_shape(draw: st.DrawFn, spec: Spec, place: Place) -> None:
    place[0][place[1]] = draw(st.sampled_from([[1], [2], [4], [2, 3], [1, 2, 2], [3, 1, 2], [0], [1, 1, 1, 1, 1]]))


def _other_values(draw: st.DrawFn, spec: Spec, place: Place) -> None:
    place[0][place[1]] = draw(st.sampled_from(["real", "binary", 3, 256, "positive", [0, 1], [-1, 1]]))


def _other_name(draw: st.DrawFn, spec: Spec, place: Place) -> None:
    place[0][place[1]] = draw(st.sampled_from(["x", "nowhere", 0, "c"]))


def _misspell(draw: st.DrawFn, spec: Spec, place: Place) -> None:
    container, key = place
    if isinstance(key, str):
        container[f"{key}s"] = container.pop(key)


MUTATIONS: dict[str, tuple[Callable[[Place], bool], Change]] = {
    "drop the mask": (_with("conv", "linear"), _drop_mask),
    "another cap": (_with("conv", "linear", "add", "gate", "residual"), _other_cap),
    "another number": (
        _with("conv", "linear", "kernel", "dilation", "repeat", "times", "sizes", "squeeze", "mlp", "width"),
        _other_number,
    ),
    "an index twice": (_with("permute", "explicit", "sizes"), _repeat_index),
    "a step removed": (_listed, _remove),
    "a key removed": (
        _with("order", "net", "head", "flow", "base", "given", "values", "shape", "keep", "in", "knows"),
        _remove,
    ),
    "a step again": (_step, _again),
    "a foreign step": (_listed, _insert),
    "another density": (_with("head", "base", "part0", "last"), _other_density),
    "another half": (_with("keep"), _other_keep),
    "another order": (_with("order"), _other_order),
    "another shape": (_with("shape"), _other_shape),
    "other values": (_with("values"), _other_values),
    "another name": (_with("in", "given"), _other_name),
    "a misspelt key": (
        _with("order", "net", "head", "flow", "kernel", "keep", "conv", "linear", "split", "base"),
        _misspell,
    ),
}


@st.composite
def mutated(draw: st.DrawFn, specs: st.SearchStrategy[Spec]) -> tuple[str, Spec]:
    """A legal spec with one change, and what the change is called."""
    spec = copy.deepcopy(draw(specs))
    name = draw(st.sampled_from(sorted(MUTATIONS)))
    fits, change = MUTATIONS[name]
    found = [place for place in places(spec) if fits(place)]
    if found:
        change(draw, spec, found[draw(st.integers(0, len(found) - 1))])
    return name, spec
