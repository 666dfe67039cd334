"""A flow as a smooth bijection in float64 and float32, and what its steps are given and give on the way through it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from flowspec.verify.noise import fixed_noise, seeded
from flowspec.verify.steps import steps
from flowspec.verify.subject import Subject
from flowspec.verify.trace import step_calls
from flowspec.verify.units import Unit

CUTS = ("Bits", "ChannelView", "LowView")  # steps that make integers of integers
Patch = Callable[..., Any]


@dataclass(frozen=True, eq=False, slots=True)
class Link:
    """One step of a chain: its label, its module in float64, and what it was given and gave."""

    label: str
    module: Any
    x: Tensor
    z: Tensor
    kwargs: dict[str, Any]

    def forward(self, x: Tensor) -> Tensor:
        """z for other inputs."""
        found: Tensor = self.module(x, **self.kwargs)[0]
        return found

    def inverse(self, z: Tensor) -> Tensor:
        """x for other outputs."""
        found: Tensor = self.module.inverse(z, **self.kwargs)
        return found


@dataclass(frozen=True, eq=False, slots=True)
class Chain:
    """A flow in float64, whose weights and inputs are numbers of float32; `noise` is that of its dequantizations."""

    unit: Unit
    subject: Subject
    noise: dict[str, Tensor] = field(default_factory=dict)

    @property
    def module(self) -> Any:
        return self.unit.module

    def encode(self, x: Tensor, module: Any = None) -> Tensor:
        """z, with the same noise at every call; `module` may be the flow in another precision."""
        module = self.module if module is None else module
        with smooth(module, self.noise), seeded(self.subject.seed), fixed_noise(self.subject.seed):
            found: Tensor = module.encode(x, **_as(x.dtype, self.unit.given))[0]
        return found

    def decode(self, z: Tensor, module: Any = None) -> Tensor:
        """x, likewise."""
        module = self.module if module is None else module
        with smooth(module, self.noise):
            found: Tensor = module.decode(z, **_as(z.dtype, self.unit.given))
        return found

    def some(self, n: int) -> Chain:
        """The same chain on its first n samples."""
        given = {name: value[:n] for name, value in self.unit.given.items()}
        noise = {name: value[:n] for name, value in self.noise.items()}
        return replace(self, unit=replace(self.unit, x=self.unit.x[:n], given=given), noise=noise)


def chain_of(subject: Subject, unit: Unit) -> Chain:
    """The flow of a unit in float64 after its weights and inputs were rounded to float32."""
    module = copy.deepcopy(unit.module).float().double().eval().requires_grad_(False)
    given = _as(torch.float64, {name: _single(value) for name, value in unit.given.items()})
    rounded = Chain(replace(unit, module=module, x=_single(unit.x).double(), given=given), subject)
    return replace(rounded, noise=_noise(rounded))


def obstacle(unit: Unit) -> str:
    """Why a flow is no smooth bijection between x and z; empty if it is one."""
    if unit.module.decoders:
        return "an encoder draws z, and no decoder gives x back"
    cuts = [type(m).__name__ for m in unit.module.modules() if type(m).__name__ in CUTS]
    return f"{cuts[0]} makes integers of integers" if cuts else ""


def links(chain: Chain) -> list[Link]:
    """Every step of the chain, in the order from x to z."""
    with smooth(chain.module, chain.noise), torch.no_grad():
        found = steps(chain.subject, chain.unit)
    return [Link(step.label, step.module, step.x, step.z, step.kwargs) for step in found]


# --- integers --------------------------------------------------------------------------------------------------------


def _noise(chain: Chain) -> dict[str, Tensor]:
    """The noise that each dequantization of the chain adds to x, by the path of its module."""
    module, unit = chain.module, chain.unit

    def run() -> None:
        with torch.no_grad(), seeded(chain.subject.seed), fixed_noise(chain.subject.seed):
            module.encode(unit.x, **_as(torch.float64, unit.given))

    calls = [call for call in step_calls(module, run) if _dequantizes(call.module)]
    return {call.name: _single(call.output[0] * call.module.n - call.args[0]).double() for call in calls}


def _dequantizes(module: nn.Module) -> bool:
    return type(module).__name__.endswith("Dequantize")


@contextmanager
def smooth(module: nn.Module, noise: dict[str, Tensor]) -> Iterator[None]:
    """Inside, dequantization adds the given noise both ways, and nothing is floored."""
    with ExitStack() as stack:
        for name, u in noise.items():
            step: Any = module.get_submodule(name)
            if "forward" not in vars(step):
                stack.enter_context(patched(step, *_linear(step.n, u)))
        yield


def _linear(n: int, u: Tensor) -> tuple[Patch, Patch]:
    def forward(x: Tensor, **_given: Tensor) -> tuple[Tensor, Tensor]:
        return (x + u.to(x)) / n, x.new_zeros(x.shape[0])

    def inverse(z: Tensor, /, **_given: Tensor) -> Tensor:
        return z * n - u.to(z)

    return forward, inverse


# --- steps at work ---------------------------------------------------------------------------------------------------


@contextmanager
def patched(module: nn.Module, forward: Patch, inverse: Patch) -> Iterator[None]:
    """Inside, a step does both directions otherwise."""
    before = {name: vars(module)[name] for name in ("forward", "inverse") if name in vars(module)}
    object.__setattr__(module, "forward", forward)
    object.__setattr__(module, "inverse", inverse)
    try:
        yield
    finally:
        for name in ("forward", "inverse"):
            if name in before:
                object.__setattr__(module, name, before[name])
            else:
                object.__delattr__(module, name)


@contextmanager
def in_float32(module: nn.Module) -> Iterator[None]:
    """Inside, this step of a float64 flow computes in float32."""
    twin: Any = copy.deepcopy(module).float()

    def forward(*args: Tensor, **kwargs: Any) -> Any:
        return _wide(twin(*_narrow(args), **_narrow(kwargs)))

    def inverse(*args: Tensor, **kwargs: Any) -> Any:
        return _wide(twin.inverse(*_narrow(args), **_narrow(kwargs)))

    with patched(module, forward, inverse):
        yield


def _wide(value: Any) -> Any:
    return _cast(value, torch.float32, torch.float64)


def _narrow(value: Any) -> Any:
    return _cast(value, torch.float64, torch.float32)


def _cast(value: Any, old: torch.dtype, new: torch.dtype) -> Any:
    if isinstance(value, Tensor):
        return value.to(new) if value.dtype == old else value
    if isinstance(value, dict):
        return {name: _cast(entry, old, new) for name, entry in value.items()}
    return tuple(_cast(entry, old, new) for entry in value) if isinstance(value, tuple) else value


@dataclass(frozen=True, eq=False, slots=True)
class Passed:
    """What a step was given and gave."""

    given: Tensor
    gave: Tensor


@contextmanager
def recorded(modules: list[Any]) -> Iterator[dict[int, Passed]]:
    """Inside, the first use of each module is written down under its number."""
    found: dict[int, Passed] = {}

    def watched(k: int, call: Patch) -> Patch:
        def run(value: Tensor, *args: Any, **kwargs: Any) -> Any:
            gave = call(value, *args, **kwargs)
            first = gave[0] if isinstance(gave, tuple) else gave
            found.setdefault(k, Passed(value.detach(), first.detach()))
            return gave

        return run

    with ExitStack() as stack:
        for k, module in enumerate(modules):
            stack.enter_context(patched(module, watched(k, module.forward), watched(k, module.inverse)))
        yield found


def _single(value: Tensor) -> Tensor:
    return value.float() if value.is_floating_point() else value


def _as(dtype: torch.dtype, given: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.to(dtype) if value.is_floating_point() else value for name, value in given.items()}
