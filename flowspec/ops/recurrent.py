"""Recurrent layers: along the order of the variables, or over the lines of an image (semantics N5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowspec.graph.layout import Layout
from flowspec.graph.pairing import FoldMask, ScanMask
from flowspec.ops import lower_recurrent
from flowspec.ops.base import BOOL, POSITIVE_INT, NetContext, NetOp, NetSite, OpError, arg
from flowspec.ops.edges import Edges, Fold, Recurrent
from flowspec.ops.lowering import Lowered
from flowspec.ops.weighted import MAX_TAPS

KERNEL = 3  # of a state along rows, where nothing else is said


@dataclass(frozen=True)
class RecurrentLayer(NetOp):
    """A state that takes in its input place by place.

    `along: order` folds the inputs in the order of the variables. On an image `rows` reads `kernel` places of its own
    line of the input and of the state on the line before (Row LSTM), and `diagonals` its own place of the input and
    the states before it along both axes (Diagonal BiLSTM; van den Oord et al. 2016, section 3).
    """

    main = "out"
    repeatable = True
    gates: ClassVar[int]
    states: ClassVar[int] = 1  # vectors that go from event to event: the output, and the memory of an LSTM
    out: int = arg(POSITIVE_INT, "channels of the output, which is the state")
    along: str = arg({"enum": ["order", "rows", "diagonals"]}, "what the state runs along", "order")
    both: bool = arg(BOOL, "add a second state that runs the other way; along diagonals within earlier lines", False)
    kernel: int | None = arg(POSITIVE_INT, f"places read along a row, for `along: rows` ({KERNEL} if not given)", None)

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        source = inputs[0]
        if source.flat:
            raise OpError(
                "FS220",
                f"`{self.name}` runs from site to site, and its input is a flat list of {source.channels} units",
                "read x, or a value on its sites: `linear: [C, ...]` gives sites back",
            )
        self._no_idle_argument()
        if self.along != "order" and len(source.sites) != 2:
            raise OpError(
                "FS436",
                f"`along: {self.along}` needs rows and columns, and the sites of the input are {list(source.sites)}",
                "drop `along`: the state then runs along the order",
                "along",
            )
        return Layout(self.out, source.sites)

    def _no_idle_argument(self) -> None:
        if self.kernel is not None and self.along != "rows":
            message = f"`kernel` says how many places of a row are read, and `along: {self.along}` reads one"
            raise OpError("FS204", message, "drop `kernel`, or write `along: rows`", "kernel")
        if self.kernel is not None and self.kernel > MAX_TAPS:
            message = f"a kernel of {self.kernel:,} taps; at most {MAX_TAPS:,}"
            raise OpError("FS203", message, "use a smaller kernel", "kernel")
        if self.both and self.along == "rows":
            message = "`both` adds a state that runs the other way along the line, and along rows no state does"
            raise OpError("FS204", message, "drop `both`, or write `along: diagonals`", "both")

    def edges(self, context: NetContext, inputs: tuple[Layout, ...], output: Layout) -> Edges:
        if self.along == "order":
            return Fold(self.both)
        return Recurrent(self.along, self.kernel or KERNEL, self.both)

    def parameters(self, site: NetSite) -> int:
        n, m = self.out, site.inputs[0].channels
        if isinstance(site.mask, ScanMask):
            inner = n if self.name == "gru" else 0  # the bias inside the reset gate
            boxes = [lower_recurrent.box(site.mask, s) for s in range(len(site.mask.sweeps))]
            return sum(self.gates * n * (m * b.taps + n * b.carries + 1) + inner for b in boxes)
        one_way = self.gates * n * (m + n + 2) + self.states * n  # with the state before the first event
        return one_way * (2 if self.both else 1)

    def multiply_adds(self, site: NetSite) -> int | None:
        """Each gate reads what is kept of the input, and of the state, at every step."""
        n, source = self.out, site.inputs[0]
        if isinstance(site.mask, FoldMask):
            events = lower_recurrent.events(site.mask).events
            return self.gates * n * (source.units + events * n) * (2 if self.both else 1)
        assert isinstance(site.mask, ScanMask)
        return self.gates * lower_recurrent.direct_edges(site.mask, site.output)

    def lower(self, site: NetSite) -> Lowered:
        if isinstance(site.mask, FoldMask):
            return lower_recurrent.along_order(site, site.mask, self.name, self.both)
        assert isinstance(site.mask, ScanMask)
        return lower_recurrent.along_lines(site, site.mask, self.name, self.along)


@dataclass(frozen=True)
class Lstm(RecurrentLayer):
    """Long short-term memory (Hochreiter and Schmidhuber 1997), along the order or over the lines of an image.

    `along: rows` is the Row LSTM and `along: diagonals, both: true` the Diagonal BiLSTM of PixelRNN (van den Oord et
    al. 2016, section 3); along the order it is the language model of Graves (2013).
    """

    name = "lstm"
    gates = 4
    states = 2


@dataclass(frozen=True)
class Gru(RecurrentLayer):
    """The gated recurrent unit (Cho et al. 2014), along the order or over the lines of an image."""

    name = "gru"
    gates = 3


@dataclass(frozen=True)
class Rnn(RecurrentLayer):
    """The plain recurrent net: h = tanh(W x + U h' + b) (Elman 1990), along the order or over the lines of an image."""

    name = "rnn"
    gates = 1
