"""The one table in which every op stands: small specs, each naming the ops that it is a case of.

A row is judged whole (tests/ops/test_contract.py): what check claims of it, by the module that is built from it.
"""

from __future__ import annotations

from dataclasses import dataclass

Covered = tuple[str, str]  # the place where an op may stand, and its name


@dataclass(frozen=True)
class Case:
    """One row: a spec without its first two lines, and the ops it is a case of."""

    id: str
    covers: tuple[Covered, ...]
    text: str

    @property
    def spec(self) -> str:
        return f"flowspec: 1\nname: model\n{self.text}\n"


def _case(id: str, covers: str, text: str) -> Case:
    """`covers` lists `place:op` separated by blanks."""
    pairs = [word.partition(":") for word in covers.split()]
    return Case(id, tuple((place, name) for place, _, name in pairs), text)


def ordered(id: str, covers: str, net: str, *, shape: str = "[1, 3, 3]", values: str = "3", order: str = "raster",
            head: str = "categorical", more: str = "") -> Case:  # fmt: skip
    """An autoregressive model."""
    return _case(id, covers, f"x: {{shape: {shape}, values: {values}}}\n{more}order: {order}\nnet: {net}\nhead: {head}")


def flow(id: str, covers: str, steps: str, *, shape: str = "[4]", values: str = "real", base: str = "normal",
         more: str = "") -> Case:  # fmt: skip
    """A flow."""
    return _case(id, covers, f"x: {{shape: {shape}, values: {values}}}\n{more}flow: [{steps}]\nbase: {base}")


LABEL = "given: {c: {classes: 3}}\n"
VECTOR = "given: {c: {shape: [2], values: real}}\n"
IMAGE = "given: {c: {shape: [2, 3, 3], values: real}}\n"
CONV = "{conv: 6, kernel: 3}"

# --- nets -----------------------------------------------------------------------------------------------------------

WEIGHTED = (
    ordered("linear", "net:linear", "[{linear: 9}, relu, {linear: 7}]", shape="[5]"),
    ordered("linear/arguments", "net:linear", "[{linear: {out: 9}}]", shape="[5]"),
    ordered("linear/narrow", "net:linear", "[{linear: 6}, tanh, {linear: 4}, tanh, {linear: 9}]", shape="[7]"),
    ordered("linear/one-variable", "net:linear", "[{linear: 3}, relu]", shape="[1]"),
    ordered("linear/image", "net:linear", "[{linear: 20}, relu]", shape="[2, 2, 2]"),
    ordered("linear/sites", "net:linear", "[{linear: 12}, tanh, {linear: [4, 3, 3]}, tanh]"),
    ordered("linear/sites-of-x", "net:linear", "[{linear: [4, 3, 3]}, tanh, {conv: 4}]", shape="[2, 3, 3]"),
    ordered("linear/sites-of-a-vector", "net:linear", "[{linear: [3, 5]}, tanh, {conv: 3, kernel: 2}]", shape="[5]"),
    ordered("linear/graph", "net:linear order:graph", "[{linear: 9}, tanh, {linear: 9}, tanh]", shape="[5]",
            order="{graph: {1: [0], 3: [0, 2], 4: [3]}}"),
    ordered("linear/graph-of-many", "net:linear", "[{linear: 70}, tanh, {linear: 70}]", shape="[70]", values="binary", head="bernoulli",
            order="{graph: {1: [0], 64: [1, 63], 69: [64, 68]}}"),
    ordered("linear/label", "net:linear", "[{linear: 9, given: c}, tanh, {linear: 7, given: c}]", shape="[4]", more=LABEL),
    ordered("linear/vector-context", "net:linear", "[{linear: 9, given: c}, tanh]", shape="[4]", more=VECTOR),
    ordered("linear/unmasked-context", "net:linear net:concat",
            "{a: {linear: 4, in: c, mask: none}, b: {linear: 8, in: x}, d: {concat: [a, b]}, e: {linear: 9, in: d}}",
            shape="[4]", more=VECTOR),
    ordered("conv", "net:conv", f"[{CONV}, relu, {CONV}]"),
    ordered("conv/three-channels", "net:conv", f"[{CONV}, relu, {CONV}, relu, {{conv: 6}}]", shape="[3, 3, 3]"),
    ordered("conv/even-kernel", "net:conv", "[{conv: 4, kernel: 4}, relu, {conv: 4, kernel: [2, 1]}]"),
    ordered("conv/dilation", "net:conv", "[{conv: 4, kernel: 3}, tanh, {conv: 4, kernel: 3, dilation: [1, 2]}]",
            shape="[1, 4, 4]"),
    ordered("conv/inclusive", "net:conv", "[{conv: 4, kernel: 3, knows: upto}, {conv: 4, kernel: 3}]", shape="[2, 3, 3]"),
    ordered("conv/above", "net:conv",
            f"{{v: {{conv: 4, kernel: 3, in: x, knows: above}}, h: {CONV[:-1]}, in: x}}, l: {{conv: 6, in: v}}, o: {{add: [h, l]}}}}"),
    ordered("conv/every-place-its-own", "net:conv order:hilbert", f"[{CONV}, tanh, {CONV}]", order="hilbert", shape="[1, 4, 3]"),
    ordered("conv/every-place-and-channel", "net:conv", f"[{CONV}, tanh, {CONV}]", order="hilbert", shape="[2, 3, 3]"),
    ordered("conv/sequence", "net:conv", "[{conv: 4, kernel: 2}, tanh, {conv: 4, kernel: 3, dilation: 2}]", shape="[2, 6]"),
    ordered("conv/vector", "net:conv", "[{conv: 4, kernel: 2}, tanh, {conv: 4, kernel: 3}]", shape="[6]"),
    ordered("conv/backwards", "net:conv order:reverse", "[{conv: 4, kernel: 2}, tanh, {conv: 4, kernel: 3}]", shape="[6]",
            order="reverse"),
    ordered("conv/video", "net:conv", "[{conv: 4, kernel: 3}, tanh, {conv: 4, kernel: [1, 2, 3]}]", shape="[1, 2, 2, 3]"),
    ordered("conv/label", "net:conv", f"[{CONV[:-1]}, given: c}}, tanh, {CONV}]", more=LABEL),
    ordered("conv/image-context", "net:conv", f"[{CONV[:-1]}, given: c}}, tanh]", more=IMAGE),
    ordered("conv/unmasked-context", "net:conv net:add",
            f"{{a: {{conv: 6, kernel: 3, in: c, mask: none}}, b: {CONV[:-1]}, in: x}}, d: {{add: [a, b]}}}}", more=IMAGE),
)  # fmt: skip

_DEEP = "[{linear: {out: 9, weight_norm: true}}, tanh, {linear: 9, weight_norm: true}]"
_CONVS = "[{conv: 6, kernel: 3, weight_norm: true}, relu, {conv: 6, kernel: [2, 3], weight_norm: true, given: c}]"
NORMED = (
    ordered("weight_norm/linear", "net:linear", _DEEP, shape="[5]"),
    ordered("weight_norm/dead-units", "net:linear", "[{linear: 20, weight_norm: true}, tanh, {linear: 20, weight_norm: true}]", shape="[3]",
            more=LABEL),
    ordered("weight_norm/ensemble", "net:linear order:random", _DEEP, shape="[4]", order="{random: 3, seed: 2}"),
    ordered("weight_norm/graph", "net:linear", _DEEP, shape="[5]", order="{graph: {1: [0], 3: [0, 2], 4: [3]}}"),
    ordered("weight_norm/sites", "net:linear", "[{linear: [4, 3, 3], weight_norm: true}, tanh]"),
    ordered("weight_norm/conv", "net:conv", _CONVS, shape="[2, 3, 3]", more=LABEL),
    ordered("weight_norm/every-place-its-own", "net:conv", _CONVS, shape="[2, 3, 3]", order="hilbert", more=LABEL),
    flow("weight_norm/coupling", "net:conv",
         "{coupling: {keep: checkerboard, net: [{conv: 4, kernel: 3, weight_norm: true}, tanh, {conv: 4, kernel: 2, weight_norm: true}]}}",
         shape="[2, 2, 2]"),
)  # fmt: skip

