"""Regenerates the outputs that README.md shows, so that what it says is what the commands print.

A fenced block behind `<!-- output: flowspec ... -->` holds that command's output; times are written as they were.
`python tools/readme.py` rewrites the file; with `--check` it only says whether it would.
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from flowspec.cli.command import Command

README = Path(__file__).resolve().parent.parent / "README.md"
BLOCK = re.compile(r"(<!-- output: flowspec (?P<args>[^\n]*) -->\n```\n)(?P<body>.*?)(```\n)", re.DOTALL)
TIME = re.compile(r"\b\d+ ms\b")


def regenerated(text: str) -> str:
    """The text with every output block as its command prints it now; a block that differs in times alone stays."""
    return BLOCK.sub(lambda m: m[1] + _body(m["args"].split(), m["body"]) + m[4], text)


def _body(args: list[str], old: str) -> str:
    out = io.StringIO()
    Command(io.StringIO(), out, io.StringIO(), {"NO_COLOR": "1"}).main(args)
    new = out.getvalue().strip("\n") + "\n"
    return old if TIME.sub("ms", new) == TIME.sub("ms", old) else new


def main(args: list[str]) -> int:
    """Rewrites the README, or with --check returns 1 when it is out of date."""
    text = README.read_text(encoding="utf-8")
    new = regenerated(text)
    if "--check" in args:
        return int(new != text)
    README.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
