"""Hand-written models: they are densities, they sample what they say, and they travel."""

from __future__ import annotations

import copy
import io
import math

import pytest
import torch
from torch import nn

from flowspec.runtime import (
    ActNorm,
    Bernoulli,
    Categorical,
    Conditional,
    Flow,
    Free,
    GaussianMixture,
    Independent,
    Model,
    Normal,
    Permute,
    StandardNormal,
    Uniform,
)

from .nets import BinaryMade, Ensemble, TinyMaf, TinyPixelCnn

DISCRETE = {"made": (BinaryMade, 2), "ensemble": (Ensemble, 2), "pixelcnn": (TinyPixelCnn, 3)}


def built(model: type[Model]) -> Model:
    torch.manual_seed(3)
    result = model().double()
    for p in result.parameters():
        nn.init.normal_(p, std=0.7)
    return result.requires_grad_(False)


def context(model: Model, n: int) -> dict[str, torch.Tensor]:
    return {"label": torch.ones(n, dtype=torch.long)} if "label" in model.GIVEN else {}


def states(model: Model, values: int) -> torch.Tensor:
    """Every value of x, one a row."""
    n = math.prod(model.SHAPE)
    return torch.cartesian_prod(*[torch.arange(values)] * n).view(-1, *model.SHAPE)


@pytest.mark.parametrize("name", DISCRETE)
def test_probabilities_sum_to_one_and_samples_follow(name: str) -> None:
    model, values = built(DISCRETE[name][0]), DISCRETE[name][1]
    x = states(model, values)
    p = model(x, **context(model, len(x))).exp()
    assert p.shape == (len(x),)
    assert p.sum() == pytest.approx(1, abs=1e-12)
    n = 20_000
    draws = model.sample(n, generator=torch.Generator().manual_seed(0), **context(model, n)).flatten(1)
    weights = values ** torch.arange(draws.shape[1] - 1, -1, -1)
    counts = torch.bincount((draws.long() * weights).sum(1), minlength=len(x))
    assert ((counts / n - p).square() / p).sum() * n < len(x) + 6 * math.sqrt(2 * len(x))  # chi-squared


@pytest.mark.parametrize("name", DISCRETE)
def test_terms_depend_on_earlier_variables_only(name: str) -> None:
    model = built(DISCRETE[name][0])
    level = model.level_of[0].flatten()
    x = torch.rand(model.SHAPE).double()
    kwargs = context(model, 1) | ({"order": 0} if model.ORDERS > 1 else {})
    j = torch.autograd.functional.jacobian(lambda v: model.theta(v[None], **kwargs)[0].flatten(0, -2), x)
    moves = (j.flatten(2) != 0).any(1)
    assert torch.equal(moves, level[:, None] > level[None, :])
    terms = model.terms(x[None].round(), **kwargs)
    assert terms.shape == (1, x.numel())
    assert terms.sum(1) == pytest.approx(model(x[None].round(), **kwargs).item())
    assert all(value.shape[:2] == terms.shape for value in model.conditionals(x[None].round(), **kwargs).values())


def test_an_ensemble_mixes_probabilities_in_both_modes() -> None:
    model, x = built(Ensemble), states(built(Ensemble), 2)
    given = context(model, 16)
    members = torch.stack([model(x, order=k, **given) for k in range(3)])
    for mode in (True, False):
        assert torch.allclose(model.train(mode)(x, **given), members.exp().mean(0).log())
    assert not torch.allclose(members[0], members[1])
    with pytest.raises(ValueError, match=r"say one of 0\.\.2"):
        model.terms(x, **given)
    assert model.sample(3, order=2, **context(model, 3)).shape == (3, 4)


