"""Conditional probability tables (Bayes nets, Pearl 1988)."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

from flowspec.runtime.masks import check_digest, rebuild


class Table(nn.Module):
    """The parameters of each variable, looked up by the values of its parents.

    Integers enter side by side as columns: the variables of x, row-major, then labels. Column j has `counts[j]`
    categories, and the table of variable i one row for each value of the columns `parents[i]`, the last of them
    fastest. All tables stand one below the other in one matrix of `size` parameters a row.
    """

    columns: torch.Tensor
    strides: torch.Tensor
    highest: torch.Tensor
    start: torch.Tensor

    def __init__(self, parents: list[list[int]], counts: int | list[int], size: int, digest: str | None = None) -> None:
        super().__init__()
        self.parents, self.digest = [list(row) for row in parents], digest
        width = 1 + max((j for row in self.parents for j in row), default=-1)
        self.counts = [counts] * width if isinstance(counts, int) else list(counts)
        self.rows = [math.prod(self.counts[j] for j in row) for row in self.parents]
        self.weight = nn.Parameter(torch.empty(sum(self.rows), size))
        self.reset_buffers()
        self.reset_parameters()
        self.register_load_state_dict_post_hook(rebuild)

    def reset_buffers(self, device: torch.device | None = None) -> None:
        """Rebuild the indices on a device, by default where the weight is; short rows of parents are padded."""
        most = max(map(len, self.parents))
        lists: dict[str, list[list[int]]] = {"columns": [], "strides": [], "highest": []}
        for row in self.parents:
            rest = [0] * (most - len(row))
            strides = [math.prod(self.counts[j] for j in row[k + 1 :]) for k in range(len(row))]
            lists["columns"].append(row + rest)
            lists["strides"].append(strides + rest)
            lists["highest"].append([self.counts[j] - 1 for j in row] + rest)
        indices = {name: torch.tensor(rows, dtype=torch.long, device="cpu") for name, rows in lists.items()}
        check_digest(self.reading(), self.digest, f"Table of {len(self.parents)} variables")
        indices["start"] = torch.tensor([0, *self.rows[:-1]], device="cpu").cumsum(0)
        for name, index in indices.items():
            self.register_buffer(name, index.to(device or self.weight.device), persistent=False)

    def reading(self) -> torch.Tensor:
        """(variables, columns up to the last one read) which columns each table reads."""
        width = 1 + max((j for row in self.parents for j in row), default=-1)
        mask = torch.zeros(len(self.parents), width, dtype=torch.bool, device="cpu")
        for i, row in enumerate(self.parents):
            mask[i, row] = True
        return mask

    def reset_parameters(self) -> None:
        """Small random parameters."""
        nn.init.normal_(self.weight, std=0.1)

    def forward(self, *values: torch.Tensor) -> torch.Tensor:
        """Integers (B, ...) each -> (B, variables * size); what is no category counts as the nearest one."""
        columns = torch.cat([value.reshape(value.shape[0], value.shape[1:].numel()).long() for value in values], 1)
        read = columns[:, self.columns].clamp(min=0).minimum(self.highest)  # (B, variables, parents)
        rows = self.start + (read * self.strides).sum(2)
        return F.embedding(rows, self.weight).flatten(1)

    def extra_repr(self) -> str:
        return f"{len(self.parents)} variables, {self.weight.shape[0]} rows of {self.weight.shape[1]}"
