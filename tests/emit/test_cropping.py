"""Sampling that runs a net on the part of x that a level needs: the same samples, and only where a net allows it."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import torch

from flowspec.compiler import analyse
from flowspec.emit import load_class

HEAD = "flowspec: 1\nname: m\n"
CROPPED = {
    "sequence": "x: {shape: [1, 40], values: 5}\norder: raster\nnet: [{one_hot: {}}, {conv: 8, kernel: 3}, relu, "
    "{conv: 8, kernel: 2, dilation: 3}, relu]\nhead: categorical",
    "vector": "x: {shape: [30], values: binary}\norder: reverse\nnet: [{conv: 8, kernel: 4}, tanh]\nhead: bernoulli",
    "labels": "x: {shape: [1, 40], values: 5}\ngiven: {label: {classes: 3}}\norder: raster\n"
    "net: {a: {conv: 8, kernel: 3, in: x}, g: {gate: glu, in: a, given: label}}\nhead: categorical",
    "image": "x: {shape: [2, 12, 12], values: 3}\norder: raster\n"
    "net: [{conv: 8, kernel: 3}, relu, {conv: 8, kernel: 3}, {norm: layer}]\nhead: categorical",
    "columns": "x: {shape: [1, 9, 12], values: binary}\norder: columns\nnet: [{conv: 4, kernel: 3}, relu]\nhead: bernoulli",
    "video": "x: {shape: [1, 3, 8, 8], values: binary}\norder: raster\nnet: [{conv: 4, kernel: 3}, relu]\nhead: bernoulli",
}
WHOLE = {
    "linear": "x: {shape: [30], values: binary}\norder: raster\nnet: [{linear: 40}, tanh]\nhead: bernoulli",
    "position": "x: {shape: [1, 12, 12], values: binary}\norder: raster\n"
    "net: {a: {conv: 4, kernel: 3, in: x}, p: position, c: {concat: [a, p]}, d: {conv: 4, in: c}}\nhead: bernoulli",
    "context": "x: {shape: [1, 12, 12], values: binary}\ngiven: {low: {shape: [1, 12, 12], values: binary}}\norder: raster\n"
    "net: {a: {conv: 4, kernel: 3, in: x}, c: {concat: [a, low]}, d: {conv: 4, in: c}}\nhead: bernoulli",
    "hilbert": "x: {shape: [1, 8, 8], values: binary}\norder: hilbert\nnet: [{conv: 4, kernel: 3}, tanh]\nhead: bernoulli",
    "one level": "x: {shape: [1, 12], values: 3}\norder: {levels: [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]]}\n"
    "net: [{embedding: 2}, tanh]\nhead: categorical",
    "wide": "x: {shape: [1, 8, 8], values: binary}\norder: raster\nnet: [{conv: 4, kernel: 11}, tanh]\nhead: bernoulli",
}


@cache
def model(text: str) -> Any:
    found = analyse("m.yaml", f"{HEAD}{text}\n")
    assert found.ok, [f.message for f in found.diagnostics]
    torch.manual_seed(0)
    made = load_class(found.source(), "m")().double().eval()
    for p in made.parameters():
        torch.nn.init.normal_(p, std=0.5)
    return made.requires_grad_(False)


def draws(m: Any, **kwargs: Any) -> torch.Tensor:
    given = {name: torch.arange(6) % kind["classes"] for name, kind in m.GIVEN.items()}
    found: torch.Tensor = m.sample(6, generator=torch.Generator().manual_seed(1), **given, **kwargs)
    return found


@pytest.mark.parametrize("name", CROPPED)
def test_parts_of_x_give_the_samples_of_the_whole(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    m = model(CROPPED[name])
    reach = m.reach
    assert reach is not None
    cropped = draws(m)
    mask = torch.zeros(m.SHAPE, dtype=torch.bool)
    mask.view(-1)[m.levels[0].index(0)] = True
    given = draws(m, observed=cropped, mask=mask)
    monkeypatch.setattr(m, "reach", None)
    assert torch.equal(draws(m), cropped)
    assert torch.equal(draws(m, observed=cropped, mask=mask), given)


@pytest.mark.parametrize("name", CROPPED)
def test_parameters_on_a_part_are_those_of_the_whole(name: str) -> None:
    """To 1e-12 in float64, at every level."""
    m = model(CROPPED[name])
    x = draws(m)
    kwargs = {key: torch.arange(6) % kind["classes"] for key, kind in m.GIVEN.items()}
    whole = m.theta(x, **kwargs)
    smaller = 0
    for own, seen, inside in m.boxes(0):
        part = m.theta(x[seen], **kwargs)
        assert (part[inside] - whole[own]).abs().max() < 1e-12
        smaller += x[seen].numel() < x.numel()
    assert smaller


@pytest.mark.parametrize("name", WHOLE)
def test_nets_that_are_not_the_same_everywhere_run_on_all_of_x(name: str) -> None:
    assert model(WHOLE[name]).reach is None
