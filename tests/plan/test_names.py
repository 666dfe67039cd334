"""Names: safe whatever a spec says."""

from __future__ import annotations

import keyword

import pytest
from torch import nn

import flowspec.runtime as runtime
from flowspec.plan import names


def public(thing: object) -> set[str]:
    return {name for name in dir(thing) if not name.startswith("_")}


def test_the_reserved_names_are_those_that_torch_and_the_runtime_use() -> None:
    assert public(nn.Module()) <= names.MODULE_NAMES
    shape, family = (2,), runtime.Bernoulli()
    densities = [
        runtime.Autoregressive(family, shape, [0, 1]),
        runtime.Flow(shape, [shape]),
        runtime.Free(family, shape),
        runtime.Independent(runtime.Uniform(), shape),
        runtime.Conditional(nn.Identity(), family, shape),
        runtime.Model(shape),
    ]
    used = set().union(*(public(density) for density in densities)) - names.MODULE_NAMES
    assert used - names.MODEL_NAMES == {"net"}  # where the emitted classes put it themselves
    assert used | {"draw", "flow", "inverse", "reset_parameters", "unflow"} >= names.MODEL_NAMES


@pytest.mark.parametrize(
    "text",
    ["class", "Lambda", "print", "self", "torch", "order", "match", "x y", "", "ä", "_a", "9", "a" * 60, "a.b", "h\n"],
)
def test_any_text_gives_a_safe_name(text: str) -> None:
    for word in (names.local(text, "value"), names.member(text, "layer")):
        assert word.isidentifier()
        assert word.isascii()
        assert not keyword.iskeyword(word)
        assert len(word) <= 49
    assert not names.is_taken(names.local(text, "value"))


def test_numbers_only_where_names_repeat() -> None:
    assert names.numbered(["conv", "relu", "conv", "head"]) == ["conv_1", "relu", "conv_2", "head"]
    assert names.numbered(["conv", "conv_1", "conv"]) == ["conv_2", "conv_1", "conv_3"]
    assert names.numbered(["a"], taken=["a"]) == ["a_1"]
    namer = names.Namer({"Round"})
    assert [namer.fresh("Round"), namer.fresh("Round"), namer.fresh("h"), namer.fresh("h")] == [
        "Round2",
        "Round3",
        "h",
        "h_2",
    ]


def test_words() -> None:
    classes = ("nn.Conv2d", "MaskedLinear", "LocalConv", "nn.BatchNorm3d", "Coordinates", "LearnedPosition")
    assert [names.last_word(name) for name in classes] == ["conv", "linear", "conv", "norm", "coordinates", "position"]
    assert names.camel("made_mnist") == "MadeMnist"
    assert [names.plural("step"), names.plural("levels")] == ["steps", "levels"]
