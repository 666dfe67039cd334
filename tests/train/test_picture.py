"""The picture that is a density: bright pixels get their share of the points."""

from __future__ import annotations

import numpy as np

from flowspec.train.picture import SIDE, picture, points


def test_points_are_as_many_as_their_pixels_are_bright() -> None:
    rows = 200_000
    x = points(np.random.Generator(np.random.PCG64(1)), rows)
    assert x.shape == (rows, 2)
    assert (np.abs(x) <= 3).all()
    column, row = ((x + 3) * SIDE / 6).astype(int).T
    seen = np.zeros((SIDE, SIDE))
    np.add.at(seen, (SIDE - 1 - row, column), 1)
    wanted = picture() / picture().sum() * rows
    assert (seen[wanted == 0] == 0).all()
    assert (np.abs(seen - wanted) < 6 * np.sqrt(wanted) + 1).all()
