"""What a cell can mean, and how each meaning looks: one table for every renderer.

Blue, orange and grey of Okabe and Ito's palette (2008) are told apart by people who see fewer colours, and their
brightness differs enough to survive a grey printer. Glyphs differ, too, so that text is correct without colour.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Tone:
    """One meaning of a cell.

    Attributes:
        key: its name in files (CSS classes, JSON).
        label: its words in a legend.
        glyph: two characters, for text; `ascii` the same where there is nothing but ASCII.
        light: its colour on a light page, `dark` on a dark one, `sgr` in a terminal.
        dot: whether a dot marks the cell, in the colour of the page (`paper`) or of text (`ink`).
        scale: what a share of it is a share of, for legends of shades.
        lone: whether it is shown wherever it occurs, even in a coarse cell that has more of another tone.
    """

    key: str
    label: str
    glyph: str
    ascii: str
    light: str
    dark: str
    sgr: str
    dot: str = ""
    lone: bool = False
    scale: str = "kept"


BLUE, GREY, ORANGE, INK = ("#0072b2", "#3d8fd1"), ("#dfe3e8", "#2b3138"), ("#e69f00", "#ffb84d"), ("#1f2328", "#f0f3f6")

DROPPED = Tone("dropped", "edge dropped", "··", "..", *GREY, "38;5;245")
KEPT = Tone("kept", "edge kept", "██", "##", *BLUE, "38;5;33")
HERE_DROPPED = Tone("here-dropped", "the site itself, dropped", "[]", "[]", *GREY, "38;5;245", dot="ink")
HERE_KEPT = Tone("here-kept", "the site itself, kept", "▐▌", "@@", *BLUE, "38;5;33", dot="paper")

MOVED = Tone("moved", "moved: transformed by what the net says", "··", "..", *GREY, "38;5;245")
PASSED = Tone("passed", "kept: passes as it is, and the net reads it", "██", "##", *BLUE, "38;5;33")

ITSELF = Tone("itself", "the variable itself", "><", "><", *INK, "1", lone=True)
SEEN = Tone("seen", "sees", "██", "##", *BLUE, "38;5;33")
MISSING = Tone("missing", "may know, and does not see", "░░", "oo", *ORANGE, "38;5;208")
BARRED = Tone("barred", "must not see", "··", "..", *GREY, "38;5;245")
UNSEEN = Tone("unseen", "does not depend on", "··", "..", *GREY, "38;5;245")
SEER = Tone("seer", "depends on it", "██", "##", *BLUE, "38;5;33")
BLIND = Tone("blind", "may know it, and does not", "░░", "oo", *ORANGE, "38;5;208")
EARLIER = Tone("earlier", "must not know it", "··", "..", *GREY, "38;5;245")

# of fields behind an encoder: the colours of the ones above, in other words
DEPENDS, UNMOVED = replace(SEEN, label="depends on"), replace(UNSEEN, label="does not depend on it")

BOTH = Tone("both", "seen in both", "██", "##", *BLUE, "38;5;33")
GAINED = Tone("gained", "seen in the second alone", "++", "++", "#009e73", "#3fd6a8", "38;5;35")
LOST = Tone("lost", "seen in the first alone", "--", "--", *ORANGE, "38;5;208")
NEITHER = Tone("neither", "seen in neither", "··", "..", *GREY, "38;5;245")

LATER = Tone("later", "", "··", "..", *GREY, "38;5;245")
DRAWN = Tone("drawn", "", "██", "##", *BLUE, "38;5;33", scale="of the way")
BLANK = Tone("blank", "", "  ", "  ", "#ffffff", "#0d1117", "")

TONES = (
    DROPPED,
    KEPT,
    HERE_DROPPED,
    HERE_KEPT,
    MOVED,
    PASSED,
    ITSELF,
    SEEN,
    MISSING,
    BARRED,
    UNSEEN,
    DEPENDS,
    UNMOVED,
    SEER,
    BLIND,
    EARLIER,
    BOTH,
    GAINED,
    LOST,
    NEITHER,
    LATER,
    DRAWN,
)
THEMES = ("light", "dark")
PAPER = {"light": "#ffffff", "dark": "#0d1117"}
TEXT = {"light": "#1f2328", "dark": "#e6edf3"}
FAINT = {"light": "#59636e", "dark": "#9198a1"}
LINE = {"light": "#afb8c1", "dark": "#4b535d"}
