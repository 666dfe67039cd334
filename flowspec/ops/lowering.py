"""The target language as data: what an op becomes in the emitted module. Text is made at the very end, in emit/."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Expr:
    """Source text of our own making, such as `range(1, 785)`; `names` are the runtime names it uses."""

    text: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Construct:
    """A call of a constructor: a class of the runtime or of torch.nn, with literal arguments."""

    name: str
    args: tuple[Any, ...] = ()
    kwargs: tuple[tuple[str, Any], ...] = ()


def construct(name: str, *args: Any, **kwargs: Any) -> Construct:
    """Builds a Construct; keyword arguments that are None are left out."""
    return Construct(name, args, tuple((k, v) for k, v in kwargs.items() if v is not None))


@dataclass(frozen=True, slots=True)
class Lowered:
    """What one use of an op becomes.

    `call` is an expression with {0}, {1}, ... for the inputs and {m} for the module; `names` are the runtime
    functions it uses. `raw` inputs are read before integers become numbers.
    """

    call: str
    module: Construct | None = None
    names: tuple[str, ...] = ()
    raw: bool = False
