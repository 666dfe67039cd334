"""Small specs of every kind, and how a fault is planted into what they become."""

from __future__ import annotations

from typing import Any

from flowspec.compiler import Report, analyse
from flowspec.emit.load import load_class
from flowspec.verify import Certificate, certify
from flowspec.verify.registry import CHECKS

HEAD = "flowspec: 1\nname: subject\n"

MADE = """x: {shape: [5], values: binary}
order: {explicit: [3, 0, 4, 1, 2]}
net: [{linear: 16}, tanh, {linear: 16}, tanh]
head: bernoulli
"""

ENSEMBLE = """x: {shape: [4], values: 3}
given: {label: {classes: 3}}
order: {random: 3, seed: 5}
net: [{linear: 16, given: label}, relu, {linear: 16}, relu]
head: categorical
"""

PIXELCNN = """x: {shape: [2, 3, 4], values: binary}
order: raster
net:
- {conv: 12, kernel: 3}
- {repeat: 2, do: [{residual: [relu, {conv: 12, kernel: 3}]}]}
- {norm: layer}
- relu
head: bernoulli
"""

LOCAL = """x: {shape: [1, 4, 4], values: 3}
order: hilbert
net: [one_hot, {conv: 12, kernel: 3}, relu, {conv: 12, kernel: 3}, relu]
head: categorical
"""

BAYES = """x: {names: {B: binary, E: 3, A: 4, J: 2, M: 2}}
order: {graph: {A: [B, E], J: [A], M: [A]}}
net: [{linear: 24}, tanh, {linear: 24}, tanh]
head: categorical
"""

SEQUENCE = """x: {shape: [2, 6], values: real}
given: {c: {shape: [1, 6], values: real}}
order: raster
net:
  a: {conv: 12, kernel: 3, in: x, given: c}
  d: {dropout: 0.3, in: a}
  e: {conv: 12, kernel: 2, in: d}
  f: {gate: glu, in: e}
head: {gaussian_mixture: 2}
"""

PIXELS = """x: {shape: [3, 2, 3], values: 16}
order: {raster: {}, channels: joint}
net: [{conv: 12, kernel: 3}, tanh, {conv: 12, kernel: 3}, tanh]
head: {discretized_logistic_mixture: 2}
"""

PAIRS = """x: {shape: [2, 4], values: real}
given: {label: {classes: 3}}
flow:
- affine
base: {given: label, order: {even_odd: {}, channels: joint}, net: [{linear: 16}, tanh], head: {gaussian_mixture: 2}}
"""

HISTOGRAM = """x: {shape: [3], values: 4}
head: categorical
"""

TOY = """x: {shape: [2], values: real}
flow:
- {coupling: {keep: half, net: {mlp: [16]}}, times: 3}
base: normal
"""

MAF = """x: {shape: [5], values: real}
given: {c: {shape: [2], values: real}}
flow:
- actnorm
- {autoregressive: {order: raster, net: [{linear: 16}, tanh, {linear: 16}, tanh], given: c}, times: 2}
- reverse
- {autoregressive: {order: {random: 1, seed: 2}, net: [{linear: 16}, tanh], fast: sampling}}
- {leaky_relu: 0.3}
- affine
base: {gaussian_mixture: 3}
"""

GLOW = """x: {shape: [2, 4, 4], values: 4}
nets:
  st: {resnet: {width: 12, blocks: 1}}
flow:
- dequantize
- logit: 0.05
- {coupling: {keep: checkerboard, net: st}, times: 2}
- squeeze: 2
- {repeat: 2, do: [actnorm, {permute: {random: 1, seed: 3}}, {coupling: {keep: channel, net: st, transform: additive}, times: 2}]}
- {split: half, base: {net: [{conv: 12, kernel: 3}, relu], head: normal}}
- {coupling: {keep: checkerboard, net: st}, times: 2}
base: normal
"""

PARTS = """x: {shape: [8], values: real}
flow:
- {coupling: {keep: half, net: [{linear: 16}, tanh]}, times: 2}
- {split: {sizes: [3, 5], names: [a, b]}}
base:
  a: {given: b, order: raster, net: [{linear: 24}, tanh], head: {logistic_mixture: 2}}
  b: {flow: [{coupling: {keep: even_odd, net: [{linear: 16}, tanh]}, times: 2}], base: logistic}
"""

BOX = """x: {shape: [2], values: [0, 1]}
flow: [{logit: 0.0}, {coupling: {keep: [0], net: {mlp: [16]}}, times: 2}, sigmoid]
base: uniform
"""

ENCODER = """x: {shape: [4], values: binary}
flow:
- encode: [3]
  posterior:
    given: {h: {mlp: [6], in: x}}
    flow: [{autoregressive: {order: raster, net: {mlp: [6]}, fast: sampling}, given: h}]
    base: {head: {normal: {}, in: h}}
  decoder: {net: {mlp: [6]}, head: bernoulli}
base: normal
"""

SPECS = {
    "encoder": ENCODER,
    "made": MADE,
    "ensemble": ENSEMBLE,
    "pixelcnn": PIXELCNN,
    "local": LOCAL,
    "bayes": BAYES,
    "sequence": SEQUENCE,
    "pixels": PIXELS,
    "pairs": PAIRS,
    "histogram": HISTOGRAM,
    "toy": TOY,
    "maf": MAF,
    "glow": GLOW,
    "parts": PARTS,
    "box": BOX,
}


def checked(body: str) -> Report:
    """The report of a spec without its first two lines."""
    report = analyse("subject.yaml", HEAD + body)
    assert report.ok, [finding.message for finding in report.diagnostics]
    return report


def planted(body: str, *faults: tuple[str, str], only: str = "") -> Certificate:
    """The certificate (or one check of it) of a spec whose emitted text is changed; each old text must occur."""
    report = checked(body)

    def build(judged: Report) -> Any:
        text = judged.source()
        for old, new in faults:
            assert old in text or judged is not report, f"{old!r} is not in the emitted text"
            text = text.replace(old, new)
        return load_class(text, "planted")

    return certify(report, build=build, checks=tuple(c for c in CHECKS if not only or c.name == only))
