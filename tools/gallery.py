"""Pictures of every model of the gallery, and the part of specs/README.md that shows them.

`python tools/gallery.py` writes specs/pictures/*.svg and the block between the markers of specs/README.md; `--check`
writes nothing and says whether they are as they would be written. Models with an order are drawn by the field of one
variable, flows by their graph, and with it behind an encoder by the fields of an entry of z and of the decoder.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import chdir
from pathlib import Path

from flowspec.compiler import Report, analyse
from flowspec.view.field_picture import field_picture
from flowspec.view.fields import fields
from flowspec.view.graphs import charts
from flowspec.view.page import lay_out
from flowspec.view.pictures import Figure, Picture
from flowspec.view.svg import render_svg

SPECS = Path(__file__).resolve().parent.parent / "specs"
PICTURES = SPECS / "pictures"
START, END = "<!-- pictures: tools/gallery.py writes what follows -->", "<!-- end of pictures -->"
ACROSS = 3  # pictures in a row


def main(argv: list[str] | None = None) -> int:
    """Writes the pictures, or says which are out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 where something is out of date"
    )
    check = parser.parse_args(argv).check
    stale = [
        path for path, text in everything().items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if check:
        for path in stale:
            print(f"out of date: {path.relative_to(SPECS.parent)}")
        return 1 if stale else 0
    PICTURES.mkdir(exist_ok=True)
    for path, text in everything().items():
        path.write_text(text, encoding="utf-8")
    print(f"{len(stale)} written")
    return 0


def everything() -> dict[Path, str]:
    """The files with their contents."""
    files = sorted(SPECS.rglob("*.yaml"), key=lambda f: (f.parent != SPECS, str(f)))
    drawn = {file: drawing(file) for file in files}
    pictures = {picture_of(file): svg for file, svg in drawn.items()}
    return {**pictures, SPECS / "README.md": readme(files)}


def picture_of(file: Path) -> Path:
    """Where the picture of a spec stands."""
    return PICTURES / f"{file.stem}.svg"


def drawing(file: Path) -> str:
    """The picture of one spec as SVG."""
    path = str(file.relative_to(SPECS.parent))
    with chdir(SPECS.parent):  # pictures show paths from there
        report = analyse(path, root=SPECS)
    picture = shown(report, path)
    return render_svg(lay_out(picture), picture.title)


def shown(report: Report, path: str) -> Picture:
    """The field of the first density with an order, else the graph."""
    facts = report.all_facts
    assert facts is not None, path
    name = facts.program.name
    every = fields(facts)
    found = [field for field in every if field.order and field.seen is not None]
    if found:
        return field_picture(name, path, tuple(found[:1]))
    graph = tuple(Figure(c.title, c.place, c.facts, (), chart=c) for c in charts(facts)[:1])
    latent = field_picture(name, path, tuple(field for field in every if field.encoded is not None))
    what = "graph and fields" if latent.figures else "graph"
    return Picture(f"{what} of {name}", path, (*graph, *latent.figures))


def readme(files: list[Path]) -> str:
    """specs/README.md with its block of pictures made anew."""
    text = (SPECS / "README.md").read_text(encoding="utf-8")
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return (
        f"{before}{START}\n{table(files)}{END}{after}" if rest else f"{text.rstrip()}\n\n{START}\n{table(files)}{END}\n"
    )


def table(files: list[Path]) -> str:
    """The pictures by folder, a few in a row."""
    lines: list[str] = []
    for folder in dict.fromkeys(file.parent for file in files):
        own = [file for file in files if file.parent == folder]
        title = "the first ones" if folder == SPECS else folder.name
        lines += [f"\n### Pictures: {title}\n", f"|{' |' * ACROSS}", f"|{'---|' * ACROSS}"]
        for k in range(0, len(own), ACROSS):
            row = [cell(file) for file in own[k : k + ACROSS]]
            lines.append(f"| {' | '.join(row + [''] * (ACROSS - len(row)))} |")
    return "\n".join(lines) + "\n"


def cell(file: Path) -> str:
    """One picture with its name."""
    link = file.relative_to(SPECS)
    return f'[{file.stem}]({link})<br><img src="pictures/{file.stem}.svg" width="260" alt="{file.stem}">'


if __name__ == "__main__":
    sys.exit(main())
