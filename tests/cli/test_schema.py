"""flowspec schema: it accepts what the language has and rejects the near misses."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from flowspec.cli.language import language
from flowspec.ops.registry import every_op
from tests.cli.conftest import Run

SCHEMA = language()
HEAD = "flowspec: 1\nname: m\nx: {shape: [3, 32, 32], values: 256}\n"

MADE = """
flowspec: 1
name: made_mnist
x: {shape: [784], values: binary}
order: {random: 32, seed: 1}
net: [{linear: 800}, relu, {linear: 800}, relu]
head: bernoulli
"""
REALNVP = (
    HEAD
    + """
vars: {width: 64, depth: 8}
nets:
  st: {resnet: {width: $width, blocks: $depth}}
flow:
- dequantize
- logit: 0.05
- {coupling: {keep: checkerboard, net: st}, times: 3}
- squeeze: 2
- {repeat: 2, do: [actnorm, {leaky_relu: {slope: 0.5}}]}
- {coupling: {keep: channel, net: st}, times: 3}
- split: half
- {coupling: {keep: not checkerboard, net: st}, times: 4}
base: normal
"""
)
PIXELCNN = (
    HEAD
    + """
given: {label: {classes: 10}}
vars: {p: 126, layers: 15}
order: raster
net:
  v:   {conv: $p, kernel: 7, in: x, knows: above}
  h:   {conv: $p, kernel: [1, 7], in: x}
  vh:  {repeat: $layers, block: gated, in: {v: v, h: h, c: label}}
  out: {chain: [relu, {conv: 1024}, relu], in: vh.h}
head: categorical
blocks:
  gated:
    in: [v, h, c]
    net:
      vc:  {conv: 2*$p, kernel: 3, in: v, knows: above}
      v2:  {gate: tanh_sigmoid, in: vc, given: c}
      hv:  {add: [vc, v2]}
    out: {v: v2, h: hv}
"""
)
MAF = """
flowspec: 1
name: maf_power
x: {shape: [6], values: real}
flow:
- {autoregressive: {order: raster, net: [{linear: 100}, relu, {linear: 100}, relu]}, times: 5}
base: normal
"""
GRAPH = """
flowspec: 1
name: alarm
x: {names: [B, E, A, J, M], values: binary}
order: {graph: {A: [B, E], J: [A], M: [A]}}
net: [{linear: 9}, relu]
head: {bernoulli: {}, in: x}
"""
PARTS = (
    HEAD
    + """
flow: [{split: {sizes: [1, 2], names: [low, rest]}}]
base:
  low:  {order: raster, net: [{conv: 64, kernel: 7}, relu], head: categorical}
  rest: {given: low, order: {raster: {}, channels: first}, net: [{conv: 66}], head: {logistic_mixture: 5}}
"""
)


def faults(text: str) -> list[Any]:
    """What the schema says about a spec."""
    return list(Draft7Validator(SCHEMA).iter_errors(yaml.safe_load(text)))


def test_it_is_a_schema(flowspec: Run) -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert json.loads(flowspec("schema").out) == SCHEMA


@pytest.mark.parametrize("spec", [MADE, REALNVP, PIXELCNN, MAF, GRAPH, PARTS])
def test_legal_specs_are_accepted(spec: str) -> None:
    assert faults(spec) == []


@pytest.mark.parametrize(
    "line",
    [
        "order: rastr",
        "order: {random: 32, sed: 1}",
        "order: {raster: {}, channels: middle}",
        "net: [{linear: -1}]",
        "net: [{linear: 1.5}]",
        "net: [{linear: 8, knows: below}]",
        "net: [{conv: 8, kernle: 3}]",
        "net: [{conv: {out: 8, kernel: 3, widht: 1}}]",
        "net: [[relu]]",
        "net: [3]",
        "net: {conv: 8, mask: nope}",
        "head: bernouli",
        "head: {logistic_mixture: 0}",
        "flow: [{logit: 0.7}]",
        "flow: [{repeat: 2, do: [{logit: 0.7}]}]",
        "flow: [{coupling: {keep: checkers, net: [relu]}}]",
        "flow: [{coupling: {keep: channel, transform: quadratic}}]",
        "flow: [{coupling: {keep: channel, times: 0}}]",
        "x: {shape: [0], values: real}",
        "x: {shape: [2], values: 1}",
        "x: {shape: [2], vals: real}",
        "given: {label: {clases: 10}}",
        "vars: {Width: 3}",
        "name: Model",
        "flowspec: 2",
        "nett: [relu]",
        "blocks: {b: {ins: [x]}}",
    ],
)
def test_near_misses_are_rejected(line: str) -> None:
    assert faults(yaml.safe_dump({**yaml.safe_load(HEAD), **yaml.safe_load(line)}))


@pytest.mark.parametrize("line", ["flowspec: 1\nname: m", "name: m\nx: {shape: [2], values: real}", "- 1", "3"])
def test_what_every_spec_needs(line: str) -> None:
    assert faults(line)


@pytest.mark.parametrize(("place", "op"), every_op(), ids=lambda part: part if isinstance(part, str) else part.name)
def test_every_op_stands_where_it_belongs_and_takes_its_own_arguments_only(place: str, op: Any) -> None:
    definition = {"density": "density_op", "net": "net_step", "flow": "flow_step"}.get(place, place)
    judge = Draft7Validator({**SCHEMA["definitions"][definition], "definitions": SCHEMA["definitions"]})
    if not op.required():
        assert judge.is_valid(op.name)
        assert judge.is_valid({op.name: {}})
    assert not judge.is_valid({op.name: 1, "no_such_argument": 1})
    if op.name not in (
        "graph",
        "for",
        "add",
        "concat",
        "mul",
        "chain",
        "residual",
        "invert",
    ):  # whose value may be a mapping of any names
        assert not judge.is_valid({op.name: {"no_such_argument": 1}})
