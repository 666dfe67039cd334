"""What a check is, and how it says what it measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flowspec.verify.result import Result
from flowspec.verify.subject import Subject

MANY = 256  # variables up to which every one of them is changed, or followed by its own row of a Jacobian


def always(_subject: Subject) -> bool:
    """For checks of every model, and of models of every size."""
    return True


def is_flow(subject: Subject) -> bool:
    """For checks of flows."""
    return subject.is_flow


def is_small(subject: Subject) -> bool:
    """For checks that go through the variables one by one."""
    return subject.size <= MANY


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the table.

    Attributes:
        name: what is checked.
        run: measures it. What it raises is a failure of the module.
        applies: whether the check means something for a kind of model.
        fits: whether a model is small enough for it; a larger one is judged by a version made smaller.
    """

    name: str
    run: Callable[[Subject], Result]
    applies: Callable[[Subject], bool] = always
    fits: Callable[[Subject], bool] = always


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
