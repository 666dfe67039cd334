"""Samples given some variables: exact, by counting every state, or refused with a reason."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from flowspec.compiler import analyse
from flowspec.emit import load_class
from tests.emit.cases import CASES
from tests.emit.models import report

from .nets import BinaryMade, Ensemble, TinyMaf, TinyPixelCnn
from .test_models import built, context, states

N = 20_000


def conditional(model: Any, values: int, x: torch.Tensor, mask: torch.Tensor, **kwargs: Any) -> torch.Tensor:
    """p(x | x at the mask) of every state, by adding up the states that agree there."""
    every = states(model, values)
    agree = torch.where(mask, every == x, True).flatten(1).all(1)
    p = model.log_prob(every, **context(model, len(every)), **kwargs).exp() * agree
    return p / p.sum()


def frequencies(model: Any, values: int, x: torch.Tensor, mask: torch.Tensor, **kwargs: Any) -> torch.Tensor:
    draws = model.sample(
        N, observed=x, mask=mask, generator=torch.Generator().manual_seed(0), **context(model, N), **kwargs
    ).flatten(1)
    weights = values ** torch.arange(draws.shape[1] - 1, -1, -1)
    return torch.bincount((draws.long() * weights).sum(1), minlength=values ** draws.shape[1]) / N


def agrees(counted: torch.Tensor, p: torch.Tensor) -> bool:
    """Chi-squared over the states that are possible; nothing elsewhere."""
    possible = p > 0
    if counted[~possible].any():
        return False
    statistic = ((counted - p).square()[possible] / p[possible]).sum() * N
    return bool(statistic < possible.sum() + 6 * math.sqrt(2 * possible.sum()))


@pytest.mark.parametrize("kept", [[2], [2, 0], [2, 0, 3], [], [0, 1, 2, 3]])
def test_frequencies_are_the_conditional(kept: list[int]) -> None:
    """The order of the model is 2, 0, 3, 1."""
    model = built(BinaryMade)
    x, mask = torch.tensor([1.0, 0.0, 1.0, 1.0]).double(), torch.zeros(4, dtype=torch.bool)
    mask[kept] = True
    assert agrees(frequencies(model, 2, x, mask), conditional(model, 2, x, mask))


def test_whole_sites_of_an_image() -> None:
    model = built(TinyPixelCnn)
    x, mask = torch.tensor([[[2, 0]], [[1, 0]]]), torch.tensor([[[True, False]], [[True, False]]])
    assert agrees(frequencies(model, 3, x, mask), conditional(model, 3, x, mask))
    mask = torch.tensor([[[True, False]], [[False, False]]])
    assert agrees(frequencies(model, 3, x, mask), conditional(model, 3, x, mask))


def test_members_of_an_ensemble_weigh_as_they_explain_what_is_observed() -> None:
    model = built(Ensemble)
    x = torch.tensor([1, 0, 1, 0])
    firsts = [row.index(0) for row in model.levels]
    mask = torch.zeros(4, dtype=torch.bool)
    mask[firsts[1]] = True
    assert agrees(frequencies(model, 2, x, mask, order=1), conditional(model, 2, x, mask, order=1))
    common = torch.zeros(4, dtype=torch.bool)  # nothing observed, or all: every member can do it
    assert agrees(frequencies(model, 2, x, common), conditional(model, 2, x, common))


def test_an_ensemble_whose_members_agree_on_what_comes_first() -> None:
    text = (
        "flowspec: 1\nname: m\nx: {shape: [3], values: binary}\norder: {random: 4, seed: SEED}\n"
        "net: [{linear: 12}, tanh]\nhead: bernoulli\n"
    )
    for seed in range(60):
        model = built(load_class(analyse("m.yaml", text.replace("SEED", str(seed))).source(), "m"))
        firsts = {row.index(0) for row in model.levels}
        if len(firsts) == 1 and len({tuple(row) for row in model.levels}) > 1:
            break
    mask, x = torch.zeros(3, dtype=torch.bool), torch.tensor([1, 1, 1])
    mask[firsts.pop()] = True
    with torch.no_grad():
        for k, p in enumerate(model.parameters()):
            p.mul_(3 if k else 1)  # members that disagree, so that their weights matter
    assert agrees(frequencies(model, 2, x, mask), conditional(model, 2, x, mask))


def test_sites_that_are_drawn_as_a_whole() -> None:
    text = (
        "flowspec: 1\nname: m\nx: {shape: [2, 3], values: 3}\norder: {raster: {}, channels: joint}\n"
        "net: [{conv: 8, kernel: 3}, tanh]\nhead: {discretized_logistic_mixture: 2}\n"
    )
    model = built(load_class(analyse("m.yaml", text).source(), "m"))
    x, mask = torch.tensor([[2, 0, 0], [1, 0, 0]]), torch.tensor([[True, False, False]] * 2)
    assert agrees(frequencies(model, 3, x, mask), conditional(model, 3, x, mask))
    mask[1, 0] = False
    with pytest.raises(ValueError, match="m: the channels of a site are drawn together: observe all of them, or none"):
        model.sample(2, observed=x, mask=mask)


def test_masks_may_differ_from_sample_to_sample() -> None:
    model = built(BinaryMade)
    mask = torch.tensor([[False, False, True, False], [True, True, True, True]])
    x = torch.tensor([[0.0, 0, 1, 0], [1, 0, 0, 1]]).double()
    drawn = model.sample(2, observed=x, mask=mask)
    assert torch.equal(drawn[mask], x[mask])
    everything = torch.where(mask, x, torch.nan)  # what is not observed may be anything
    generator = torch.Generator
    first, second = (
        model.sample(2, observed=value, mask=mask, generator=generator().manual_seed(1)) for value in (x, everything)
    )
    assert torch.equal(first, second)


def test_observing_nothing_is_sampling() -> None:
    model = built(BinaryMade)
    nothing = torch.zeros(4, dtype=torch.bool)
    plain, given = (
        model.sample(50, generator=torch.Generator().manual_seed(3), **kwargs)
        for kwargs in ({}, {"observed": torch.zeros(4).double(), "mask": nothing})
    )
    assert torch.equal(plain, given)


# --- refusals -----------------------------------------------------------------------------------------------------------


def test_what_cannot_be_clamped_is_refused_with_the_pair() -> None:
    model = built(BinaryMade)
    mask = torch.tensor([True, False, False, True])
    with pytest.raises(
        ValueError, match=r"^binary_made: 2 of 2 observed variables may depend on unobserved ones, the"
    ) as e:
        model.sample(3, observed=torch.zeros(4).double(), mask=mask)
    assert "the first of them x[0] on x[2]: keeping them would not draw from the conditional. It takes" in str(e.value)


def test_an_ensemble_names_the_members_that_can_do_it() -> None:
    model = built(Ensemble)
    mask = torch.zeros(4, dtype=torch.bool)
    mask[model.levels[2].index(0)] = True
    if all(row.index(0) == model.levels[2].index(0) for row in model.levels):
        pytest.skip("all members begin alike")
    with pytest.raises(ValueError, match=r"of this ensemble, order=.*2.* can do it"):
        model.sample(3, observed=torch.zeros(4).double(), mask=mask, **context(model, 3))
    with pytest.raises(ValueError, match=r"order=7: this is an ensemble"):
        model.sample(3, observed=torch.zeros(4).double(), mask=mask, order=7, **context(model, 3))


@pytest.mark.parametrize(
    ("error", "message", "kwargs"),
    [
        (TypeError, "binary_made: `observed` and `mask` go together", {"observed": torch.zeros(4)}),
        (TypeError, "mask holds torch.float32", {"observed": torch.zeros(4), "mask": torch.zeros(4)}),
        (ValueError, r"observed has shape \(5,\), expected \(4\) or \(3, 4\)", {"observed": torch.zeros(5), "mask": torch.ones(4).bool()}),
        (ValueError, "what is observed in sample 0 has probability 0", {"observed": torch.full((4,), 7.0), "mask": torch.ones(4).bool()}),
    ],
)  # fmt: skip
def test_bad_observations(error: type[Exception], message: str, kwargs: dict[str, Any]) -> None:
    with pytest.raises(error, match=message):
        built(BinaryMade).sample(3, **kwargs)


def test_flows_refuse() -> None:
    with pytest.raises(TypeError, match=r"tiny_maf: `observed` is for models with an order"):
        built(TinyMaf).sample(3, observed=torch.zeros(3), mask=torch.ones(3).bool())


# --- what emitted models know of their dependency ------------------------------------------------------------------------


AUTOREGRESSIVE = [name for name, text in CASES.items() if "\norder:" in text]


@pytest.mark.parametrize("name", AUTOREGRESSIVE)
def test_predecessors_cover_the_dependency(name: str) -> None:
    """Nothing that a conditional depends on is missing; on graphs, and where every pair is reached, nothing is more."""
    found = report(name)
    model = load_class(found.source(), name)()
    if not hasattr(model, "before"):
        pytest.skip("a model without an order")
    for k in range(min(model.ORDERS, 3)):
        dependency = torch.tensor(found.dependency(k))
        D = len(dependency)
        before = torch.zeros(D, D, dtype=torch.bool)
        for i in range(D):
            before[i, model.before[k].of(i)] = True
        assert not (dependency & ~before).any()
        if model.before[k].knows is not None or not found.facts.context_missing:
            assert torch.equal(before, dependency)
        observed = torch.rand(20, D) < 0.9
        expected = observed & (before[None] & ~observed[:, None]).any(2)
        assert torch.equal(model.before[k].blocked(observed), expected)


def test_independent_variables_can_all_be_observed() -> None:
    text = "flowspec: 1\nname: m\nx: {shape: [3], values: binary}\nhead: bernoulli\n"
    model = load_class(analyse("m.yaml", text).source(), "m")()
    mask = torch.tensor([False, True, False])
    drawn = model.sample(200, observed=torch.ones(3), mask=mask)
    assert drawn[:, 1].all()
    assert 0 < drawn[:, 0].sum() < 200
