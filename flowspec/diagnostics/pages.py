"""The pages behind `flowspec explain`: one a code, with a spec that fails and one that passes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flowspec.diagnostics.catalog import CATALOG

_HEADING = re.compile(r"^## +(.+?) *$", re.MULTILINE)
_BLOCK = re.compile(r"^```(.*)\n((?:(?!```).*\n)*)```$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its title line, its sections in order, and the specs that it shows.

    Attributes:
        code: the code that the page is about.
        title: the first line, without its `#`.
        sections: heading -> text, in the order of the page.
        fails: the specs in blocks marked `yaml fails`; each must give a finding with this code.
        passes: the specs in blocks marked `yaml passes`; each must give none at all.
        text: the whole page.
    """

    code: str
    title: str
    sections: dict[str, str]
    fails: tuple[str, ...]
    passes: tuple[str, ...]
    text: str


def page(code: str) -> Page | None:
    """Load the page of a code; None when it has none, or when there is no such code."""
    text = CATALOG[code].page if code in CATALOG else None
    return parse_page(code, text) if text is not None else None


def parse_page(code: str, text: str) -> Page:
    """Take a page apart; headings inside code blocks are code."""
    blocks = _BLOCK.findall(text)
    return Page(
        code=code,
        title=text.partition("\n")[0].lstrip("# ").rstrip(),
        sections=_sections(text),
        fails=tuple(body for info, body in blocks if info.split() == ["yaml", "fails"]),
        passes=tuple(body for info, body in blocks if info.split() == ["yaml", "passes"]),
        text=text,
    )


def _sections(text: str) -> dict[str, str]:
    hidden = _BLOCK.sub(lambda block: re.sub(r"[^\n]", " ", block.group()), text)
    found = list(_HEADING.finditer(hidden))
    ends = [*(match.start() for match in found[1:]), len(text)]
    return {m.group(1): text[m.end() : end].strip() for m, end in zip(found, ends, strict=False)}


def codes_without_page() -> tuple[str, ...]:
    """The codes of the catalog that nothing explains yet, sorted."""
    return tuple(sorted(code for code, row in CATALOG.items() if row.page is None))