_ACTIVATIONS = (
    "relu",
    "tanh",
    "sigmoid",
    "elu",
    "gelu",
    "silu",
    "softplus",
    "leaky_relu",
    "{leaky_relu: 0.2}",
    "{dropout: 0.3}",
)
POINTWISE = (
    *(ordered(f"{a}/flat", f"net:{a.strip('{}').partition(':')[0]}", f"[{{linear: 9}}, {a}]", shape="[4]") for a in _ACTIVATIONS),
    *(ordered(f"{a}/sites", f"net:{a.strip('{}').partition(':')[0]}", f"[{CONV}, {a}, {{conv: 3}}]") for a in _ACTIVATIONS),
    ordered("tanh/of-x", "net:tanh", f"[tanh, {CONV}]"),
    ordered("dropout/arguments", "net:dropout", "[{linear: 9}, dropout]", shape="[4]"),
    ordered("gate/flat", "net:gate", "[{linear: 12}, {gate: tanh_sigmoid}]", shape="[4]"),
    ordered("gate/sites", "net:gate", "[{conv: 12, kernel: 3}, {gate: {kind: glu}}, {conv: 6}]", shape="[3, 3, 3]"),
    ordered("gate/of-a-gate", "net:gate", "[{conv: 12, kernel: 3}, {gate: glu}, {gate: tanh_sigmoid}]", shape="[3, 3, 3]"),
    ordered("gate/label", "net:gate", "[{conv: 8, kernel: 3}, {gate: tanh_sigmoid, given: c}]", shape="[2, 3, 3]", more=LABEL),
    ordered("add", "net:add", f"{{a: {CONV[:-1]}, in: x}}, b: {{conv: 6, in: a}}, c: {{add: [a, b, 0]}}}}"),
    ordered("add/flat", "net:add", "{a: {linear: 9, in: x}, b: {linear: 9, in: a}, c: {add: [a, b]}}", shape="[4]"),
    ordered("mul", "net:mul", f"{{a: {CONV[:-1]}, in: x}}, b: {{conv: 6, in: a}}, c: {{mul: [a, b]}}}}"),
    ordered("concat", "net:concat", f"{{a: {CONV[:-1]}, in: x}}, b: {{conv: 2, in: a}}, c: {{concat: [a, b]}}, d: {{conv: 4, in: c}}}}"),
    ordered("concat/flat", "net:concat", "{a: {linear: 9, in: x}, b: {concat: [a, x]}, d: {linear: 9, in: b}}", shape="[4]"),
    ordered("concat/context", "net:concat", f"{{a: {CONV[:-1]}, in: x}}, b: {{concat: [a, c]}}, d: {{conv: 4, in: b}}}}", more=LABEL),
    ordered("concat/vector-context", "net:concat", f"{{a: {CONV[:-1]}, in: x}}, b: {{concat: [c, a]}}, d: {{conv: 4, in: b}}}}", more=VECTOR),
    ordered("concat/image-context", "net:concat", f"{{a: {CONV[:-1]}, in: x}}, b: {{concat: [a, c]}}, d: {{conv: 4, in: b}}}}", more=IMAGE),
    ordered("concat/vector-along-sites", "net:concat",
            "{a: {conv: 3, kernel: 2, in: x}, b: {concat: [a, x]}, d: {conv: 4, kernel: 2, in: b}}", shape="[5]"),
    ordered("norm/flat", "net:norm", "[{linear: 16}, {norm: layer}, tanh]", shape="[4]"),
    ordered("norm/sites", "net:norm", f"[{CONV}, {{norm: layer}}, {CONV}]", shape="[2, 3, 3]"),
    ordered("norm/embedding", "net:norm net:embedding", f"[{{embedding: 4}}, {{norm: {{kind: layer}}}}, {CONV}]", shape="[2, 3, 3]"),
    flow("norm/batch", "net:norm", "{coupling: {keep: half, net: [{linear: 8}, {norm: batch}, tanh]}}"),
    flow("norm/batch-sites", "net:norm", "{coupling: {keep: checkerboard, net: [{conv: 4, kernel: 3}, {norm: batch}, tanh]}}", shape="[1, 3, 3]"),
    ordered("one_hot", "net:one_hot", f"[one_hot, {CONV}]"),
    ordered("one_hot/vector", "net:one_hot", "[one_hot, {conv: 5, kernel: 3}]", shape="[5]"),
    ordered("one_hot/context", "net:one_hot net:embedding",
            "{o: {one_hot: {}, in: c}, e: {embedding: 3, in: v}, g: {linear: [2, 3, 3], in: e},"
            " h: {conv: 6, kernel: 3, in: x, given: [o, g]}}",
            more="given: {c: {shape: [2, 3, 3], values: 4}, v: {shape: [3], values: 5}}\n"),
    ordered("embedding/context", "net:embedding",
            "{e: {embedding: 3, in: c}, b: {one_hot: {}, in: b2}, h: {conv: 6, kernel: 3, in: x, given: [e, b]}}",
            more="given: {c: {shape: [2, 3, 3], values: 4}, b2: {shape: [1, 3, 3], values: binary}}\n"),
    ordered("one_hot/channels", "net:one_hot", f"[one_hot, {CONV}]", shape="[2, 3, 3]"),
    ordered("embedding", "net:embedding", f"[{{embedding: 4}}, {CONV}]", shape="[2, 3, 3]"),
    ordered("embedding/flat-after", "net:embedding", "[{embedding: {out: 2}}, {linear: 12}, tanh]", shape="[4]"),
    ordered("position", "net:position", f"{{a: {CONV[:-1]}, in: x}}, p: position, b: {{concat: [a, p]}}, d: {{conv: 4, in: b}}}}"),
    ordered("position/learned", "net:position", f"{{p: {{position: 2}}, b: {{concat: [x, p]}}, d: {CONV[:-1]}, in: b}}}}"),
)  # fmt: skip

_FAMILY = "{graph: {A: [B, E], J: [A], M: [A]}}"
TABLES = (
    ordered("table", "net:table", "table", shape="[4]"),
    ordered("table/chain", "net:table", "[table]", shape="[1, 2, 2]", values="binary", order="hilbert", head="bernoulli"),
    ordered("table/levels", "net:table", "{t: table}", shape="[2, 2, 2]", values="binary", head="bernoulli",
            order="{levels: [[0, 3], [1, 5, 6], [2, 4, 7]]}"),
    ordered("table/graph", "net:table", "{t: {table: {}, in: x}}", shape="[5]", order="{graph: {1: [0], 3: [0, 2], 4: [3]}}"),
    ordered("table/joint-channels", "net:table", "table", shape="[2, 1, 2]", order="{raster: {}, channels: joint}"),
    ordered("table/one-variable", "net:table", "table", shape="[1]"),
    ordered("table/last-is-read-by-nobody", "net:table", "table", shape="[3]", order="reverse", values="binary", head="bernoulli"),
    ordered("table/label", "net:table", "table", shape="[3]", more=LABEL),
    ordered("table/two-labels", "net:table", "{t: {table: {}, given: [c, d]}}", shape="[3]", order="{graph: {2: [0]}}",
            more="given: {c: {classes: 3}, d: {classes: 2}}\n"),
    _case("table/names", "net:table order:graph",
          f"x: {{names: [B, E, A, J, M], values: binary}}\norder: {_FAMILY}\nnet: table\nhead: bernoulli"),
    _case("table/counts", "net:table",
          f"x: {{names: {{B: binary, E: 3, A: 4, J: binary, M: 5}}}}\norder: {_FAMILY}\nnet: table\nhead: categorical"),
    _case("table/counts-and-label", "net:table",
          f"x: {{names: {{B: binary, E: 3, A: 2}}}}\n{LABEL}order: raster\nnet: table\nhead: categorical"),
    _case("table/labels-alone", "net:table",
          f"x: {{shape: [4], values: 3}}\n{LABEL}net: table\nhead: categorical"),
)  # fmt: skip

STRUCTURES = (
    ordered("chain", "net:chain", f"{{a: {{chain: [{CONV}, relu], in: x}}, b: {{conv: 4, in: a}}}}"),
    ordered("residual", "net:residual", f"[{CONV}, {{residual: [relu, {{conv: 6, kernel: 3}}]}}]", shape="[2, 3, 3]"),
    ordered("residual/flat", "net:residual", "[{linear: 9}, {residual: {steps: [tanh, {linear: 5}, tanh, {linear: 9}]}}]", shape="[4]"),
    ordered("mlp", "net:mlp", "{mlp: [9, 8]}", shape="[4]"),
    ordered("mlp/step", "net:mlp", "[{mlp: {widths: [9]}}, {linear: 8}]", shape="[4]"),
    ordered("resnet/image", "net:resnet", "{resnet: {width: 6, blocks: 2, kernel: 3}}", shape="[2, 3, 3]"),
    ordered("resnet/vector", "net:resnet", "[{resnet: 9}]", shape="[4]"),
    flow("resnet/coupling", "net:resnet flow:coupling", "{coupling: {keep: checkerboard, net: {resnet: {width: 4, blocks: 1}}}, times: 2}",
         shape="[1, 3, 3]"),
    ordered("repeat", "net:repeat", f"[{CONV}, {{repeat: 2, do: [relu, {CONV}]}}]"),
    ordered("repeat/none", "net:repeat", f"[{CONV}, {{repeat: 0, do: [relu, {CONV}]}}]"),
    ordered("repeat/rounds", "net:repeat net:block",
            f"{{a: {CONV[:-1]}, in: x}}, r: {{repeat: 3, block: b, in: {{h: a}}}}, s: {{add: [r.0, r.2, r]}}}}",
            more="blocks: {b: {in: [h], net: {g: {conv: 6, kernel: 3, in: h}}, out: {h: g}}}\n"),
    ordered("for", "net:for", f"[{CONV}, {{for: {{d: [1, 2]}}, do: [tanh, {{conv: 6, kernel: 3, dilation: $d}}]}}]", shape="[1, 4, 4]"),
    ordered("for/block", "net:for", f"{{a: {CONV[:-1]}, in: x}}, f: {{for: {{d: [1, 2]}}, block: b, in: a}}}}", shape="[1, 4, 4]",
            more="blocks: {b: {in: [h], vars: {d: 1}, net: [{conv: 6, kernel: 3, dilation: $d}, tanh]}}\n"),
    ordered("block", "net:block", f"[{CONV}, {{block: b}}, {{block: b}}]", more="blocks: {b: {in: [h], net: [relu, {conv: 6, kernel: 3}]}}\n"),
)  # fmt: skip

