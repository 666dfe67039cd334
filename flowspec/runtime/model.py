"""What every emitted model offers on top of its density."""

from __future__ import annotations

import math

import torch
from torch import nn

from flowspec.runtime.densities import Density
from flowspec.runtime.scores import sample_gradients, sign_sketch


def inverse_from(step: nn.Module) -> object:
    """The inverse of a step, which first starts from what it is given."""
    inverse = step.inverse

    def run(z: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        step.initialize(z, inverse=True)  # type: ignore[operator]
        found: torch.Tensor = inverse(z, **given)  # type: ignore[operator]
        return found

    return run


class Model(Density):
    """The outermost density of a spec, e.g. `class Maf(Model, Flow)`: it checks what comes in, and names the spec.

    VALUES is 'real', 'positive', an interval (lo, hi), 'binary', a count N of integers 0..N-1 or a list of counts.
    GIVEN maps names of contexts to {'classes': N} or {'shape': ..., 'values': ...}.
    """

    NAME: str
    KIND: str
    SPEC_SHA256: str
    LIKELIHOOD: str
    SHAPE: tuple[int, ...]
    VALUES: str | int | list[int] | tuple[float, float]
    GIVEN: dict[str, dict[str, object]]
    ORDERS: int

    def bits_per_dim(self, x: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        """-log2 p(x) per variable, (B,), in the units of x: of the integers, where x holds integers."""
        return -self.log_prob(x, **given) / (math.prod(self.SHAPE) * math.log(2))

    def possible(self, x: torch.Tensor, log_p: torch.Tensor) -> torch.Tensor:
        """log_p, (B,) or (B, D), and minus infinity where x is none of the integers that VALUES declares.

        Pixels that were scaled to [0, 1], noise that was added outside the model, or counts beyond the last have no
        probability, where a net would give them one.
        """
        most: int | torch.Tensor
        if isinstance(self.VALUES, list):
            most = x.new_tensor(self.VALUES).view(self.shape)
        elif isinstance(self.VALUES, int):
            most = self.VALUES
        elif self.VALUES == "binary":
            most = 2
        else:
            return log_p
        never = ((x < 0) | (x >= most) | (x != x.floor())).flatten(1)
        return log_p.masked_fill(never if log_p.dim() > 1 else never.any(1), -torch.inf)

    def admit(self, x: torch.Tensor, given: dict[str, torch.Tensor]) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """x and the context with integers as numbers. Raises TypeError or ValueError, naming the spec and the input."""
        x = self.admit_value("x", x, self.SHAPE, self.VALUES, None)
        return x, self.admit_given(x.shape[0], given)

    def admit_given(self, n: int, given: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """The context of n samples. Raises TypeError or ValueError, naming the spec and the input."""
        if n < 0:
            raise ValueError(f"{self.NAME}: n={n}, expected 0 or more")
        for name in given:
            if name in ("observed", "mask") and name not in self.GIVEN:
                raise TypeError(
                    f"{self.NAME}: `{name}` is for models with an order: of a {self.KIND} model without one, what some "
                    "variables say of the others is not available"
                )
            if name not in self.GIVEN:
                raise TypeError(f"{self.NAME}: unknown context {name!r}, expected {', '.join(self.GIVEN) or 'none'}")
        return {name: self.admit_context(name, kind, n, given) for name, kind in self.GIVEN.items()}

    def admit_context(self, name: str, kind: dict[str, object], n: int, given: dict[str, torch.Tensor]) -> torch.Tensor:
        """One context of n samples: classes stay integers (n,), numbers are (n, *shape)."""
        if name not in given:
            raise TypeError(f"{self.NAME}: the context {name!r} is missing")
        value = given[name]
        if "classes" not in kind:
            return self.admit_value(name, value, kind["shape"], kind["values"], n)  # type: ignore[arg-type]
        if value.is_floating_point() or value.is_complex() or value.dtype == torch.bool:
            raise TypeError(f"{self.NAME}: {name} holds {value.dtype}, expected integer classes")
        if tuple(value.shape) != (n,):
            raise ValueError(f"{self.NAME}: {name} has shape {tuple(value.shape)}, expected ({n},)")
        return value.long()

    def admit_value(
        self, name: str, value: torch.Tensor, shape: tuple[int, ...], values: object, n: int | None
    ) -> torch.Tensor:
        """Numbers of one shape, in the type of the parameters if they are integers by declaration."""
        if value.dim() == 0 or tuple(value.shape[1:]) != tuple(shape) or (n is not None and value.shape[0] != n):
            expected = ", ".join(str(size) for size in ("B" if n is None else n, *shape))
            raise ValueError(f"{self.NAME}: {name} has shape {tuple(value.shape)}, expected ({expected})")
        if value.is_complex():
            raise TypeError(f"{self.NAME}: {name} holds {value.dtype}, expected real numbers")
        if values == "binary" or isinstance(values, int | list):
            return value.to(torch.promote_types(self.like.dtype, torch.float32))
        if not value.is_floating_point():
            raise TypeError(f"{self.NAME}: {name} holds {value.dtype}, expected floating point numbers")
        if (value.dtype == torch.float64) != (self.like.dtype == torch.float64):
            raise TypeError(f"{self.NAME}: {name} holds {value.dtype}, but the model is in {self.like.dtype}")
        return value.to(torch.promote_types(value.dtype, self.like.dtype))

    def fisher_score(
        self, x: torch.Tensor, *, projection: int | None = None, seed: int = 0, **given: torch.Tensor
    ) -> torch.Tensor:
        """d log p(x_b) / d parameters for every sample (Jaakkola and Haussler 1999): (B, P), P as in `parameters()`.

        With `projection` = k, (B, k): a sketch by random signs from a seed, which keeps inner products in the mean.
        In the mode, train or eval, that the model is in; a model that draws noise does so once for each sample.
        """
        self.admit(x, {name: value for name, value in given.items() if name != "order"})
        if projection is not None and projection < 1:
            raise ValueError(f"{self.NAME}: projection={projection}, expected 1 or more")
        rows = max(1, 2**26 // max(1, sum(p.numel() for p in self.parameters())))
        scores = []
        for start in range(0, len(x), rows):
            of = slice(start, start + rows)
            some = {name: v[of] if isinstance(v, torch.Tensor) else v for name, v in given.items()}
            score = sample_gradients(self, x[of], some)
            scores.append(score if projection is None else sign_sketch(score, projection, seed))
        return torch.cat(scores)

    @torch.no_grad()
    def initialize(self, x: torch.Tensor, **given: torch.Tensor) -> None:
        """Let the steps that start from data (ActNorm) start from this batch, in order; each does so only once.

        Where torch.distributed runs, every rank has to call it, each with a batch of its own, before or after it is
        wrapped (then as `wrapped.module.initialize`): the ranks start from all batches together, and stay equal. Not
        for parameters that are sharded already.
        """
        waiting = [m for m in self.modules() if hasattr(m, "initialized") and not m.initialized]
        hooks = [m.register_forward_pre_hook(lambda step, args: step.initialize(args[0])) for m in waiting]
        try:
            for step in waiting:  # some run backwards first
                vars(step)["inverse"] = inverse_from(step)
            if waiting:
                self.log_prob(x, **given)
        finally:
            for hook in hooks:
                hook.remove()
            for step in waiting:
                vars(step).pop("inverse", None)

    def reset_buffers(self, device: torch.device | None = None) -> None:
        """Rebuild every mask and index below this model, by default where its first parameter is."""
        device = device or next(self.parameters(), self.like).device
        super().reset_buffers(device)
        for module in self.modules():
            reset = getattr(module, "reset_buffers", None)
            if module is not self and callable(reset):
                reset(device)
