"""Fisher scores: finite differences, loops, sketches, and every emitted model."""

from __future__ import annotations

import pytest
import torch

from tests.emit.cases import CASES
from tests.emit.models import built as emitted
from tests.emit.models import inputs, report

from .nets import BinaryMade, Ensemble, TinyMaf, TinyPixelCnn
from .test_models import built, context

MODELS = {"made": BinaryMade, "ensemble": Ensemble, "pixelcnn": TinyPixelCnn, "maf": TinyMaf}


def rows(model: torch.nn.Module, n: int) -> torch.Tensor:
    torch.manual_seed(5)
    return torch.randn(n, 3).double() if model.SHAPE == (3,) else torch.randint(2, (n, *model.SHAPE)).double()


@pytest.mark.parametrize("name", MODELS)
def test_scores_are_derivatives(name: str) -> None:
    model = built(MODELS[name])
    x, given = rows(model, 3), context(model, 3)
    found = model.fisher_score(x, **given)
    P = sum(p.numel() for p in model.parameters())
    assert found.shape == (3, P)
    vector, step = torch.nn.utils.parameters_to_vector(model.parameters()), 1e-6
    for i in range(0, P, max(1, P // 40)):
        ends = []
        for sign in (1, -1):
            moved = vector.clone()
            moved[i] += sign * step
            torch.nn.utils.vector_to_parameters(moved, model.parameters())
            ends.append(model(x, **given))
        assert torch.allclose(found[:, i], (ends[0] - ends[1]) / (2 * step), atol=1e-7)


def test_the_mean_score_is_the_gradient_of_the_mean() -> None:
    model = built(BinaryMade).requires_grad_(True)
    x = rows(model, 7)
    model(x).mean().backward()
    gradient = torch.cat([p.grad.flatten() for p in model.parameters()])
    assert torch.allclose(model.fisher_score(x).mean(0), gradient, atol=1e-12)


def test_a_member_of_an_ensemble_has_scores() -> None:
    model = built(Ensemble)
    x, given = rows(model, 3), context(model, 3)
    assert not torch.allclose(model.fisher_score(x, order=1, **given), model.fisher_score(x, **given))


def test_batches_and_loops_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    model = built(TinyPixelCnn)
    x = rows(model, 4)
    batched = model.fisher_score(x)

    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("no batching rule")

    monkeypatch.setattr(torch.func, "vmap", broken)
    assert torch.allclose(model.fisher_score(x), batched, atol=1e-12)


def test_sketches_keep_inner_products_in_the_mean() -> None:
    model = built(BinaryMade)
    x = rows(model, 6)
    exact = model.fisher_score(x)
    k, seeds = 32, 400
    sketches = torch.stack([model.fisher_score(x, projection=k, seed=s) for s in range(seeds)])
    assert sketches.shape == (seeds, 6, k)
    products, true = (sketches @ sketches.mT), exact @ exact.T
    norms = true.diagonal()
    bound = (norms[:, None] * norms[None, :] + true**2) / k
    assert ((products.mean(0) - true).abs() < 5 * (bound / seeds).sqrt()).all()
    assert (products.var(0) < 1.5 * bound).all()
    assert torch.equal(sketches[3], model.fisher_score(x, projection=k, seed=3))
    assert not torch.equal(sketches[3], sketches[4])


def test_bad_requests() -> None:
    model = built(BinaryMade)
    with pytest.raises(ValueError, match=r"binary_made: x has shape \(2, 5\), expected \(B, 4\)"):
        model.fisher_score(torch.zeros(2, 5).double())
    with pytest.raises(ValueError, match="projection=0, expected 1 or more"):
        model.fisher_score(torch.zeros(2, 4).double(), projection=0)


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("skips", "unet")])
def test_every_emitted_model_has_scores(name: str) -> None:
    """They are those of single backward passes, wherever log p is not drawn."""
    model = emitted(name)
    x, given = inputs(model)
    found = model.fisher_score(x, **given)
    assert found.shape == (len(x), sum(p.numel() for p in model.parameters()))
    assert found.isfinite().all()
    if report(name).facts.likelihood == "exact" and found.shape[1]:
        for b in range(len(x)):
            log_p = model(x[b : b + 1], **{n: v[b : b + 1] for n, v in given.items()})
            alone = torch.autograd.grad(
                log_p.sum(), list(model.parameters()), allow_unused=True, materialize_grads=True
            )
            flat = torch.cat([g.flatten() for g in alone])
            assert torch.allclose(found[b], flat, rtol=1e-3, atol=1e-4 * (1 + flat.abs().max().item()))
