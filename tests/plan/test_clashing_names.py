"""Names that a user may choose and that emitted methods use themselves: the model is the same under any name, or refused."""

from __future__ import annotations

import pytest
import torch

from flowspec.compiler import analyse
from flowspec.emit.load import load_class

COUPLING = "{coupling: {keep: half, net: [{linear: 6}, relu]}}"
TEMPLATES = {
    "block": f"flow: [{{repeat: 3, block: NAME}}]\nbase: normal\nblocks: {{NAME: {{flow: [{COUPLING}, reverse]}}}}",
    "step": f"flow: [{{repeat: 3, block: of}}]\nbase: normal\n"
    f"blocks: {{of: {{flow: [{{actnorm: {{}}, name: NAME}}, {COUPLING}, reverse]}}}}",
    "value": "flow: [{coupling: {keep: half, net: {NAME: {linear: 6, in: x}, r: {relu: {}, in: NAME}}, times: 2}}]\nbase: normal",
    "part": "flow: [{split: {sizes: half, names: [NAME, more]}}]\nbase:\n"
    f"  NAME: {{flow: [{COUPLING}], base: normal}}\n"
    f"  more: {{given: NAME, flow: [{COUPLING[:-1]}, given: NAME}}], base: normal}}",
    "given": "given: {NAME: {shape: [3], values: real}}\n"
    "flow: [{coupling: {keep: half, net: [{linear: 6, given: NAME}, relu], times: 2}, given: NAME}]\nbase: normal",
    "ordered": "given: {NAME: {shape: [3], values: real}}\norder: raster\nnet: [{linear: 6, given: NAME}, relu]\nhead: normal",
    "given alone": "given: {NAME: {shape: [3], values: real}}\nnet: [{linear: 6}, relu]\nhead: normal",
    "given beside": "given: {NAME: {shape: [3], values: real}, more: {shape: [3], values: real}}\n"
    "net: {a: {linear: 6, in: NAME}}\nhead: normal",
    "drawn": "flow:\n- encode: [4]\n  decoder: {net: {mlp: [6]}, head: normal}\n  posterior:\n"
    "    given: {NAME: {mlp: [8], in: x}}\n"
    f"    flow: [{{repeat: 2, block: of}}, {{repeat: 2, do: [{COUPLING[:-1]}, given: NAME}}]}}]\n"
    "    base: {head: {normal: {}, in: NAME}}\n"
    f"base: normal\nblocks: {{of: {{flow: [{{affine: {{}}, name: NAME}}, {COUPLING}]}}}}",
    "skips": "flow: [{coupling: {keep: half, net: {a0: {linear: 4, in: x}, r: {repeat: 3, block: down_, in: {h: a0}},"
    " u: {for: {i: [2, 1, 0]}, block: up_, in: {h: r, s: r.$i, t: r.$i}}}, times: 2}}]\nbase: normal\n"
    "blocks: {down_: {in: h, net: {NAME: {linear: 4, in: h}}},"
    " up_: {in: [h, s, t], net: {q: {linear: 4, in: h}, o: {add: [q, s]}, p: {mul: [o, t]}}, out: {h: p}}}",
}
WORDS = [
    "a", "as_", "b", "back", "block", "blocks", "buffer", "change", "child", "density", "draw", "fixed", "flow",
    "full_precision", "generator", "h", "head", "i", "id", "inner", "input", "is_", "k", "layer", "layers", "level",
    "list", "log_base", "log_det", "log_q", "module", "n", "noise", "one_hot", "order", "parameter",
    "parameters_last", "part_shape", "reversed", "self_", "shape", "signed_unit", "skip", "skip_2", "skips", "step",
    "steps", "sum", "term", "theta", "torch_", "train", "u", "uniform", "x_2", "z", "zip",
]  # fmt: skip


def computed(template: str, word: str) -> torch.Tensor | None:
    """What the model says of numbers that do not depend on its names; None where the name is refused."""
    text = f"flowspec: 1\nname: named\nx: {{shape: [4], values: real}}\n{TEMPLATES[template].replace('NAME', word)}\n"
    report = analyse("s.yaml", text)
    if not report.ok:
        return None
    model = load_class(report.source())().double().eval()
    torch.manual_seed(1)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    draws = torch.Generator().manual_seed(2)
    x = torch.randn(5, 4, generator=draws, dtype=torch.float64)
    given = {key: torch.randn(5, 3, generator=draws, dtype=torch.float64) for key in model.GIVEN}
    torch.manual_seed(3)
    log_p = model.log_prob(x, **given)
    log_p.sum().backward()
    slope = sum(p.grad.abs().sum() for p in model.parameters() if p.grad is not None)
    decoded = model.decode(model.encode(x, **given)[0], **given) if model.KIND == "flow" else log_p
    sample = model.sample(5, generator=torch.Generator().manual_seed(4), **given).double()
    return torch.cat([v.detach().double().flatten() for v in (log_p, slope, decoded, sample)])  # type: ignore[union-attr]


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_model_is_the_same_under_any_name_that_is_legal(template: str) -> None:
    plain = computed(template, "quiet")
    assert plain is not None
    found = {word: computed(template, word) for word in WORDS}
    wrong = [word for word, values in found.items() if values is not None and not torch.allclose(values, plain)]
    assert not wrong
    assert sum(values is None for values in found.values()) < len(WORDS) / 2
