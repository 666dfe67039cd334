"""Singular values of the Jacobian of a map, sample by sample: exactly where it is small, else by bidiagonalization."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from flowspec.verify.moves import jacobian

Map = Callable[[Tensor], Tensor]


def exact_values(f: Map, x: Tensor) -> Tensor:
    """(B, D), the singular values of df/dx at each sample, the largest first."""
    J = jacobian(f, x)[1]
    if not bool(J.isfinite().all()):
        return J.new_full(J.shape[:2], torch.nan)
    values: Tensor = torch.linalg.svdvals(J)
    return values


class Linearized:
    """df/dx at one batch as a linear map on vectors (B, D), of which nothing is ever written out.

    One forward pass; a product with J differentiates the product with its transpose, which is linear in its vector.
    """

    def __init__(self, f: Map, x: Tensor) -> None:
        with torch.enable_grad():
            self.x = x.detach().double().requires_grad_(True)
            self.y = f(self.x).flatten(1)
            self._u = torch.zeros_like(self.y).requires_grad_(True)
            self._pulled = self._grad(self.y, self.x, self._u, graph=True)

    def times(self, v: Tensor) -> Tensor:
        """J v for every sample."""
        return self._grad(self._pulled, self._u, v.view(self._pulled.shape)).flatten(1)

    def transposed(self, u: Tensor) -> Tensor:
        """J^T u for every sample."""
        return self._grad(self.y, self.x, u).flatten(1)

    @staticmethod
    def _grad(out: Tensor, at: Tensor, weight: Tensor, graph: bool = False) -> Tensor:
        return torch.autograd.grad(
            out, at, weight, retain_graph=True, create_graph=graph, allow_unused=True, materialize_grads=True
        )[0]


def largest_value(f: Map, x: Tensor, rounds: int, source: torch.Generator) -> Tensor:
    """(B,), a lower bound of the largest singular value of df/dx at each sample.

    Golub and Kahan's bidiagonalization (1965) from a random vector, with full reorthogonalization: after `rounds` of it,
    J = U B V^T on the spaces seen so far, and the norm of B is at most that of J.
    """
    J = Linearized(f, x)
    B, D = x.shape[0], x[0].numel()
    v = _unit(torch.randn(B, D, generator=source, dtype=torch.float64))[0]
    vs, rows = [v], list[tuple[Tensor, Tensor]]()
    us = list[Tensor]()
    u = torch.zeros_like(J.y)
    beta = torch.zeros(B, dtype=torch.float64)
    for _ in range(min(rounds, D)):
        u, alpha = _unit(_apart(J.times(v) - beta[:, None] * u, us))
        us.append(u)
        v, beta = _unit(_apart(J.transposed(u) - alpha[:, None] * v, vs))
        vs.append(v)
        rows.append((alpha, beta))
    return _norm(rows)


def _norm(rows: list[tuple[Tensor, Tensor]]) -> Tensor:
    """The largest singular value of the upper bidiagonal matrices with these (diagonal, right of it), (B,) each."""
    diagonal = torch.stack([a for a, _ in rows], 1)
    above = torch.stack([b for _, b in rows], 1)
    size = len(rows)
    matrix = diagonal.new_zeros(len(diagonal), size, size + 1)
    matrix[:, range(size), range(size)] = diagonal
    matrix[:, range(size), range(1, size + 1)] = above
    if not bool(matrix.isfinite().all()):
        return diagonal.new_full((len(diagonal),), torch.nan)
    values: Tensor = torch.linalg.svdvals(matrix)
    return values[:, 0]


def _apart(w: Tensor, basis: list[Tensor]) -> Tensor:
    """w without what it has of the basis, twice for the sake of rounding."""
    if basis:
        Q = torch.stack(basis, 2)  # (B, D, k)
        for _ in range(2):
            w = w - (Q @ (Q.transpose(1, 2) @ w[..., None]))[..., 0]
    return w


def _unit(w: Tensor) -> tuple[Tensor, Tensor]:
    """w at length 1, and its length; a vector of length 0 stays as it is."""
    length = w.norm(dim=1)
    return w / length.clamp(min=torch.finfo(w.dtype).tiny)[:, None], length
