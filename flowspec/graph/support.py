"""Where values lie: the sets that a flow step maps from and to (semantics F2)."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Support:
    """An interval of the real line with open or closed ends, or the integers 0..count-1.

    One that is `unknown` (what gives it failed) fits wherever it is put.
    """

    lo: float = -math.inf
    hi: float = math.inf
    lo_open: bool = True
    hi_open: bool = True
    count: int | tuple[int, ...] | None = None
    unknown: bool = False

    @property
    def discrete(self) -> bool:
        return self.count is not None

    @property
    def real(self) -> bool:
        return not self.discrete and not self.unknown and math.isinf(self.lo) and math.isinf(self.hi)

    def within(self, other: Support) -> bool:
        """Whether this set lies inside `other`, up to a null set: end points that differ do not count."""
        if self.unknown or other.unknown:
            return True
        if self.discrete or other.discrete:
            return self.discrete and self.count == other.count
        return self.lo >= other.lo and self.hi <= other.hi

    def equals(self, other: Support) -> bool:
        """Equality up to a null set."""
        return self.within(other) and other.within(self)

    def hull(self, other: Support) -> Support:
        """The least interval that holds both, up to a null set."""
        if self.unknown or other.unknown:
            return Support(unknown=True)
        low, high = min(self.lo, other.lo), max(self.hi, other.hi)
        lo_open = all(s.lo_open for s in (self, other) if s.lo == low)
        return Support(low, high, lo_open, all(s.hi_open for s in (self, other) if s.hi == high))

    def hits_end_of(self, other: Support) -> bool:
        """Whether this set holds a finite end point that the open end of `other` leaves out."""
        low = self.lo == other.lo and other.lo_open and not self.lo_open
        high = self.hi == other.hi and other.hi_open and not self.hi_open
        return (low and math.isfinite(self.lo)) or (high and math.isfinite(self.hi))

    def __str__(self) -> str:
        if self.unknown:
            return "unknown"
        if isinstance(self.count, tuple):
            return "integers 0..N-1 with N one of " + ", ".join(str(n) for n in sorted(set(self.count)))
        if self.count is not None:
            return "{0, 1}" if self.count == 2 else f"the integers 0..{self.count - 1}"
        if self.real:
            return "the real line"
        left, right = "(" if self.lo_open else "[", ")" if self.hi_open else "]"
        return f"{left}{_number(self.lo)}, {_number(self.hi)}{right}"


def _number(value: float) -> str:
    if math.isinf(value):
        return "-inf" if value < 0 else "inf"
    return f"{value + 0.0:g}"  # no minus in front of zero


REAL = Support()
UNKNOWN = Support(unknown=True)
POSITIVE = Support(lo=0.0)
UNIT_CLOSED = Support(0.0, 1.0, lo_open=False, hi_open=False)
UNIT_OPEN = Support(0.0, 1.0)


def integers(count: int | tuple[int, ...]) -> Support:
    """The categories 0..count-1, or one count for each variable."""
    return Support(count=count)


def interval(lo: float, hi: float) -> Support:
    """The closed interval from `lo` to `hi`."""
    return Support(lo, hi, lo_open=False, hi_open=False)
