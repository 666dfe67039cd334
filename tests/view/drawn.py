"""Specs for pictures, and pictures of them."""

from __future__ import annotations

import os
from pathlib import Path

from flowspec.compiler import Report, analyse
from flowspec.view.chart_rounds import Chart
from flowspec.view.field import Field
from flowspec.view.field_picture import field_picture
from flowspec.view.fields import fields
from flowspec.view.graphs import charts
from flowspec.view.mask_picture import mask_picture
from flowspec.view.masks import Derived, derived_masks
from flowspec.view.order_picture import order_picture
from flowspec.view.orders import Generation, generations
from flowspec.view.pictures import Figure, Picture

GOLDENS = Path(__file__).parent / "goldens"
GALLERY = Path(__file__).parents[2] / "specs"

SPECS = {
    "made": """
flowspec: 1
name: made
x: {shape: [30], values: binary}
order: {random: 3, seed: 1}
net: [{linear: 40}, relu]
head: bernoulli
""",
    "wide_made": """
flowspec: 1
name: wide_made
x: {shape: [784], values: binary}
order: {random: 1, seed: 1}
net: [{linear: 500}, relu]
head: bernoulli
""",
    "stack": """
flowspec: 1
name: stack
x: {shape: [1, 12, 12], values: binary}
order: raster
net: [{conv: 8, kernel: 3}, relu, {conv: 8, kernel: 3}, relu, {conv: 8, kernel: 3}, relu]
head: bernoulli
""",
    "gated": """
flowspec: 1
name: gated
x: {shape: [3, 8, 8], values: 256}
given: {label: {classes: 10}}
order: raster
net:
  v:   {conv: 12, kernel: 5, in: x, knows: above}
  h:   {conv: 12, kernel: [1, 5], in: x}
  vh:  {repeat: 2, block: gated, in: {v: v, h: h, c: label}}
  out: {chain: [relu, {conv: 24}, relu], in: vh.h}
head: categorical
blocks:
  gated:
    in: [v, h, c]
    net:
      vc:  {conv: 24, kernel: 3, in: v, knows: above}
      v2:  {gate: tanh_sigmoid, in: vc, given: c}
      v2h: {conv: 24, in: vc}
      hc:  {conv: 24, kernel: [1, 3], in: h}
      hv:  {add: [hc, v2h]}
      g:   {gate: tanh_sigmoid, in: hv, given: c}
      res: {conv: 12, in: g}
      h2:  {add: [h, res]}
    out: {v: v2, h: h2}
""",
    "hilbert": """
flowspec: 1
name: hilbert
x: {shape: [2, 6, 6], values: binary}
order: hilbert
net: [{conv: 8, kernel: 3}, relu]
head: bernoulli
""",
    "alarm": """
flowspec: 1
name: alarm
x: {names: [B, E, A, J, M], values: binary}
order: {graph: {A: [B, E], J: [A], M: [A]}}
net: [{linear: 20}, relu]
head: bernoulli
""",
    "wave": """
flowspec: 1
name: wave
x: {shape: [1, 90], values: 256}
order: raster
net: [{conv: 16, kernel: 2}, relu, {conv: 16, kernel: 2, dilation: 2}, relu]
head: categorical
""",
    "video": """
flowspec: 1
name: video
x: {shape: [1, 12, 4, 4], values: 256}
order: raster
net: [{conv: 16, kernel: 3}, relu]
head: categorical
""",
    "maf": """
flowspec: 1
name: maf
x: {shape: [6], values: real}
flow:
- {autoregressive: {order: raster, net: [{linear: 10}, relu]}, times: 3}
base: normal
""",
    "nvp": """
flowspec: 1
name: nvp
x: {shape: [3, 4, 4], values: 256}
nets:
  st: {resnet: {width: 8, blocks: 1}}
flow:
- dequantize
- logit: 0.05
- {coupling: {keep: checkerboard, net: st}, times: 2}
- squeeze: 2
- {coupling: {keep: channel, net: st}, times: 2}
- split: half
- {coupling: {keep: [0, 5, 7], net: st}}
base: normal
""",
    "names": f"""
flowspec: 1
name: names
x: {{names: [{", ".join(f"variable_number_é{k}" for k in range(12))}], values: binary}}
order: raster
net: [{{linear: 40}}, relu]
head: bernoulli
""",
    "histogram": """
flowspec: 1
name: histogram
x: {shape: [4], values: 3}
order: none
head: categorical
""",
    "hostile": r"""
flowspec: 1
name: hostile
x: {names: ["<script>alert(1)</script>", "a&b", "\e[31mred\a", "]]>"], values: binary}
order: raster
net: [{linear: 8}, relu]
head: bernoulli
""",
}


def report(name: str) -> Report:
    """What the compiler says of a spec of this file, or of the gallery."""
    text = SPECS[name] if name in SPECS else (GALLERY / f"{name}.yaml").read_text(encoding="utf-8")
    found = analyse("<stdin>", text)
    assert found.ok, found.diagnostics
    return found


def masks(name: str, node: str | None = None, member: int = 0) -> tuple[Derived, ...]:
    """The masks of a spec."""
    facts = report(name).all_facts
    assert facts is not None
    return derived_masks(facts, node, member)


def found_fields(name: str, node: str | None = None, at: str | None = None, member: int = 0) -> tuple[Field, ...]:
    """The fields of a spec."""
    facts = report(name).all_facts
    assert facts is not None
    return fields(facts, node, at, member)


def found_orders(name: str, node: str | None = None, member: int = 0) -> tuple[Generation, ...]:
    """The generation orders of a spec."""
    facts = report(name).all_facts
    assert facts is not None
    return generations(facts, node, member)


def found_charts(name: str, node: str | None = None) -> tuple[Chart, ...]:
    """The graphs of a spec."""
    facts = report(name).all_facts
    assert facts is not None
    return charts(facts, node)


def picture(kind: str, name: str, *, node: str | None = None, at: str | None = None, sort: bool = False) -> Picture:
    """A picture as the command line draws it."""
    if kind == "mask":
        return mask_picture(name, "<stdin>", masks(name, node), node is None, sort)
    if kind == "graph":
        figures = tuple(Figure(c.title, c.place, c.facts, (), chart=c) for c in found_charts(name, node))
        return Picture(f"graph of {name}", "<stdin>", figures)
    if kind == "order":
        return order_picture(name, "<stdin>", found_orders(name, node), report(name).facts.sampling_steps or 1)
    return field_picture(name, "<stdin>", found_fields(name, node, at))


ALL = [(kind, name) for kind in ("mask", "field", "order", "graph") for name in SPECS]


def compare(name: str, text: str) -> None:
    """Demand that `text` is what the golden says; FLOWSPEC_BLESS=1 writes it instead."""
    path = GOLDENS / name
    if os.environ.get("FLOWSPEC_BLESS"):
        path.write_bytes(text.encode("utf-8"))
    assert text == path.read_bytes().decode("utf-8")
