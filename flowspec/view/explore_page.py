"""One page to explore a model: self-contained, without network, by mouse or keyboard, light or dark, wide or narrow."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from functools import cache
from html import escape
from importlib import resources
from typing import Any

from flowspec.diagnostics import Finding
from flowspec.diagnostics.text import clean, split_lines
from flowspec.passes.facts import Facts
from flowspec.view.explore_findings import cleaned, findings_html, marks_of
from flowspec.view.explored import explored

LEGEND = (("itself", "the variable itself"), ("seen", "sees"), ("missing", "may know, and does not see"),
          ("barred", "must not see"))  # fmt: skip
HALVES = (("seen", "half"), ("barred", "moved"), ("missing", "left"))  # the swatches of what a step does to entries
SCRIPTS = ("explore.js", "explore_findings.js", "explore_flow.js", "explore_latent.js", "explore_masks.js")
RELOAD = """
async function poll() {
  const ended = document.getElementById("ended");
  try {
    const text = await (await fetch("/version", { cache: "no-store" })).text();
    ended.hidden = true;
    if (text !== document.body.dataset.version) location.reload();
  } catch { ended.hidden = false; /* the page stays as it is */ }
  setTimeout(poll, 500);
}
poll();
"""
ENDED = '<p id="ended" role="status" hidden>flowspec is not running any more: changes of the file are not shown</p>\n'


def explore_page(
    path: str, text: str, facts: Facts | None, findings: Sequence[Finding], proof: Sequence[str], version: str = ""
) -> str:
    """The page of a spec.

    Args:
        path: the file as it was named; `text` its content.
        facts: what was proved; None for a spec with errors, of which the page shows the findings alone.
        proof: the lines that check prints.
        version: of the file; where there is one, the page asks the server that gave it for another.
    """
    data: dict[str, Any] = (
        {"densities": [], "flows": [], "nets": [], "masks": [], "tables": []} if facts is None else explored(facts)
    )
    data = cleaned(data) | {"source": clean_lines(text), "findings": marks_of(findings, path, text)}
    name = path if facts is None else facts.program.name
    script, style = "".join(_asset(name) for name in SCRIPTS) + "start();\n", _asset("explore.css")
    scripts = [script, *([RELOAD] if version else [])]
    allowed = " ".join(f"'sha256-{_digest(code)}'" for code in scripts)
    policy = f"default-src 'none'; style-src 'sha256-{_digest(style)}'; script-src {allowed}"
    policy += "; connect-src 'self'" if version else ""
    head = (
        f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="color-scheme" content="light dark">\n<title>{_text(name)}</title>\n<style>{style}</style>\n'
    )
    blob = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    code = "".join(f"<script>{part}</script>\n" for part in scripts)
    body = (ENDED if version else "") + _body(name, path, findings, proof)
    mark = f' data-version="{_text(version)}"' if version else ""
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n{head}</head>\n<body{mark}>\n<main>\n{body}</main>\n'
        f'<script type="application/json" id="data">{blob}</script>\n{code}</body>\n</html>\n'
    )


def clean_lines(text: str) -> str:
    """A file's text without control characters; lines stay lines."""
    return "\n".join(clean(line) for line in split_lines(text))


def _body(name: str, path: str, findings: Sequence[Finding], proof: Sequence[str]) -> str:
    legend = "".join(
        f'<li id="legend-{key}-row"><i class="{key}"></i><span id="legend-{key}-words">{_text(words)}</span></li>'
        for key, words in LEGEND
    )
    halves = "".join(
        f'<li id="{name}legend"><i class="{key}"></i><span id="{name}words"></span></li>' for key, name in HALVES
    )
    heard = findings_html(findings, path)
    if not proof:
        heard = (
            '<p id="undrawn">The spec has errors: here is what was found in its source, and no model to explore.</p>\n'
            + heard
        )
    lines = _text("\n".join(proof))
    return f"""<h1>{_text(name)}</h1>
<p class="place">{_text(path)}</p>
<pre class="proof">{lines}</pre>
{heard}<div class="columns">
<div id="model">
<div class="controls">
<label>of <select id="density"></select></label>
<label>show what it <select id="way"><option value="sees">sees</option><option value="seen by">is seen by</option></select></label>
<button type="button" id="masks" aria-label="masks" aria-keyshortcuts="m" aria-pressed="true" title="m shows or hides the masks of layers and the halves of couplings">masks: shown</button>
</div>
<p id="words" aria-live="polite"></p>
<div><canvas id="field" tabindex="0" role="img" aria-label="The field of the chosen variable. Arrow keys move it, page keys change the channel, w shows a path, b a variable of the blind spot, m the masks or none, brackets step through layers, comma and point through the steps of a flow."></canvas></div>
<ul class="legend">{legend}</ul>
<p id="witness" aria-live="polite"></p>
<section id="latentbox" hidden>
<h2>Behind the encoder: z and x</h2>
<div class="controls"><label>show <select id="relation"></select></label></div>
<p id="latentwords" aria-live="polite"></p>
<div class="sides">
<div><p id="wholename" class="hint"></p><canvas id="whole" tabindex="0" role="img" aria-label="One side: arrow keys choose another one, page keys the channel."></canvas></div>
<div><p id="partname" class="hint"></p><canvas id="part" tabindex="0" role="img" aria-label="The other side: arrow keys choose another one, page keys the channel."></canvas></div>
</div>
</section>
<div id="scrub" class="controls"><button type="button" id="play">play</button><label for="level">drawn up to</label><input type="range" id="level" min="1" max="1" value="1"><span id="leveltext"></span></div>
<section id="steps" hidden>
<h2>Steps, from x to z</h2>
<div class="controls"><button type="button" id="sback">one back</button><button type="button" id="son">one on</button></div>
<div id="chain" class="list"></div>
</section>
<section id="stepbox" hidden>
<h2>In this step</h2>
<p id="stepwords"></p>
<div id="halfbox"><div><canvas id="half" role="img" aria-label="The entries that pass the step, and those that it transforms"></canvas></div>
<ul class="legend">{halves}</ul>
<p id="halfhow" class="hint"></p></div>
</section>
<section id="layers">
<h2 id="layersof">Layers</h2>
<div class="controls"><button type="button" id="back">one back</button><button type="button" id="on">one on</button></div>
<div id="nodes" class="list"></div>
</section>
<section id="layerbox" hidden>
<h2>In this layer</h2>
<p id="layerwords"></p>
<div><canvas id="layer" role="img" aria-label="The units of the layer that matter for the chosen variable"></canvas></div>
<div id="maskbox">
<p id="maskwords"></p>
<ul id="masklegend" class="legend"><li><i class="seen"></i>open: the edge is kept</li><li><i class="barred"></i>dropped</li></ul>
<div id="maskpanels"></div>
<p id="maskhow" class="hint"></p>
</div>
</section>
</div>
<section id="spec">
<div class="controls"><h2>Spec</h2><label><input type="checkbox" id="wrap" checked> wrap long lines</label></div>
<ol id="source" class="wrapped"></ol>
</section>
</div>
"""


@cache
def _asset(name: str) -> str:
    return resources.files("flowspec.view").joinpath("assets", name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _text(text: str) -> str:
    return escape("\n".join(clean(line) for line in text.split("\n")))
