"""Small specs that the emitter writes; each is a whole model."""

from __future__ import annotations

CASES = {
    "made": """
flowspec: 1
name: made
x: {shape: [6], values: binary}
order: raster
net: [{linear: 16}, relu, {linear: 16}, relu]
head: bernoulli
""",
    "made_ensemble": """
flowspec: 1
name: made_ensemble
x: {shape: [20], values: 3}
order: {random: 4, seed: 3}
net: [{linear: 24}, relu, {linear: 12}, elu]
head: categorical
""",
    "made_label": """
flowspec: 1
name: made_label
x: {shape: [1, 3, 4], values: binary}
given: {label: {classes: 3}}
order: {random: 1, seed: 5}
net: [{linear: 16, given: label}, relu, {dropout: 0.1}]
head: bernoulli
""",
    "pixelcnn_gray": """
flowspec: 1
name: pixelcnn_gray
x: {shape: [1, 6, 6], values: 4}
order: raster
net: [{conv: 8, kernel: 5}, relu, {repeat: 3, do: [{residual: [relu, {conv: 8, kernel: 3}]}]}, relu]
head: categorical
""",
    "pixelcnn_rgb": """
flowspec: 1
name: pixelcnn_rgb
x: {shape: [3, 4, 5], values: 4}
order: raster
net: [{conv: 9, kernel: 3}, {norm: layer}, relu, {conv: 12}, relu]
head: categorical
""",
    "gated": """
flowspec: 1
name: gated
x: {shape: [3, 4, 4], values: 4}
given: {label: {classes: 5}}
vars: {p: 6, layers: 4}
order: raster
net:
  v:   {conv: $p, kernel: 5, in: x, knows: above}
  h:   {conv: $p, kernel: [1, 5], in: x}
  vh:  {repeat: $layers, block: gated, in: {v: v, h: h, c: label}}
  out: {chain: [relu, {conv: 9}, relu], in: vh.h}
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
""",
    "skips": """
flowspec: 1
name: skips
x: {shape: [1, 6, 6], values: real}
vars: {w: 6}
order: raster
net:
  a:    {conv: $w, kernel: 3, in: x}
  deep: {repeat: 3, block: step, in: a}
  b:    {conv: $w, in: deep}
  back: {for: {i: [3, 2, 1]}, do: [{conv: $w}, tanh], in: b}
  s:    {add: [back, deep.1, deep.3]}
head: {gaussian_mixture: 2}
blocks:
  step: {in: [h], net: [{conv: $w, kernel: 3}, tanh], vars: {w: 6}}
""",
    "hilbert": """
flowspec: 1
name: hilbert
x: {shape: [2, 4, 4], values: 3}
order: hilbert
net: [{conv: 8, kernel: 3}, relu, {conv: 8}, relu]
head: categorical
""",
    "alarm": """
flowspec: 1
name: alarm
x: {names: [B, E, A, J, M], values: binary}
order: {graph: {A: [B, E], J: [A], M: [A]}}
net: [{linear: 12}, tanh]
head: bernoulli
""",
    "lookup": """
flowspec: 1
name: lookup
x: {shape: [7], values: 4}
order: raster
net:
  o: {one_hot: {}, in: x}
  e: {embedding: 3, in: x}
  p: position
  q: {position: 2}
  c: {concat: [o, e]}
  h: {conv: 8, kernel: 3, in: c}
  d: {concat: [h, p, q]}
  k: {conv: 8, in: d}
  r: {relu: {}, in: k}
head: categorical
""",
    "fvsbn": """
flowspec: 1
name: fvsbn
x: {shape: [5], values: binary}
order: reverse
head: {bernoulli: {}, in: x}
""",
    "histogram": """
flowspec: 1
name: histogram
x: {shape: [4], values: 5}
head: categorical
""",
    "classifier": """
flowspec: 1
name: classifier
x: {shape: [4], values: 5}
given: {label: {classes: 3}}
net: [{linear: 8}, relu]
head: categorical
""",
    "realnvp": """
flowspec: 1
name: realnvp
x: {shape: [3, 8, 8], values: 256}
nets:
  st: {resnet: {width: 6, blocks: 2}}
flow:
- dequantize
- logit: 0.05
- {coupling: {keep: checkerboard, net: st}, times: 3}
- squeeze: 2
- {coupling: {keep: channel, net: st}, times: 3}
- split: half
- {coupling: {keep: checkerboard, net: st}, times: 4}
base: normal
""",
    "glow": """
flowspec: 1
name: glow
x: {shape: [1, 4, 4], values: real}
given: {label: {classes: 3}}
flow:
- squeeze: 2
- {repeat: 3, block: step}
- {split: {sizes: [2, 2]}, base: {net: [{conv: 8}, relu], head: normal}}
- {repeat: 2, block: step}
- {affine: {}, name: a}
base: normal
blocks:
  step:
    flow:
    - actnorm
    - {permute: {random: 1, seed: 2}}
    - {coupling: {keep: half, net: [{conv: 6, kernel: 3}, relu]}, given: label}
""",
    "maf": """
flowspec: 1
name: maf
x: {shape: [5], values: real}
flow:
- {autoregressive: {order: raster, net: [{linear: 16}, tanh]}, times: 3}
- leaky_relu: 0.5
- {autoregressive: {order: {explicit: [3, 1, 0, 2, 4]}, net: [{linear: 16}, tanh]}, times: 2}
base: {gaussian_mixture: 2}
""",
    "iaf": """
flowspec: 1
name: iaf
x: {shape: [4], values: real}
flow:
- {autoregressive: {order: raster, net: [{linear: 12}, tanh], fast: sampling, transform: additive}, times: 2}
- scale
- shift
base: logistic
""",
    "coarse": """
flowspec: 1
name: coarse
x: {shape: [3, 4, 4], values: 8}
flow:
- split: {sizes: [1, 2], names: [low, rest]}
base:
  low:  {order: raster, net: [{conv: 6, kernel: 3}, relu], head: categorical}
  rest: {given: low, order: raster, net: [{conv: 6, kernel: 3}, relu, {conv: 6}, relu], head: categorical}
""",
    "joint": """
flowspec: 1
name: joint
x: {shape: [3, 4, 4], values: 256}
given: {label: {classes: 3}}
order: {raster: {}, channels: joint}
net: [{conv: 8, kernel: 3, given: label}, relu, {conv: 8, kernel: 3}, relu]
head: {discretized_logistic_mixture: 3}
""",
    "joint_ensemble": """
flowspec: 1
name: joint_ensemble
x: {shape: [2, 5], values: real}
order: {random: 2, seed: 1, channels: joint}
net: [{linear: 12}, tanh]
head: {gaussian_mixture: 2}
""",
    "joint_part": """
flowspec: 1
name: joint_part
x: {shape: [2, 2, 4], values: 5}
flow:
- split: {sizes: [1, 1], names: [low, rest]}
base:
  low: {order: raster, net: [{conv: 6, kernel: 3}, relu], head: {discretized_logistic_mixture: 2}}
  rest: {given: low, order: {none: {}, channels: joint}, net: [{conv: 6, kernel: 3}, relu], head: {discretized_logistic_mixture: 2}}
""",
    "nested": """
flowspec: 1
name: nested
x: {shape: [6], values: real}
given: {c: {shape: [2], values: real}}
flow:
- split: {sizes: [2, 2, 2], names: [a, b, d]}
base:
  a: {given: b, flow: [{coupling: {keep: half, net: {mlp: [8]}}, times: 2}], base: normal}
  b: {net: [{linear: 8}, relu], head: normal, given: c}
  d: {order: raster, net: [{linear: 8}, tanh], head: {logistic_mixture: 2}, given: [a, b]}
""",
    "unet": """
flowspec: 1
name: unet
x: {shape: [1, 6, 6], values: real}
order: raster
net:
  a:    {conv: 6, kernel: 3, in: x}
  deep: {repeat: 4, block: step, in: a}
  back: {for: {i: [4, 3, 2, 1]}, do: {c: {add: [x, deep.$i]}, d: {conv: 6, in: c}, e: {tanh: {}, in: d}}, in: deep}
head: normal
blocks:
  step: {in: [h], net: [{conv: 6, kernel: 3}, tanh]}
""",
    "hostile": """
flowspec: 1
name: hostile
x: {shape: [4], values: real}
given: {label: {classes: 2}, other: {shape: [2], values: 3}}
flow:
- {split: {sizes: [2, 2], names: [list, base_1]}, name: step}
base:
  list: {given: {levels: base_1, range: label}, order: raster, net: {print: {linear: 6, in: x}, draw: {linear: 6, in: levels}, hashlib: {add: [print, draw]}, h: {linear: 4, in: hashlib, given: range}, generator: {tanh: {}, in: h}}, head: normal}
  base_1: {order: raster, net: [{linear: 6, name: order}, tanh, {linear: 6, name: super}], head: normal}
""",
    "loopvars": """
flowspec: 1
name: loopvars
x: {shape: [2, 8], values: 4}
order: raster
net:
- {conv: 6, kernel: 3}
- {for: {d: [1, 2, 4]}, do: [{residual: [tanh, {conv: 6, kernel: 2, dilation: $d}]}]}
- relu
head: categorical
""",
    "seq": """
flowspec: 1
name: seq
x: {shape: [9], values: 5}
order: reverse
net: [{one_hot: {}}, {conv: 8, kernel: 3}, tanh, {repeat: 2, do: [{conv: 8, kernel: 2}, tanh, {dropout: 0.2}]}]
head: categorical
""",
    "video": """
flowspec: 1
name: video
x: {shape: [1, 2, 3, 3], values: binary}
order: raster
net: [{conv: 6, kernel: 3}, relu, {conv: 6, kernel: [1, 3, 3]}, relu]
head: {bernoulli: {}, kernel: 1}
""",
    "subscale": """
flowspec: 1
name: subscale
x: {shape: [1, 4, 4], values: 3}
order: {subscale: [2, 2]}
net: [{conv: 6, kernel: 5}, relu, {conv: 6, kernel: 3}, relu]
head: categorical
""",
    "mixed": """
flowspec: 1
name: mixed
x: {names: {B: binary, E: 3, A: 4}}
order: {graph: {A: [B, E]}}
net: [{linear: 8}, tanh]
head: categorical
""",
    "levels": """
flowspec: 1
name: levels
x: {shape: [6], values: binary}
order: {levels: [[0, 5], [1, 2], [3, 4]]}
net: [{linear: 12}, relu, {repeat: 3, do: [{linear: 12}, relu]}]
head: bernoulli
""",
    "multi": """
flowspec: 1
name: multi
x: {shape: [1, 8, 8], values: real}
given: {c: {shape: [1, 4, 4], values: 5}, y: {classes: 3}}
flow:
- {repeat: 2, block: level}
- {coupling: {keep: channel, net: [{conv: 4}]}, times: 2}
base: normal
blocks:
  level:
    flow:
    - squeeze: 2
    - {coupling: {keep: channel, net: [{conv: 4, kernel: 3, given: y}, relu]}, times: 3}
    - split: half
""",
    "graphflow": """
flowspec: 1
name: graphflow
x: {shape: [6], values: real}
flow:
  s: {split: {sizes: [3, 3], names: [a, b]}, in: x}
  u: {coupling: {keep: half, net: {mlp: [6]}}, in: s.a}
  v: {affine: {}, in: s.b}
base: {v: normal, u: logistic}
""",
    "ensblock": """
flowspec: 1
name: ensblock
x: {shape: [6], values: binary}
given: {y: {classes: 3}}
order: {random: 3, seed: 2}
net:
  a: {block: first, in: x}
  b: {repeat: 2, block: second, in: {h: a, c: y}}
  d: {relu: {}, in: b.h}
head: bernoulli
blocks:
  first: {in: [z], net: [{linear: 10}, relu]}
  second: {in: [h, c], net: {k: {linear: 10, in: h, given: c}, m: {tanh: {}, in: k}}, out: {h: m}}
""",
    "unusedgiven": """
flowspec: 1
name: unusedgiven
x: {shape: [3], values: binary}
given: {y: {classes: 3}, zz: {classes: 2}}
order: none
net: {a: {linear: 4, in: y}, b: {relu: {}, in: a}}
head: bernoulli
""",
    "unusedgiven2": """
flowspec: 1
name: unusedgiven2
x: {shape: [3], values: real}
given: {y: {classes: 3}, zz: {classes: 2}}
flow: [scale, {autoregressive: {order: {random: 1, seed: 3}, net: [{linear: 8, given: y}, tanh]}, given: y, times: 2}]
base: normal
""",
    "zero": """
flowspec: 1
name: zero
x: {shape: [3], values: real}
flow: [{reverse: {}}, {permute: [2, 0, 1]}]
base: normal
""",
    "manyturns": """
flowspec: 1
name: manyturns
x: {shape: [4], values: real}
flow: [{coupling: {keep: half, net: {mlp: [6]}}, times: 10}]
base: normal
""",
    "positive": """
flowspec: 1
name: positive
x: {shape: [3], values: [0, 1]}
flow: [logit, {coupling: {keep: half, net: {mlp: [6]}}, times: 2}, sigmoid]
base: uniform
""",
    "model": """
flowspec: 1
name: model
x: {shape: [2, 3, 3], values: 4}
order: {raster: {}, channels: joint}
net: [{conv: 6, kernel: 3}, relu, {conv: 6, kernel: 3}, {gate: glu}, {norm: layer}]
head: categorical
""",
    "inner": """
flowspec: 1
name: inner
x: {shape: [4, 2, 2], values: real}
flow:
- {split: {sizes: half, base: {flow: [{coupling: {keep: half, net: [{conv: 4}, tanh]}, given: rest, times: 2}], base: normal}}}
- scale
base: normal
""",
    "inner3": """
flowspec: 1
name: inner3
x: {shape: [6], values: real}
flow:
- {split: {sizes: [2, 4], names: [a, b]}}
base:
  a: normal
  b: {given: a, flow: [{split: {sizes: [2, 2], names: [a, d]}}], base: {a: normal, d: {given: a, order: raster, net: [{linear: 5}, tanh], head: normal}}}
""",
}  # fmt: skip
