"""Invertible matrices as flow steps: over all variables, or over the channels of each site."""

from __future__ import annotations

import torch
from torch import nn

from flowspec.runtime.masks import home, rebuild
from flowspec.runtime.precision import upcast


class MatrixStep(nn.Module):
    """z = W x for each vector of n numbers: the n channels of each site, or all the n variables of a sample.

    Outside autocast, in float32 at least. Nothing is kept between calls, so no inverse can go stale.
    """

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = n

    def log_det(self) -> torch.Tensor:
        """log|det W|, a number."""
        raise NotImplementedError

    def rows(self, x: torch.Tensor) -> torch.Tensor:
        """(R, n) -> (R, n), W times each row."""
        raise NotImplementedError

    def undo(self, z: torch.Tensor) -> torch.Tensor:
        """(R, n) -> (R, n), the rows that `rows` takes to z."""
        raise NotImplementedError

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        with torch.autocast(x.device.type, enabled=False):
            rows = self.vectors(x)
            change = self.log_det() * (x.shape[1:].numel() // self.n)
            return self.placed(self.rows(rows), x), change.expand(x.shape[0])

    def inverse(self, z: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        with torch.autocast(z.device.type, enabled=False):
            return self.placed(self.undo(self.vectors(z)), z)

    def vectors(self, x: torch.Tensor) -> torch.Tensor:
        """(B, n, *sites) -> (B * sites, n), or (B, ...) with n numbers a sample -> (B, n)."""
        x = upcast(x)
        return x.movedim(1, -1).reshape(-1, self.n) if x.shape[1] == self.n else x.flatten(1)

    def placed(self, rows: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
        """The rows where they came from."""
        if like.shape[1] != self.n:
            return rows.view(like.shape)
        return rows.reshape(like.shape[0], *like.shape[2:], self.n).movedim(-1, 1)

    def extra_repr(self) -> str:
        return f"{self.n}"


class DenseStep(MatrixStep):
    """A free square matrix, orthogonal at first (Glow, Kingma and Dhariwal 2018)."""

    def __init__(self, n: int) -> None:
        super().__init__(n)
        self.weight = nn.Parameter(torch.empty(n, n))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """A random rotation: log|det W| = 0."""
        nn.init.orthogonal_(self.weight)

    def log_det(self) -> torch.Tensor:
        return torch.linalg.slogdet(upcast(self.weight))[1]

    def rows(self, x: torch.Tensor) -> torch.Tensor:
        return x @ upcast(self.weight).T

    def undo(self, z: torch.Tensor) -> torch.Tensor:
        return torch.linalg.solve(upcast(self.weight).T, z, left=False)


class LUStep(MatrixStep):
    """W = P L U (Glow): z[k] = (L U x)[index[k]], L with a unit diagonal, U with a positive one.

    `weight` holds L below its diagonal, U above it, and the log of U's diagonal on it; at 0, as at first, W is the
    permutation. Without `order` that is drawn at random with the weights, and saved with them: in a chain of steps with one
    and the same permutation a coupling can meet the same half again and again.
    """

    index: torch.Tensor

    def __init__(self, n: int, order: list[int] | None = None) -> None:
        super().__init__(n)
        self.order = None if order is None else list(order)
        if self.order is not None and sorted(self.order) != list(range(n)):
            raise ValueError("the order of a permutation holds each of 0..n-1 once")
        self.weight = nn.Parameter(torch.zeros(n, n))
        self.register_buffer("index", torch.randperm(n), persistent=self.order is None)
        self.reset_buffers()
        self.register_load_state_dict_post_hook(rebuild)

    def reset_buffers(self, device: torch.device | None = None) -> None:
        """Rebuild the indices of a given order on a device; a random one comes from where the weights come from."""
        if self.order is not None:
            self.index = torch.tensor(self.order, device="cpu").to(device or home(self))

    def factors(self) -> tuple[torch.Tensor, torch.Tensor]:
        """L and U."""
        weight = upcast(self.weight)
        diagonal = weight.diagonal()
        return weight.tril(-1) + torch.eye(self.n).to(weight), weight.triu(1) + diagonal.exp().diag()

    def log_det(self) -> torch.Tensor:
        return upcast(self.weight).diagonal().sum()

    def rows(self, x: torch.Tensor) -> torch.Tensor:
        lower, upper = self.factors()
        return (x @ (lower @ upper).T)[:, self.index]

    def undo(self, z: torch.Tensor) -> torch.Tensor:
        lower, upper = self.factors()
        back = self.index.argsort()
        y = torch.linalg.solve_triangular(lower.T, z[:, back], upper=True, left=False, unitriangular=True)
        return torch.linalg.solve_triangular(upper.T, y, upper=False, left=False)


class HouseholderStep(MatrixStep):
    """W = H_1 ... H_K with H = I - 2 v v' / v'v: orthogonal (Tomczak and Welling 2016), log|det W| = 0.

    The product is I - V' S^-1 V, with unit rows v in V, and S the upper triangle of V V' with 1/2 on its diagonal.
    """

    def __init__(self, n: int, reflections: int) -> None:
        super().__init__(n)
        self.normals = nn.Parameter(torch.empty(reflections, n))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Random reflections."""
        nn.init.normal_(self.normals)

    def reflectors(self) -> tuple[torch.Tensor, torch.Tensor]:
        """V and S^-1 V, (K, n) each."""
        v = nn.functional.normalize(upcast(self.normals), dim=1, eps=torch.finfo(torch.float32).tiny)
        s = (v @ v.T).triu(1) + 0.5 * torch.eye(v.shape[0]).to(v)
        return v, torch.linalg.solve_triangular(s, v, upper=True)

    def log_det(self) -> torch.Tensor:
        return self.normals.new_zeros((), dtype=upcast(self.normals).dtype)

    def rows(self, x: torch.Tensor) -> torch.Tensor:
        v, m = self.reflectors()
        return x - (x @ m.T) @ v

    def undo(self, z: torch.Tensor) -> torch.Tensor:
        v, m = self.reflectors()
        return z - (z @ v.T) @ m


class QRStep(HouseholderStep):
    """W = Q R: Q a product of Householder reflections, R upper triangular with a positive diagonal, I at first.

    `above` holds R above its diagonal, row by row, and `log_diagonal` the log of its diagonal.
    """

    def __init__(self, n: int, reflections: int) -> None:
        super().__init__(n, reflections)
        self.above = nn.Parameter(torch.zeros(n * (n - 1) // 2))
        self.log_diagonal = nn.Parameter(torch.zeros(n))

    def upper(self) -> torch.Tensor:
        """R."""
        above, log_diagonal = upcast(self.above), upcast(self.log_diagonal)
        i, j = torch.triu_indices(self.n, self.n, 1, device=above.device)
        return log_diagonal.exp().diag().index_put((i, j), above)

    def log_det(self) -> torch.Tensor:
        return upcast(self.log_diagonal).sum()

    def rows(self, x: torch.Tensor) -> torch.Tensor:
        return super().rows(x @ self.upper().T)

    def undo(self, z: torch.Tensor) -> torch.Tensor:
        return torch.linalg.solve_triangular(self.upper().T, super().undo(z), upper=False, left=False)