_ATTENTION = "[{attention: 8}, tanh, {attention: {out: 8, heads: 4}}]"
ATTENTION = (
    ordered("attention", "net:attention", "[{attention: 4}]"),
    ordered("attention/arguments", "net:attention", "[{attention: {out: 6, heads: 3, mask: derived}}, {attention: 4}]"),
    *(ordered(f"attention/{order.strip('{').partition(':')[0]}", "net:attention", _ATTENTION, shape="[2, 2, 2]", order=order)
      for order in ("reverse", "columns", "s_curve", "hilbert", "even_odd", "{random: 1, seed: 5}", "{subscale: [2, 1]}")),
    *(ordered(f"attention/{channels}/{order}", "net:attention", _ATTENTION, shape="[2, 2, 2]",
              order=f"{{{order}: {{}}, channels: {channels}}}")
      for order in ("raster", "hilbert", "none") for channels in ("inner", "joint", "first")
      if (order, channels) != ("none", "joint")),
    ordered("attention/levels", "net:attention order:levels", _ATTENTION, shape="[8]", order="{levels: [[0, 3], [1, 5, 6], [2, 4, 7]]}"),
    ordered("attention/levels-of-an-image", "net:attention", _ATTENTION, shape="[1, 2, 4]", order="{levels: [[0, 3], [1, 5, 6], [2, 4, 7]]}"),
    ordered("attention/explicit", "net:attention", _ATTENTION, shape="[5]", order="{explicit: [3, 0, 4, 1, 2]}"),
    ordered("attention/graph", "net:attention order:graph", _ATTENTION, shape="[5]", order="{graph: {1: [0], 3: [0, 2], 4: [3]}}"),
    ordered("attention/ensemble", "net:attention order:random", _ATTENTION, shape="[4]", order="{random: 3, seed: 2}"),
    ordered("attention/ensemble-of-images", "net:attention net:conv", "[{attention: 8}, {conv: 6}, {attention: 8}]", shape="[2, 2, 2]",
            order="{random: 2, seed: 2}"),
    ordered("attention/sequence", "net:attention", "[{conv: 4, kernel: 2}, tanh, {attention: 4}]", shape="[2, 4]"),
    ordered("attention/video", "net:attention", "[{attention: 4}, {attention: 4}]", shape="[1, 2, 2, 2]"),
    ordered("attention/above", "net:attention", "{a: {attention: 4, in: x, knows: above}, b: {attention: 4, in: x}, c: {concat: [a, b]}}"),
    ordered("attention/upto", "net:attention", "{a: {attention: 4, in: x, knows: upto}, b: {attention: 4, in: a}}"),
    ordered("attention/inputs", "net:attention",
            f"{{a: {CONV[:-1]}, in: x}}, p: position, r: {{concat: [x, a, p]}}, q: {{concat: [a, p]}}, "
            "b: {attention: 8, in: {query: q, key: r, value: a}}, c: {concat: [a, b]}}", shape="[2, 2, 3]"),
    ordered("attention/block", "net:attention",
            f"{{a: {CONV[:-1]}, in: x}}, b: {{block: qkv, in: a}}, c: {{attention: 4, in: b}}, d: {{concat: [a, c]}}}}",
            more="blocks: {qkv: {in: [h], net: {q: {conv: 4, in: h}, k: {conv: 4, in: h}, v: {conv: 2, in: h}}, out: {query: q, key: k, value: v}}}\n"),
    ordered("attention/coarser-keys", "net:attention net:down",
            f"{{a: {CONV[:-1]}, in: x}}, d: {{down: 2, in: a, knows: upto}}, b: {{attention: 4, in: {{query: a, key: d, value: d}}}}, c: {{concat: [a, b]}}}}",
            shape="[1, 4, 4]"),
    ordered("attention/coarse", "net:attention net:down net:up",
            f"{{a: {CONV[:-1]}, in: x}}, d: {{down: 2, in: a, knows: upto}}, b: {{attention: 4, in: d}}, u: {{up: 2, in: b}}, c: {{concat: [a, u]}}}}",
            shape="[1, 4, 4]"),
    ordered("attention/label", "net:attention", "[{attention: 4, given: c}, tanh, {attention: 4}]", more=LABEL),
    ordered("attention/image-context", "net:attention", "{a: {attention: 4, in: x}, b: {attention: 4, in: {query: a, key: c, value: c}}}",
            more=IMAGE),
    ordered("attention/sequence-context", "net:attention", "{a: {attention: 4, in: x}, b: {attention: 4, in: {query: a, key: c, value: c}}}",
            more="given: {c: {shape: [5], values: real}}\n"),
    ordered("attention/unmasked-context", "net:attention",
            "{a: {attention: 4, in: c, mask: none}, b: {attention: 4, in: x}, d: {add: [a, b]}}", more=IMAGE),
    ordered("attention/gate", "net:attention net:gate", "[{attention: 8}, {gate: glu}, {attention: 8}]", shape="[2, 2, 2]"),
    flow("attention/coupling", "net:attention flow:coupling",
         "{coupling: {keep: checkerboard, net: [{attention: 4}, tanh, {attention: {out: 4, heads: 2}}]}, times: 2}", shape="[1, 2, 3]"),
    flow("attention/vector-coupling", "net:attention", "{coupling: {keep: half, net: [{attention: 4}, tanh, {linear: 8}]}, times: 2}"),
    flow("attention/autoregressive", "net:attention flow:autoregressive",
         "{autoregressive: {order: s_curve, net: [{attention: 4}, tanh, {attention: 4}]}, times: 2}", shape="[1, 2, 3]"),
    ordered("transformer", "net:transformer", "[{transformer: 12}]", shape="[1, 2, 3]"),
    ordered("transformer/arguments", "net:transformer", "{transformer: {layers: 1, heads: 6, width: 24}}", shape="[3, 2, 2]"),
    ordered("transformer/none", "net:transformer", "{transformer: {layers: 0, width: 6}}", shape="[4]"),
    ordered("transformer/ensemble", "net:transformer", "{transformer: {layers: 1, width: 8}}", shape="[4]", order="{random: 2, seed: 1}"),
    flow("transformer/coupling", "net:transformer", "{coupling: {keep: checkerboard, net: {transformer: {layers: 1, width: 6}}}, times: 2}",
         shape="[1, 2, 3]"),
)  # fmt: skip