def test_a_flow_of_both_fast_directions() -> None:
    model, x = built(TinyMaf), torch.randn(4, 3).double()
    z, log_det = model.encode(x)
    assert (model.decode(z) - x).abs().max() < 1e-9
    for k in range(4):
        j = torch.autograd.functional.jacobian(lambda v: model.encode(v[None])[0][0], x[k])
        assert torch.linalg.slogdet(j)[1] == pytest.approx(log_det[k].item(), abs=1e-9)
    assert torch.allclose(model(x), log_det + Independent(StandardNormal(), (3,)).log_prob(z))
    sample = model.sample(8, generator=torch.Generator().manual_seed(1))
    again = model.sample(8, generator=torch.Generator().manual_seed(1))
    assert sample.dtype == torch.float64
    assert torch.equal(sample, again)


def test_a_flow_integrates_to_one() -> None:
    torch.manual_seed(0)
    model = TinyMaf().double()
    line = torch.linspace(-9, 9, 61, dtype=torch.float64)
    with torch.no_grad():
        p = model(torch.cartesian_prod(line, line, line)).exp()
    assert p.sum() * 0.3**3 == pytest.approx(1, abs=0.001)


class Started(Model, Flow):
    """A flow that starts from data and leaves through two parts of different kinds."""

    NAME, KIND, SPEC_SHA256, LIKELIHOOD = "started", "flow", "0" * 64, "exact"
    SHAPE, VALUES, GIVEN, ORDERS = (3,), "real", {"c": {"shape": (2,), "values": "real"}}, 1

    def __init__(self) -> None:
        super().__init__((3,), [(1,), (2,)])
        self.norm = ActNorm(3)
        self.permute = Permute([2, 0, 1])
        self.first = Free(GaussianMixture(2), (1,))
        self.net = Context()
        self.last = Conditional(self.net, Normal(), (2,))

    def flow(self, x, c):
        x, log_det_1 = self.norm(x)
        x, log_det_2 = self.permute(x)
        a, b = x.split([1, 2], 1)
        return (a, b), log_det_1 + log_det_2, self.first.log_prob(a) + self.last.log_prob(b, c=c, a=a)

    def unflow(self, draw, n, c):
        a = draw(0, self.first)
        b = draw(1, self.last, c=c, a=a)
        return self.norm.inverse(self.permute.inverse(torch.cat([a, b], 1)))


class Context(nn.Linear):
    """A net of the context alone."""

    def __init__(self) -> None:
        super().__init__(3, 4)

    def forward(self, c, a):
        return super().forward(torch.cat([c, a], 1)).unflatten(1, (2, 2))


def test_parts_context_and_initialization() -> None:
    model, x, c = built(Started), 4 * torch.randn(32, 3).double() + 1, torch.randn(32, 2).double()
    z, _ = model.encode(x, c=c)
    assert (model.decode(z, c=c) - x).abs().max() < 1e-9
    assert model.sample(5, c=c[:5]).shape == (5, 3)
    assert not torch.equal(model(x, c=c), model(x, c=-c))
    model.initialize(x, c=c)
    assert (model.norm(x)[0].std(0) - 1).abs().max() < 0.1
    kept = model(x, c=c)
    model.initialize(x * 9, c=c)
    other = built(Started)
    other.load_state_dict(model.state_dict())
    other.initialize(x * 9, c=c)
    assert torch.equal(model(x, c=c), kept)
    assert torch.equal(other(x, c=c), kept)


def test_densities_without_a_net() -> None:
    free = Free(Categorical(3), (2,)).double().requires_grad_(False)
    p = free(torch.cartesian_prod(torch.arange(3), torch.arange(3)).double()).exp()
    assert p.sum() == pytest.approx(1)
    assert free.sample(7).shape == (7, 2)
    assert free.terms(torch.zeros(5, 2)).shape == (5, 2)
    inside, outside = Independent(Uniform(), (2, 2))(torch.tensor([[[0.0, 1], [0.5, 0.5]], [[2, 0], [0, 0]]]))
    assert (inside, outside) == (0, -math.inf)
    assert Free(Bernoulli(), (4,)).conditionals(torch.zeros(2, 4))["logit"].shape == (2, 4)
    with pytest.raises(ValueError, match="context is of 2 samples"):
        Conditional(Context(), Normal(), (2,)).log_prob(torch.zeros(3, 2), c=torch.zeros(2, 2), a=torch.zeros(2, 1))


