"""Fisher scores: how the log-density of each sample would have the parameters move."""

from __future__ import annotations

import torch
from torch import nn


def sample_gradients(model: nn.Module, x: torch.Tensor, given: dict[str, torch.Tensor]) -> torch.Tensor:
    """d log p(x_b) / d parameters for every sample b of a batch: (B, P), parameter after parameter, each row-major.

    All samples at once by torch.func, where every operation has a rule for that; else one after the other.
    """
    weights = {name: p.detach() for name, p in model.named_parameters()}
    contexts = {name: value for name, value in given.items() if isinstance(value, torch.Tensor)}
    plain = {name: value for name, value in given.items() if name not in contexts}

    def log_prob(w: dict[str, torch.Tensor], one: torch.Tensor, context: dict[str, torch.Tensor]) -> torch.Tensor:
        every = {name: value[None] for name, value in context.items()}
        log_p: torch.Tensor = torch.func.functional_call(model, w, (one[None],), {**every, **plain})
        return log_p[0]

    gradient = torch.func.grad(log_prob)
    try:
        found = torch.func.vmap(gradient, in_dims=(None, 0, 0), randomness="different")(weights, x, contexts)
    except RuntimeError:  # an operation without a rule for batches, or one that asks for values
        rows = [gradient(weights, x[b], {name: c[b] for name, c in contexts.items()}) for b in range(len(x))]
        found = {name: torch.stack([row[name] for row in rows]) for name in weights}
    return torch.cat([x.new_zeros(len(x), 0), *(found[name].reshape(len(x), -1) for name in weights)], 1)


def sign_sketch(rows: torch.Tensor, k: int, seed: int) -> torch.Tensor:
    """(B, P) -> (B, k): a sparse random sign matrix, of which every column has one entry, +1 or -1, at a random place.

    The inner product of two sketches has that of their rows as its mean over seeds, with a variance of at most
    (|u|^2 |v|^2 + <u, v>^2) / k (Weinberger et al. 2009, Feature hashing).
    """
    generator = torch.Generator().manual_seed(seed)
    place = torch.randint(k, rows.shape[1:], generator=generator).to(rows.device)
    sign = (2 * torch.randint(2, rows.shape[1:], generator=generator) - 1).to(rows)
    return rows.new_zeros(len(rows), k).index_add(1, place, rows * sign)
