"""Text on the page to explore can be read on light and dark paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import flowspec.view
from tests.view.test_svg import contrast

STYLE = (Path(flowspec.view.__file__).parent / "assets" / "explore.css").read_text(encoding="utf-8")
LEAST = 4.5  # WCAG 2, AA, for letters of this size


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out(theme: str) -> None:
    light, dark = (dict(re.findall(r"--(\w+):(#\w+)", block)) for block in re.findall(r":root{([^}]*)}", STYLE))
    colors = light if theme == "light" else dark
    used = set(re.findall(r"(?<![\w-])color:var\(--(\w+)\)", STYLE))
    assert {"text", "faint", "warned", "error"} <= used
    for name in used:
        for paper in ("paper", "code"):
            assert contrast(colors[name], colors[paper]) >= LEAST, (name, paper)
