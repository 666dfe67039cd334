"""Integers as bins, and the channels of a site together: against numbers worked out by hand, and by listing every value."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from flowspec.runtime import (
    Autoregressive,
    DiscretizedLogisticMixture,
    Free,
    GaussianMixture,
    JointMixture,
    LinkedMixture,
    LogisticMixture,
    Mixture,
)

DOUBLE = torch.float64


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def test_bins_by_hand() -> None:
    """N = 5: the integers stand at -1, -0.5, 0, 0.5, 1, half a bin is 0.25, and the bins at the ends are open."""
    family = DiscretizedLogisticMixture(5, 2)
    weights, means, scales = (0.25, 0.75), (-0.2, 0.6), (0.3, 0.05)
    theta = torch.tensor([[*map(math.log, weights), *means, *map(math.log, scales)]], dtype=DOUBLE)

    def below(y: float) -> float:
        return sum(w * sigmoid((y - m) / s) for w, m, s in zip(weights, means, scales, strict=True))

    want = [
        below(-0.75),
        below(-0.25) - below(-0.75),
        below(0.25) - below(-0.25),
        below(0.75) - below(0.25),
        1 - below(0.75),
    ]
    got = family.log_prob(torch.arange(5, dtype=DOUBLE), theta.expand(5, 6)).exp()
    assert got.tolist() == pytest.approx(want, rel=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, DOUBLE])
@pytest.mark.parametrize("classes", [2, 3, 256, 4000])
def test_bins_add_up_whatever_the_scale(classes: int, dtype: torch.dtype) -> None:
    family, states = DiscretizedLogisticMixture(classes, 1), torch.arange(classes, dtype=dtype)
    for log_scale, mean in itertools.product(
        (-300.0, -9.0, -7.0, 0.0, 9.0, 80.0, 1000.0), (-30.0, -1.0, 0.013, 1.0, 30.0)
    ):
        theta = torch.tensor([0.0, mean, log_scale], dtype=dtype, requires_grad=True)
        log_p = family.log_prob(states, theta.expand(classes, 3))
        assert log_p.isfinite().all()
        assert log_p.exp().sum().item() == pytest.approx(1, abs=1e-9 if dtype == DOUBLE else 2e-7 * classes)
        (gradient,) = torch.autograd.grad(log_p.sum(), theta)
        assert gradient.isfinite().all()


def test_both_tails_are_alike() -> None:
    """Value k under a mean is value N - 1 - k under its mirror image, also where probabilities are far below 1e-16."""
    family, states = DiscretizedLogisticMixture(256, 1), torch.arange(256, dtype=torch.float32)
    right, left = (torch.tensor([0.0, mean, -4.0]).expand(256, 3) for mean in (0.9, -0.9))
    assert torch.allclose(family.log_prob(states, right), family.log_prob(255 - states, left), rtol=1e-5)
    assert family.log_prob(states, right)[1] < -90


def test_scales_end_at_a_small_part_of_a_bin() -> None:
    for classes, least in ((4, -7.0), (256, -7.0), (65536, -7.0 - math.log(257))):
        assert DiscretizedLogisticMixture(classes, 1).floor == pytest.approx(least)


def test_a_draw_is_the_bin_that_the_logistic_number_falls_into() -> None:
    family = DiscretizedLogisticMixture(5, 1)
    u = torch.linspace(0.01, 0.99, 99, dtype=DOUBLE)
    theta = torch.tensor([0.0, 0.1, math.log(0.4)], dtype=DOUBLE).expand(99, 3)
    x = family.sample(torch.stack([torch.full_like(u, 0.5), u], -1), theta)
    y = 0.1 + 0.4 * u.logit()
    edges = torch.tensor([-0.75, -0.25, 0.25, 0.75], dtype=DOUBLE)
    assert torch.equal(x, torch.bucketize(y, edges).double())


def test_values_that_are_none_have_no_mass() -> None:
    theta = torch.randn(3, 6, dtype=DOUBLE)
    assert (
        DiscretizedLogisticMixture(4, 2).log_prob(torch.tensor([-1.0, 1.5, 4.0], dtype=DOUBLE), theta) == -torch.inf
    ).all()
    joint = LinkedMixture(DiscretizedLogisticMixture(4, 2), 2)
    x = torch.tensor([[0.0, 4.0]], dtype=DOUBLE)[..., None]
    assert joint.log_prob(x, torch.randn(1, 1, 1, joint.size, dtype=DOUBLE))[0, 1, 0] == -torch.inf


# --- the channels of a site ------------------------------------------------------------------------------------------------


def joint(mixture: Mixture, channels: int, sites: tuple[int, ...] = (2,)) -> tuple[JointMixture, torch.Tensor]:
    kind = LinkedMixture if isinstance(mixture, DiscretizedLogisticMixture) else JointMixture
    family = kind(mixture, channels)  # type: ignore[arg-type]
    torch.manual_seed(3)
    return family, torch.randn(1, 1, *sites, family.size, dtype=DOUBLE)


@pytest.mark.parametrize(("classes", "channels"), [(2, 2), (3, 3), (4, 2), (2, 5)])
def test_the_values_of_a_site_add_up_and_samples_follow(classes: int, channels: int) -> None:
    family, theta = joint(DiscretizedLogisticMixture(classes, 3), channels)
    states = torch.tensor(list(itertools.product(range(classes), repeat=channels)), dtype=DOUBLE)
    n = len(states)
    terms = family.log_prob(states[:, :, None].expand(-1, -1, 2), theta.expand(n, -1, -1, -1))
    assert terms.shape == (n, channels, 2)
    assert not terms[:, :-1].any()
    p = terms[:, -1].exp()  # (states, sites)
    assert torch.allclose(p.sum(0), torch.ones(2, dtype=DOUBLE), atol=1e-12)
    draws = 100_000
    x = family.sample(torch.rand(draws, channels, 2, 2, dtype=DOUBLE), theta.expand(draws, -1, -1, -1))
    number = sum(x[:, c].long() * classes ** (channels - 1 - c) for c in range(channels))
    for site in range(2):
        found = torch.bincount(number[:, site], minlength=n) / draws  # type: ignore[index]
        assert (found - p[:, site]).abs().max() < 6e-3


def test_links_by_hand() -> None:
    """mu_G += c0 x_R, mu_B += c1 x_R + c2 x_G with true values on [-1, 1] (Salimans et al. 2017)."""
    family = LinkedMixture(DiscretizedLogisticMixture(256, 2), 3)
    logits, means, log_scales, raw = [0.3, -0.2], [[0.1, -0.4], [0.2, 0.0], [-0.3, 0.5]], [[-1.0, -2.0]] * 3, [
        [0.5, -1.0], [0.25, 2.0], [-0.75, 0.1],
    ]  # fmt: skip
    flat = [*logits, *itertools.chain(*means), *itertools.chain(*log_scales), *itertools.chain(*raw)]
    r, g, b = 40, 200, 0
    y = [2 * v / 255 - 1 for v in (r, g, b)]
    total = 0.0
    for k in range(2):
        c = [math.tanh(row[k]) for row in raw]
        mu = [means[0][k], means[1][k] + c[0] * y[0], means[2][k] + c[1] * y[0] + c[2] * y[1]]
        s = [math.exp(row[k]) for row in log_scales]
        p = math.exp(logits[k]) / sum(map(math.exp, logits))
        for channel in (0, 1):
            low, high = ((y[channel] + side / 255 - mu[channel]) / s[channel] for side in (-1, 1))
            p *= sigmoid(high) - sigmoid(low)
        total += p * sigmoid((y[2] + 1 / 255 - mu[2]) / s[2])
    x = torch.tensor([r, g, b], dtype=DOUBLE).view(1, 3, 1)
    terms = family.log_prob(x, torch.tensor(flat, dtype=DOUBLE).view(1, 1, 1, -1))
    assert terms[0, 2, 0].item() == pytest.approx(math.log(total), rel=1e-11)


@pytest.mark.parametrize("mixture", [GaussianMixture(2), LogisticMixture(2)], ids=lambda m: type(m).__name__)
def test_continuous_sites_integrate_to_one_and_share_a_component(mixture: Mixture) -> None:
    family, theta = joint(mixture, 2, (1,))
    axis = torch.linspace(-60, 60, 2401, dtype=DOUBLE)
    x = torch.cartesian_prod(axis, axis)[:, :, None]
    p = family.log_prob(x, theta.expand(len(x), -1, -1, -1))[:, 1, 0].exp()
    assert float(p.sum()) * 0.05**2 == pytest.approx(1, abs=2e-4)
    apart = torch.full((1, 1, 1, family.size), 0.0, dtype=DOUBLE)
    apart[..., 2:6] = torch.tensor([-30.0, 30.0, -30.0, 30.0])  # both channels low, or both high
    x = family.sample(torch.rand(500, 2, 1, 2, dtype=DOUBLE), apart.expand(500, -1, -1, -1))[:, :, 0]
    assert torch.equal(x[:, 0] > 0, x[:, 1] > 0)
    assert 150 < int((x[:, 0] > 0).sum()) < 350


@pytest.mark.parametrize("end", [0.0, 1.0])
def test_noise_at_its_ends_and_half_precision(end: float) -> None:
    for mixture in (GaussianMixture(2), DiscretizedLogisticMixture(256, 2)):
        family, theta = joint(mixture, 3)
        x = family.sample(torch.full((1, 3, 2, 2), end), theta.bfloat16())
        assert x.dtype == family.log_prob(x, theta.bfloat16()).dtype == torch.float32
        assert family.log_prob(x, theta.bfloat16()).isfinite().all()


def test_names_and_shapes() -> None:
    family, theta = joint(DiscretizedLogisticMixture(8, 4), 3, (2, 5))
    shapes = {name: tuple(value.shape) for name, value in family.named(theta).items()}
    assert shapes == {
        "logits": (1, 1, 2, 5, 4),
        "means": (1, 1, 2, 5, 3, 4),
        "log_scales": (1, 1, 2, 5, 3, 4),
        "coefficients": (1, 1, 2, 5, 3, 4),
    }
    assert family.named(theta)["coefficients"].abs().max() < 1
    assert family.size == 4 * (1 + 3 + 3 + 3)


def test_free_parameters_belong_to_sites() -> None:
    model = Free(LinkedMixture(DiscretizedLogisticMixture(3, 2), 2), (2, 1, 3)).double()
    assert model.free.shape == (1, 1, 3, model.family.size)
    x = model.sample(4)
    assert model.terms(x).shape == (4, 6)
    assert torch.equal(model.terms(x).sum(1), model.log_prob(x))
    assert model.conditionals(x)["means"].shape == (4, 3, 2, 2)


class Chain(Autoregressive):
    """A site reads the mean of those before it."""

    def __init__(self) -> None:
        super().__init__(LinkedMixture(DiscretizedLogisticMixture(3, 2), 2), (2, 3), [0, 1, 2, 0, 1, 2])
        self.weight = torch.nn.Parameter(torch.randn(2, self.family.size))

    def theta(self, x: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        before = torch.nn.functional.pad(x.cumsum(2), (1, 0))[..., :-1]  # (B, 2, 3)
        return (before.movedim(1, -1) @ self.weight)[:, None]


def test_a_chain_of_sites() -> None:
    torch.manual_seed(5)
    model = Chain().double()
    states = torch.tensor(list(itertools.product(range(3), repeat=6)), dtype=DOUBLE).view(-1, 2, 3)
    assert model.log_prob(states).exp().sum().item() == pytest.approx(1, abs=1e-9)
    terms = model.terms(states)
    assert not terms[:, :3].any()
    assert torch.equal(terms.sum(1), model.log_prob(states))
    x = model.sample(40_000)
    number = (x.flatten(1) @ torch.tensor([3.0**k for k in range(5, -1, -1)], dtype=DOUBLE)).long()
    found = torch.bincount(number, minlength=729) / 40_000
    assert (found - model.log_prob(states).exp()).abs().max() < 0.01
