"""The catalog of codes: one row a code, and nothing else decides a severity.

Families: FS0xx reading (FS09x the command line), FS1xx names and reuse, FS2xx arguments, FS3xx flows, FS4xx orders and
knowledge, FS5xx emitting.
Each code has a page, `pages/<code>.md`, behind `flowspec explain`.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of finding: its code, its kebab-case name, how bad it is, and a one-line summary."""

    code: str
    name: str
    severity: Severity
    summary: str

    @property
    def page(self) -> str | None:
        """The text of the code's page; None when it has none."""
        path = resources.files("flowspec.diagnostics").joinpath("pages", f"{self.code}.md")
        return path.read_text(encoding="utf-8") if path.is_file() else None


CODES: tuple[Code, ...] = (
    # FS0xx: reading
    Code("FS001", "not-utf8", "error", "the file is not UTF-8"),
    Code("FS002", "forbidden-character", "error", "the file contains a control character or another that no spec has"),
    Code("FS003", "file-too-large", "error", "the file is larger than 256 KB"),
    Code("FS004", "empty-file", "error", "the file holds no document"),
    Code("FS005", "too-deep", "error", "lists and mappings are nested more than 32 deep"),
    Code("FS006", "too-many-values", "error", "the file holds more than 50,000 values once aliases are expanded"),
    Code("FS007", "not-yaml", "error", "the text is not YAML"),
    Code("FS008", "several-documents", "error", "the file holds more than one document"),
    Code("FS009", "duplicate-key", "error", "a mapping has the same key twice"),
    Code("FS010", "tag", "error", "a value carries a YAML tag"),
    Code("FS011", "merge-key", "error", "a mapping has a merge key"),
    Code("FS012", "key-not-a-name", "error", "a key is missing, or is a list or a mapping"),
    Code("FS013", "unknown-alias", "error", "an alias names no anchor before it"),
    Code("FS014", "recursive-alias", "error", "an alias stands inside what its anchor names"),
    Code("FS015", "glued-colon", "error", "no space follows the colon, so YAML reads one word"),
    Code("FS016", "glued-comment", "error", "no space precedes the `#`, so YAML reads text"),
    Code("FS017", "not-before-list", "error", "`not` stands in front of a list"),
    Code("FS018", "tab", "error", "a tab stands where YAML needs spaces"),
    Code("FS019", "leading-star", "error", "a value begins with `*`, which makes it an alias"),
    Code("FS020", "number-too-large", "error", "a number is too large to hold"),
    Code("FS090", "usage", "error", "the command line asks for something that does not exist"),
    Code("FS091", "unreadable-file", "error", "a file cannot be read"),
    Code("FS099", "internal-error", "error", "flowspec itself failed"),
    # FS1xx: names and reuse
    Code("FS101", "version", "error", "the spec does not begin with the version of the language"),
    Code("FS102", "unknown-key", "error", "a top-level key is not part of the language"),
    Code("FS103", "bad-spec-name", "error", "the spec has no name that can name a class"),
    Code("FS104", "bad-name", "error", "a name cannot reach source text"),
    Code("FS105", "too-many-steps", "error", "the spec unfolds into too many steps"),
    Code("FS106", "no-data", "error", "the spec does not declare what it models"),
    Code("FS107", "too-many-elements", "error", "a shape has more than 2^31 elements"),
    Code("FS108", "one-model", "error", "a spec has one model: an order with net and head, or a flow with base"),
    Code("FS110", "unknown-variable", "error", "an expression uses a variable that `vars` does not have"),
    Code("FS111", "division-by-zero", "error", "an expression divides by zero"),
    Code("FS112", "result-too-large", "error", "an expression goes beyond 2^63"),
    Code("FS113", "not-an-integer", "error", "an expression calculates with something that is no integer"),
    Code("FS114", "bad-expression", "error", "an expression uses more than `$name`, integers and `+ - * // ( )`"),
    Code("FS121", "bad-use-path", "error", "`use` names something other than a file beside the spec"),
    Code("FS122", "use-cycle", "error", "files use each other in a circle"),
    Code("FS123", "use-outside-root", "error", "`use` leaves the directory of the spec"),
    Code("FS124", "too-many-files", "error", "more than 64 files stand behind one spec"),
    Code("FS131", "bad-value-name", "error", "a value cannot have this name"),
    Code("FS132", "zero-read", "error", "an op reads `0`, which only adds nothing"),
    Code("FS133", "no-input", "error", "a step in a graph does not say what it reads"),
    Code("FS134", "bad-reference", "error", "a reference is not the name of one value"),
    Code("FS135", "unknown-value", "error", "a reference names no value"),
    Code("FS136", "unknown-block", "error", "a block is not defined"),
    Code("FS137", "unknown-block-variable", "error", "a block has no such variable"),
    Code("FS138", "block-inputs", "error", "a block is not given the inputs it declares"),
    Code("FS139", "wrong-block", "error", "a block is used where it cannot stand"),
    Code("FS140", "recursion", "error", "a block or a net uses itself"),
    Code("FS141", "unused", "warning", "a definition is never used"),
    # FS2xx: arguments
    Code("FS201", "unknown-argument", "error", "an argument is not one of this op's"),
    Code("FS202", "missing-argument", "error", "an argument that must be there is not"),
    Code("FS203", "wrong-value", "error", "an argument has a value that is not legal"),
    Code("FS204", "useless-argument", "error", "an argument does nothing where it stands"),
    Code("FS210", "argument-twice", "error", "an argument of a step is given twice"),
    Code("FS211", "two-ops", "error", "one step names two ops"),
    Code("FS212", "unknown-op", "error", "a step names no op"),
    Code("FS220", "needs-sites", "error", "an op over places meets a value without places"),
    Code("FS221", "wrong-axes", "error", "a size is given for the wrong number of axes"),
    Code("FS222", "shapes-differ", "error", "values of different shapes are combined"),
    Code("FS223", "head-shape", "error", "the net does not end where the variables stand"),
    Code("FS224", "odd-channels", "error", "a gate halves an odd number of channels"),
    Code("FS225", "nothing-to-look-up", "error", "a lookup meets values that are no integers"),
    Code("FS231", "head-does-not-fit", "error", "a density is not one over these values"),
    Code("FS232", "nothing-to-read", "error", "a net has neither an order nor a context to read"),
    Code("FS233", "no-parameters", "error", "a density without parameters is given a net"),
    Code("FS234", "order-without-net", "error", "an order is declared and nothing reads it"),
    Code("FS235", "no-effect", "note", "a step or a modifier does nothing where it stands"),
    Code("FS236", "channels-last", "warning", "a shape looks like height, width, channels; channels come first"),
    # FS3xx: flows: conservation, shape, support, invertibility, coverage
    Code("FS301", "used-twice", "error", "a value of a flow is used twice"),
    Code("FS302", "unknown-part", "error", "`base` names a part that the flow does not have"),
    Code("FS303", "lost-part", "error", "a part of the flow reaches no density"),
    Code("FS310", "not-real", "error", "a step meets integers where it needs real numbers, or the reverse"),
    Code("FS311", "outside-domain", "error", "values lie outside the domain of a step"),
    Code("FS312", "not-onto", "error", "a step does not reach all that samples come back from"),
    Code("FS313", "outside-base", "error", "values lie where the density of their part is zero"),
    Code("FS314", "infinite-end", "warning", "a step or a density is infinite at an end that data can hit"),
    Code("FS315", "mass-outside", "note", "the model puts mass outside the values of the data"),
    Code("FS320", "not-a-permutation", "error", "a permutation repeats or misses an index"),
    Code("FS321", "does-not-divide", "error", "a block size does not divide the value"),
    Code("FS322", "bad-split", "error", "the parts of a split do not add up"),
    Code(
        "FS323",
        "bad-bits",
        "error",
        "a split by bits takes more bits than there are, or values that are no power of two",
    ),
    Code("FS324", "bad-view", "error", "a view is not of this kind of value"),
    Code("FS325", "unread-view", "warning", "no density is given a view"),
    Code("FS330", "bad-keep", "error", "the half of a coupling is not one of this value"),
    Code("FS331", "vacuous-coupling", "error", "a coupling keeps everything or nothing"),
    Code("FS340", "never-transformed", "warning", "some variables are never transformed"),
    Code("FS341", "never-mixed", "warning", "some variables never mix"),
    Code("FS350", "parts-in-a-circle", "error", "parts condition each other in a circle"),
    Code("FS351", "empty-box", "error", "the box of a spline has no inside"),
    Code("FS352", "huge-matrix", "error", "a linear step has a matrix over too many variables"),
    Code("FS360", "transform-out-of-place", "error", "a transform that this step cannot take"),
    Code("FS361", "no-cdf", "error", "a distribution function that does not take the real line onto (0, 1)"),
    Code("FS362", "not-elementwise", "error", "a step inside `invert` does not act on each number by itself"),
    Code("FS363", "inverse-with-gaps", "error", "a step inside `invert` is not onto the domain of the next"),
    Code("FS365", "drawn-outside", "error", "a step draws from a density with mass outside the values that it takes"),
    Code("FS366", "drawn-without-gradient", "error", "a step draws from a density that gives no gradient"),
    Code("FS367", "drawn-blindly", "warning", "a step draws from a density that sees nothing of x"),
    Code("FS368", "inexact-posterior", "error", "a step takes a log-density off log p(x) that is not exact"),
    Code("FS369", "rough-velocity", "error", "the velocity of an ODE is not one smooth function of z and t"),
    Code("FS370", "argument-of-another-solver", "error", "an argument of an ODE belongs to solvers of another kind"),
    Code("FS371", "solution-may-escape", "error", "cannot prove: the velocity of an ODE may grow faster than linearly"),
    Code("FS372", "two-times", "error", "a context hides the time in the net of an ODE"),
    Code("FS373", "no-tolerance", "warning", "an ODE is solved in steps of fixed length, whose error nothing bounds"),
    Code("FS374", "start-far-away", "warning", "values shrink or grow by far before anything is learned"),
    # FS4xx: orders and knowledge
    Code("FS401", "leak", "error", "a value sees the variable it predicts"),
    Code("FS402", "ensemble-inside", "error", "an ensemble of orders stands below the top"),
    Code("FS403", "bad-order", "error", "an order is not one of these variables"),
    Code("FS404", "no-edge", "error", "an op keeps no edge at all"),
    Code("FS405", "beyond-cap", "error", "an op without weights joins more than its cap allows"),
    Code("FS406", "no-window", "error", "a kernel slides where there are no places, or under several orders"),
    Code("FS407", "no-lines", "error", "`above` is used under an order without lines"),
    Code("FS408", "statistics-leak", "error", "the statistics of a norm join what the order keeps apart"),
    Code("FS409", "degenerate-norm", "warning", "a norm over one or two units: cannot prove that context gets through"),
    Code("FS420", "blind-spot", "warning", "context that the order allows is out of reach at any depth"),
    Code("FS421", "far-context", "note", "context that more layers would reach"),
    Code("FS422", "narrow-layer", "warning", "a layer is too narrow to carry every context"),
    Code("FS423", "dead-units", "warning", "units without inputs are constants"),
    Code("FS424", "context-unseen", "warning", "no parameter can see a context"),
    Code("FS425", "no-context", "error", "a variable loses all its context"),
    Code("FS426", "too-large", "warning", "cannot prove: too many variables to follow one by one"),
    Code("FS427", "independent-channels", "warning", "the channels of a site become independent"),
    Code("FS428", "blind-uncounted", "warning", "cannot prove how much of the missing context is blind"),
    Code("FS430", "bad-heads", "error", "the heads of attention do not fit its channels, or the channels of x"),
    Code("FS431", "foreign-places", "error", "attention reads x from places that x does not have"),
    Code("FS434", "nothing-to-run-along", "error", "a recurrence has no row of inputs or no lines to run along"),
    Code("FS435", "against-the-order", "error", "a recurrence runs both ways along the order"),
    Code("FS436", "recurrence-needs-rows", "error", "a recurrence over lines meets a value without rows and columns"),
    Code("FS437", "kernel-on-own-weights", "error", "a kernel slides over sites that have weights of their own"),
    Code("FS438", "no-coarser-grid", "error", "values are strided under an order that differs from block to block"),
    Code("FS439", "stride-does-not-divide", "error", "a stride does not divide the sites"),
    Code("FS440", "finer-than-x", "error", "a value that knows x stands on sites that are not a part of x's"),
    Code("FS442", "table-in-between", "error", "a table does not read x, or does not end the net"),
    Code("FS443", "table-of-numbers", "error", "a table would look up values that are no integers"),
    Code("FS444", "table-too-large", "error", "a table has too many rows"),
    Code("FS445", "table-of-orders", "error", "a table stands under several orders"),
    # FS5xx: emitting
)

CATALOG: dict[str, Code] = {row.code: row for row in CODES}
