"""The command that shows what a finding about knowledge says: here alone, for all of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from flowspec.diagnostics import Finding

PAGE = "`flowspec explore SPEC -o page.html` shows"
_DRAWN = re.compile(r"`flowspec (mask|field|order|graph) SPEC")  # commands that draw a spec without errors
_ON_THE_PAGE = {
    "FS401": f"{PAGE} the path in the source",
    "FS404": f"{PAGE} where it stands",
    "FS405": f"{PAGE} where it stands",
    "FS408": f"{PAGE} where it stands",
    "FS425": f"{PAGE} where it is lost",
    "FS435": f"{PAGE} the path in the source",
}
_IN_A_PICTURE = {
    "FS409": "`flowspec graph SPEC` shows what each value knows",
    "FS424": "`flowspec graph SPEC` shows what each step and net reads",
}


def pointed(findings: Sequence[Finding]) -> list[Finding]:
    """The findings, those about knowledge with the command that shows them as their last help.

    A spec with errors has no picture: whatever is drawn elsewhere is then on the page of its source.
    """
    whole = not any(f.severity == "error" for f in findings)
    blind = {f.span: text for f in findings if f.code == "FS420" for text in f.helps if _DRAWN.match(text)}
    return [_pointed(f, whole, blind.get(f.span) if f.code == "FS421" else None) for f in findings]


def _pointed(finding: Finding, whole: bool, beside: str | None) -> Finding:
    """The finding with its command; `beside` is that of the blind spot of the same head, whose picture shows both."""
    words = _ON_THE_PAGE.get(finding.code) or _IN_A_PICTURE.get(finding.code) or beside
    drawn = [text for text in finding.helps if _DRAWN.match(text)]
    if not whole and (drawn or beside or finding.code in _IN_A_PICTURE):
        words = f"{PAGE} where it stands"
        return replace(finding, helps=(*(text for text in finding.helps if text not in drawn), words))
    return finding if words is None or drawn else replace(finding, helps=(*finding.helps, words))
