"""Starting from data: once, also after loading, copying and compiling, from any batch, and on several ranks as on one."""

from __future__ import annotations

import copy
import os
import time
import warnings
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from torch import distributed, multiprocessing, nn

from flowspec.compiler import analyse
from flowspec.emit.load import load_class
from flowspec.runtime import ActNorm

BODY = """flowspec: 1
name: started
x: {shape: [4], values: real}
flow: [actnorm, {coupling: {keep: half, net: {mlp: [8]}}, times: 2}, actnorm]
base: normal
"""
ENCODER = """flowspec: 1
name: started
x: {shape: [4], values: binary}
flow:
- encode: [3]
  posterior: {given: {h: {mlp: [6], in: x}}, flow: [actnorm, {affine: {}}], base: {head: {normal: {}, in: h}}}
  decoder: {net: {mlp: [6]}, head: bernoulli}
base: normal
"""


def model(body: str = BODY, seed: int = 0) -> Any:
    report = analyse("started.yaml", body)
    assert report.ok, [finding.message for finding in report.diagnostics]
    torch.manual_seed(seed)
    return load_class(report.source(), "started")()


def data(seed: int, n: int = 64) -> torch.Tensor:
    source = torch.Generator().manual_seed(seed)
    return 3 * torch.randn(n, 4, generator=source) + torch.arange(4)


def weights(found: nn.Module) -> list[torch.Tensor]:
    return [value.clone() for value in found.state_dict().values()]


def same(a: list[torch.Tensor], b: list[torch.Tensor]) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


# --- once ------------------------------------------------------------------------------------------------------------


def test_a_model_says_whether_it_has_started() -> None:
    found = model()
    assert repr(found).count("not initialized") == 2
    found.initialize(data(0))
    assert "not initialized" not in repr(found)


def test_what_was_saved_copied_or_compiled_does_not_start_again(tmp_path: Path) -> None:
    first = model()
    first.initialize(data(0))
    kept = weights(first)
    torch.save(first.state_dict(), tmp_path / "weights.pt")
    loaded, copied = model(seed=1), copy.deepcopy(first)
    loaded.load_state_dict(torch.load(tmp_path / "weights.pt", weights_only=True))
    compiled: Any = torch.compile(first, backend="eager", fullgraph=True)
    for other in (first, loaded, copied, compiled):
        other.initialize(100 * data(1))
        assert same(weights(other), kept)


def test_a_copy_starts_on_its_own() -> None:
    first = model()
    other = copy.deepcopy(first)
    other.initialize(data(0))
    assert not first.actnorm_1.initialized
    first.initialize(100 * data(1))
    assert not same(weights(first), weights(other))
    assert all("inverse" not in vars(module) for module in first.modules())


def test_a_compiled_model_starts_too_and_computes_with_what_it_took() -> None:
    plain = model()
    compiled: Any = torch.compile(plain, backend="eager", fullgraph=True)
    before = compiled(data(0))
    compiled.initialize(data(0))
    assert plain.actnorm_1.initialized
    assert not torch.allclose(compiled(data(0)), before)
    assert torch.allclose(compiled(data(0)), plain(data(0)), atol=1e-5)


# --- from any batch --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_precisions_agree(dtype: torch.dtype) -> None:
    x = 2 * torch.randn(4096, 3, generator=torch.Generator().manual_seed(0)).double() + torch.tensor([0, 30, -30])
    step = ActNorm(3).double() if dtype == torch.float64 else ActNorm(3)
    step.initialize(x.to(dtype))
    z = step(x.to(dtype))[0].double()
    near = {torch.float32: 1e-5, torch.float64: 1e-5, torch.bfloat16: 1e-4}[dtype]
    assert z.mean(0).abs().max() < near
    assert (z.std(0, correction=0) - 1).abs().max() < near
    assert step.log_scale.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)


@pytest.mark.parametrize("value", [0.0, 0.1, -1e8])
def test_a_constant_channel_is_only_shifted_and_it_is_said(value: float) -> None:
    x = torch.randn(32, 3, 2, 2)
    x[:, 1] = value
    step = ActNorm(3)
    with pytest.warns(UserWarning, match="1 of 3 channels are constant in the batch"):
        step.initialize(x)
    z = step(x)[0]
    assert z[:, 1].abs().max() <= 1e-6 * abs(value)
    assert float(step.log_scale[1].detach()) == 0
    assert (z[:, [0, 2]].std((0, 2, 3)) - 1).abs().max() < 0.01