_FIRST, _IMAGE2 = "{raster: {}, channels: first}", "[2, 2, 3]"
_DIAGONAL = "{lstm: 4, along: diagonals, both: true}"
RECURRENCES = (
    ordered("lstm", "net:lstm", "[{lstm: 4}, {lstm: {out: 4}}]", shape="[5]"),
    ordered("lstm/sequence", "net:lstm net:embedding", "[{embedding: 3}, {lstm: 4}]", shape="[2, 3]"),
    ordered("lstm/position", "net:lstm net:position", "{p: position, c: {concat: [x, p]}, h: {lstm: 4, in: c}}"),
    ordered("lstm/label", "net:lstm", "[{lstm: 4, given: c}]", shape="[4]", more=LABEL),
    ordered("lstm/context-inside", "net:lstm", "{a: {concat: [x, c]}, h: {lstm: 4, in: a}}", more=IMAGE),
    ordered("lstm/of-a-context", "net:lstm", "{a: {lstm: 4, both: true, in: c}, b: {lstm: 4, in: x}, d: {concat: [a, b]}}", more=IMAGE),
    ordered("lstm/channels", "net:lstm", "[{lstm: 6}, {lstm: 6}]", shape=_IMAGE2),
    ordered("lstm/channels-first", "net:lstm", "[{lstm: 4}, {lstm: 4}]", shape=_IMAGE2, order=_FIRST),
    ordered("lstm/hilbert", "net:lstm order:hilbert", "[{lstm: 4}, {conv: 4, kernel: 3}]", shape="[1, 4, 3]", order="hilbert"),
    ordered("lstm/above", "net:lstm", "{a: {lstm: 4, in: x, knows: above}, b: {lstm: 4, in: x}, c: {add: [a, b]}}"),
    ordered("gru", "net:gru", "[{gru: 4}, {gru: 4}]", order="reverse"),
    ordered("gru/random", "net:gru", "[{gru: 4}]", shape="[6]", order="{random: 1, seed: 2}"),
    ordered("gru/explicit", "net:gru", "[{gru: 4}]", shape="[4]", order="{explicit: [2, 0, 3, 1]}"),
    ordered("rnn", "net:rnn", "[{rnn: 4}, {rnn: 4}]", order="s_curve"),
    ordered("rnn/levels", "net:rnn", "[{rnn: 4}]", shape="[5]", order="{levels: [[0, 3], [1], [2, 4]]}"),
    ordered("lstm/rows", "net:lstm", "[{lstm: 4, along: rows}, {lstm: 4, along: rows}]", shape="[1, 3, 4]"),
    ordered("gru/rows-backwards", "net:gru", "[{gru: 4, along: rows}, {gru: 4, along: rows, kernel: 2}]", shape="[1, 3, 4]", order="reverse"),
    ordered("rnn/rows-columns", "net:rnn", "[{rnn: 4, along: rows, kernel: 5}]", shape="[2, 3, 3]", order="columns"),
    ordered("lstm/rows-above", "net:lstm", f"{{a: {{lstm: 4, along: rows, knows: above, in: x}}, b: {CONV[:-1]}, in: x}}, c: {{concat: [a, b]}}}}"),
    ordered("lstm/diagonals", "net:lstm", f"[{CONV}, {_DIAGONAL}]", shape="[1, 3, 4]"),
    ordered("lstm/diagonals-columns", "net:lstm", f"[{CONV}, {_DIAGONAL}]", shape="[2, 3, 3]", order="columns"),
    ordered("gru/diagonals", "net:gru", f"[{CONV}, {{gru: 4, along: diagonals, both: true}}]", order="reverse"),
    ordered("rnn/diagonals-first", "net:rnn", f"[{CONV}, {{rnn: 4, along: diagonals, both: true}}]", shape=_IMAGE2, order=_FIRST),
    ordered("linear/tied", "net:linear", "[{linear: 5, tied: true}, sigmoid]", shape="[5]", values="binary", head="bernoulli"),
    ordered("linear/tied-random", "net:linear", "[{linear: {out: 5, tied: true}}, tanh]", shape="[6]", order="{random: 1, seed: 4}"),
    ordered("linear/tied-channels", "net:linear", "[{linear: 6, tied: true}, tanh]", shape=_IMAGE2),
    ordered("linear/tied-explicit", "net:linear", "[{linear: 6, tied: true}, tanh]", shape="[2, 1, 2]", order="{explicit: [2, 0, 3, 1]}"),
    ordered("linear/tied-twice", "net:linear", "[{linear: 6, tied: true}, tanh, {linear: 6, tied: true}, tanh]"),
    ordered("linear/tied-one-hot", "net:linear", "[one_hot, {linear: 4, tied: true}, tanh]", shape="[4]"),
    flow("lstm/coupling", "net:lstm", "{coupling: {keep: checkerboard, net: [{conv: 3, kernel: 3}, {lstm: 3, both: true}, {gru: 3, along: rows}, {rnn: 3, along: diagonals, both: true}]}}",
         shape="[1, 2, 3]"),
    flow("linear/tied-flow", "net:linear flow:autoregressive", "{autoregressive: {order: raster, net: [{linear: 5, tied: true}, tanh]}}"),
)  # fmt: skip

# --- densities ------------------------------------------------------------------------------------------------------

_MLP = "[{linear: 9}, tanh]"
DENSITIES = (
    ordered("bernoulli", "density:bernoulli", _MLP, shape="[4]", values="binary", head="bernoulli"),
    ordered("bernoulli/reads-x", "density:bernoulli", f"[{CONV}]", values="binary", head="{bernoulli: {}, kernel: 3}"),
    _case("bernoulli/fvsbn", "density:bernoulli",
          "x: {shape: [4], values: binary}\norder: raster\nhead: {bernoulli: {}, in: x}"),
    _case("bernoulli/free", "density:bernoulli", "x: {shape: [4], values: binary}\nhead: bernoulli"),
    _case("bernoulli/given", "density:bernoulli",
          "x: {shape: [4], values: binary}\ngiven: {c: {classes: 3}}\nnet: [{linear: 5}, relu]\nhead: bernoulli"),
    ordered("categorical", "density:categorical", _MLP, shape="[4]"),
    _case("categorical/counts", "density:categorical",
          f"x: {{names: {{A: binary, B: 3, C: 4}}}}\norder: raster\nnet: {_MLP}\nhead: categorical"),
    _case("categorical/free", "density:categorical", "x: {shape: [1, 2, 2], values: 3}\nhead: categorical"),
    ordered("normal", "density:normal", _MLP, shape="[3]", values="real", head="normal"),
    ordered("normal/kernel", "density:normal", f"[{CONV}, tanh]", values="real", head="{normal: {}, kernel: [2, 3]}"),
    flow("normal/base", "density:normal", "{coupling: {keep: half, net: [{linear: 5}]}}", base="normal"),
    flow("normal/free", "density:normal", "actnorm", base="{head: normal}"),
    flow("normal/prior", "density:normal flow:split", "{split: {sizes: half, base: {net: [{linear: 5}], head: normal}}}"),
    ordered("logistic", "density:logistic", _MLP, shape="[3]", values="real", head="logistic"),
    flow("logistic/base", "density:logistic", "{coupling: {keep: half, net: [{linear: 5}]}}", base="logistic"),
    flow("uniform", "density:uniform", "sigmoid", base="uniform"),
    flow("beta", "density:beta", "sigmoid", base="{beta: [2, 0.5]}"),
    _case("beta/leaf", "density:beta", "x: {shape: [2], values: [0, 1]}\nhead: {beta: [1, 3]}"),
    flow("uniform/interval", "density:uniform", "{permute: [1, 0, 3, 2]}", values="[0, 1]", base="uniform"),
    ordered("gaussian_mixture", "density:gaussian_mixture", _MLP, shape="[3]", values="real", head="{gaussian_mixture: 2}"),
    ordered("gaussian_mixture/arguments", "density:gaussian_mixture", f"[{CONV}]", values="real",
            head="{gaussian_mixture: {components: 3}}"),
    ordered("gaussian_mixture/joint", "density:gaussian_mixture", f"[{CONV}, tanh]", shape="[2, 2, 2]", values="real",
            order="{raster: {}, channels: joint}", head="{gaussian_mixture: 2}"),
    ordered("discretized_logistic_mixture", "density:discretized_logistic_mixture", _MLP, shape="[4]", values="4",
            head="{discretized_logistic_mixture: 2}"),
    ordered("discretized_logistic_mixture/binary", "density:discretized_logistic_mixture", f"[{CONV}]", values="binary",
            head="{discretized_logistic_mixture: 2, kernel: 3}"),
    ordered("discretized_logistic_mixture/channels-apart", "density:discretized_logistic_mixture", f"[{CONV}]",
            shape="[3, 1, 2]", head="{discretized_logistic_mixture: 2}"),
    _case("discretized_logistic_mixture/counts", "density:discretized_logistic_mixture",
          f"x: {{names: {{A: binary, B: 3, C: 4}}}}\norder: raster\nnet: {_MLP}\nhead: {{discretized_logistic_mixture: 2}}"),
    ordered("discretized_logistic_mixture/joint", "density:discretized_logistic_mixture", f"[{CONV}, tanh]",
            shape="[3, 1, 2]", order="{raster: {}, channels: joint}", head="{discretized_logistic_mixture: 2}"),
    ordered("discretized_logistic_mixture/joint-flat", "density:discretized_logistic_mixture", "[{linear: 12}, tanh]",
            shape="[2, 1, 3]", order="{reverse: {}, channels: joint}", head="{discretized_logistic_mixture: 2}"),
    ordered("discretized_logistic_mixture/joint-local", "density:discretized_logistic_mixture", f"[{CONV}, tanh]",
            shape="[2, 2, 2]", order="{hilbert: {}, channels: joint}", head="{discretized_logistic_mixture: 3}"),
    ordered("discretized_logistic_mixture/joint-label", "density:discretized_logistic_mixture",
            f"[{CONV}, {{gate: tanh_sigmoid, given: c}}]", shape="[2, 2, 2]", more=LABEL,
            order="{raster: {}, channels: joint}", head="{discretized_logistic_mixture: 2}"),
    ordered("discretized_logistic_mixture/joint-ensemble", "density:discretized_logistic_mixture", "[{linear: 6}, tanh]",
            shape="[2, 1, 3]", order="{random: 3, channels: joint}", head="{discretized_logistic_mixture: 2}"),
    _case("discretized_logistic_mixture/joint-free", "density:discretized_logistic_mixture",
          "x: {shape: [2, 1, 2], values: 3}\norder: {none: {}, channels: joint}\nhead: {discretized_logistic_mixture: 2}"),
    _case("discretized_logistic_mixture/joint-given", "density:discretized_logistic_mixture",
          f"x: {{shape: [2, 1, 2], values: 3}}\n{LABEL}order: {{none: {{}}, channels: joint}}\n"
          "net: [{linear: 5}, relu]\nhead: {discretized_logistic_mixture: 2}"),
    flow("discretized_logistic_mixture/joint-part", "density:discretized_logistic_mixture flow:split",
         "{split: {sizes: [2, 2], names: [low, rest]}}", shape="[4, 1, 2]", values="2",
         base="{low: {order: {none: {}, channels: joint}, head: {discretized_logistic_mixture: 2}},"
              " rest: {given: low, order: {raster: {}, channels: joint}, net: [{conv: 8, kernel: 3}],"
              " head: {discretized_logistic_mixture: 2}}}"),
    ordered("logistic_mixture", "density:logistic_mixture", _MLP, shape="[3]", values="real", head="{logistic_mixture: 3}"),
    ordered("logistic_mixture/joint", "density:logistic_mixture", "[{linear: 9}, tanh]", shape="[2, 3]", values="real",
            order="{raster: {}, channels: joint}", head="{logistic_mixture: 2}"),
    flow("logistic_mixture/part", "density:logistic_mixture flow:split", "{split: {sizes: [1, 3], names: [a, b]}}",
         base=f"{{a: normal, b: {{given: a, order: raster, net: {_MLP}, head: {{logistic_mixture: 2}}}}}}"),
)  # fmt: skip

