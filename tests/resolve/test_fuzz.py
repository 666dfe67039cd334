"""Whatever a spec says, checking it gives findings: no exception, no long time, and the same answer twice."""

from __future__ import annotations

import random
from time import process_time

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowspec.compiler import Report, analyse
from tests.resolve.mutations import harm, harm_text
from tests.resolve.seeds import seeds

SEEDS = seeds()
SECONDS = 30.0  # a hang, not a slow machine, fails
STEADY = settings(
    derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck), max_examples=150
)


def checked(text: str) -> Report:
    """The report, after demanding that it came soon and comes again."""
    start = process_time()
    report = analyse("fuzz.yaml", text)
    assert process_time() - start < SECONDS, text
    assert report.ok == (not any(f.severity == "error" for f in report.diagnostics))
    assert report.all_facts is not None or not report.ok
    return report


def same(text: str) -> None:
    first, second = checked(text), checked(text)
    assert first.diagnostics == second.diagnostics
    assert first.facts == second.facts


@given(name=st.sampled_from(sorted(SEEDS)), seed=st.integers(0, 2**32))
@STEADY
def test_harmed_trees(name: str, seed: int) -> None:
    tree = harm(yaml.safe_load(SEEDS[name]), random.Random(seed))
    same(yaml.safe_dump(tree, sort_keys=False))


@given(name=st.sampled_from(sorted(SEEDS)), seed=st.integers(0, 2**32))
@STEADY
def test_harmed_texts(name: str, seed: int) -> None:
    same(harm_text(SEEDS[name], random.Random(seed)))


HEAD = "flowspec: 1\nname: hostile\nx: {shape: [1, 8, 8], values: binary}\n"
REAL = "flowspec: 1\nname: hostile\nx: {shape: [8], values: real}\n"
NET = HEAD + "order: raster\nhead: bernoulli\n"

