"""Legal specs to start from: the gallery, and one spec for each corner of the language."""

from __future__ import annotations

from pathlib import Path

GALLERY = tuple(sorted((Path(__file__).parents[2] / "specs").glob("*.yaml")))

GATED = """\
flowspec: 1
name: gated
x: {shape: [3, 8, 8], values: 256}
given: {label: {classes: 10}}
vars: {p: 6, layers: 2}
order: raster
net:
  v:   {conv: $p, kernel: 7, in: x, knows: above}
  h:   {conv: $p, kernel: [1, 7], in: x}
  vh:  {repeat: $layers, block: gated, in: {v: v, h: h, c: label}}
  out: {chain: [relu, {conv: 12}, relu], in: vh.h}
head: categorical
blocks:
  gated:
    in: [v, h, c]
    net:
      vc:  {conv: 2*$p, kernel: 3, in: v, knows: above}
      v2:  {gate: tanh_sigmoid, in: vc, given: c}
      v2h: {conv: 2*$p, in: vc}
      hc:  {conv: 2*$p, kernel: [1, 3], in: h}
      hv:  {add: [hc, v2h]}
      g:   {gate: tanh_sigmoid, in: hv, given: c}
      res: {conv: $p, in: g}
      h2:  {add: [h, res]}
    out: {v: v2, h: h2}
"""

REALNVP = """\
flowspec: 1
name: realnvp
x: {shape: [3, 8, 8], values: 256}
vars: {width: 4, depth: 1}
nets:
  st: {resnet: {width: $width, blocks: $depth}}
flow:
- dequantize
- logit: 0.05
- {coupling: {keep: checkerboard, net: st}, times: 3}
- squeeze: 2
- {coupling: {keep: channel, net: st}, times: 3}
- split: half
- {coupling: {keep: checkerboard, net: st}, times: 2}
base: normal
"""

MAF = """\
flowspec: 1
name: maf
x: {shape: [6], values: real}
flow:
- {autoregressive: {order: raster, net: [{linear: 20}, relu, {linear: 20}, relu]}, times: 3}
base: normal
"""

ALARM = """\
flowspec: 1
name: alarm
x: {names: [B, E, A, J, M], values: binary}
order: {graph: {A: [B, E], J: [A], M: [A]}}
net: [{linear: 10}, relu]
head: bernoulli
"""

MADE = """\
flowspec: 1
name: made
x: {shape: [12], values: binary}
order: {random: 2, seed: 1}
net: [{linear: 40}, relu, {linear: 40}, relu]
head: bernoulli
train: {epochs: 3, lr: 1e-3}
"""

LOOPS = """\
flowspec: 1
name: loops
x: {shape: [1, 8, 8], values: binary}
given: {side: {shape: [2, 8, 8], values: real}}
order: raster
net:
  a: {conv: 4, kernel: 3, in: x}
  r: {repeat: 3, do: [relu, {conv: 4, kernel: 3}], in: a}
  f: {for: {d: [1, 2], e: [3]}, block: dilated, in: r.1}
  s: {add: [r.0, r.2, f, 0]}
  t: {residual: [relu, {conv: {out: 4, kernel: 3}, given: side}], in: s}
head: bernoulli
blocks:
  dilated:
    in: h
    vars: {d: 1, e: 3}
    net: [{conv: 4, kernel: $e, dilation: $d}, elu]
"""

PARTS = """\
flowspec: 1
name: parts
x: {shape: [4, 4, 4], values: real}
blocks:
  glow: {flow: [actnorm, {coupling: {keep: channel, transform: affine, net: [{conv: 4, kernel: 3}, relu]}}]}
flow:
- {repeat: 2, block: glow}
- {split: half, names: [low, rest], base: {given: rest, order: raster, net: [{conv: 6, kernel: 3}, relu], head: normal}}
- {for: {k: [1, 2]}, do: [actnorm, {coupling: {keep: checkerboard, net: {resnet: {width: 4, blocks: 1}}}, times: 2}]}
base:
  last: {flow: [affine], base: logistic}
"""

WRITTEN = {
    "gated": GATED, "realnvp": REALNVP, "maf": MAF, "alarm": ALARM, "made": MADE, "loops": LOOPS, "parts": PARTS,
}  # fmt: skip


def seeds() -> dict[str, str]:
    """Every seed by name."""
    return {**WRITTEN, **{path.stem: path.read_text() for path in GALLERY}}
