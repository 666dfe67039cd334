"""Small specs for the points of the language: each legal form next to its near misses."""

from __future__ import annotations

from dataclasses import dataclass

NET = "flowspec: 1\nname: s\nx: {shape: [1, 8, 8], values: binary}\ngiven: {label: {classes: 3}, side: {shape: [2, 8, 8], values: real}}\n"
NET_END = "order: raster\nhead: bernoulli\n"
FLOW = "flowspec: 1\nname: s\nx: {shape: [4, 4, 4], values: real}\ngiven: {label: {classes: 3}}\n"


@dataclass(frozen=True)
class Case:
    """A spec and the codes of its errors, in the order of their places."""

    point: str
    text: str
    errors: tuple[str, ...] = ()


def net(point: str, steps: str, *errors: str, more: str = "") -> Case:
    """A net under a raster scan of an 8 x 8 binary image, given a label and a side image."""
    return Case(point, f"{NET}{NET_END}net: {steps}\n{more}", errors)


def flow(point: str, steps: str, *errors: str, base: str = "normal", more: str = "") -> Case:
    """A flow of a real 4 x 4 x 4 image."""
    return Case(point, f"{FLOW}flow: {steps}\nbase: {base}\n{more}", errors)


def block(body: str) -> str:
    return f"blocks: {{b: {body}}}\n"


STRICT = "{conv: 4, kernel: 3}"
ST = "nets: {st: [{conv: 4, kernel: 3}, relu]}\n"

