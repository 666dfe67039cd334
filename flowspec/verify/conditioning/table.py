"""The precision of a flow as text and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from flowspec.diagnostics.render.color import Painter, Segment
from flowspec.diagnostics.text import clean
from flowspec.verify.conditioning.report import BROKEN, LOST, Conditioning, FlowConditioning, Singular, StepConditioning

SHOWN = 12  # steps of a long chain that the text lists, those that lose most; JSON has all
STEEP = 1e-3  # a singular value of a step below which its inverse is said to stretch
HEAD = ("own error", "smallest", "largest", "condition", "cost in x", "share", "cost in z", "share")


def render_conditioning(report: Conditioning, color: bool = False) -> str:
    """For each flow the round trips, the singular values, the table of its steps, and the step that loses most."""
    painter = Painter(color)
    return "".join(f"{painter.line(line)}\n" for line in _lines(report))


def _lines(report: Conditioning) -> Iterator[list[Segment]]:
    verdict: Segment = ("conditioning", "help" if report.ok else "error")
    tail = f" {report.path}   {report.weights}; {report.samples} samples, {report.inputs}; {report.seconds:.1f} s"
    yield [verdict, (clean(tail), "plain")]
    for flow in report.flows:
        for line in _flow(flow):
            yield [(f"   {clean(line)}", "plain")]
        yield from _faults(flow)
    for reason in report.left_out:
        yield [("   not measured  ", "note"), (clean(reason), "plain")]


def _flow(flow: FlowConditioning) -> Iterator[str]:
    yield f"{f'flow {flow.name}' if flow.name else 'flow'}: {flow.variables} variables"
    for name, errors, spread in (
        ("decode(encode(x)) - x", flow.data, flow.spread),
        ("encode(decode(z)) - z", flow.latent, flow.latent_spread),
    ):
        found = ", ".join(f"{d} max {e.largest:.1e} median {e.median:.1e}" for d, e in errors.items())
        yield f"  {name}   {found}   (deviation {spread:.2g})"
    yield f"  log p(x)                float32 max {flow.log_prob:.1e} nats off"
    yield f"  dz/dx                   {_singular(flow.singular)}"
    times = ", ".join(f"{name} {1000 * seconds:.1f} ms" for name, seconds in flow.seconds.items())
    yield f"  time of the batch       {times}   (float32)"
    if flow.steps:
        yield from _steps(flow)
        yield from (f"  {line}" for line in sentences(flow))


def _singular(found: Singular) -> str:
    least, most = ("", "") if found.exact else ("at most ", "at least ")
    small = f"smallest singular value {least}{_number(found.smallest)}"
    large = f"largest {most}{_number(found.largest)}"
    how = "exact" if found.exact else "bidiagonalization"
    return f"{small}, {large}, condition number {most}{_number(found.condition)}   ({how}, {_count(found.samples)})"


def _count(n: int) -> str:
    return "1 sample" if n == 1 else f"worst of {n} samples"


def _steps(flow: FlowConditioning) -> Iterator[str]:
    kept = sorted(range(len(flow.steps)), key=lambda k: -_rank(flow.steps[k]))[:SHOWN]
    shown = [flow.steps[k] for k in sorted(kept)]
    width = max(len("step"), *(len(step.label) for step in shown))
    yield "  " + f"{'step':<{width}}" + "".join(f"  {word:>9}" for word in HEAD)
    for step in shown:
        yield "  " + f"{step.label:<{width}}" + "".join(f"  {cell:>9}" for cell in _cells(step))
    if len(shown) < len(flow.steps):
        yield f"  and {len(flow.steps) - len(shown)} steps that lose less (all of them with --format json)"


def _rank(step: StepConditioning) -> float:
    return max(step.share, step.latent_share)


def _cells(step: StepConditioning) -> tuple[str, ...]:
    values = step.singular
    numbers = [_number(v) for v in (step.own, values.smallest, values.largest, values.condition)]
    return (
        *numbers,
        _number(step.cost),
        f"{step.share:.0%}",
        _number(step.latent_cost),
        f"{step.latent_share:.0%}",
    )


def sentences(flow: FlowConditioning) -> Iterator[str]:
    """Which step loses most, each way."""
    kept = f"float32 keeps {flow.digits:.1f} digits of x" if math.isfinite(flow.digits) else "float32 keeps all of x"
    if flow.solved:
        yield f"{kept}, and float64 hardly more: the tolerance of a numerical inverse limits the round trip, not rounding"
    elif (step := flow.loser()) is None:
        yield f"{kept}: no step loses anything on the way to z and back"
    else:
        yield f"{kept}; `{step.label}` loses most: {_said(step.share, step.cost, 'x')}"
    if (step := flow.loser(latent=True)) is not None:
        yield f"of z, `{step.label}` loses most: {_said(step.latent_share, step.latent_cost, 'z')}"
    weakest = min(flow.steps, key=lambda step: step.singular.smallest)
    if (least := weakest.singular.smallest) < STEEP:
        yield f"undoing `{weakest.label}` stretches some error by {_number(1 / least if least else math.inf)}"


def _said(share: float, cost: float, of: str) -> str:
    return (
        f"{min(share, 1):.0%} of the errors come from it or through it (alone in float32 it costs {cost:.1e} of {of})"
    )


def _faults(flow: FlowConditioning) -> Iterator[list[Segment]]:
    """What makes the report fail."""
    for dtype, limit in (("float64", BROKEN), ("float32", LOST)):
        if not flow.relative(dtype) <= limit:
            error = flow.data[dtype].largest
            text = f"decode(encode(x)) is off by {error:.1e} in {dtype}, more than {limit:g} of the deviation of x"
            yield [("   FAIL ", "error"), (text, "plain")]


def _number(value: float) -> str:
    return f"{value:.3g}" if value == 0 or 0.01 <= abs(value) < 1e4 else f"{value:.1e}"


def conditioning_document(report: Conditioning) -> dict[str, Any]:
    """The report as plain values; a number that is not finite becomes null."""
    document = {
        "path": report.path,
        "ok": report.ok,
        "weights": report.weights,
        "inputs": report.inputs,
        "samples": report.samples,
        "seconds": round(report.seconds, 3),
        "flows": [_flow_document(flow) for flow in report.flows],
        "left_out": list(report.left_out),
    }
    found: dict[str, Any] = _finite(document)
    return found


def render_conditioning_json(report: Conditioning) -> str:
    """One JSON object."""
    document = {"format_version": 1, **conditioning_document(report)}
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def _flow_document(flow: FlowConditioning) -> dict[str, Any]:
    names = {"loses_most": flow.loser(), "loses_most_of_z": flow.loser(latent=True)}
    return {
        **asdict(flow),
        "ok": flow.ok,
        "digits": flow.digits,
        **{name: step.label if step else None for name, step in names.items()},
    }


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
