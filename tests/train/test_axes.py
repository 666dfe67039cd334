"""The numbers at the ends of axes: those of data are told to a half, and no level of a byte is rounded."""

from __future__ import annotations

import pytest

from flowspec.train.pictures import end_of_axis


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (255.5, "255.5"),
        (-0.5, "-0.5"),
        (256.0, "256"),
        (1234.56, "1234.6"),
        (-5.0412, "-5.04"),
        (0.0, "0"),
        (99.96, "100"),
    ],
)
def test_ends_of_axes(value: float, words: str) -> None:
    assert end_of_axis(value) == words