# --- orders ---------------------------------------------------------------------------------------------------------

_ORDERS = (
    ("raster", "raster"), ("raster", "{raster: {}, channels: joint}"), ("raster", "{raster: {}, channels: first}"),
    ("reverse", "reverse"), ("reverse", "{reverse: {}, channels: inner}"), ("columns", "columns"),
    ("columns", "{columns: {}, channels: first}"), ("even_odd", "even_odd"), ("even_odd", "{even_odd: {}, channels: joint}"),
    ("s_curve", "s_curve"), ("s_curve", "{s_curve: {}, channels: first}"), ("hilbert", "hilbert"),
    ("hilbert", "{hilbert: {}, channels: joint}"), ("random", "{random: 1, seed: 5}"),
    ("random", "{random: {members: 1, seed: 5}, channels: joint}"), ("explicit", "{explicit: [7, 0, 3, 6, 1, 2, 5, 4]}"),
    ("levels", "{levels: [[0, 3], [1, 5, 6], [2, 4, 7]]}"), ("subscale", "{subscale: [2, 1]}"),
    ("subscale", "{subscale: [1, 2], channels: first}"), ("none", "{none: {}, channels: inner}"),
)  # fmt: skip
ORDERS = (
    *(ordered(f"{name}/{k}/flat", f"order:{name}", "[{linear: 16}, tanh]", shape="[2, 2, 2]", order=order)
      for k, (name, order) in enumerate(_ORDERS)),
    *(ordered(f"{name}/{k}/sites", f"order:{name}", f"[{CONV}, tanh, {CONV}]", shape="[2, 2, 2]", order=order)
      for k, (name, order) in enumerate(_ORDERS)),
    ordered("random/ensemble", "order:random", "[{linear: 9}, tanh, {linear: 9}]", shape="[4]", order="{random: 3, seed: 2}"),
    _case("graph/names", "order:graph",
          "x: {names: [B, E, A, J, M], values: binary}\norder: {graph: {A: [B, E], J: [A], M: [A]}}\n"
          "net: [{linear: 8}, tanh]\nhead: bernoulli"),
    _case("none/given", "order:none",
          "x: {shape: [1, 2, 2], values: 3}\ngiven: {c: {classes: 3}}\norder: none\nnet: [{linear: 5}]\nhead: categorical"),
)  # fmt: skip

# --- flows ----------------------------------------------------------------------------------------------------------

