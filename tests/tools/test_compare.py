"""The comparison with other libraries: everyone gets the same rows and batches, and the table says what was found."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

TOOLS = str(Path(__file__).resolve().parents[2] / "tools")
sys.path.insert(0, TOOLS)  # as `python tools/compare.py` does

import compare  # noqa: E402
from benchmarks import contest, tables  # noqa: E402
from benchmarks.contest import Budget, Learner, Result, batches, race  # noqa: E402
from benchmarks.peers import Rival  # noqa: E402

PAIRS = [(system, who) for system in compare.systems() for who in system.peers]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """The comparison sets the threads of the process; give them back."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


class Normal(torch.nn.Module):
    """A normal of learned mean, which remembers the batches that it was trained on."""

    def __init__(self) -> None:
        super().__init__()
        self.mean = torch.nn.Parameter(torch.zeros(()))
        self.seen: list[torch.Tensor] = []

    def log_prob(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            self.seen.append(x)
        return -0.5 * ((x - self.mean).square() + math.log(2 * math.pi)).sum(1)


def learner(name: str, budget: Budget) -> Learner:
    model = Normal()
    return Learner.of(name, Rival(model, model.log_prob), budget)


def table(rows: int = 200, features: int = 6) -> np.ndarray:
    return np.random.RandomState(0).randn(rows, features) @ np.random.RandomState(1).randn(features, features)


def test_everyone_gets_the_same_batches_in_the_same_order() -> None:
    budget, rows = Budget(steps=7, batch=50, lr=0.1, every=3), tables.prepare(table())
    learners = [learner(name, budget) for name in "abc"]
    race(learners, rows, budget, seed=5)
    first, *others = (one.model.module.seen for one in learners)
    assert [len(x) for x in first] == [50] * 7
    for other in others:
        assert all(torch.equal(a, b) for a, b in zip(first, other, strict=True))
    expected = [rows.train[chosen] for chosen in batches(len(rows.train), budget, 5)]
    assert all(torch.equal(a, b) for a, b in zip(first, expected, strict=True))


def test_an_epoch_holds_each_row_at_most_once() -> None:
    budget = Budget(steps=7, batch=50, lr=0.1)
    found = list(batches(162, budget, 0))
    assert len(torch.cat(found[:3]).unique()) == 150
    assert not torch.equal(found[0], found[3])
    again, other = list(batches(162, budget, 0)), list(batches(162, budget, 1))
    assert all(torch.equal(a, b) for a, b in zip(found, again, strict=True))
    assert not torch.equal(found[0], other[0])


def test_fewer_rows_than_a_batch_are_one_batch() -> None:
    assert [len(x) for x in batches(3, Budget(steps=2, batch=50, lr=0.1), 0)] == [3, 3]


def test_everyone_leads_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    budget, rows = Budget(steps=3, batch=10, lr=0.1), tables.prepare(table())
    calls: list[str] = []
    monkeypatch.setattr(Learner, "step", lambda self, x: calls.append(self.name))
    race([learner(name, budget) for name in "abc"], rows, budget, 0)
    assert "".join(calls) == "abcbcacab"


def test_the_test_figure_is_that_of_the_best_validation(monkeypatch: pytest.MonkeyPatch) -> None:
    budget, rows = Budget(steps=4, batch=10, lr=0.1), tables.prepare(table())
    one = learner("a", budget)
    figures = iter([3.0, 30.0, 2.0, 20.0, 4.0, 1.5, 15.0])  # valid, then test where valid is better
    monkeypatch.setattr(Learner, "nats", lambda self, x: next(figures))
    for step in range(4):
        one.validate(rows, step)
    assert (one.valid, one.at) == (1.5, 3)
    assert one.test == pytest.approx(15.0 - rows.log_det)


def test_figures_are_in_the_units_of_the_data() -> None:
    """The normal that rows are standardized by has the same density in both units."""
    numbers = table() * [1, 2, 3, 4, 5, 6] + 7
    rows = tables.prepare(numbers)
    assert [len(part) for part in (rows.train, rows.valid, rows.test)] == [162, 18, 20]
    order = np.random.RandomState(tables.ROWS_SEED).permutation(200)
    train, test = numbers[order[:162]], numbers[order[-20:]]
    wanted = -torch.distributions.Normal(*map(torch.tensor, (train.mean(0), train.std(0)))).log_prob(torch.tensor(test))
    standard = 0.5 * (rows.test.double().square() + math.log(2 * math.pi))
    assert float(standard.sum(1).mean()) - rows.log_det == pytest.approx(float(wanted.sum(1).mean()), rel=1e-6)


def test_noise_has_the_width_of_the_rounding() -> None:
    numbers, widths = np.zeros((4000, 3)), (0.5, 2.0, 0.0)
    draw = np.random.RandomState(tables.ROWS_SEED)
    noisy = numbers + np.asarray(widths) * draw.rand(*numbers.shape)
    assert noisy.max(0) == pytest.approx([0.5, 2.0, 0.0], rel=1e-2)
    numbers[:, 2] = np.arange(4000)
    rows = tables.prepare(numbers, widths)
    assert rows.log_det == pytest.approx(-math.log(0.5 / 12**0.5 * 2 / 12**0.5 * 4000 / 12**0.5), abs=0.05)


@pytest.mark.parametrize(("system", "who"), PAIRS, ids=[f"{system.name} {who}" for system, who in PAIRS])
@pytest.mark.parametrize("features", [6, 43])
def test_peers_are_the_same_architecture(system: compare.System, who: str, features: int, tmp_path: Path) -> None:
    if not compare.installed(system.peers[who]):
        pytest.skip("the peer is not installed")
    ours, theirs = compare.own(system, features, tmp_path), system.peers[who](features)
    assert theirs.count() == pytest.approx(ours.count(), rel=2e-3)  # matrices of nflows have a shift of their own
    assert theirs.log_prob(torch.randn(7, features)).shape == ours.log_prob(torch.randn(7, features)).shape == (7,)


@pytest.mark.parametrize("system", compare.systems(), ids=lambda system: system.name)
def test_batch_rate_and_clipping_are_those_of_the_spec(system: compare.System) -> None:
    text = system.spec.read_text(encoding="utf-8")
    assert f"batch: {system.batch}, lr: {system.lr:g}".replace("0.001", "1e-3").replace("0.003", "3e-3") in text
    assert ("clip: 1" in text) == (system.clip == 1)


def test_a_small_run_compares_what_is_installed(tmp_path: Path) -> None:
    system = compare.systems()[0]
    budget = Budget(steps=3, batch=32, lr=1e-3, every=1)
    lines = compare.judged(system, "small", tables.prepare(table()), budget, range(2), tmp_path)
    assert [line.peer for line in lines] == list(system.peers)
    for line in lines:
        assert len(line.ours.test) == 2
        assert math.isfinite(line.ours.mean)
        if line.theirs is None:
            assert (line.difference, line.ratio) == (None, None)
            continue
        assert line.difference == pytest.approx(line.ours.mean - line.theirs.mean)
        assert line.ratio is not None
        assert line.ratio > 0
    assert len(compare.table(lines).splitlines()) == 1 + len(lines)


def test_a_seed_decides_first_weights(tmp_path: Path) -> None:
    system, budget = compare.systems()[0], Budget(steps=1, batch=8, lr=1e-3)
    makers = {"flowspec": lambda: compare.own(system, 6, tmp_path)}
    rows = tables.prepare(table())
    (first,), _ = contest.contest(makers, rows, budget, [3])
    (again,), _ = contest.contest(makers, rows, budget, [3])
    (other,), _ = contest.contest(makers, rows, budget, [4])
    assert first.test == again.test != other.test


def test_a_missing_library_is_reported() -> None:
    def absent(features: int) -> Rival:
        raise ImportError

    assert not compare.installed(absent)
    ours = Result("flowspec", 10, (1.0, 2.0), (5, 5), 0.01)
    text = compare.table([compare.Line("MAF", "POWER", Budget(5, 8, 1e-3), ours, None, "nflows")])
    assert text.splitlines()[1].split() == [
        "MAF",
        "POWER",
        "5",
        "nflows",
        "10",
        "1.500",
        "(0.707)",
        "missing",
        "10",
        "ms",
    ]


def test_the_command_writes_json(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez(tmp_path / "small.npz", data=table())
    here, gone = tables.Source("SMALL", tmp_path / "small.npz"), tables.Source("GONE", tmp_path / "gone.npz")
    monkeypatch.setattr(compare, "SOURCES", (gone, here))
    monkeypatch.setitem(compare.STEPS, "SMALL", 2)
    assert compare.main(["--only", "MAF", "--seeds", "1", "--first", "4", "--json", str(tmp_path / "out.json")]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0].split()[:4] == ["system", "table", "steps", "peer"]
    assert f"GONE is missing: {gone.file}" in err
    assert "seed 4: flowspec " in err
    record = json.loads((tmp_path / "out.json").read_text())
    assert [line["table"] for line in record["lines"]] == ["SMALL"] * 4
    assert len(record["lines"][0]["ours"]["test"]) == 1


def test_an_edit_that_changes_nothing_is_an_error(tmp_path: Path) -> None:
    system = replace(compare.systems()[0], edit=("transform: nothing", ""))
    with pytest.raises(ValueError, match="does not say `transform: nothing`"):
        compare.own(system, 6, tmp_path)


def test_nothing_to_compare_is_an_error(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "SOURCES", ())
    assert compare.main([]) == 1
    assert "nothing to compare" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        compare.main(["--seeds", "0"])
