"""What happens inside a model: the calls of its steps and layers, and of the densities that its parts end in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn


@dataclass(frozen=True, eq=False, slots=True)
class Call:
    """One call: the module and its path in the model, what it was given, and what it gave.

    `depth` counts the watched calls around it.
    """

    name: str
    module: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    output: Any
    depth: int = 0


def layer_calls(model: nn.Module, run: Callable[[], object], wanted: Callable[[nn.Module], bool]) -> list[Call]:
    """The calls of all wanted modules below `model` while `run()` works, in the order in which they end."""
    found: list[Call] = []
    hooks = [
        module.register_forward_hook(_recorder(name, found), with_kwargs=True)
        for name, module in model.named_modules()
        if module is not model and wanted(module)
    ]
    try:
        run()
    finally:
        for hook in hooks:
            hook.remove()
    return found


def _recorder(name: str, found: list[Call]) -> Any:
    return lambda module, args, kwargs, output: found.append(Call(name, module, args, kwargs, output))


def is_step(module: nn.Module) -> bool:
    """Whether a module is a step of a flow: it has an inverse."""
    return callable(getattr(module, "inverse", None))


def is_layer(module: nn.Module) -> bool:
    """Whether a module is a layer of a net: it holds no other module and is no density."""
    return not any(True for _ in module.children()) and not is_density(module) and not is_step(module)


def is_density(module: nn.Module) -> bool:
    """Whether a module is a density: it has a log_prob and a sample."""
    return callable(getattr(module, "log_prob", None)) and callable(getattr(module, "sample", None))


def step_calls(model: nn.Module, run: Callable[[], object]) -> list[Call]:
    """The calls of a flow's own steps that return (z, log_det); those of flows inside its parts are theirs."""
    inner = tuple(f"{name}." for name, module in model.named_modules() if module is not model and is_density(module))
    calls = layer_calls(model, run, is_step)
    return [c for c in calls if not c.name.startswith(inner) and isinstance(c.output, tuple) and _has_log_det(c)]


def draws(step: nn.Module) -> bool:
    """Whether a step draws from a density of its own."""
    return any(is_density(module) for module in step.modules())


def is_composite(step: nn.Module) -> bool:
    """Whether a step is made of steps (a block, or a round of a loop); those of a density that it draws from are not its."""
    return not draws(step) and any(is_step(module) for module in step.modules() if module is not step)


def _has_log_det(call: Call) -> bool:
    return len(call.output) == 2 and call.output[1].dim() == 1 and call.args[0].shape[0] == call.output[1].shape[0]


@contextmanager
def density_calls(model: nn.Module, method: str) -> Iterator[list[Call]]:
    """The calls of `log_prob` or `sample` on the densities below `model`, inside the context."""
    found: list[Call] = []
    open_calls: list[str] = []
    densities = [(n, m) for n, m in model.named_modules() if m is not model and is_density(m)]

    def watched(name: str, module: Any, original: Callable[..., Tensor]) -> Callable[..., Tensor]:
        def call(*args: Any, **kwargs: Any) -> Tensor:
            open_calls.append(name)
            try:
                value = original(*args, **kwargs)
            finally:
                open_calls.pop()
            found.append(Call(name, module, args, kwargs, value, len(open_calls)))
            return value

        return call

    for name, module in densities:
        object.__setattr__(module, method, watched(name, module, getattr(module, method)))
    try:
        yield found
    finally:
        for _, module in densities:
            object.__delattr__(module, method)
