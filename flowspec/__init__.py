"""flowspec: a declarative compiler for normalizing flows and autoregressive models.

A spec is checked by graph analysis (`check`), compiled to a readable PyTorch module (`source`, `build`), and certified
numerically (`flowspec verify`). Importing this package, and checking, never imports torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from flowspec.compiler import Report

__version__ = "0.1.0"
__all__ = ["SpecError", "build", "check", "source"]


def check(path: str | Path) -> Report:
    """Checks a spec: what is wrong with it, or what was proved of it.

    Returns:
        A report: `.ok`, `.diagnostics`, `.facts`, and `.dependency()`, a (D, D) boolean array whose row i holds the
        variables that the conditional of variable i, or entry i of z, can structurally use.
    """
    from flowspec.compiler import analyse

    return analyse(path)


def source(path: str | Path, link: bool = False) -> str:
    """The emitted PyTorch module as text.

    Args:
        path: the spec.
        link: import the runtime classes from flowspec instead of copying them in.

    Raises:
        SpecError: when the spec has errors; the message holds the findings.
    """
    return _checked(path).source(link=link)


def build(path: str | Path, link: bool = False) -> type[Any]:
    """The emitted module as a class (a torch.nn.Module). Raises SpecError as `source` does."""
    from flowspec.emit.load import load_class

    return load_class(_checked(path).source(link=link), str(path))


class SpecError(ValueError):
    """A spec has errors; `findings` lists them."""

    def __init__(self, report: Report) -> None:
        from flowspec.diagnostics.render import render_full

        super().__init__("\n" + render_full(report.diagnostics, report.sources))
        self.findings = report.diagnostics


def _checked(path: str | Path) -> Report:
    report = check(path)
    if not report.ok:
        raise SpecError(report)
    return report
