"""Coverage and mixing of what a flow draws (semantics F4): of z behind an encoder, in its prior and in its posterior, and
of the noise of a dequantization; and of the parts that have a flow of their own.

A density given data may well take its variables to be independent, as a prior may. So its flow is judged only where it
has steps that transform variables given others: a half that they leave as it is, or groups that they never join, are
then not what its author had in mind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from flowspec.diagnostics import Finding
from flowspec.graph.model import Flow, FlowNode, Part
from flowspec.passes.coverage import Coverage
from flowspec.passes.uncovered import Whose, coverage_findings


def prior_findings(flow: Flow, covered: Callable[[int], Coverage]) -> Iterator[Finding]:
    """Warnings about the steps that z goes through behind each encoder of a flow: they are its prior.

    `covered` gives the coverage of the entries of a value by what follows it.
    """
    for node in flow.nodes:
        if node.op.drawn is not None and len(node.outputs) > 1:
            coverage = covered(node.outputs[1])
            if coverage.conditioned:
                name = node.op.going_on
                whose = Whose(name, f" of {name}", "the prior takes them to be independent")
                yield from coverage_findings(flow, coverage, whose)


def part_coverage(part: Part, known: Mapping[Flow, Coverage]) -> Iterator[Finding]:
    """Warnings about the flow of a part: a prior, which the flow before it may have mixed already."""
    coverage = known.get(part.density) if isinstance(part.density, Flow) else None
    if coverage is not None and coverage.conditioned:
        assert isinstance(part.density, Flow)
        whose = Whose(f"part `{part.name}`", f" of part `{part.name}`", "its density takes them to be independent")
        yield from coverage_findings(part.density, coverage, whose)


def drawn_coverage(node: FlowNode, known: Mapping[Flow, Coverage]) -> Iterator[Finding]:
    """Warnings about the flow that a step draws from, whose coverage is among those `known`.

    Noise of data may be independent given the data, entry by entry; of a posterior whose steps join groups of z alone
    it is said.
    """
    flow = node.op.drawn
    coverage = known.get(flow) if isinstance(flow, Flow) else None
    if coverage is None or not coverage.conditioned:
        return
    assert isinstance(flow, Flow)
    latent = len(node.outputs) > 1
    name = node.op.going_on if latent else "the noise"
    whose = Whose(name, f" of {name}", f"the {node.op.draws} takes them to be independent given x")
    yield from (f for f in coverage_findings(flow, coverage, whose) if latent or f.code == "FS340")
