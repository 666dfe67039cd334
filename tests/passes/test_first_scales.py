"""By how much values shrink or grow before anything is learned, against the module with nets that give 0."""

from __future__ import annotations

import math

import pytest
import torch

from flowspec.compiler import Report, analyse
from flowspec.emit.load import load_class

HALF = "net: [{linear: 5}, tanh]"
SPECS = {
    "couplings": f"{{coupling: {{keep: half, {HALF}, transform: {{affine: {{start: 0.4}}}}}}, times: 20}}",
    "a third at a time": f"{{coupling: {{keep: [0, 1, 2, 3], {HALF}, transform: {{affine: {{start: 3}}}}}}, times: 1}}, "
    f"{{repeat: 9, do: [reverse, {{coupling: {{keep: [0, 1, 2, 3], {HALF}, transform: {{affine: {{start: 9}}}}}}}}]}}",
    "autoregressive": f"{{autoregressive: {{order: raster, {HALF}, transform: {{affine: {{scale: softplus, start: 0.1}}}}}}, times: 4}}",
    "sampling in one pass": f"{{autoregressive: {{order: raster, {HALF}, transform: {{affine: {{start: 0.1}}}}, fast: sampling}}, times: 4}}",
    "both ways": f"{{autoregressive: {{order: raster, {HALF}, transform: {{affine: {{start: 0.1}}}}}}, times: 6}}, "
    f"{{coupling: {{keep: half, {HALF}, transform: {{affine: {{start: 10}}}}}}, times: 4}}",
}  # fmt: skip


def report(flow: str) -> Report:
    return analyse(
        "spec.yaml", f"flowspec: 1\nname: m\nx: {{shape: [6], values: real}}\nflow: [{flow}]\nbase: normal\n"
    )


@pytest.mark.parametrize("name", SPECS)
def test_the_factor_is_that_of_the_module(name: str) -> None:
    found = report(SPECS[name])
    model = load_class(found.source())().double()
    for key, parameter in model.named_parameters():
        if ".head." in key or key.endswith("log_scale"):
            torch.nn.init.zeros_(parameter)
    _, log_det = model.encode(torch.zeros(1, 6, dtype=torch.float64))
    power = float(log_det.detach()) / 6 / math.log(10)
    (said,) = [f.message for f in found.diagnostics if f.code == "FS374"]
    word = "shrink" if power < 0 else "grow"
    assert said == f"before anything is learned values {word} by a factor of 1e{round(abs(power))}"


@pytest.mark.parametrize(
    "flow",
    [
        f"{{coupling: {{keep: half, {HALF}}}, times: 60}}",
        f"{{coupling: {{keep: half, {HALF}, transform: {{affine: {{start: 0.8}}}}}}, times: 6}}",
        f"{{repeat: 30, do: [{{coupling: {{keep: half, {HALF}, transform: {{affine: {{start: 0.4}}}}}}}}, reverse, actnorm]}}",
        f"{{coupling: {{keep: half, {HALF}, transform: {{affine: {{start: 0.1}}}}}}, times: 9}}, "
        f"{{coupling: {{keep: half, {HALF}, transform: {{affine: {{start: 10}}}}}}, times: 9}}",
    ],
)
def test_what_evens_out_is_not_warned_of(flow: str) -> None:
    assert "FS374" not in [f.code for f in report(flow).diagnostics]
