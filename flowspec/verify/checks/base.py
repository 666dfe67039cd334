"""What a check is, and how it says what it measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flowspec.verify.result import Result
from flowspec.verify.subject import Subject


def always(_subject: Subject) -> bool:
    """For checks of every model."""
    return True


def is_flow(subject: Subject) -> bool:
    """For checks of flows."""
    return subject.is_flow


def is_factored(subject: Subject) -> bool:
    """For checks of models with a conditional for each variable."""
    return not subject.is_flow


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the table.

    Attributes:
        name: what is checked.
        run: measures it. What it raises is a failure of the module.
        applies: whether the check means something for a model.
        tiny: whether it counts every state, or integrates, and so needs a model as small as can be.
    """

    name: str
    run: Callable[[Subject], Result]
    applies: Callable[[Subject], bool] = always
    tiny: bool = False


def at_most(measured: float, tolerance: float, detail: str = "", fault: str = "", node: str = "") -> Result:
    """Holds when the measured number is within the tolerance; NaN never is. `fault` replaces the detail if not."""
    ok = measured <= tolerance
    return Result("", ok, float(measured), tolerance, detail if ok or not fault else fault, "" if ok else node)


def at_least(measured: float, tolerance: float, detail: str = "", fault: str = "", node: str = "") -> Result:
    """Holds when the measured number reaches the tolerance; NaN never does."""
    ok = measured >= tolerance
    detail = detail if ok or not fault else fault
    return Result("", ok, float(measured), tolerance, detail, "" if ok else node, floor=True)


def yes(detail: str = "") -> Result:
    """Holds."""
    return Result("", True, detail=detail)


def no(detail: str, node: str = "") -> Result:
    """Does not hold."""
    return Result("", False, detail=detail, node=node)