CASES = (
    # the main argument inside or beside, never twice
    net("argument beside", "[{conv: 4, kernel: 3}]"),
    net("argument inside", "[{conv: {out: 4, kernel: 3}}]"),
    net("arguments inside and beside", "[{conv: {out: 4}, kernel: 3}]"),
    net("argument inside and beside", "[{conv: {out: 4, kernel: 3}, kernel: 5}]", "FS210"),
    net("main argument twice", "[{conv: 4, out: 5}]", "FS210"),
    net("main argument missing", "[{conv: {kernel: 3}}]", "FS202"),
    net("modifier inside", "{a: {conv: {out: 4, kernel: 3, in: x, given: side}}}"),
    net("unknown argument", "[{conv: 4, kernle: 3}]", "FS201"),
    net("two ops", "[{conv: 4, linear: 3}]", "FS211"),
    net("no op", "[{conv2: 4}]", "FS212"),
    # chains and graphs
    net("chain", f"[{STRICT}, relu]"),
    net("chain in a chain", f"[{STRICT}, [relu, elu]]"),
    net("graph", f"{{a: {{conv: 4, kernel: 3, in: x}}, b: {{chain: [relu, {STRICT}], in: a}}}}"),
    net("graph step without `in`", f"{{a: {STRICT}}}", "FS133"),
    net("position needs no `in`", "{a: {conv: 4, kernel: 3, in: x}, p: position, q: {conv: 4, in: p}, s: {add: [a, q]}}"),
    net("a value called like an op", "{a: {conv: 4, kernel: 3, in: x}, b: {concat: [a, a]}, elu2: {elu: null, in: b}}"),
    net("a value that reads a later one", "{a: {conv: 4, kernel: 3, in: b}, b: {conv: 4, kernel: 3, in: x}}", "FS135"),
    net("the last value counts", "{a: {conv: 4, kernel: 3, in: x}, b: {conv: 4, in: a}}"),
    # references
    net("`0` adds nothing", "{a: {conv: 4, kernel: 3, in: x}, b: {add: [a, 0]}}"),
    net("`0` may only be added", "{a: {conv: 4, kernel: 3, in: 0}}", "FS132"),
    net("rounds", f"{{a: {{conv: 4, kernel: 3, in: x}}, r: {{repeat: 3, do: [relu, {STRICT}], in: a}}, s: {{add: [r.0, r.3, r, r.1]}}}}"),
    net("a round too far", f"{{a: {{conv: 4, kernel: 3, in: x}}, r: {{repeat: 3, do: [relu, {STRICT}], in: a}}, s: {{add: [r.0, r.4]}}}}", "FS135"),
    net("an output that is none", "{a: {conv: 4, kernel: 3, in: x}, b: {add: [a.v, a]}}", "FS135"),
    net("a variable in a path", f"{{a: {{conv: 4, kernel: 3, in: x}}, r: {{repeat: 2, do: [relu, {STRICT}], in: a}}, s: {{add: [r.$k, a]}}}}", more="vars: {k: 1}\n"),
    net("an unknown variable in a path", "{a: {conv: 4, kernel: 3, in: x}, r: {repeat: 2, do: [relu], in: a}, s: {add: [r.$j, a]}}", "FS110", more="vars: {k: 1}\n"),
    # blocks
    net("outputs given whole", "{a: {block: two, in: x}, r: {repeat: 2, block: swap, in: a}, o: {add: [r.u, r.v]}}",
        more="blocks: {two: {in: x, net: {p: {conv: 4, kernel: 3, in: x}, q: {conv: 4, kernel: 3, in: x}}, out: {u: p, v: q}},"
        " swap: {in: [u, v], net: {p: {relu: null, in: v}, q: {relu: null, in: u}}, out: {u: p, v: q}}}\n"),
    net("several outputs where one is read", "{a: {block: two, in: x}, o: {relu: null, in: a}}", "FS134",
        more="blocks: {two: {in: x, net: {p: {conv: 4, kernel: 3, in: x}, q: {conv: 4, kernel: 3, in: x}}, out: {u: p, v: q}}}\n"),
    net("inputs by name", "{a: {block: b, in: {v: x}}}", more=block(f"{{in: [v], net: [{STRICT}]}}")),
    net("an input that is none", "{a: {block: b, in: {w: x}}}", "FS138", more=block(f"{{in: [v], net: [{STRICT}]}}")),
    net("an input that is missing", "{a: {block: b, in: {v: x}}}", "FS138", more=block("{in: [v, w], net: {p: {add: [v, w]}}}")),
    net("variables set by the use", f"[{STRICT}, {{block: b, vars: {{d: 2}}}}]", more=block("{in: h, vars: {d: 1}, net: [{conv: 4, kernel: 3, dilation: $d}]}")),
    net("a variable the block has not", "[{block: b, vars: {e: 2}}]", "FS137", more=block("{in: h, vars: {d: 1}, net: [{conv: 4, kernel: 3, dilation: $d}]}")),
    net("variables set by a loop", f"[{STRICT}, {{for: {{d: [1, 2]}}, block: b}}]", more=block("{in: h, vars: {d: 1}, net: [relu, {conv: 4, kernel: 3, dilation: $d}]}")),
    net("a block sees its `in` alone", "[{block: b}]", "FS135", more=block("{in: h, net: [{conv: 4, kernel: 3, given: side}]}")),
    net("a block given a context", "{a: {block: b, in: {h: x, c: side}}}", more=block("{in: [h, c], net: {o: {conv: 4, kernel: 3, in: h, given: c}}}")),
    net("no such block", "[{block: c}]", "FS136", more=""),
    net("a flow block in a net", "[{block: b}]", "FS139", more=block("{flow: [affine]}")),
    net("a loop without a body", "[{repeat: 2}]", "FS202"),
    # given
    net("a label on an op", "[{conv: 4, kernel: 3, given: label}, relu]"),
    net("a list of contexts", "[{conv: 4, kernel: 3, given: [label, side]}, relu]"),
    net("no such context", "[{conv: 4, kernel: 3, given: lable}, relu]", "FS135"),
    net("a context on an op without weights", "[{conv: 4, kernel: 3}, {relu: null, given: label}]", "FS204"),
    net("an embedded label", "{e: {embedding: 4, in: label}, a: {conv: 4, kernel: 3, in: x, given: e}}"),
    net("a label as it is", "{e: {one_hot: null, in: label}, a: {conv: 4, kernel: 3, in: x, given: e}}"),
    net("x embedded", "{e: {embedding: 4, in: x}, a: {conv: 4, kernel: 3, in: e, given: label}}"),
    net("an embedding of real numbers", "{e: {embedding: 4, in: side}, a: {conv: 4, kernel: 3, in: x, given: e}}", "FS225"),
    net("an embedding of a hidden value", "{h: {conv: 4, kernel: 3, in: x}, e: {embedding: 4, in: h}}", "FS225"),
    # flows
    flow("a transform inside", "[{coupling: {keep: channel, net: st, transform: additive}}]", more=ST),
    flow("a net beside", "[{coupling: {keep: channel}, net: st}]", more=ST),
    flow("a net twice", "[{coupling: {keep: channel, net: st}, net: st}]", "FS210", more=ST),
    flow("no net", "[{coupling: {keep: channel}}]", "FS202"),
    flow("times", "[{coupling: {keep: channel, net: st}, times: 3, flip: false}, affine]", more=ST),
    flow("times zero", "[{coupling: {keep: channel, net: st}, times: 0}]", "FS203", more=ST),
    flow("a bare net name", "[{coupling: {keep: {not: channel}, net: st}}]", more=ST),
    flow("loops", "[{for: {a: [1, 2], b: [3]}, do: [actnorm, {coupling: {keep: channel, net: st}}]}]", more=ST),
    flow("a block of flow steps", "[{repeat: 2, block: b}]", more=ST + block("{flow: [actnorm, {coupling: {keep: channel, net: st}}]}")),
    flow("a net block in a flow", "[{block: b}]", "FS139", more=block(f"{{net: [{STRICT}]}}")),
    flow("an own name", "[{actnorm: null, name: first}, affine]"),
    flow("an unknown step", "[actnorms]", "FS212"),
    flow("a graph", "{a: {split: half, names: [u, v], in: x}, b: {affine: null, in: a.u}}", base="normal"),
    flow("a value used twice", "{a: {affine: null, in: x}, b: {affine: null, in: x}}", "FS301"),
    flow("a graph step without `in`", "{a: affine}", "FS133"),
    flow("`knows` on a flow step", "[{affine: null, knows: before}]", "FS204"),
    flow("parts by name", "[{split: half, names: [u, v]}]", base="{u: normal, v: logistic}"),
    flow("a part without a density", "[{split: half, names: [u, v]}]", "FS303", base="{u: normal}"),
    flow("a part that is none", "[{split: half, names: [u, v]}]", "FS302", base="{u: normal, v: logistic, w: normal}"),
    flow("a part given another", "[{split: half, names: [u, v]}]", base="{u: {given: v, order: raster, net: [{conv: 4, kernel: 3}], head: normal}, v: normal}"),
    flow("a local name", "[{split: half, names: [u, v]}]", base="{u: {given: {c: v}, order: raster, net: {o: {conv: 4, kernel: 3, in: x, given: c}}, head: normal}, v: normal}"),
    flow("a part given none", "[{split: half, names: [u, v]}]", "FS135", base="{u: {given: w, order: raster, net: [{conv: 4, kernel: 3}], head: normal}, v: normal}"),
)  # fmt: skip
