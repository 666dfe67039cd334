"""Which observed variables stand in the way of drawing the others by the chain rule."""

from __future__ import annotations

import torch


class Predecessors:
    """What each of D variables may depend on, as far as it can be written down shortly.

    j may precede i where j has both a lower rank in the order and a lower sampling level: a superset of what i depends
    on, for every net. Where `knows` lists what each variable with a context depends on (of a graph), it is exact.
    """

    def __init__(self, ranks: list[int], levels: list[int], knows: dict[int, list[int]] | None = None) -> None:
        self.ranks, self.levels, self.knows = ranks, levels, knows

    def of(self, i: int) -> list[int]:
        """The variables on which variable i may depend, in rising order."""
        if self.knows is not None:
            return sorted(self.knows.get(i, []))
        rank, level = self.ranks[i], self.levels[i]
        return [j for j, r in enumerate(self.ranks) if r < rank and self.levels[j] < level]

    def blocked(self, observed: torch.Tensor) -> torch.Tensor:
        """The observed variables, (B, D) booleans, that may depend on an unobserved one; `observed` is (B, D)."""
        if self.knows is not None:
            found = torch.zeros_like(observed)
            for i, before in self.knows.items():
                found[:, i] = observed[:, i] & ~observed[:, before].all(1)
            return found
        rank = torch.tensor(self.ranks, device=observed.device)
        level = torch.tensor(self.levels, device=observed.device)
        never = max(self.levels) + 1
        hidden = torch.where(observed, never, level)  # (B, D) the level of what is not observed
        least = hidden.new_full((len(observed), max(self.ranks) + 2), never)  # the lowest of them at ranks below r
        least = least.scatter_reduce(1, (rank + 1).expand_as(hidden), hidden, "amin").cummin(1).values
        return observed & (least[:, rank] < level)


def observation(
    name: str,
    like: torch.Tensor,
    size: tuple[int, ...],
    channels: int,
    observed: torch.Tensor | None,
    mask: torch.Tensor | None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """The observed values of `size` = (n, *shape), zeros for the rest; and where they are, (n or 1, *shape) booleans.

    Raises TypeError or ValueError, naming the model, for other types and shapes, and where a site is observed in part
    whose `channels` the model draws together.
    """
    if observed is None or mask is None:
        raise TypeError(f"{name}: `observed` and `mask` go together")
    if mask.dtype != torch.bool:
        raise TypeError(f"{name}: mask holds {mask.dtype}, expected booleans: True where x is observed")
    for what, value in (("observed", observed), ("mask", mask)):
        if tuple(value.shape) not in (size[1:], (1, *size[1:]), size):
            expected = " or ".join(str(shape).replace(",)", ")") for shape in (size[1:], size))
            raise ValueError(f"{name}: {what} has shape {tuple(value.shape)}, expected {expected}")
    fixed = mask.to(like.device).reshape(-1, *size[1:])
    if channels > 1 and bool((fixed != fixed[:, :1]).any()):
        raise ValueError(f"{name}: the channels of a site are drawn together: observe all of them, or none")
    x = observed.to(like.device).expand(size)
    return torch.where(fixed, x, torch.zeros_like(x)), fixed