_CATS, _BITS = "net: [{conv: 6, kernel: 3}], head: categorical", "net: [{conv: 6, kernel: 3}], head: bernoulli"
_NET, _CONVS = "[{linear: 7}, tanh]", "[{conv: 4, kernel: 3}, tanh]"
_KEEPS = ("half", "even_odd", "checkerboard", "[0, 2]", "not half", "{not: [1]}", "{random: 1, seed: 3}")
_IMAGE_KEEPS = (
    "checkerboard",
    "not checkerboard",
    "channel",
    "{half: rows}",
    "{half: columns}",
    "rows",
    "columns",
    "even_odd",
    "[0, 5]",
)
_DECODER = "decoder: {net: {mlp: [8]}, head: bernoulli}"
STEPS = (
    flow("dequantize", "flow:dequantize", "dequantize", values="4"),
    flow("dequantize/logit", "flow:dequantize flow:logit", "dequantize, {logit: 0.05}", values="4", shape="[1, 2, 2]"),
    flow("dequantize/variational", "flow:dequantize", "{dequantize: {variational: {given: {c: {mlp: [9], in: x}}, "
         "flow: [logit, {coupling: {keep: half, net: {mlp: [8]}, times: 2}, given: c}], base: {head: {normal: {}, in: c}}}}}", values="4"),
    flow("dequantize/variational-net", "flow:dequantize", "{dequantize: {variational: {flow: [logit], base: {net: {mlp: [9]}, head: logistic}}}}",
         shape="[1, 2, 2]", values="3"),
    flow("dequantize/variational-image", "flow:dequantize", "{dequantize: {variational: {given: {c: {chain: [{conv: 4, kernel: 3}, tanh], in: x}, y: c}, "
         "flow: [logit, {autoregressive: {order: raster, net: {mlp: [30]}, fast: sampling}, given: [c, y]}], base: normal}}}",
         shape="[1, 2, 2]", values="4", more=LABEL),
    flow("encode", "flow:encode", f"{{encode: [2], posterior: {{net: {{mlp: [8]}}, head: normal}}, {_DECODER}}}", shape="[5]", values="binary"),
    flow("encode/iaf", "flow:encode", "{encode: [3], posterior: {given: {h: {mlp: [9], in: x}}, flow: [{autoregressive: {order: raster, "
         f"net: {{mlp: [8]}}, fast: sampling, times: 2}}, given: h}}], base: {{head: {{normal: {{}}, in: h}}}}}}, {_DECODER}}}", shape="[5]", values="binary"),
    flow("encode/blocks", "flow:encode", "{encode: [3], posterior: {given: {h: {mlp: [9], in: x}}, flow: [{repeat: 2, do: [{autoregressive: "
         "{order: raster, net: {mlp: [8]}, fast: sampling}, given: h}, reverse]}], base: {head: {normal: {}, in: h}}}, " + f"{_DECODER}}}",
         shape="[5]", values="binary"),
    flow("encode/couplings", "flow:encode", "{encode: [5], posterior: {given: {h: {mlp: [9], in: x}}, flow: [{coupling: {keep: even_odd, net: "
         "{mlp: [7]}}, given: h, times: 2}, {permute: [4, 0, 2, 1, 3]}, {coupling: {keep: [0, 3], net: {mlp: [7]}}, given: h}], base: normal}, "
         "decoder: {net: {mlp: [8]}, head: bernoulli}}", shape="[5]", values="binary"),
    flow("encode/flow-decoder", "flow:encode", "{encode: [2], posterior: {net: {mlp: [8]}, head: logistic}, decoder: "
         "{given: z, order: raster, net: {mlp: [30]}, head: bernoulli}}", shape="[4]", values="binary"),
    flow("encode/prior", "flow:encode", f"{{encode: [4], posterior: {{net: {{mlp: [8]}}, head: normal}}, {_DECODER}}}, "
         "{coupling: {keep: half, net: {mlp: [8]}, times: 2}}", shape="[1, 2, 3]", values="binary"),
    flow("encode/twice", "flow:encode", f"{{encode: [4], posterior: {{net: {{mlp: [8]}}, head: normal}}, {_DECODER}}}, "
         "{encode: [2], posterior: {net: {mlp: [8]}, head: normal}, decoder: {net: {mlp: [8]}, head: normal}}", shape="[5]", values="binary"),
    flow("encode/label", "flow:encode", "{encode: [2], posterior: {given: {h: x, c: c}, net: {mlp: [8]}, head: normal}, "
         "decoder: {given: [z, c], net: {mlp: [8]}, head: categorical}}", shape="[4]", values="3", more=LABEL),
    flow("logit", "flow:logit", "{logit: 0.05}", values="[0, 1]"),
    flow("logit/arguments", "flow:logit", "{logit: {alpha: 0.2}}", values="[0, 1]", shape="[2, 2, 2]"),
    flow("sigmoid", "flow:sigmoid", "sigmoid", base="uniform", shape="[1, 2, 2]"),
    flow("sigmoid/logit", "flow:sigmoid flow:logit", "sigmoid, logit"),
    flow("tanh", "flow:tanh", "tanh", values="[0, 1]", base="uniform"),
    flow("leaky_relu", "flow:leaky_relu", "leaky_relu"),
    flow("leaky_relu/slope", "flow:leaky_relu", "{leaky_relu: 0.3}", shape="[2, 3]"),
    flow("scale", "flow:scale", "scale"),
    flow("scale/image", "flow:scale", "scale", shape="[2, 2, 2]"),
    flow("shift", "flow:shift", "shift", shape="[2, 3]"),
    flow("affine", "flow:affine", "affine"),
    flow("affine/image", "flow:affine", "affine", shape="[2, 2, 2]"),
    flow("actnorm", "flow:actnorm", "actnorm"),
    flow("actnorm/image", "flow:actnorm", "actnorm, actnorm", shape="[2, 2, 3]"),
    flow("permute", "flow:permute", "{permute: [2, 0, 3, 1]}"),
    flow("permute/image", "flow:permute", "{permute: {order: [2, 0, 1]}}", shape="[3, 2, 2]"),
    flow("permute/random", "flow:permute", "{permute: {random: 1, seed: 7}}"),
    flow("reverse", "flow:reverse", "reverse"),
    flow("reverse/image", "flow:reverse", "reverse", shape="[3, 1, 2]"),
    flow("squeeze", "flow:squeeze", "squeeze", shape="[2, 2, 4]"),
    flow("squeeze/axes", "flow:squeeze", "{squeeze: [1, 3]}", shape="[2, 2, 3]"),
    flow("squeeze/sequence", "flow:squeeze", "{squeeze: 2}, actnorm", shape="[2, 4]"),
    flow("unsqueeze", "flow:unsqueeze", "{unsqueeze: 2}", shape="[4, 1, 2]"),
    flow("unsqueeze/axes", "flow:unsqueeze", "{unsqueeze: {size: [2, 1]}}", shape="[4, 1, 2]"),
    flow("split", "flow:split", "split, actnorm"),
    flow("split/sizes", "flow:split", "{split: [1, 1, 2]}, affine"),
    flow("split/names", "flow:split", "{split: {sizes: [1, 2], names: [a, b]}}", shape="[3, 2, 2]", base="{a: normal, b: logistic}"),
    flow("split/prior", "flow:split", "{split: {sizes: half, base: {net: [{conv: 4}], head: {normal: {}, kernel: 3}}}}, actnorm", shape="[2, 2, 2]"),
    _case("split/graph", "flow:split",
          "x: {shape: [4], values: real}\nflow:\n  s: {split: {sizes: [1, 3], names: [a, b]}, in: x}\n"
          f"  m: {{coupling: {{keep: half, net: {_NET}}}, in: s.b}}\nbase: {{a: logistic, m: normal}}"),
    flow("split/subsample", "flow:split", "{split: {subsample: 2}}, scale", shape="[2, 2, 4]"),
    flow("split/subsample-vector", "flow:split", "{split: {subsample: 3, names: [a, b, c]}}", shape="[6]", base="{a: normal, b: {given: a, order: raster, net: [{linear: 7}, tanh], head: normal}, c: logistic}"),
    flow("split/subsample-axes", "flow:split", "{split: {subsample: [1, 2], names: [a, b]}}", shape="[2, 2, 2]", values="3",
         base=f"{{a: {{order: raster, {_CATS}}}, b: {{given: a, order: {{none: {{}}, channels: inner}}, {_CATS}}}}}"),
    flow("split/subsample-rest", "flow:split", "{split: {subsample: 2, names: [a, b, rest]}}", shape="[1, 2, 4]", values="2",
         base=f"{{a: {{order: raster, {_BITS}}}, b: {{given: a, {_BITS}}}, rest: {{given: [a, b], order: raster, {_BITS}}}}}"),
    flow("split/subsample-video", "flow:split", "{split: {subsample: [2, 1, 1], names: [even, odd]}}", shape="[1, 2, 2, 2]",
         base="{even: normal, odd: {given: even, order: raster, net: [{conv: 4, kernel: 3}, tanh], head: normal}}"),
    flow("split/bits", "flow:split", "{split: {bits: 1, names: [high, low]}}", shape="[4]", values="8",
         base=f"{{high: {{order: raster, net: {_NET}, head: bernoulli}}, low: {{given: high, order: reverse, net: {_NET}, head: categorical}}}}"),
    flow("split/bits-prior", "flow:split", f"{{split: {{bits: 2, base: {{order: raster, {_CATS}}}}}}}, dequantize", shape="[1, 2, 2]", values="16"),
    flow("view", "flow:view", "{view: luma, levels: 2, names: [gray, color]}", shape="[3, 2, 1]", values="4",
         base=f"{{gray: {{order: raster, {_BITS}}}, color: {{given: gray, order: raster, {_CATS}}}}}"),
    flow("view/mean", "flow:view", "{view: {of: mean, names: [v, x2]}}", shape="[2, 2, 1]", values="3",
         base=f"{{v: {{order: raster, {_CATS}}}, x2: {{given: v, order: {{none: {{}}, channels: inner}}, {_CATS}}}}}"),
    flow("view/low", "flow:view", "{view: {of: low, size: 2, levels: 3, names: [small, x2]}}", shape="[1, 2, 4]", values="4",
         base=f"{{small: {{order: raster, {_CATS}}}, x2: {{given: {{c: small}}, order: raster, net: "
              f"{{u: {{linear: [2, 2, 4], in: c}}, h: {{conv: 5, kernel: 3, in: x, given: u}}}}, head: categorical}}}}"),
    flow("view/low-vector", "flow:view", "{view: {of: low, size: 2, levels: 2, names: [small, fine]}}, dequantize", values="4",
         base=f"{{small: bernoulli, last: {{given: small, order: raster, net: {_NET}, head: logistic}}}}"),
    *(flow(f"coupling/{k}", "flow:coupling", f"{{coupling: {{keep: {keep}, net: {_NET}}}, times: 3}}") for k, keep in enumerate(_KEEPS)),
    *(flow(f"coupling/image/{k}", "flow:coupling", f"{{coupling: {{keep: {keep}, net: {_CONVS}}}, times: 2}}", shape="[2, 2, 3]")
      for k, keep in enumerate(_IMAGE_KEEPS)),
    flow("coupling/flat-net", "flow:coupling", "{coupling: {keep: columns, net: [{linear: 7}, tanh, {linear: [4, 2, 2]}, tanh]}, flip: false, times: 2}",
         shape="[2, 2, 2]"),
    flow("coupling/label", "flow:coupling", f"{{coupling: {{keep: half, net: {_NET}}}, given: c, times: 2}}", more=LABEL),
    flow("coupling/image-context", "flow:coupling", "{coupling: {keep: checkerboard, net: [{conv: 4, kernel: 3, given: c}, tanh]}}",
         shape="[1, 3, 3]", more=IMAGE),
    flow("additive", "transform:additive", f"{{coupling: {{keep: half, net: {_NET}, transform: additive}}, times: 2}}"),
    flow("additive/kernel", "transform:additive",
         f"{{coupling: {{keep: checkerboard, net: {_CONVS}, transform: {{additive: {{kernel: 3}}}}}}}}", shape="[1, 3, 3]"),
    flow("additive/autoregressive", "transform:additive",
         f"{{autoregressive: {{order: reverse, net: {_NET}, transform: additive}}}}"),
    flow("transform-affine", "transform:affine", f"{{coupling: {{keep: half, net: {_NET}, transform: affine}}}}"),
    flow("transform-affine/softplus", "transform:affine",
         f"{{coupling: {{keep: half, net: {_NET}, transform: {{affine: {{scale: softplus}}}}}}, times: 2}}"),
    flow("transform-affine/start", "transform:affine",
         f"{{coupling: {{keep: half, net: {_NET}, transform: {{affine: {{start: 0.5}}}}}}, times: 2}}"),
    flow("transform-affine/softplus-start", "transform:affine",
         f"{{autoregressive: {{order: raster, net: {_NET}, transform: {{affine: {{scale: softplus, start: 2}}}}}}, times: 2}}"),
    flow("transform-affine/kernel", "transform:affine",
         f"{{coupling: {{keep: channel, net: {_CONVS}, transform: {{affine: {{kernel: [1, 3]}}}}}}}}", shape="[2, 2, 3]"),
    flow("autoregressive", "flow:autoregressive", f"{{autoregressive: {{order: raster, net: {_NET}}}, times: 2}}"),
    flow("autoregressive/sampling", "flow:autoregressive", f"{{autoregressive: {{order: raster, net: {_NET}, fast: sampling}}, times: 2}}"),
    flow("autoregressive/graph", "flow:autoregressive order:graph",
         f"{{autoregressive: {{order: {{graph: {{1: [0], 3: [1]}}}}, net: {_NET}}}, times: 2}}"),
    flow("autoregressive/graph-sampling", "flow:autoregressive",
         f"{{autoregressive: {{order: {{graph: {{1: [0], 3: [1]}}}}, net: {_NET}, fast: sampling}}}}"),
    flow("autoregressive/levels", "flow:autoregressive order:levels",
         f"{{autoregressive: {{order: {{levels: [[0, 3], [1, 2]]}}, net: {_NET}}}}}, reverse"),
    flow("autoregressive/image", "flow:autoregressive",
         f"{{autoregressive: {{order: {{columns: {{}}, channels: first}}, net: {_CONVS}}}, times: 2}}", shape="[2, 2, 2]"),
    flow("autoregressive/local", "flow:autoregressive", f"{{autoregressive: {{order: hilbert, net: {_CONVS}, fast: sampling}}}}", shape="[1, 2, 3]"),
    flow("autoregressive/label", "flow:autoregressive", f"{{autoregressive: {{order: raster, net: {_NET}}}, given: c}}", more=LABEL),
    flow("repeat/flow", "flow:repeat", f"{{repeat: 2, do: [actnorm, {{permute: [1, 2, 3, 0]}}, {{coupling: {{keep: half, net: {_NET}}}}}]}}"),
    flow("for/flow", "flow:for", "{for: {w: [3, 5]}, do: [reverse, {coupling: {keep: half, net: [{linear: $w}, tanh]}}]}"),
    flow("block/flow", "flow:block flow:repeat", "{repeat: 2, block: level}, {block: level}", shape="[1, 4, 4]",
         more=f"blocks: {{level: {{flow: [{{coupling: {{keep: checkerboard, net: {_CONVS}}}}}, actnorm]}}}}\n"),
    _case("flow/multi-scale", "flow:squeeze flow:split flow:coupling",
          "x: {shape: [1, 4, 4], values: real}\nflow:\n- {coupling: {keep: checkerboard, net: [{conv: 3, kernel: 3}, tanh]}, times: 2}\n"
          "- squeeze: 2\n- {coupling: {keep: channel, net: [{conv: 3, kernel: 3}, tanh]}, times: 2}\n- split: half\n- actnorm\nbase: normal"),
    _case("flow/nested", "flow:split density:normal",
          f"x: {{shape: [5], values: real}}\nflow: [{{split: {{sizes: [2, 3], names: [a, b]}}}}]\n"
          f"base:\n  a: {{flow: [{{coupling: {{keep: half, net: {_NET}}}}}], base: normal}}\n"
          f"  b: {{given: a, order: raster, net: {_NET}, head: normal}}"),
    _case("flow/discrete-parts", "flow:split density:categorical",
          f"x: {{shape: [4], values: 3}}\nflow: [{{split: {{sizes: [2, 2], names: [a, b]}}}}]\n"
          f"base:\n  a: {{order: raster, net: {_NET}, head: categorical}}\n  b: {{given: a, order: raster, net: {_NET}, head: categorical}}"),
)  # fmt: skip

