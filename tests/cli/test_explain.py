"""flowspec explain and ops: every code, every op, and near misses."""

from __future__ import annotations

import pytest

from flowspec.cli.vocabulary import op_names
from flowspec.diagnostics import CATALOG
from tests.cli.conftest import Run


@pytest.mark.parametrize("code", sorted(CATALOG))
def test_every_code_is_explained(flowspec: Run, code: str) -> None:
    done = flowspec("explain", code)
    assert done.code == 0
    assert done.out.startswith(f"# {code}: {CATALOG[code].name}\n")
    assert flowspec("explain", code.lower()) == done


@pytest.mark.parametrize("name", op_names())
def test_every_op_is_explained(flowspec: Run, name: str) -> None:
    done = flowspec("explain", name)
    assert done.code == 0
    assert done.out.startswith(f"# {name} (")
    assert flowspec("ops", name) == done


def test_the_name_of_a_code(flowspec: Run) -> None:
    assert flowspec("explain", "leak") == flowspec("explain", "FS401")


def test_an_op_of_two_places_is_explained_twice(flowspec: Run) -> None:
    out = flowspec("explain", "tanh").out
    assert "# tanh (in a flow)" in out
    assert "# tanh (in a net)" in out


@pytest.mark.parametrize(
    ("word", "guess"),
    [
        ("copuling", "coupling"),
        ("FS40l", "FS401"),
        ("fs041", "FS0"),
        ("lek", "leak"),
        ("internal-eror", "internal-error"),
    ],
)
def test_near_misses(flowspec: Run, word: str, guess: str) -> None:
    done = flowspec("explain", word)
    assert (done.code, done.out) == (2, "")
    assert f"did you mean `{guess}" in done.err


def test_unknown_words(flowspec: Run) -> None:
    assert "`flowspec ops` lists" in flowspec("explain", "zzzzzzzzz").err
    assert "did you mean `conv`" in flowspec("ops", "cnov").err
    assert "`flowspec ops` lists" in flowspec("ops", "zzzzzzzzz").err


def test_ops_lists_every_op(flowspec: Run) -> None:
    out = flowspec("ops").out
    assert all(f"\n  {name} " in out for name in op_names())
