"""The grid between four latents: its corners are the four, to the bit, and it keeps the radius."""

from __future__ import annotations

import math

import torch

from flowspec.train.grid import _sheet, _sphere


def test_the_corners_are_the_four() -> None:
    z = torch.randn(4, 7, generator=torch.Generator().manual_seed(0))
    for spread in (_sphere, _sheet):
        grid = spread(z, torch.linspace(0, 1, 5)).view(5, 5, 7)
        assert torch.equal(torch.stack([grid[0, 0], grid[0, 4], grid[4, 0], grid[4, 4]]), z)


def test_the_angles_of_realnvp() -> None:
    z = torch.randn(4, 3, generator=torch.Generator().manual_seed(1)).double()
    grid = _sphere(z, torch.linspace(0, 1, 7).double()).view(7, 7, 3)
    a, b = 2 * math.pi / 12, 5 * math.pi / 12
    meant = math.cos(a) * (math.cos(b) * z[0] + math.sin(b) * z[1]) + math.sin(a) * (
        math.cos(b) * z[2] + math.sin(b) * z[3]
    )
    assert torch.allclose(grid[2, 5], meant)


def test_orthogonal_corners_keep_the_radius() -> None:
    z = 3 * torch.eye(4).double()
    assert torch.allclose(_sphere(z, torch.linspace(0, 1, 6).double()).norm(dim=1), torch.full((36,), 3.0).double())


def test_a_sheet_is_linear_along_its_sides() -> None:
    z = torch.randn(4, 2, generator=torch.Generator().manual_seed(2)).double()
    grid = _sheet(z, torch.linspace(0, 1, 3).double()).view(3, 3, 2)
    assert torch.allclose(grid[0, 1], (z[0] + z[1]) / 2)
    assert torch.allclose(grid[1, 1], z.mean(0))
