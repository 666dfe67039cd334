"""Random legal specs: whatever passes the check is written, runs, and does what was proved."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowspec.compiler import Report, analyse
from flowspec.emit import load_class
from tests.emit.models import double, inputs
from tests.passes.specs import graph_specs, mlp_specs, ordered_specs

RELAXED = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def made(text: str) -> tuple[Report, Any] | None:
    """The report and a float64 model; None where the spec has errors."""
    report = analyse("random.yaml", f"flowspec: 1\nname: random_spec\n{text}")
    if not report.ok:
        return None
    torch.manual_seed(0)
    model = load_class(report.source())().double().eval().requires_grad_(False)
    assert sum(p.numel() for p in model.parameters()) == report.facts.parameters
    torch.manual_seed(0)
    linked = load_class(report.source(link=True))().double()
    assert list(linked.state_dict()) == list(model.state_dict())
    return report, model


@RELAXED
@given(st.one_of(ordered_specs(), mlp_specs(), graph_specs()))
def test_random_nets_under_random_orders(text: str) -> None:
    found = made(text)
    if found is None:
        return
    report, model = found
    x, given = double(*inputs(model, 1))
    assert model(x, **given).isfinite().all()
    assert model.sample(1, **given).shape == x.shape
    level, base = model.level_of[0].flatten(), model.theta(x, **given).flatten(1, -2)
    for j in range(x.numel()):
        moved = x.clone().flatten(1)
        moved[:, j] = torch.where(moved[:, j] > 0, moved[:, j] - 1, moved[:, j] + 1)
        touched = (model.theta(moved.view(x.shape), **given).flatten(1, -2) != base).any(-1)[0]
        touched = touched.repeat(model.family.channels)
        assert (level[touched] > level[j]).all()
    for schedule in report.plan.schedules:
        ready = schedule.ready()
        assert ready is not None
        head, size = ready[schedule.net.conditioner.graph.output], schedule.net.context.size
        assert head is not None
        of_rows = head.reshape(-1, size, head.shape[1])[:, 0].ravel()
        assert np.array_equal(np.tile(of_rows, schedule.net.context.sharing), schedule.levels[0])


class Chain:
    """Random flow steps on an image, which know the shape they stand on."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw, self.shape, self.splits = draw, [draw(st.integers(1, 3)), 4, 4], 0

    def steps(self, depth: int = 0) -> list[Any]:
        return [step for _ in range(self.draw(st.integers(1, 4))) if (step := self.step(depth)) is not None]

    def step(self, depth: int) -> Any:
        makers = [self.plain, self.plain, self.coupling, self.coupling, self.autoregressive]
        makers += [self.loop, self.squeeze, self.split] if depth == 0 else []
        return self.draw(st.sampled_from(makers))()

    def plain(self) -> Any:
        return self.draw(
            st.sampled_from(
                ["actnorm", "scale", "shift", "affine", "reverse", {"leaky_relu": 0.5}, {"permute": {"random": 1}}]
            )
        )

    def net(self) -> list[Any]:
        given = {"given": "c"} if self.draw(st.booleans()) else {}
        return [{"conv": 4, "kernel": self.draw(st.sampled_from([1, 3])), **given}, "tanh"]

    def coupling(self) -> Any:
        keeps = ["half", {"half": "rows"}, "checkerboard", "rows", {"random": 1, "seed": 3}] + ["channel"] * (
            self.shape[0] > 1
        )
        keep = self.draw(st.sampled_from(keeps[self.shape[0] == 1 or self.shape[1] == 1 :]))
        transform = self.draw(st.sampled_from(["additive", "affine"]))
        step = {"keep": keep, "net": self.net(), "transform": transform}
        return {"coupling": step, "times": self.draw(st.integers(1, 4))}

    def autoregressive(self) -> Any:
        order = self.draw(st.sampled_from(["raster", "reverse", "columns", {"random": 1, "seed": 2}]))
        fast = self.draw(st.sampled_from(["density", "sampling"]))
        return {"autoregressive": {"order": order, "net": [{"conv": 4, "kernel": 5}, "tanh"], "fast": fast}}

    def loop(self) -> Any:
        return {"repeat": self.draw(st.integers(1, 3)), "do": self.steps(1)}

    def squeeze(self) -> Any:
        if self.shape[1] % 2:
            return None
        self.shape = [4 * self.shape[0], self.shape[1] // 2, self.shape[2] // 2]
        return {"squeeze": 2}

    def split(self) -> Any:
        if self.shape[0] < 2:
            return None
        self.shape[0] //= 2
        own = {"base": {"net": [{"conv": 4}, "tanh"], "head": "normal"}} if self.draw(st.booleans()) else {}
        return {"split": {"sizes": "half", **own}}


@st.composite
def flow_specs(draw: st.DrawFn) -> str:
    chain = Chain(draw)
    shape = list(chain.shape)
    spec = {
        "x": {"shape": shape, "values": "real"},
        "given": {"c": {"classes": 3}},
        "flow": chain.steps(),
        "base": draw(st.sampled_from(["normal", "logistic"])),
    }
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in spec.items())


@RELAXED
@given(flow_specs())
def test_random_flows(text: str) -> None:
    found = made(text)
    if found is None:
        return
    _, model = found
    for p in model.parameters():
        p.copy_(p * 0.5 + 0.05 * torch.randn_like(p))
    x, given = double(*inputs(model, 2))
    z, log_det = model.encode(x, **given)
    assert (model.decode(z, **given) - x).abs().max() < 1e-7
    one = {key: value[:1] for key, value in given.items()}
    jacobian = torch.autograd.functional.jacobian(
        lambda v: model.encode(v.view(x[:1].shape), **one)[0][0], x[0].flatten()
    )
    assert abs(torch.linalg.slogdet(jacobian)[1] - log_det[0]) < 1e-7
    assert model(x, **given).shape == (2,)
    assert model.sample(2, **given).shape == x.shape
