"""A picture as one HTML page that needs nothing else: no script, no network, light and dark."""

from __future__ import annotations

from html import escape

from flowspec.diagnostics.text import clean
from flowspec.view.blocks import inks_of
from flowspec.view.page import axes_in_words, lay_out_ink, lay_out_panels
from flowspec.view.pictures import Figure, Picture
from flowspec.view.svg import FONT, render_inline, stylesheet
from flowspec.view.tones import FAINT, LINE, PAPER, TEXT

POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def render_html(picture: Picture) -> str:
    """The page: a heading, the legend, a section a figure with its numbers and its panels."""
    head = (
        f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{_text(picture.title)}</title>\n<style>\n{stylesheet()}{_layout()}</style>\n"
    )
    notes = "".join(f"<p>{_text(note)}</p>\n" for note in picture.notes)
    body = (
        f"<h1>{_text(picture.title)}</h1>\n<p class=place>{_text(picture.subtitle)}</p>\n{_legend(picture)}"
        f"{''.join(_section(figure) for figure in picture.figures)}{notes}"
    )
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n{head}</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n'
    )


def _section(figure: Figure) -> str:
    facts = "".join(f"<li>{_text(fact)}</li>\n" for fact in (*figure.facts, *axes_in_words(figure)))
    drawing = render_inline(lay_out_panels(figure), _alt(figure)) if figure.panels or figure.chart else ""
    return (
        f"<section>\n<h2>{_text(figure.title)}</h2>\n<p class=place>{_text(figure.place)}</p>\n"
        f"<ul>\n{facts}</ul>\n<div class=picture tabindex=0>\n{drawing}\n</div>\n</section>\n"
    )


def _alt(figure: Figure) -> str:
    """What the picture says, for those who cannot see it: its numbers."""
    return f"{figure.title}: {'; '.join(figure.facts)}"


def _legend(picture: Picture) -> str:
    entries = "".join(
        f"<li>{render_inline(lay_out_ink(ink), label)} {_text(label)}</li>\n" for ink, label in inks_of(picture)
    )
    return f"<ul class=legend>\n{entries}</ul>\n" if entries else ""


def _layout() -> str:
    def colors(theme: str) -> str:
        return (
            f"body{{background:{PAPER[theme]};color:{TEXT[theme]}}}\n.place{{color:{FAINT[theme]}}}\n"
            f"section{{border-color:{LINE[theme]}}}\n"
        )

    return (
        f"body{{margin:0;font:15px/1.5 {FONT}}}\nmain{{max-width:60rem;margin:0 auto;padding:1.5rem}}\n"
        "h1{font-size:1.4rem;margin:0}\nh2{font-size:1.1rem;margin:1rem 0 0;overflow-wrap:anywhere}\n"
        "p,ul{margin:.25rem 0}\nul{padding:0;list-style:none}\n.place{font-size:.85rem;overflow-wrap:anywhere}\n"
        ".legend{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin:1rem 0}\n.legend svg{vertical-align:-2px}\n"
        "section{border-top:1px solid;margin-top:1.25rem;break-inside:avoid}\n"
        ".picture{overflow-x:auto;padding:.5rem 0}\n"
        "@media print{.picture{overflow:visible} .picture svg{max-width:100%;height:auto}}\n"
        f"{colors('light')}@media (prefers-color-scheme:dark){{\n{colors('dark')}}}\n"
    )


def _text(text: str) -> str:
    return escape(clean(text))