def test_bits_per_dim_counts_integers() -> None:
    model = built(TinyPixelCnn)
    x = states(model, 3)[:5]
    assert torch.allclose(model.bits_per_dim(x), -model(x) / (4 * math.log(2)))


@pytest.mark.parametrize("model", [BinaryMade, Ensemble, TinyPixelCnn, TinyMaf])
def test_models_travel(model: type[Model]) -> None:
    one = built(model)
    x, given = torch.ones(2, *one.SHAPE).double(), context(one, 2)
    expected = one(x, **given)
    assert torch.equal(copy.deepcopy(one)(x, **given), expected)
    stored = io.BytesIO()
    torch.save(one.state_dict(), stored)
    stored.seek(0)
    with torch.device("meta"):
        other, lazy = model().double(), model().double()
    other.to_empty(device="cpu").load_state_dict(torch.load(stored))
    assert torch.equal(other(x, **given), expected)
    lazy.load_state_dict(one.state_dict(), assign=True)
    assert torch.equal(lazy(x, **given), expected)
    assert lazy.sample(2, **given).device.type == "cpu"
    for p in other.parameters():
        p.data.mul_(2)
    assert not torch.equal(other(x, **given), expected)


@pytest.mark.parametrize("model", [BinaryMade, Ensemble, TinyPixelCnn, TinyMaf])
def test_autocast_ends_in_float32(model: type[Model]) -> None:
    one = built(model).float()
    x, given = torch.ones(2, *one.SHAPE), context(one, 2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        log_prob = one(x, **given)
        assert log_prob.dtype == torch.float32
        assert torch.allclose(log_prob, one.double()(x.double(), **given).float(), rtol=0.05, atol=0.1)


@pytest.mark.parametrize("model", [Ensemble, TinyMaf])
def test_the_whole_graph_compiles(model: type[Model]) -> None:
    one = built(model).float()
    x, given = torch.ones(2, *one.SHAPE), context(one, 2)
    compiled = torch.compile(one, fullgraph=True, backend="eager")
    assert torch.allclose(compiled(x, **given), one(x, **given))


def test_inputs_are_checked_with_the_name_of_the_spec() -> None:
    made, ensemble, maf, started, three = BinaryMade(), Ensemble(), TinyMaf(), Started(), torch.ones(2, 3)
    x, label = torch.ones(2, 4, dtype=torch.uint8), torch.zeros(2, dtype=torch.int32)
    assert made(x).dtype == torch.float32
    assert ensemble(x, label=label).shape == (2,)
    for half in (torch.float16, torch.bfloat16):  # becomes what the parameters are
        assert torch.equal(maf(three.to(half)), maf(three))
    for error, message, call in (
        (ValueError, r"binary_made: x has shape \(2, 5\), expected \(B, 4\)", lambda: made(torch.ones(2, 5))),
        (TypeError, "tiny_maf: x holds torch.int64, expected floating", lambda: maf(three.long())),
        (TypeError, "tiny_maf: x holds torch.float64, but the model is in", lambda: maf(three.double())),
        (TypeError, "binary_made: unknown context 'label', expected none", lambda: made(x, label=label)),
        (TypeError, "ensemble: the context 'label' is missing", lambda: ensemble(x)),
        (ValueError, r"ensemble: label has shape \(3,\), expected", lambda: ensemble(x, label=label.new_zeros(3))),
        (TypeError, "ensemble: label holds torch.float32, expected integer", lambda: ensemble(x, label=three[0])),
        (TypeError, "ensemble: the context 'label' is missing", lambda: ensemble.sample(3)),
        (ValueError, "tiny_maf: n=-1, expected 0 or more", lambda: maf.sample(-1)),
        (ValueError, "binary_made: n=-2, expected 0 or more", lambda: made.sample(-2)),
        (ValueError, r"z has shape \(2, 4\), expected \(B, 3\)", lambda: maf.decode(torch.ones(2, 4))),
        (ValueError, r"started: c has shape \(2, 3\), expected \(2, 2\)", lambda: started(three, c=three)),
    ):
        with pytest.raises(error, match=message):
            call()
