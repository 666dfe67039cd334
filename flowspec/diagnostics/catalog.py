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
    Code("FS110", "unknown-variable", "error", "an expression uses a variable that `vars` does not have"),
    Code("FS111", "division-by-zero", "error", "an expression divides by zero"),
    Code("FS112", "result-too-large", "error", "an expression goes beyond 2^63"),
    Code("FS113", "not-an-integer", "error", "an expression calculates with something that is no integer"),
    Code("FS114", "bad-expression", "error", "an expression uses more than `$name`, integers and `+ - * // ( )`"),
    Code("FS121", "bad-use-path", "error", "`use` names something other than a file beside the spec"),
    Code("FS122", "use-cycle", "error", "files use each other in a circle"),
    Code("FS123", "use-outside-root", "error", "`use` leaves the directory of the spec"),
    Code("FS124", "too-many-files", "error", "more than 64 files stand behind one spec"),
    # FS2xx: arguments
    Code("FS210", "argument-twice", "error", "an argument of a step is given twice"),
    Code("FS211", "two-ops", "error", "one step names two ops"),
    Code("FS212", "unknown-op", "error", "a step names no op"),
    # FS3xx: flows: conservation, shape, support, invertibility, coverage
    # FS4xx: orders and knowledge
    Code("FS401", "leak", "error", "a value sees the variable it predicts"),
    # FS5xx: emitting
)

CATALOG: dict[str, Code] = {row.code: row for row in CODES}
