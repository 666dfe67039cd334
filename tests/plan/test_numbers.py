"""Rows of integers: whatever is written evaluates to what was meant."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowspec.emit.literals import text_of
from flowspec.order import permutation
from flowspec.plan.code import Construct
from flowspec.plan.literals import SHORT, Literals
from flowspec.plan.numbers import Places, table
from flowspec.runtime import permutation as drawn
from flowspec.runtime import places, spread

RUNTIME = {"spread": spread, "places": places, "permutation": drawn}


def value_of(found: Any, literals: Literals) -> Any:
    """What the module would hold: constants first, then the expression."""
    names: dict[str, Any] = dict(RUNTIME)
    for constant in literals.constants:
        names[constant.name] = eval(text_of(constant.value), names)
    result = eval(text_of(found), names)
    return [list(row) if isinstance(row, list | range) else row for row in result]


def place_of(n: int, seed: int, member: int = 0) -> np.ndarray[Any, Any]:
    return np.argsort(permutation(n, seed, member))


@st.composite
def rows(draw: st.DrawFn) -> tuple[list[int], Places]:
    """Rows as they occur: linear in places or coordinates, spread, repeated, tiled, or arbitrary."""
    channels, sites = draw(st.integers(1, 3)), draw(st.sampled_from([(5,), (12,), (4, 5), (2, 3, 4)]))
    shape, n = (channels, *sites), int(np.prod(sites))
    place = place_of(n, draw(st.integers(0, 9)))
    a, s, t = (draw(st.integers(-3, 9)) for _ in range(3))
    kind = draw(st.sampled_from(["places", "coordinates", "spread", "any"]))
    grid = np.indices(shape).reshape(len(shape), -1)
    if kind == "places":
        row = (a + s * place[None] + t * np.arange(channels)[:, None]).ravel()
    elif kind == "coordinates":
        row = a + sum(draw(st.integers(-2, 4)) * axis for axis in grid)
    elif kind == "spread":
        row = np.array(spread(range(a, a + draw(st.integers(1, 40))), draw(st.integers(1, 60))))
    else:
        row = np.array(draw(st.lists(st.integers(0, 3), min_size=1, max_size=40)))
    row = np.repeat(row, draw(st.sampled_from([1, 1, 2, 3])))
    return np.tile(row, draw(st.sampled_from([1, 1, 4]))).tolist(), Places(shape, (place,))


@settings(max_examples=300, deadline=None)
@given(rows())
def test_a_row_evaluates_to_itself(case: tuple[list[int], Places]) -> None:
    row, where = case
    literals = Literals()
    assert value_of(literals.row(row, where, "LABELS"), literals) == row
    literals = Literals()
    assert value_of(literals.row(row, None, "LABELS"), literals) == row


@pytest.mark.parametrize("size", [1, 3])
def test_an_ensemble_evaluates_to_itself(size: int) -> None:
    members = [place_of(30, 4, k) for k in range(3)]
    where = Places((1, 30), tuple(members), tuple(f"places(permutation(30, 4, {k}))" for k in range(3)))
    crooked = np.sort(np.arange(30) * 7 % 11)
    for base in (members, [p + 1 for p in members], [crooked[p] for p in members]):
        every = [np.repeat(row, size).tolist() for row in base]
        literals = Literals()
        found = literals.shorten(Construct("f", (every,)), where).args[0]
        assert value_of(found, literals) == every
        assert "for row in PLACES" in found.text or found.text == "PLACES"
        assert any("for k in range(3)" in text_of(constant.value) for constant in literals.constants)


def test_what_is_no_row_for_each_member_stays_as_it_is() -> None:
    where = Places((2, 1, 2), tuple(place_of(2, 1, k) for k in range(3)))
    tables = [[[0, 0], [1, 0]], [[1, 1], [1, 1]], [[1, 1], [1, 1]]]  # for query, key, value; not for three orders
    literals = Literals()
    assert value_of(literals.shorten(tables, where), literals) == tables


def test_long_rows_without_a_rule_are_constants_and_equal_ones_are_one() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 99, 40).tolist(), rng.integers(0, 99, 40).tolist()
    literals = Literals()
    found = [literals.row(row, None, "LABELS").text for row in (one, other, one)]  # type: ignore[union-attr]
    assert found == ["LABELS", "LABELS_2", "LABELS"]
    assert len(literals.row(one[:SHORT], None, "LABELS")) == SHORT  # type: ignore[arg-type]


@given(st.dictionaries(st.tuples(st.integers(0, 3), st.integers(0, 3)), st.sampled_from(["110", "111"]), min_size=1))
def test_tables_evaluate_to_themselves(values: dict[Any, str]) -> None:
    assert eval(text_of(table(values))) == values


def test_the_tables_of_channel_groups_are_short() -> None:
    strict = {(o, i): "1" for o in range(3) for i in range(o)}
    upto = {(o, i): "11" if i <= o else "10" for o in range(3) for i in range(3)}
    assert text_of(table(strict)) == '{(o, i): "1" for o in range(3) for i in range(o)}'
    assert text_of(table(upto)) == '{(o, i): "11" if i <= o else "10" for o in range(3) for i in range(3)}'