def test_a_batch_of_one_leaves_a_finite_density() -> None:
    found = model()
    with pytest.warns(UserWarning, match="4 of 4 channels are constant"):
        found.initialize(data(0, 1))
    assert found(data(1)).isfinite().all()
    assert torch.equal(found.actnorm_1.log_scale, torch.zeros(4))
    image = ActNorm(2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image.initialize(torch.randn(1, 2, 8, 8))  # many sites stand for many samples


@pytest.mark.filterwarnings("ignore:std_mean")
@pytest.mark.parametrize("batch", [torch.full((8, 4), torch.nan), torch.full((8, 4), torch.inf), torch.zeros(0, 4)])
def test_a_batch_without_moments_is_refused_and_changes_nothing(batch: torch.Tensor) -> None:
    found = model()
    kept = weights(found)
    with pytest.raises(ValueError, match="empty or holds numbers that are not finite"):
        found.initialize(batch)
    assert same(weights(found), kept)
    found.initialize(data(0))
    assert found.actnorm_2.initialized


def test_a_step_that_runs_backwards_first_normalizes_what_it_makes() -> None:
    """A posterior is drawn from: its steps run from noise to draws."""
    step = ActNorm(3)
    z = 3 * torch.randn(512, 3) + 5
    step.initialize(z, inverse=True)
    x = step.inverse(z)
    assert x.mean(0).abs().max() < 1e-5
    assert (x.std(0, correction=0) - 1).abs().max() < 1e-5
    found = model(ENCODER)
    with torch.no_grad():
        for parameter in found.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)))
    (norm,) = [module for module in found.modules() if isinstance(getattr(module, "initialized", None), torch.Tensor)]
    with torch.no_grad():
        norm.log_scale.zero_()
        norm.shift.zero_()
    found.initialize(torch.randint(2, (2048, 4)).float())
    drawn: list[torch.Tensor] = []
    inverse: Any = norm.inverse

    def watched(z: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        drawn.append(inverse(z, **given))
        return drawn[-1]

    vars(norm)["inverse"] = watched
    found(torch.randint(2, (2048, 4)).float())
    assert drawn[0].mean(0).abs().max() < 0.2
    assert (drawn[0].std(0) - 1).abs().max() < 0.2


# --- on several ranks ------------------------------------------------------------------------------------------------


PATIENCE = 120.0  # seconds


def _rank(rank: int, folder: str) -> None:
    """One of two processes: its own weights and its own part of the data."""
    patience = timedelta(seconds=PATIENCE)
    distributed.init_process_group("gloo", f"file://{folder}/store", rank=rank, world_size=2, timeout=patience)
    before = model()
    before.initialize(data(rank, 24 + 16 * rank))
    wrapped = nn.parallel.DistributedDataParallel(model())
    wrapped.module.initialize(data(rank, 24 + 16 * rank))
    started = weights(wrapped.module)
    wrapped(data(7 + rank)).mean().neg().backward()
    torch.optim.SGD(wrapped.parameters(), 0.1).step()
    refused = ""
    try:
        model().initialize(data(rank) / (1 - rank))  # the second rank has no finite number
    except ValueError as error:
        refused = str(error)
    torch.save((weights(before), started, weights(wrapped.module), refused), Path(folder) / f"{rank}.part")
    (Path(folder) / f"{rank}.part").rename(Path(folder) / f"{rank}.pt")
    while not (Path(folder) / f"{1 - rank}.pt").exists():  # nobody hangs up on the other
        time.sleep(0.05)
    os._exit(0)  # taking a process group down may wait for the other for ever


def test_two_ranks_start_from_both_their_batches_and_stay_equal(tmp_path: Path) -> None:
    if not distributed.is_available() or not distributed.is_gloo_available():
        pytest.skip("this torch is built without gloo")
    start_processes: Any = multiprocessing.start_processes  # type: ignore[attr-defined]
    ranks = start_processes(_rank, (str(tmp_path),), nprocs=2, join=False, start_method="spawn")
    try:
        assert any(ranks.join(PATIENCE) for _ in range(2)), "the ranks wait for each other"
    finally:
        for process in ranks.processes:
            process.kill()
    one, two = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(2))
    for a, b in zip(one[:3], two[:3], strict=True):
        assert same(a, b)
    assert same(one[0], one[1])  # wrapped or not
    assert not same(one[1], one[2])  # and then trained
    assert "not finite" in one[3]
    assert "not finite" in two[3]
    single = model()
    single.initialize(torch.cat([data(0, 24), data(1, 40)]))
    for a, b in zip(weights(single), one[0], strict=True):
        assert torch.allclose(a, b, atol=1e-5)
