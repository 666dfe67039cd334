"""The bench: how it compares, and that everyone it compares does the same work."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

TOOLS = str(Path(__file__).resolve().parents[2] / "tools")
sys.path.insert(0, TOOLS)  # as `python tools/bench.py` does

import bench  # noqa: E402
from benchmarks import models, peers  # noqa: E402
from benchmarks.timing import Case, Entry, Row, clock, measure  # noqa: E402

SETTINGS = models.settings()
PAIRS = [(setting, who) for setting in SETTINGS for who in setting.peers]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """The bench sets the threads of the process; give them back."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def test_ratios_are_taken_within_a_round() -> None:
    ours, theirs = iter([1.0, 10.0, 3.0]), iter([2.0, 20.0, 1.0])  # the second round is slow for everyone
    rows = measure(Case((Entry("a", ours.__next__, 5),), (Entry("b", theirs.__next__, 5),)), 3)
    assert rows == [Row("a", 3.0, 5, "b", 2.0, 5, 0.5, 0.5, 3.0)]


def test_everyone_leads_in_turn() -> None:
    calls: list[str] = []
    entries = [Entry(name, lambda name=name: calls.append(name) or 1.0) for name in "abc"]
    measure(Case((entries[0],), tuple(entries[1:])), 3)
    assert "".join(calls) == "abcbcacab"


def test_a_missing_peer_is_reported() -> None:
    (row,) = measure(Case((Entry("a", lambda: 0.5),), (Entry("gone", None),)), 1)
    assert (row.peer, row.peer_seconds, row.ratio) == ("gone", None, None)
    assert "gone  missing" in bench.table([row])


def test_ours_may_be_the_peer_of_ours() -> None:
    small, large = Entry("small", lambda: 1.0), Entry("large", lambda: 2.0)
    (row,) = measure(Case((small, large), (small,)), 2)
    assert (row.case, row.peer, row.ratio) == ("large", "small", 2.0)


def test_short_work_is_repeated() -> None:
    runs = itertools.count()
    timer = clock(lambda: next(runs), 0.001)
    warm_up = next(runs)
    assert timer() > 0
    assert next(runs) > warm_up + 10


def test_the_table_says_where_parameters_differ() -> None:
    text = bench.table([Row("a", 0.0123, 1234, "b", 2.0, 1235, 0.00615, 0.006, 0.007)])
    assert text.splitlines()[1].split() == [
        "a",
        "1,234",
        "/",
        "1,235",
        "12.3",
        "ms",
        "b",
        "2",
        "s",
        "0.01",
        "0.01..0.01",
    ]


@pytest.mark.parametrize(("setting", "who"), PAIRS, ids=[f"{s.name} {who}" for s, who in PAIRS])
def test_peers_are_the_same_architecture(setting: models.Setting, who: str, tmp_path: Path) -> None:
    rival = models.rival(setting, who)
    if rival is None:
        pytest.skip(f"{who} is not installed")
    ours, x = models.own(setting, tmp_path), setting.draw(7)
    assert rival.count() == ours.count()
    for model in (rival, ours):
        log_prob = model.log_prob(x)
        assert log_prob.shape == (7,)
        assert log_prob.isfinite().all()
        if ("sample", 1) in setting.jobs:
            assert model.sample is not None
            assert model.sample(7).shape == x.shape


@pytest.mark.parametrize("make", [peers.plain_made, peers.nflows_made])
def test_the_peers_of_made_are_densities(make: object) -> None:
    try:
        rival = make(6, 9)  # type: ignore[operator]
    except ImportError:
        pytest.skip("nflows is not installed")
    states = torch.tensor(list(itertools.product((0.0, 1.0), repeat=6)))
    assert rival.log_prob(states).exp().sum().item() == pytest.approx(1, abs=1e-5)


def test_a_missing_library_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zuko", None)
    assert models.rival(SETTINGS[0], "zuko") is None


def test_a_run_prints_a_table_and_writes_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert bench.main(["--quick", "--only", "maf_power", "--json", str(tmp_path / "out.json")]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["case", "parameters", "flowspec", "peer", "theirs", "ratio", "quartiles"]
    assert row.startswith("check specs/maf_power.yaml")
    record = json.loads((tmp_path / "out.json").read_text())
    assert record["setting"]["versions"]["torch"]
    assert [r["case"] for r in record["rows"]] == ["check specs/maf_power.yaml"]


@pytest.mark.parametrize("job", SETTINGS[2].jobs, ids=str)
def test_every_job_runs(job: models.Job, tmp_path: Path) -> None:
    setting = SETTINGS[2]
    case = models.compete("toy", setting, job, tmp_path, 0.0)
    assert measure(case, 1)[0].seconds > 0


def test_what_is_not_sampled_says_so() -> None:
    rival = peers.plain_made(4, 5)
    with pytest.raises(ValueError, match="sampling direction"):
        models.sample(rival, torch.zeros(1, 4))
