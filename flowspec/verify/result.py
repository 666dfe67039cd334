"""What a verification found: one frozen result for each check, and the certificate that holds them all."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Change:
    """One number that shrinking replaced: where it stands, what it is called, and its values before and after."""

    file: str
    line: int
    what: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what} {self.before} -> {self.after}"


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one check.

    Attributes:
        name: what was checked.
        ok: whether it holds.
        measured: the number that was measured; None where the check is a plain yes or no.
        tolerance: the limit that `measured` was held to; None likewise.
        detail: what the number is, and what is wrong when it is not ok.
        node: the id of the step or layer at fault, where one is; empty otherwise.
        floor: whether the tolerance is the least that is accepted instead of the most.
        version: which version of the spec was judged: `spec` itself, `shrunk`, or `tiny`.
    """

    name: str
    ok: bool
    measured: float | None = None
    tolerance: float | None = None
    detail: str = ""
    node: str = ""
    floor: bool = False
    version: str = "spec"


@dataclass(frozen=True, slots=True)
class Certificate:
    """All results for one spec.

    Attributes:
        path: the spec.
        results: one for each check that applies to the model, in the order of the registry.
        shrunk: what was made smaller in the version called so; empty when there was no need for it.
        tiny: what was made smaller still for the checks that count every state or integrate over a grid.
        seed: the seed of weights, data and noise.
        seconds: how long it took.
    """

    path: str
    results: tuple[Result, ...]
    shrunk: tuple[Change, ...] = ()
    tiny: tuple[Change, ...] = ()
    seed: int = 0
    seconds: float = field(default=0.0, compare=False)

    @property
    def ok(self) -> bool:
        """Whether every check holds."""
        return all(result.ok for result in self.results)

    @property
    def failures(self) -> tuple[Result, ...]:
        """The checks that do not hold."""
        return tuple(result for result in self.results if not result.ok)
