"""Nets whose check is timed on larger and larger images: what it costs should follow the net, not the image."""

from __future__ import annotations

PIXELCNN = """\
flowspec: 1                                    # 30 layers: 1 strict, 28 residual, the head's projection
name: pixelcnn
x: {{shape: [3, {side}, {side}], values: 256}}
order: raster
net:
- {{conv: 96, kernel: 7}}
- {{repeat: 28, do: [{{residual: [relu, {{conv: 96, kernel: 3}}]}}]}}
- relu
head: categorical
"""

GATED = """\
flowspec: 1                                    # gated PixelCNN (van den Oord et al. 2016b), 15 layers
name: gated_pixelcnn
x: {{shape: [3, {side}, {side}], values: 256}}
vars: {{p: 126}}
order: raster
net:
  v:   {{conv: $p, kernel: 7, in: x, knows: above}}
  h:   {{conv: $p, kernel: [1, 7], in: x}}
  vh:  {{repeat: 15, block: gated, in: {{v: v, h: h}}}}
  out: {{chain: [relu, {{conv: 1023}}, relu], in: vh.h}}
head: categorical
blocks:
  gated:
    in: [v, h]
    net:
      vc:  {{conv: 2*$p, kernel: 3, in: v, knows: above}}
      v2:  {{gate: tanh_sigmoid, in: vc}}
      v2h: {{conv: 2*$p, in: vc}}
      hc:  {{conv: 2*$p, kernel: [1, 3], in: h}}
      hv:  {{add: [hc, v2h]}}
      g:   {{gate: tanh_sigmoid, in: hv}}
      res: {{conv: $p, in: g}}
      h2:  {{add: [h, res]}}
    out: {{v: v2, h: h2}}
"""

PIXELCNN_PP = """\
flowspec: 1                                    # PixelCNN++ (Salimans et al. 2017), with its strides and skips
name: pixelcnn_pp
x: {{shape: [3, {side}, {side}], values: 256}}
order: {{raster: {{}}, channels: joint}}
net:
  u0: {{conv: 160, kernel: 3, in: x, knows: above}}
  l0: {{conv: 160, kernel: 3, in: x}}
  a:  {{repeat: 5, block: layer, in: {{u: u0, l: l0, su: 0, sl: 0}}}}
  b0: {{block: shrink, in: a}}
  b:  {{repeat: 5, block: layer, in: {{u: b0.u, l: b0.l, su: 0, sl: 0}}}}
  c0: {{block: shrink, in: b}}
  c:  {{repeat: 5, block: layer, in: {{u: c0.u, l: c0.l, su: 0, sl: 0}}}}
  d:  {{for: {{i: [5, 4, 3, 2, 1, 0]}}, block: layer, in: {{u: c.u, l: c.l, su: c.$i.u, sl: c.$i.l}}}}
  e0: {{block: grow, in: d}}
  e:  {{for: {{i: [5, 4, 3, 2, 1, 0]}}, block: layer, in: {{u: e0.u, l: e0.l, su: b.$i.u, sl: b.$i.l}}}}
  f0: {{block: grow, in: e}}
  f:  {{for: {{i: [5, 4, 3, 2, 1, 0]}}, block: layer, in: {{u: f0.u, l: f0.l, su: a.$i.u, sl: a.$i.l}}}}
head: {{discretized_logistic_mixture: 10, in: f.l}}
blocks:
  layer:
    in: [u, l, su, sl]
    net:
      u1: {{chain: [elu, {{conv: 160, kernel: 3, given: su}}, elu, {{conv: 320, kernel: 3}}, {{gate: glu}}], in: u, knows: above}}
      u2: {{add: [u, u1]}}
      l1: {{chain: [elu, {{conv: 160, kernel: 3, given: [u2, sl]}}, elu, {{conv: 320, kernel: 3}}, {{gate: glu}}], in: l}}
      l2: {{add: [l, l1]}}
    out: {{u: u2, l: l2}}
  shrink: {{in: [u, l], net: {{u1: {{down: 2, in: u, knows: above}}, l1: {{down: 2, in: l}}}}, out: {{u: u1, l: l1}}}}
  grow:   {{in: [u, l], net: {{u1: {{up: 2, in: u, knows: above}}, l1: {{up: 2, in: l}}}}, out: {{u: u1, l: l1}}}}
"""

SIDES = (32, 64, 128, 256)
NETS = {"PixelCNN, 30 layers": PIXELCNN, "gated PixelCNN, 15 layers": GATED, "PixelCNN++, 3 resolutions": PIXELCNN_PP}
