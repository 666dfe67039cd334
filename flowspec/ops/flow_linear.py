"""Flow steps that are linear maps: of all variables together, or of the channels of each site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from flowspec.graph.layout import Layout
from flowspec.ops.base import POSITIVE_INT, OpError, arg
from flowspec.ops.flow_base import Entries, FlowOp, FlowSite
from flowspec.ops.flow_shape import axis_size
from flowspec.ops.lowering import Construct, Expr, construct

SEED: dict[str, Any] = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
LARGEST = 2**13  # variables whose square matrix still fits a machine
_FORMS = {"dense": "dense", "lu": "triangular", "qr": "triangular", "householder": "zero"}


def _forbid(name: str, kind: str, argument: str, kinds: str) -> OpError:
    return OpError(
        "FS204", f"`{argument}` does nothing in `{name}: {kind}`", f"drop it, or use `{name}: {kinds}`", argument
    )


def _triangular(n: int, seed: int | None) -> Construct:
    """P L U: P from a seed, or one that each use draws for itself and keeps with its weights."""
    if seed is None:
        return construct("LUStep", n)
    return construct("LUStep", n, Expr(f"permutation({n}, {seed})", ("permutation",)))


@dataclass(frozen=True)
class LinearStep(FlowOp):
    """z = W x, one invertible matrix over all the variables, flattened.

    `dense` is a free matrix, orthogonal at first, whose log-det and inverse take O(D^3); `lu` is a fixed permutation times a
    unit lower and an upper triangular matrix with a positive diagonal; `qr` a product of Householder reflections times
    such an upper one; `householder` the reflections alone, an orthogonal matrix with log-det 0.
    """

    name = "linear"
    main = "kind"
    kind: str = arg({"enum": ["dense", "lu", "qr", "householder"]}, "how the matrix is written")
    reflections: int | None = arg(POSITIVE_INT, "reflections in `qr` and `householder`; as many as variables", None)
    seed: int | None = arg(SEED, "seed of the permutation in `lu`, which is otherwise drawn with the weights", None)

    @property
    def log_det_form(self) -> str:
        return _FORMS[self.kind]

    def accepts(self, layout: Layout) -> None:
        if self.reflections is not None and self.kind not in ("qr", "householder"):
            raise _forbid(self.name, self.kind, "reflections", "qr")
        if self.seed is not None and self.kind != "lu":
            raise _forbid(self.name, self.kind, "seed", "lu")
        if layout.units > LARGEST:
            raise OpError(
                "FS352",
                f"`linear` over {layout.units:,} variables is a matrix of {layout.units**2:,} numbers",
                "mix the channels of each site with `conv1x1`, or use couplings",
            )

    def joined(self, layout: Layout) -> Entries | None:
        return np.zeros(layout.units, dtype=np.int64)

    def _reflections(self, layout: Layout) -> int:
        return self.reflections or layout.units

    def parameters(self, layout: Layout) -> int:
        n = layout.units
        if self.kind == "householder":
            return n * self._reflections(layout)
        upper = n * (n - 1) // 2 + n
        return upper + n * self._reflections(layout) if self.kind == "qr" else n * n

    def lower(self, site: FlowSite) -> Construct:
        n = site.layout.units
        match self.kind:
            case "dense":
                return construct("DenseStep", n)
            case "lu":
                return _triangular(n, self.seed)
            case "qr":
                return construct("QRStep", n, self._reflections(site.layout))
        return construct("HouseholderStep", n, self._reflections(site.layout))


@dataclass(frozen=True)
class Conv1x1(FlowOp):
    """One invertible matrix over the channels, the same at every site (Glow, Kingma and Dhariwal 2018).

    The log-det is that of the matrix, times the number of sites. `dense` is a free matrix, orthogonal at first; `lu` is
    Glow's P L U, with a positive diagonal and with the permutation fixed.
    """

    name = "conv1x1"
    main = "kind"
    kind: str = arg({"enum": ["dense", "lu"]}, "how the matrix is written")
    seed: int | None = arg(SEED, "seed of the permutation in `lu`, which is otherwise drawn with the weights", None)

    @property
    def log_det_form(self) -> str:
        return _FORMS[self.kind]

    def accepts(self, layout: Layout) -> None:
        if layout.vector or layout.flat:
            raise OpError("FS220", "`conv1x1` needs channels at sites, and this is a vector", "use `linear: lu`")
        if self.seed is not None and self.kind != "lu":
            raise _forbid(self.name, self.kind, "seed", "lu")

    def joined(self, layout: Layout) -> Entries | None:
        channels = axis_size(layout)
        return np.tile(np.arange(layout.units // channels), channels)

    def parameters(self, layout: Layout) -> int:
        return axis_size(layout) ** 2

    def lower(self, site: FlowSite) -> Construct:
        n = axis_size(site.layout)
        if self.kind == "dense":
            return construct("DenseStep", n)
        return _triangular(n, self.seed)