# --- linear maps, logarithms and splines ----------------------------------------------------------------------------------

_TAILLESS = "{kind: %s, bins: 3, box: [0, 1], tails: none}"
_SPLINES = ("linear", "quadratic", "rational_quadratic")
_MIXTURES = ("gaussian_mixture", "logistic_mixture")

MAPS = (
    flow("step-linear/dense", "flow:linear", "{linear: dense}"),
    flow("step-linear/lu", "flow:linear", "{linear: lu}, {linear: {kind: lu, seed: 3}}"),
    flow("step-linear/qr", "flow:linear", "{linear: qr}, {linear: {kind: qr, reflections: 2}}"),
    flow("step-linear/householder", "flow:linear", "{linear: householder}, {linear: {kind: householder, reflections: 1}}"),
    flow("step-linear/one", "flow:linear", "{linear: qr}, {linear: lu}, {linear: householder}", shape="[1]"),
    flow("step-linear/image", "flow:linear", "{linear: lu}, {linear: householder}, {linear: qr}", shape="[2, 1, 2]"),
    flow("step-linear/half", "flow:linear", "{split: half}, {linear: dense}", shape="[5]"),
    flow("step-linear/repeat", "flow:linear", f"{{repeat: 2, do: [{{linear: lu}}, {{coupling: {{keep: half, net: {_NET}}}}}]}}"),
    flow("conv1x1/lu", "flow:conv1x1", "{conv1x1: lu}", shape="[3, 2, 2]"),
    flow("conv1x1/seed", "flow:conv1x1", "{conv1x1: {kind: lu, seed: 5}}, {conv1x1: lu}", shape="[4, 1, 2]"),
    flow("conv1x1/dense", "flow:conv1x1", "{conv1x1: dense}, actnorm", shape="[2, 2, 2]"),
    flow("conv1x1/one-site", "flow:conv1x1", "{conv1x1: dense}, {conv1x1: lu}", shape="[3, 1, 1]"),
    flow("conv1x1/sequence", "flow:conv1x1", "{squeeze: 2}, {conv1x1: lu}, {split: half}, {conv1x1: dense}", shape="[2, 4]"),
    flow("conv1x1/glow", "flow:conv1x1", f"{{repeat: 2, do: [actnorm, {{conv1x1: lu}}, {{coupling: {{keep: channel, net: {_CONVS}}}}}]}}",
         shape="[2, 2, 2]"),
    flow("log", "flow:log", "log", values="positive"),
    flow("log/scale", "flow:log flow:scale", "scale, log, affine", values="positive", shape="[1, 2, 2]"),
    flow("exp", "flow:exp flow:log", "exp, log", shape="[3]"),
    flow("spline", "flow:spline", "spline"),
    flow("spline/image", "flow:spline", "{spline: {bins: 4, box: 2}}", shape="[2, 1, 2]"),
    *(flow(f"spline/{k}", "flow:spline", f"{{spline: {{kind: {k}, bins: 5, box: [-2, 1.5]}}}}") for k in _SPLINES),
    *(flow(f"spline/{k}-box", "flow:spline density:uniform", f"{{spline: {_TAILLESS % k}}}", values="[0, 1]", base="uniform")
      for k in _SPLINES),
    *(flow(f"transform-spline/{k}", "transform:spline",
           f"{{coupling: {{keep: half, net: {_NET}, transform: {{spline: {{kind: {k}, bins: 4, box: 2}}}}}}, times: 2}}") for k in _SPLINES),
    *(flow(f"transform-spline/{k}-box", "transform:spline density:uniform",
           f"{{coupling: {{keep: even_odd, net: {_NET}, transform: {{spline: {_TAILLESS % k}}}}}, times: 2}}", shape="[3]",
           values="[0, 1]", base="uniform") for k in _SPLINES),
    *(flow(f"transform-spline/{k}-autoregressive", "transform:spline",
           f"{{autoregressive: {{order: raster, net: {_NET}, transform: {{spline: {k}}}}}, times: 2}}", shape="[3]") for k in _SPLINES),
    flow("transform-spline/sampling", "transform:spline density:uniform",
         f"sigmoid, {{autoregressive: {{order: raster, net: {_NET}, fast: sampling, transform: {{spline: {_TAILLESS % 'quadratic'}}}}}}}",
         shape="[3]", base="uniform"),
    flow("transform-spline/kernel", "transform:spline",
         f"{{coupling: {{keep: checkerboard, net: {_CONVS}, transform: {{spline: {{bins: 3, kernel: 3}}}}}}, times: 2}}", shape="[1, 3, 3]"),
)  # fmt: skip

MIXTURES = (
    *(flow(f"cdf/{k}", "flow:cdf density:uniform", f"{{cdf: {k}}}", base="uniform", shape="[3]") for k in ("normal", "logistic")),
    *(flow(f"cdf/{k}", "flow:cdf density:uniform", f"{{cdf: {{{k}: 3}}}}", base="uniform") for k in _MIXTURES),
    flow("cdf/image", "flow:cdf flow:logit", "affine, {cdf: {density: {gaussian_mixture: 1}}}, logit", shape="[2, 1, 2]"),
    flow("invert", "flow:invert flow:cdf", "{cdf: {gaussian_mixture: 2}}, {invert: [{cdf: normal}]}"),
    flow("invert/chain", "flow:invert", "{invert: [sigmoid, {spline: {box: [0, 1], tails: none}}, logit, affine, {leaky_relu: 0.3}]}", shape="[1, 2, 2]"),
    flow("invert/twice", "flow:invert flow:cdf", "{invert: [{invert: {cdf: {logistic_mixture: 2}}}, shift]}, logit"),
    *(flow(f"transform-{k}", f"transform:{k}", f"{{coupling: {{keep: half, net: {_NET}, transform: {{{k}: 3}}}}, times: 2}}") for k in _MIXTURES),
    *(flow(f"transform-{k}/autoregressive", f"transform:{k}",
           f"{{autoregressive: {{order: reverse, net: {_NET}, transform: {{{k}: {{components: 2}}}}}}}}", shape="[3]") for k in _MIXTURES),
    *(flow(f"transform-{k}/sampling", f"transform:{k}",
           f"{{autoregressive: {{order: raster, net: {_NET}, transform: {{{k}: 1}}, fast: sampling}}}}", shape="[3]") for k in _MIXTURES),
    flow("transform-logistic_mixture/kernel", "transform:logistic_mixture",
         f"{{coupling: {{keep: checkerboard, net: {_CONVS}, transform: {{logistic_mixture: 2, kernel: 3}}}}, times: 2}}", shape="[1, 3, 3]"),
    *(flow(f"transform-cdf/{k}", "transform:cdf",
           f"{{autoregressive: {{order: raster, net: {_NET}, transform: {{cdf: {{{k}: 2}}}}}}}}", shape="[3]", base="uniform") for k in _MIXTURES),
    flow("transform-cdf/graph", "transform:cdf flow:invert",
         f"{{autoregressive: {{order: {{graph: {{1: [0], 3: [1]}}}}, net: {_NET}, transform: {{cdf: {{mixture: {{gaussian_mixture: 2}}}}}}}}}}, {{invert: [sigmoid]}}"),
    flow("transform-cdf/sampling", "transform:cdf",
         f"{{autoregressive: {{order: raster, net: {_NET}, transform: {{cdf: {{logistic_mixture: 2}}}}, fast: sampling}}}}", shape="[2]", values="[0, 1]"),
)  # fmt: skip

# --- between grids ----------------------------------------------------------------------------------------------------

