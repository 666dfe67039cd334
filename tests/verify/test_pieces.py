"""The instruments themselves: noise, inputs, statistics, second opinions, grids of numbers."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("torch")

import torch
from torch import nn

from flowspec.ops.registry import DENSITIES
from flowspec.verify import stats
from flowspec.verify.inputs import Values, draw_given, moved_given
from flowspec.verify.measure import relative, worst
from flowspec.verify.noise import fixed_noise, generator, mixed
from flowspec.verify.reference import DISTRIBUTIONS, distribution, quantile, terms
from flowspec.verify.weights import GENERIC, MILD, POSITIVE, build

DOUBLE = torch.float64


def test_noise_is_the_same_in_every_precision_and_batch() -> None:
    x = torch.zeros(5, 3, dtype=DOUBLE)
    with fixed_noise(4):
        one, normal, shaped = torch.rand_like(x), torch.randn_like(x), torch.rand(5, 3)
    with fixed_noise(4):
        single, less = torch.rand_like(x.float()), torch.randn_like(x[:2])
    assert single.dtype == torch.float32
    assert torch.equal(single, one.float())
    assert torch.equal(less, normal[:2])
    assert shaped.shape == (5, 3)
    assert not torch.equal(one.float(), shaped)
    with fixed_noise(4):
        own = torch.rand((5, 3), generator=torch.Generator().manual_seed(1))
    assert torch.equal(own, torch.rand((5, 3), generator=torch.Generator().manual_seed(1)))
    assert not torch.equal(torch.rand_like(x), torch.rand_like(x))


def test_seeds_mix() -> None:
    assert len({mixed(a, b) for a in range(20) for b in range(20)}) == 400


@pytest.mark.parametrize("declared", ["real", "positive", "binary", 5, [2, 3, 5, 2], (-1.0, 2.5)])
def test_values_are_legal_and_move(declared: object) -> None:
    values = Values.of(declared)
    x = values.draw(200, (4,), generator(0))
    other = values.moved(x, generator(1))
    assert values.inside(x)
    assert values.inside(other)
    assert (x != other).all()
    assert values.discrete == (x.dtype == torch.int64)
    assert not values.inside(
        x.double() + 100 if values.hi < 100 else x.new_full((1, 4), -1) if values.lo == 0 else x / 0 * 0
    )


def test_states_are_all_there_once() -> None:
    values = Values.of([2, 3, 2])
    x = values.states((3,))
    assert x.shape == (12, 3)
    assert len({tuple(row) for row in x.tolist()}) == 12
    assert values.count_states((3,)) == 12
    assert Values.of("real").count_states((3,)) == math.inf


def test_contexts_move_one_by_one() -> None:
    declared = {"label": {"classes": 3}, "c": {"shape": (2,), "values": "real"}}
    given = draw_given(declared, 6, generator(0))
    other = moved_given(declared, "label", given, generator(1))
    assert (other["label"] != given["label"]).all()
    assert torch.equal(other["c"], given["c"])


def test_chi_squared_tells_right_from_wrong() -> None:
    p = torch.tensor([0.5, 0.3, 0.15, 0.04, 0.0099, 0.0001, 0.0])
    draws = torch.multinomial(p, 4000, replacement=True, generator=generator(3))
    counts = torch.bincount(draws, minlength=7)
    assert stats.chi_squared(counts, p * 4000) > 1e-3
    assert stats.chi_squared(counts, p.flip(0) * 4000) < 1e-6
    assert stats.chi_squared(counts, torch.tensor([0.45, 0.35, 0.15, 0.04, 0.0099, 0.0001, 0.0]) * 4000) < 1e-6


def test_uniformity_of_each_and_of_all() -> None:
    u = torch.rand((400, 5), generator=generator(1), dtype=DOUBLE)
    assert stats.uniform(u).shape == (6,)
    assert stats.uniform(u).min() > 1e-3
    u[:, 2] = u[:, 2].square()
    p = stats.uniform(u)
    assert p[2] < 1e-6
    assert p[-1] < 1e-6
    assert p[[0, 1, 3, 4]].min() > 1e-3


def test_every_density_of_the_language_has_a_second_opinion() -> None:
    from flowspec.graph.support import REAL, integers

    for op in DENSITIES:
        density = op(**{name: (2, 3) if name == "shape" else 3 for name in op.required()})
        values = integers(2) if op.__name__ in ("Bernoulli", "Categorical", "DiscretizedLogisticMixture") else REAL
        words = {density.lower(values).name, *([density.lower_standard().name] if density.bare else [])}
        assert words <= set(DISTRIBUTIONS), words


ARGUMENTS = {
    "Categorical": [4],
    "Beta": [0.6, 2.5],
    "GaussianMixture": [3],
    "LogisticMixture": [3],
    "DiscretizedLogisticMixture": [6, 3],
}


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_quantiles_of_right_samples_are_uniform(name: str, together: bool) -> None:
    import flowspec.runtime as runtime

    family, C = getattr(runtime, name)(*ARGUMENTS.get(name, [])), 3
    if together:
        if "Mixture" not in name:
            return
        family = (runtime.LinkedMixture if "Discretized" in name else runtime.JointMixture)(family, C)
    rows = (1, 2) if together else (C, 2)
    theta = torch.randn((1, *rows, family.size), generator=generator(2), dtype=DOUBLE).expand(500, *rows, family.size)
    noise = torch.rand((500, C, 2, family.noise), generator=generator(3), dtype=DOUBLE)
    x = family.sample(noise, theta)
    named = {key: value.flatten(1, 2) for key, value in family.named(theta).items()}
    meant = distribution(family, named, x.flatten(1))
    assert meant is not None
    u = quantile(meant, x.flatten(1), torch.rand((500, C * 2), generator=generator(4), dtype=DOUBLE))
    assert stats.uniform(u).min() > 1e-4
    expected = terms(family, named, x.flatten(1))
    assert expected is not None
    assert worst(relative(family.log_prob(x, theta).flatten(1), expected)) < 1e-10


def test_numbers_that_are_none_are_the_worst() -> None:
    assert worst(torch.tensor([1.0, math.nan])) == math.inf
    assert worst(torch.tensor([])) == 0
    assert worst(relative(torch.tensor([-math.inf, 2.0]), torch.tensor([-math.inf, 1.0]))) == 0.5


class Zero(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(4, 9))
        self.bias = nn.Parameter(torch.zeros(4))


def test_weights_are_generic_even_where_models_start_at_zero() -> None:
    before = torch.random.get_rng_state()
    for kind in (GENERIC, MILD, POSITIVE):
        one, again, other = (build(Zero, seed, kind) for seed in (1, 1, 2))
        assert all((p != 0).all() and p.dtype == DOUBLE for p in one.parameters())
        assert torch.equal(one.weight, again.weight)
        assert not torch.equal(one.weight, other.weight)
    assert (one.weight > 0).all()
    assert torch.equal(torch.random.get_rng_state(), before)
