"""The mistakes a user can make about orders, as plain facts."""

from __future__ import annotations


class OrderError(ValueError):
    """An order, a keep or a bound that cannot be what was asked for.

    Passes turn it into a finding; it knows no spans. `index` is the entry of the offending list where there is one,
    `path` the variables of a cycle: each is a parent of the next and the last is the first again.
    """

    def __init__(self, message: str, *, index: int | None = None, path: tuple[int, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.index = index
        self.path = path


class TooLarge(OrderError):  # noqa: N818  (an answer, not a mistake)
    """A dependency that would take more room than an exact answer is worth: "cannot prove: too large"."""
