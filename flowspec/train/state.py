"""The whole state of a training run: what must come back for a resumed run to equal one that never stopped."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from flowspec.train.compute import Compute
from flowspec.train.errors import TrainError
from flowspec.train.options import Options

COUNTERS = ("step", "best", "stale", "loss", "losses", "history")


@dataclass(slots=True)
class State:
    """Weights, optimizer, generators and counters.

    `average` holds the moving average of the parameters, empty without one. The place in the shuffled data follows
    from `step`. `loss` is the sum of `losses` training losses since the last validation, `stale` the validations since
    the best one, `best` its nats, `history` one record a validation.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    picks: torch.Generator
    average: dict[str, Tensor]
    step: int = 0
    best: float | None = None
    stale: int = 0
    loss: float = 0.0
    losses: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def fresh(cls, model: nn.Module, options: Options) -> State:
        """The state before the first step; the model must be on its device already."""
        optimizer = torch.optim.AdamW(
            model.parameters(), lr=options.lr, betas=options.betas, weight_decay=options.weight_decay
        )
        average = {name: p.detach().clone() for name, p in model.named_parameters()} if options.ema else {}
        return cls(model, optimizer, torch.Generator().manual_seed(options.seed), average)

    def follow(self, decay: float) -> None:
        """Move the average a step towards the parameters (a short-lived one early on)."""
        decay = min(decay, (1 + self.step) / (10 + self.step))
        parameters = dict(self.model.named_parameters())
        with torch.no_grad():
            for name, mean in self.average.items():
                mean.lerp_(parameters[name], 1 - decay)

    def restart_average(self) -> None:
        """Set the average to the parameters, as after data dependent initialization."""
        with torch.no_grad():
            for name, parameter in self.model.named_parameters():
                if name in self.average:
                    self.average[name].copy_(parameter)

    @contextlib.contextmanager
    def averaged(self) -> Iterator[None]:
        """The model with its averaged parameters inside, where there is an average."""
        kept = {name: p.detach().clone() for name, p in self.model.named_parameters() if name in self.average}
        self._put(self.average)
        try:
            yield
        finally:
            self._put(kept)

    def _put(self, values: Mapping[str, Tensor]) -> None:
        with torch.no_grad():
            for name, parameter in self.model.named_parameters():
                if name in values:
                    parameter.copy_(values[name])

    def tensors(self, compute: Compute) -> dict[str, Tensor]:
        """Every tensor of the state under model. / average. / optimizer.K. / rng. names."""
        found = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        found |= {f"average.{name}": tensor for name, tensor in self.average.items()}
        for number, slots in self.optimizer.state_dict()["state"].items():
            found |= {f"optimizer.{number}.{name}": tensor for name, tensor in slots.items()}
        found |= {"rng.picks": self.picks.get_state(), "rng.cpu": torch.get_rng_state()}
        if compute.device.type == "cuda":
            found["rng.cuda"] = torch.cuda.get_rng_state(compute.device)
        return found

    def counters(self) -> str:
        """The plain part of the state as JSON."""
        return json.dumps({name: getattr(self, name) for name in COUNTERS}, allow_nan=False)

    def restore(self, tensors: Mapping[str, Tensor], counters: str, compute: Compute, where: str) -> None:
        """Take everything back from `tensors` and `counters`; TrainError when they belong to another model."""
        load_weights(self.model, _under(tensors, "model."), where)
        for name, mean in _under(tensors, "average.").items():
            self.average[name].copy_(mean)
        self._restore_optimizer(_under(tensors, "optimizer."))
        self.picks.set_state(tensors["rng.picks"])
        torch.set_rng_state(tensors["rng.cpu"])
        if compute.device.type == "cuda" and "rng.cuda" in tensors:
            torch.cuda.set_rng_state(tensors["rng.cuda"], compute.device)
        for name, value in json.loads(counters).items():
            setattr(self, name, value)

    def _restore_optimizer(self, tensors: Mapping[str, Tensor]) -> None:
        slots: dict[int, dict[str, Tensor]] = {}
        for path, tensor in tensors.items():
            number, name = path.split(".", 1)
            slots.setdefault(int(number), {})[name] = tensor
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": slots, "param_groups": groups})


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def load_weights(model: nn.Module, weights: Mapping[str, Tensor], where: str) -> None:
    """Load a state dict that must fit exactly; TrainError names the first tensor that does not."""
    own = model.state_dict()
    for name in (*own, *weights):
        if name not in weights or name not in own:
            holder = "the checkpoint" if name not in weights else "the model"
            raise TrainError(f"{where} does not fit the model: {holder} has no tensor `{name}`")
        if own[name].shape != weights[name].shape:
            raise TrainError(
                f"{where} does not fit the model: `{name}` is {list(weights[name].shape)}, not {list(own[name].shape)}"
            )
    model.load_state_dict(dict(weights))