HOSTILE = {
    "repeat": NET + "net: [{conv: 2, kernel: 3}, {repeat: 1000000000, do: [relu]}]\n",
    "repeat of repeats": NET + "net: [{conv: 2, kernel: 3}, {repeat: 10000, do: {repeat: 10000, do: {repeat: 10000, do: relu}}}]",
    "empty repeats": NET + "net: [{conv: 2, kernel: 3}, {repeat: 10000, do: {repeat: 10000, do: {repeat: 10000, do: []}}}]",
    "empty flow repeats": REAL + "flow: [{repeat: 10000, do: {repeat: 10000, do: {repeat: 10000, do: []}}}]\nbase: normal\n",
    "failing repeats": NET + "net: [{conv: 2, kernel: 3}, {repeat: 10000, do: {repeat: 10000, do: {repeat: 10000, do: [nope]}}}]",
    "failing flow repeats": REAL + "flow: [{repeat: 10000, do: {repeat: 10000, do: {repeat: 10000, do: nope}}}]\nbase: normal\n",
    "times": REAL + "flow: [{coupling: {keep: half, net: [{linear: 4}]}, times: 1000000000}]\nbase: normal\n",
    "times ten thousand": REAL + "flow: [{coupling: {keep: half, net: [{linear: 4}]}, times: 10000}]\nbase: normal\n",
    "random": HEAD + "order: {random: 1000000000}\nnet: [{conv: 2}]\nhead: bernoulli\n",
    "random ten thousand": HEAD + "order: {random: 10000}\nnet: [{linear: 2}]\nhead: bernoulli\n",
    "kernel": NET + "net: [{conv: 2, kernel: 1000000}, relu, {conv: 2, kernel: [1000000, 1000001]}]\n",
    "dilation": NET + "net: [{conv: 2, kernel: 3, dilation: 1000000000}, relu]\n",
    "linear": NET + "net: [{linear: 2147483647}, relu, {linear: 2147483647}]\n",
    "linear on sites": NET + "net: [{linear: [2147483647, 2147483647, 2147483647]}]\n",
    "conv": NET + "net: [{conv: 2147483647}, {conv: 2147483647}, relu]\n",
    "mlp": NET + "net: [{mlp: [2147483647, 2147483647]}]\n",
    "free linear": REAL + "flow: [{coupling: {keep: half, net: [{linear: 2147483647}]}}]\nbase: normal\n",
    "resnet": NET + "net: {resnet: {width: 2147483647, blocks: 10000}}\n",
    "embedding": NET + "net: [{embedding: 2147483647}, {conv: 2}]\n",
    "position": NET + "net: {p: {position: 2147483647}, c: {conv: 2, in: p}, d: {conv: 2, in: x}, e: {add: [c, d]}}\n",
    "mixture": "flowspec: 1\nname: hostile\nx: {shape: [8], values: real}\nhead: {gaussian_mixture: 2147483647}\n",
    "for": NET + "net: [{conv: 2, kernel: 3}, {for: {a: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], b: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "
    "c: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], d: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], e: [1, 2]}, do: relu}]\n",
    "for in for": NET + "net: [{conv: 2, kernel: 3}" + ", {for: {a: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}, do: [" * 9 + "relu" + "]}" * 9 + "]\n",
    "shape": "flowspec: 1\nname: hostile\nx: {shape: [46340, 46340, 1], values: real}\nflow: [affine]\nbase: normal\n",
    "large shape": "flowspec: 1\nname: hostile\nx: {shape: [1, 40000, 40000], values: binary}\norder: raster\nnet: [{conv: 2, kernel: 3}]\nhead: bernoulli\n",
    "large permutation": "flowspec: 1\nname: hostile\nx: {shape: [2000000000], values: real}\nflow: [{permute: {random: 1}}, {coupling: {keep: half, net: [{linear: 2}]}}]\nbase: normal\n",
    "large hilbert": "flowspec: 1\nname: hostile\nx: {shape: [1, 32768, 32768], values: binary}\norder: hilbert\nnet: [{conv: 2, kernel: 3}]\nhead: bernoulli\n",
    "large random": "flowspec: 1\nname: hostile\nx: {shape: [2000000000], values: binary}\norder: {random: 2}\nnet: [{linear: 3}]\nhead: bernoulli\n",
    "large vector": "flowspec: 1\nname: hostile\nx: {shape: [2000000000], values: binary}\norder: raster\nnet: [{linear: 3}]\nhead: bernoulli\n",
    "large columns": "flowspec: 1\nname: hostile\nx: {shape: [1, 40000, 40000], values: binary}\norder: columns\nnet: [{linear: 3}]\nhead: bernoulli\n",
    "categories": "flowspec: 1\nname: hostile\nx: {shape: [8], values: 1048576}\norder: raster\nnet: [{embedding: 2000000}, {linear: 5}]\nhead: categorical\n",
    "split sizes": "flowspec: 1\nname: hostile\nx: {shape: [8], values: real}\nflow: [{split: [1, 1, 1, 1, 1, 1, 1, 2147483647]}]\nbase: normal\n",
    "squeeze": "flowspec: 1\nname: hostile\nx: {shape: [1, 8, 8], values: real}\nflow: [{squeeze: 2147483647}, {unsqueeze: 2147483647}]\nbase: normal\n",
    "subscale": HEAD + "order: {subscale: [1000000000, 1000000000]}\nnet: [{conv: 2}]\nhead: bernoulli\n",
    "net in itself": HEAD + "nets: {a: [relu, a]}\norder: raster\nnet: a\nhead: bernoulli\n",
    "nets in a circle": HEAD + "nets: {a: [b, b], b: [a, a]}\norder: raster\nnet: [a, a]\nhead: bernoulli\n",
    "bare nets in a circle": HEAD + "nets: {a: b, b: a}\norder: raster\nnet: a\nhead: bernoulli\n",
    "net is its name": HEAD + "nets: {a: a}\norder: raster\nnet: a\nhead: bernoulli\n",
    "net in itself in a coupling": REAL + "nets: {a: a}\nflow: [{coupling: {keep: half, net: a}}]\nbase: normal\n",
    "block in itself": NET + "net: {block: a}\nblocks: {a: {net: [{block: a}]}}\n",
    "blocks in a circle": NET + "net: {block: a}\nblocks: {a: {net: [{block: b}, {block: b}]}, b: {net: [{block: a}, {block: a}]}}\n",
    "flow block in itself": REAL + "flow: {block: a}\nbase: normal\nblocks: {a: {flow: [{block: a}, {block: a}]}}\n",
    "flow blocks in a circle": REAL + "flow: {block: a}\nbase: normal\nblocks: {a: {flow: [{block: b}]}, b: {flow: [{block: a}]}}\n",
    "doubling nets": HEAD + "nets: {a0: relu, " + ", ".join(f"a{i + 1}: [a{i}, a{i}]" for i in range(40)) + "}\norder: raster\nnet: a40\nhead: bernoulli\n",
    "doubling bad nets": HEAD + "nets: {a0: nope, " + ", ".join(f"a{i + 1}: [a{i}, a{i}]" for i in range(40)) + "}\norder: raster\nnet: a40\nhead: bernoulli\n",
    "doubling empty nets": HEAD + "nets: {a0: [], " + ", ".join(f"a{i + 1}: [a{i}, a{i}]" for i in range(40)) + "}\norder: raster\nnet: a40\nhead: bernoulli\n",
    "doubling blocks": NET + "net: {block: a40}\nblocks: {a0: {net: []}, "
    + ", ".join(f"a{i + 1}: {{net: [{{block: a{i}}}, {{block: a{i}}}]}}" for i in range(40)) + "}\n",
    "injected name": 'flowspec: 1\nname: "x; import os"\nx: {shape: [4], values: real}\nflow: [affine]\nbase: normal\n',
    "name with a newline": 'flowspec: 1\nname: "a\\nimport os"\nx: {shape: [4], values: real}\nflow: [affine]\nbase: normal\n',
    "name with a last newline": 'flowspec: 1\nname: "a\\n"\nx: {shape: [4], values: real}\nflow: [affine]\nbase: normal\n',
    "look-alike name": "flowspec: 1\nname: mаde\nx: {shape: [4], values: real}\nflow: [affine]\nbase: normal\n",
    "keyword": "flowspec: 1\nname: class\nx: {shape: [4], values: real}\nflow: [affine]\nbase: normal\n",
    "torch as a net": HEAD + "nets: {torch: [relu]}\norder: raster\nnet: [{conv: 2}, torch]\nhead: bernoulli\n",
    "forward as a context": HEAD + "given: {forward: {classes: 2}}\norder: raster\nnet: [{conv: 2, given: forward}]\nhead: bernoulli\n",
    "op as a value": HEAD + "order: raster\nnet: {relu: {conv: 2, in: x}, b: {conv: 2, in: relu}}\nhead: bernoulli\n",
    "odd value names": HEAD + 'order: raster\nnet: {"a; b": {conv: 2, in: x}, "é": {conv: 2, in: x}, "a.b": {conv: 2, in: x}}\nhead: bernoulli\n',
    "odd keys": HEAD + '"é": 1\n"": 2\n"x ": 3\norder: raster\nnet: [{conv: 2, "ké": 3}]\nhead: bernoulli\n',
    "use escapes": HEAD + "use: {g: ../../../../etc/passwd}\norder: raster\nnet: [{conv: 2}]\nhead: bernoulli\n",
    "use of devices": HEAD + "use: {g: /dev/zero}\norder: raster\nnet: [{conv: 2}]\nhead: bernoulli\n",
    "use of a list": HEAD + "use: {g: [./a.yaml], h: null, i: {a: b}, x: ./a.yaml}\norder: raster\nnet: [{conv: 2}]\nhead: bernoulli\n",
    "names of data": 'flowspec: 1\nname: odd\nx: {names: ["a; import os", "b\\nc", "__import__", ""], values: binary}\norder: raster\nnet: [{linear: 3}]\nhead: bernoulli\n',
    "name of a step": REAL + 'flow: [{affine: null, name: "x; import os"}, {actnorm: null, name: class}, {coupling: {keep: half, net: [{linear: 3}]}, name: [1]}]\nbase: normal\n',
    "names of parts": REAL + 'flow: [{split: half, names: ["a; b", "c d"]}, affine]\nbase: normal\n',
    "deep graph references": NET + "net: {a: {conv: 2, in: x}, b: {conv: 2, in: a.b.c.d.0.1.2}, c: {conv: 2, in: '.'}, d: {conv: 2, in: a.}}\n",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(name: str) -> None:
    same(HOSTILE[name])