_UNET = "{a: {conv: %d, kernel: 3, in: x}, b: {%s, in: a}, c: {conv: %d, kernel: 3, in: b}, d: {%s, in: c}, e: {add: [a, d]}}"
_EVEN = "given: {c: {shape: [2, 2, 2], values: real}}\n"
STRIDES = (
    ordered("strides", "net:down net:up", _UNET % (4, "down: 2", 4, "up: 2"), shape="[1, 4, 4]"),
    ordered("strides/three", "net:down net:up", _UNET % (4, "down: 3", 4, "up: 3"), shape="[1, 3, 6]"),
    ordered("strides/channels", "net:down net:up", _UNET % (6, "down: {factor: 2, out: 3}", 4, "up: {factor: 2, out: 6}"), shape="[3, 2, 4]"),
    ordered("strides/joint", "net:down net:up", _UNET % (6, "down: 2", 6, "up: 2"), shape="[2, 4, 4]",
            order="{raster: {}, channels: joint}", head="{discretized_logistic_mixture: 2}"),
    ordered("strides/first", "net:down net:up", _UNET % (6, "down: 2", 6, "up: 2"), shape="[2, 2, 4]", order="{raster: {}, channels: first}"),
    ordered("strides/backwards", "net:down net:up order:reverse", _UNET % (6, "down: 2", 6, "up: 2"), shape="[2, 4, 4]", order="reverse"),
    ordered("strides/columns", "net:down net:up order:columns", _UNET % (4, "down: [1, 2]", 4, "up: [1, 2]"), shape="[1, 3, 4]", order="columns"),
    ordered("strides/video", "net:down net:up", _UNET % (2, "down: [1, 2, 2]", 2, "up: [1, 2, 2]"), shape="[1, 2, 2, 4]"),
    ordered("strides/of-x", "net:down net:up net:concat",
            "{a: {down: 2, out: 4, in: x}, b: {up: 2, in: a}, c: {conv: 4, kernel: 3, in: x}, d: {concat: [b, c]}}", shape="[1, 4, 4]"),
    ordered("strides/above", "net:down net:up",
            "{v: {conv: 4, kernel: 3, in: x, knows: above}, w: {down: 2, in: v, knows: above}, u: {up: 2, in: w, knows: above}, "
            "h: {conv: 4, kernel: 3, in: x}, o: {add: [u, h]}}", shape="[1, 4, 4]"),
    ordered("strides/inclusive", "net:down net:up",
            "{a: {conv: 4, kernel: 3, in: x}, b: {down: 2, in: x, out: 4, knows: upto}, c: {up: 2, in: b}, d: {add: [a, c]}}",
            shape="[2, 4, 4]"),
    ordered("strides/unmasked", "net:down net:up",
            "{a: {conv: 4, kernel: 3, in: x}, b: {down: {factor: 2, mask: none}, in: a}, c: {up: {factor: 2, mask: none}, in: b}, d: {add: [a, c]}}",
            shape="[1, 4, 4]", order="{raster: {}, channels: joint}"),
    ordered("strides/weight-norm", "net:down net:up",
            _UNET % (4, "down: {factor: 2, weight_norm: true}", 4, "up: {factor: 2, weight_norm: true}"), shape="[2, 4, 4]"),
    ordered("strides/weight-norm-joint", "net:down net:up",
            _UNET % (4, "down: {factor: 2, weight_norm: true, out: 3}", 6, "up: {factor: 2, weight_norm: true, out: 4}"), shape="[1, 4, 4]"),
    ordered("strides/sequence", "net:down net:up",
            "{a: {conv: 4, kernel: 2, in: x}, b: {down: 2, in: a}, c: {conv: 4, kernel: 2, in: b}, d: {up: 2, in: c}, e: {add: [a, d]}}",
            shape="[2, 6]"),
    ordered("strides/vector", "net:down net:up",
            "{a: {down: 3, out: 4, in: x}, b: {up: 3, in: a}, c: {conv: 4, kernel: 3, in: x}, d: {concat: [b, c]}}", shape="[6]"),
    ordered("strides/vector-backwards", "net:down net:up",
            "{a: {down: 2, out: 4, in: x}, b: {up: 2, in: a}, c: {conv: 4, kernel: 3, in: x}, d: {concat: [b, c]}}", shape="[6]",
            order="reverse"),
    ordered("strides/flat-after", "net:down",
            "{a: {conv: 4, kernel: 3, in: x}, b: {down: 2, in: a}, c: {linear: 16, in: b}, d: {linear: 16, in: a}, e: {add: [c, d]}}",
            shape="[1, 4, 4]"),
    ordered("strides/context", "net:up", "{u: {up: {factor: 2, out: 3}, in: c}, a: {conv: 4, kernel: 3, in: x, given: u}}",
            shape="[1, 4, 4]", more=_EVEN),
    ordered("strides/context-under-hilbert", "net:up net:down order:hilbert",
            "{u: {up: 4, in: c}, v: {down: 2, in: u}, a: {conv: 4, kernel: 3, in: x}, d: {concat: [a, v]}}", shape="[1, 4, 4]",
            order="hilbert", more=_EVEN),
    ordered("strides/twice", "net:down net:up",
            "{a: {conv: 4, kernel: 3, in: x}, b: {down: 2, in: a}, c: {down: 2, in: b}, d: {up: 2, in: c}, e: {add: [b, d]}, f: {up: 2, in: e}, "
            "g: {add: [a, f]}}", shape="[1, 4, 8]"),
    flow("strides/coupling", "net:down net:up",
         "{coupling: {keep: checkerboard, net: {a: {conv: 4, kernel: 3, in: x}, b: {down: 2, in: a}, t: {chain: [tanh], in: b}, c: {up: 2, in: t}, "
         "d: {add: [a, c]}}}, times: 2}", shape="[1, 4, 4]"),
    flow("strides/coupling-by-three", "net:down net:up",
         "{coupling: {keep: half, net: [{down: [1, 3]}, tanh, {up: [1, 3]}]}, times: 2}", shape="[2, 4, 3]"),
)  # fmt: skip

# --- continuous time: solved finely enough that the error of the solver is below what a row is held to -------------------

_FINE = "solver: dopri8, rtol: 1e-12, atol: 1e-12"
_GATED = (
    "{h: {linear: 5, in: x}, g: {chain: [{linear: 5}, sigmoid], in: t}, m: {mul: [h, g]}, o: {chain: [tanh], in: m}}"
)
ODES = (
    flow("ode", "flow:ode", f"{{ode: {{net: {_NET}, {_FINE}}}}}", shape="[3]"),
    flow("ode/one-variable", "flow:ode", f"{{ode: {{net: {_NET}, {_FINE}}}}}", shape="[1]"),
    flow("ode/steps", "flow:ode", f"{{ode: {{net: {_NET}, solver: rk4, steps: 32, time: 0.2}}}}", shape="[2]"),
    flow("ode/time", "flow:ode", f"{{ode: {{net: {_NET}, {_FINE}, time: 0.3}}}}", shape="[2]"),
    flow("ode/times", "flow:ode", f"{{ode: {{net: {_NET}, {_FINE}, times: 2}}}}", shape="[2]"),
    flow("ode/gated-by-time", "flow:ode net:mul", f"{{ode: {{net: {_GATED}, {_FINE}}}}}", shape="[2]"),
    flow("ode/without-time", "flow:ode", f"{{ode: {{net: {{a: {{linear: 4, in: x}}, b: {{chain: [tanh], in: a}}}}, {_FINE}}}}}", shape="[2]"),
    flow("ode/of-time-alone", "flow:ode", f"{{ode: {{net: {{a: {{linear: 4, in: t}}}}, {_FINE}}}}}, affine", shape="[2]"),
    flow("ode/label", "flow:ode", f"{{ode: {{net: {_NET}, {_FINE}}}, given: c}}", shape="[2]", more=LABEL),
    flow("ode/computed-context", "flow:ode",
         f"{{ode: {{net: {{a: {{linear: 5, in: x, given: [t, d]}}, b: {{chain: [tanh], in: a}}}}, {_FINE}}}, given: {{d: {{linear: 2, in: c}}}}}}",
         shape="[2]", more=VECTOR),
    flow("ode/image", "flow:ode", f"{{ode: {{net: [{{conv: 3, kernel: 3}}, tanh], {_FINE}}}}}", shape="[1, 3, 3]"),
    flow("ode/each-place-by-itself", "flow:ode", f"{{ode: {{net: [{{conv: 4}}, tanh], {_FINE}}}}}", shape="[2, 2, 2]"),
    flow("ode/one-way", "flow:ode", f"{{ode: {{net: [{{conv: 3, kernel: 2}}, tanh], {_FINE}}}}}", shape="[1, 4]"),
    flow("ode/split", "flow:ode flow:split",
         f"{{ode: {{net: {_NET}, {_FINE}}}}}, {{split: half}}, {{ode: {{net: {_NET}, {_FINE}}}}}", shape="[4]"),
    flow("ode/hutchinson", "flow:ode", f"{{ode: {{net: {_NET}, {_FINE}, trace: hutchinson}}}}", shape="[3]"),
    flow("ode/hutchinson-image", "flow:ode", f"{{ode: {{net: {_CONVS}, {_FINE}, trace: hutchinson}}}}, affine", shape="[1, 2, 3]"),
)  # fmt: skip

CASES: tuple[Case, ...] = (
    *WEIGHTED,
    *NORMED,
    *POINTWISE,
    *TABLES,
    *STRUCTURES,
    *ATTENTION,
    *STRIDES,
    *RECURRENCES,
    *DENSITIES,
    *ORDERS,
    *STEPS,
    *MAPS,
    *MIXTURES,
    *ODES,
)
