"""One body of a net under construction: the net's own, or that of a block in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from flowspec.plan import names
from flowspec.plan.body import write
from flowspec.plan.code import Attribute, ClassPlan, Construct, Method, Parameter
from flowspec.plan.lowered import LoweredOp
from flowspec.plan.module import Module, listed, with_names
from flowspec.plan.numbers import Places
from flowspec.plan.pieces import Piece, Series, majority, piece_of, series_of
from flowspec.plan.regions import Region, is_anonymous, rows, stem
from flowspec.plan.steps import Def, Item, Key, Loop, Result, Step, fill

TENSOR = "torch.Tensor"
Shape = tuple[int, ...]


class Ops:
    """The ops of one net, who reads them, how its labels are written, and the names and shapes of its sources."""

    def __init__(
        self,
        ops: Mapping[int, LoweredOp],
        module: Module,
        places: Places | None,
        sources: Mapping[Key, tuple[str, Shape]],
    ) -> None:
        self.ops, self.module, self.places, self.sources = ops, module, places, sources
        self.readers: dict[Key, list[int]] = defaultdict(list)
        for i, op in ops.items():
            for key in op.reads:
                self.readers[key].append(i)

    def __getitem__(self, i: int) -> LoweredOp:
        return self.ops[i]

    def literal(self, module: Construct) -> Construct:
        """The constructor with its long literals made short."""
        short = self.module.literals.shorten(module, self.places)
        assert isinstance(short, Construct)
        return short

    def made(self, i: int) -> Def:
        """The value of an op."""
        return Def(i, self.ops[i].name, self.ops[i].shape)


class Level:
    """The attributes and steps of one class. Attribute k is written @k@ in steps until all of them have names.

    `elements` are values that a loop keeps in a list; those in `direct` are also held by a variable.
    """

    def __init__(self, net: Ops, items: Sequence[int | Region[int]]) -> None:
        self.net = net
        self.attributes: list[Attribute] = []
        self.items: list[Item] = []
        self.elements: dict[Key, tuple[Key, int]] = {}
        self.lengths: dict[Key, int] = {}
        self.direct: set[Key] = set()
        for row in rows(items):
            if isinstance(row[0], Region):
                self._rounds([region for region in row if isinstance(region, Region)])
            else:
                self._op(row[0])

    # --- what a class is made of -------------------------------------------------------------------------------------

    def attribute(self, name: str, value: object, op: LoweredOp) -> str:
        """Adds an attribute; returns how steps write it."""
        self.attributes.append(Attribute(name, value, op.line, op.used))  # type: ignore[arg-type]
        return f"@{len(self.attributes) - 1}@"

    def plan(self, doc: str, parameters: Sequence[tuple[Key, str, Shape]], result: Result, ordered: bool) -> ClassPlan:
        """The finished class."""
        attributes = with_names(self.attributes)
        items = [_named(item, attributes) for item in (*self.items, result)]
        signature = [Parameter(name) for _, name, _ in parameters] + [Parameter("order", "int")] * ordered
        several = result.shape is None and len(result.uses) > 1
        returns = f"tuple[{', '.join([TENSOR] * len(result.uses))}]" if several else TENSOR
        method = Method("forward", tuple(signature), returns, write(items, parameters))
        return ClassPlan("", ("nn.Module",), doc, attributes, (method,))

    def resolved(self, text: str, reads: Sequence[Key]) -> tuple[str, tuple[Key, ...]]:
        """The text with values that only a list holds read from there."""
        texts, keys = [f"{{{k}}}" for k in range(len(reads))], list(reads)
        for k, key in enumerate(reads):
            if key in self.elements and key not in self.direct:
                keys[k], index = self.elements[key]
                texts[k] = f"{{{k}}}[{index}]"
        return fill(text, texts), tuple(keys)

    # --- ops and blocks ----------------------------------------------------------------------------------------------

    def _op(self, i: int) -> None:
        op = self.net[i]
        text, reads = self.resolved(op.text, op.reads)
        if op.module is not None:
            text = text.replace("{m}", "self." + self.attribute(op.layer, self.net.literal(op.module), op))
        self.items.append(Step(text, reads, (self.net.made(i),)))

    def _rounds(self, regions: list[Region[int]]) -> None:
        pieces = [piece_of(region, self.net.ops, self.net.readers) for region in regions]
        found = series_of(pieces, self.elements, self.net.readers)
        longest = max(range(len(found)), key=lambda k: len(found[k].pieces))
        for k, series in enumerate(found):
            self._series(series, "" if k == longest else "_first" if k < longest else "_last")

    def _series(self, series: Series, ending: str) -> None:
        piece = series.pieces[0]
        constructs = _constructs(series, self.net, names.camel(ending))
        op = self.net[next(piece.region.nodes())]
        many = len(constructs) > 1
        name = "self." + self.attribute(_base(series) + ending, listed(constructs) if many else constructs[0], op)
        arguments = ", ".join([f"{{{k}}}" for k in range(len(piece.inputs))] + ["order"] * piece.ordered)
        if many:
            self._loop(series, name, arguments)
        else:
            text, reads = self.resolved(f"{name}({arguments})", piece.inputs)
            self.items.append(Step(text, reads, tuple(self.net.made(i) for i in piece.outputs)))

    # --- loops -------------------------------------------------------------------------------------------------------

    def _loop(self, series: Series, name: str, arguments: str) -> None:
        item = "block" if _only_module(series.pieces[0], self.net) is None else "layer"
        uses = list(series.pieces[0].inputs)
        zipped: list[tuple[int, str, str]] = []
        for place, (kind, value) in enumerate(series.links):
            if kind == "list":
                uses[place] = value[0]
                zipped.append(
                    (place, "skip" if not zipped else f"skip_{len(zipped) + 1}", self._span(value, len(series.pieces)))
                )
        held = {place for place, _, _ in zipped}
        text, reads = self._outside(arguments, uses, held)
        lists = tuple((k, self._list(series, k)) for k in series.lists)
        defs = tuple(self.net.made(i) for i in series.pieces[-1].outputs)
        self.items.append(
            Loop(item, name, f"{item}({text})", reads, defs, series.states, zipped=tuple(zipped), lists=lists)
        )

    def _outside(self, text: str, uses: list[Key], held: set[int]) -> tuple[str, tuple[Key, ...]]:
        """Arguments of a loop's first round; a state that starts in a list's entry gets a variable first."""
        for k, key in enumerate(uses):
            if k not in held and key in self.elements and key not in self.direct:
                expression, reads = self.resolved("{0}", (key,))
                uses[k] = ("start", key)
                self.items.append(Step(expression, reads, (Def(uses[k]),), fuses=False))
        return text, tuple(uses)

    def _list(self, series: Series, output: int) -> Def:
        """The list that keeps one output of every round."""
        key: Key = ("list", series.pieces[0].outputs[output])
        for n, piece in enumerate(series.pieces):
            self.elements[piece.outputs[output]] = (key, n)
        self.direct.add(series.pieces[-1].outputs[output])
        self.lengths[key] = len(series.pieces)
        word = names.plural(self.net[series.pieces[-1].outputs[output]].name or "skip")
        return Def(key, names.local(word, "skips"))

    def _span(self, link: tuple[Key, int, int], rounds: int) -> str:
        """The entries that a loop reads, one a round."""
        key, first, step = link
        last = first + step * (rounds - 1)
        low, high = min(first, last), max(first, last) + 1
        ends = f"{low or ''}:{'' if high == self.lengths[key] else high}"
        part = "{0}" if ends == ":" else f"{{0}}[{ends}]"
        return part if step > 0 else f"reversed({part})"


def _named(item: Item, attributes: Sequence[Attribute]) -> Item:
    def filled(text: str) -> str:
        for k, attribute in enumerate(attributes):
            text = text.replace(f"@{k}@", attribute.name)
        return text

    if isinstance(item, Loop):
        return replace(item, text=filled(item.text), items=filled(item.items))
    return replace(item, text=filled(item.text))


def _base(series: Series) -> str:
    frame = series.pieces[0].region.frame
    if is_anonymous(frame):
        return "blocks" if len(series.pieces) > 1 else names.member(frame.label, "block")
    return names.member(stem(frame.use).rpartition(".")[2], "blocks")


# --- blocks ------------------------------------------------------------------------------------------------------------


def _only_module(piece: Piece, net: Ops) -> Construct | None:
    """The module of a piece that is nothing but one layer."""
    nodes = list(piece.region.nodes())
    op = net[nodes[0]]
    plain = len(nodes) == 1 and op.text in ("{m}({0})", "{m}({0}, order)")
    return op.module if plain else None


def _constructs(series: Series, net: Ops, ending: str) -> list[Construct]:
    """The constructor of every round; rounds of one key share a class."""
    keys = [piece.key for piece in series.pieces]
    usual = majority(keys)
    found = []
    for n, piece in enumerate(series.pieces):
        module = _only_module(piece, net)
        if module is not None:
            found.append(net.literal(module))
            continue
        alone = len(set(keys)) == 2 and keys.count(piece.key) == 1 and n in (0, len(keys) - 1)
        which = "" if piece.key == usual or not alone else "Last" if n else "First"
        found.append(Construct(_block_class(piece, net, ending or which)))
    return found


def _block_class(piece: Piece, net: Ops, ending: str) -> str:
    name: str = net.module.once(("block", piece.key), lambda: _new_block(piece, net, ending))
    return name


def _new_block(piece: Piece, net: Ops, ending: str) -> str:
    level = Level(net, piece.region.items)
    taken = names.Namer({"order"})
    parameters = [(key, taken.fresh(_input_name(key, net)), _shape(key, net)) for key in piece.inputs]
    text, reads = level.resolved(", ".join(f"{{{k}}}" for k in range(len(piece.outputs))), piece.outputs)
    result = Result(text, reads, net[piece.outputs[0]].shape if len(piece.outputs) == 1 else None)
    label = piece.region.frame.label
    doc = "One round of a loop." if label == "round" else f"One `{names.word_of(label) or 'block'}` block."
    return net.module.share(level.plan(doc, parameters, result, piece.ordered), label, ending)


def _input_name(key: Key, net: Ops) -> str:
    if isinstance(key, int) and key in net.ops:
        return net[key].name or "h"
    return net.sources[key][0]


def _shape(key: Key, net: Ops) -> Shape:
    return net[key].shape if isinstance(key, int) and key in net.ops else net.sources[key][1]
