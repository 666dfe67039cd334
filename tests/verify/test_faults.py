"""Faults planted into emitted text: verification fails, by the right check, and names the step or layer at fault."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

pytest.importorskip("torch")

from .specs import SPECS, planted

NO_DIGEST = ('raise RuntimeError(f"the mask of {name} is not the one that was proved")', "return")


@dataclass(frozen=True)
class Fault:
    """What is changed in which model, the check that must fail, and the node that it must name (a pattern)."""

    spec: str
    changes: tuple[tuple[str, str], ...]
    check: str
    node: str = ""


FAULTS = {
    # what is drawn
    "a posterior that is not taken off": Fault(
        "encoder", (("return x, z, -log_q", "return x, z, 0 * log_q"),), "log-densities taken off", "encode"
    ),
    "a draw that mistakes its density": Fault(
        "encoder", (("return x, -log_det", "return x, log_det"),), "log-densities of draws", "posterior"
    ),
    # masks and orders
    "a mask is off by one, and its digest says so": Fault(
        "made", (("first = reads[0] <= writes[0, :, None]", "first = reads[0] <= writes[0, :, None] + 1"),), "build"
    ),
    "the same without digests": Fault(
        "made",
        (("first = reads[0] <= writes[0, :, None]", "first = reads[0] <= writes[0, :, None] + 1"), NO_DIGEST),
        "no leak",
        r"linear\.1 \(line 5\)",
    ),
    "a head reads too much": Fault(
        "made", (("self.head = MaskedLinear(", "self.head = (lambda *a, **k: MaskedLinear(range(16), [99] * 5))("),),
        "no leak", r"head\.1 \(line 6\)",
    ),
    "no digest is compared": Fault("made", (NO_DIGEST,), "mask digests", r"net\.linear_1"),
    "a tap too many": Fault(
        "pixelcnn", (('(1, 0): "111/110", (1, 1): "111/110"', '(1, 0): "111/111", (1, 1): "111/110"'), NO_DIGEST), "no leak", r"conv\.2 \(line 7\)"
    ),
    "taps too few": Fault(
        "pixelcnn", (('"111/', '"000/'), NO_DIGEST), "no proved pair lost", r"conv\.1 \(line 6\)"
    ),
    "a norm over all groups": Fault(
        "pixelcnn", (("self.labels, self.eps = groups or", "self.labels, self.eps = [0] * channels or"),),
        "no leak", r"norm.* \(line 8\)",
    ),
    "a label that a graph does not have": Fault(
        "bayes", (("a & ~b == 0", "a & ~b < 2"), NO_DIGEST), "no leak", r"linear\.1 \(line 5\)"
    ),
    "a leak in train mode only": Fault(
        "sequence", (("F.dropout(a, 0.3, self.training)", "a + self.training * a.roll(-1, 2)"),), "no leak", r"conv|e \(line 9\)"
    ),
    "a context that is dropped": Fault(
        "ensemble", (("self.linear_2(label)", "self.linear_2(0 * label)"),), "context is seen", "label"
    ),
    # ensembles and samples
    "an ensemble that averages log-probabilities": Fault(
        "ensemble", (("return joint.logsumexp(0) - math.log(self.orders)", "return joint.mean(0)"),),
        "ensemble of orders", "log_prob",
    ),
    "and is no density": Fault(
        "ensemble", (("return joint.logsumexp(0) - math.log(self.orders)", "return joint.mean(0)"),),
        "probabilities of all states",
    ),
    "samples by argmax": Fault(
        "made", (("(noise[..., 0] < logit.sigmoid())", "(logit > 0)"),), "samples against all states", "sample"
    ),
    "samples by argmax of what cannot be counted": Fault(
        "pixelcnn", (("(noise[..., 0] < logit.sigmoid())", "(logit > 0)"),), "quantiles of samples", "sample"
    ),
    "an ensemble that draws one member only": Fault(
        "ensemble", (("torch.randint(self.orders, (n,)", "torch.randint(1, (n,)"),), "samples against all states"
    ),
    "two levels at once": Fault("made", (("(self.level_of[member] == level)", "(self.level_of[member] == level + (level == 3))"),), "sampling levels"),
    "samples outside the support": Fault("made", (("torch.where(wanted, self.family.drawn(", "torch.where(wanted, 2 * self.family.drawn("),), "support of samples"),
    # densities
    "a density without its scale": Fault(
        "parts", (("(-log_scale).exp()) - log_scale", "(-log_scale).exp())"),), "terms", "^a$"
    ),
    "logits as probabilities": Fault("histogram", (("- logits.logsumexp(-1)", "- logits.exp().sum(-1)"),), "probabilities of all states"),
    "a wrong denominator": Fault("made", (("(math.prod(self.SHAPE) * math.log(2))", "math.log(2)"),), "bits per dim"),
    "a label that is too good": Fault("glow", (('LIKELIHOOD = "bound"', 'LIKELIHOOD = "exact"'),), "likelihood"),
    "a part that counts twice": Fault("parts", (("+ self.b.log_prob(b)", "+ 2 * self.b.log_prob(b)"),), "sum of log-densities"),
    "a part that reaches no density": Fault("parts", (("self.a.log_prob(a, b=b) + ", ""),), "sum of log-densities"),
    # flows
    "a wrong inverse": Fault(
        "glow", (("return (upcast(z) - t) * (-self.log", "return upcast(z) - t * (-self.log"),), "round trip of x", r"coupling\.1 \(line 9\) and 3 more"
    ),
    "a log-det without a term": Fault(
        "toy", (("return upcast(x) * s.exp() + t, s", "return upcast(x) * s.exp() + t, 0 * s"),), "log-determinant", r"coupling\.1 \(line 5\)"
    ),
    "a log-det that a step forgets": Fault(
        "maf", (("log_det = log_det + change\n        return", "return"),), "log-determinant", r"affine.* \(line 11\)"
    ),
    "dequantization without its constant": Fault(
        "glow", (("-x.shape[1:].numel() * math.log(self.n)", "0.0"),), "log-determinant", r"dequantize.* \(line 7\)"
    ),
    "one scale for a channel that counts once": Fault(
        "glow", (("* math.prod(x.shape[1 + self.shift.dim() :])", ""),), "log-determinant", r"actnorm"
    ),
    "a net that sees what it moves": Fault(
        "glow", (("self.net(self.keep * x, **given))", "self.net(x, **given))"),), "log-determinant", r"coupling\.1 \(line 9\)"
    ),
    "an integral that is not 1": Fault(
        "maf", (("(-log_scale).exp()) - log_scale", "(-log_scale).exp()) - log_scale + 0.1"),), "integral"
    ),
    "samples that are infinite under any weights": Fault("toy", (("return self.unflow(draw, n, **self.admit_given(n, given))", "return self.unflow(draw, n, **self.admit_given(n, given)) / 0"),), "support of samples", "sample"),
    "noise of the wrong width": Fault("glow", (("torch.special.ndtri(interior(", "1.5 * torch.special.ndtri(interior("),), "quantiles of samples"),
    # modules
    "samples of a batch that touch": Fault("toy", (("x, change = step(x)", "x, change = step(x - x.mean(0))"),), "batch independence"),
    "a parameter that nothing uses": Fault("toy", (("self.base = ", "self.more = nn.Parameter(torch.ones(3))\n        self.base = "),), "gradients", "more"),
    "a buffer that is not saved": Fault(
        "maf", (('self.register_buffer("initialized", torch.tensor(False))', 'self.register_buffer("initialized", torch.tensor(False), persistent=False)'),),
        "saved and loaded",
    ),
    "a start from every batch": Fault("maf", (("if self.initialized:", "if False:"), (" and not m.initialized]", "]")), "initialized once", "actnorm"),
    "a log_prob of another shape": Fault("toy", (("self.possible(x, log_det + log_base)", "(log_det + log_base)[:, None]"),), "shapes and types"),
    "inputs of any shape": Fault("toy", (("tuple(value.shape[1:]) != tuple(shape)", "False"),), "refused inputs"),
    "half precision": Fault("toy", (("x.to(torch.promote_types(x.dtype, torch.float32))", "x.double() if x.dtype == torch.float64 else x.bfloat16().float()"),), "float32"),
    "a module that raises": Fault("toy", (("log_det = x.new_zeros(x.shape[0])", "log_det = x.new_zeros(x.shape[9])"),), "log-determinant"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_found(name: str) -> None:
    fault = FAULTS[name]
    certificate = planted(SPECS[fault.spec], *fault.changes, only=fault.check)
    assert not certificate.ok
    failed = {result.name: result for result in certificate.failures}
    assert fault.check in failed, failed
    found = failed[fault.check]
    assert re.search(fault.node, found.node), (found.node, found.detail)
    assert found.detail


def test_a_fault_is_not_seen_by_checks_of_other_things() -> None:
    """One fault, one check (and those that follow from it): a wrong denominator fails no other."""
    certificate = planted(SPECS["toy"], ("(math.prod(self.SHAPE) * math.log(2))", "math.log(2)"))
    assert [result.name for result in certificate.failures] == ["bits per dim"]
