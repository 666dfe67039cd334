"""The check of precision: decode undoes encode in float32 as well, and if not, a step is named."""

from __future__ import annotations

from flowspec.verify.checks.base import Check, at_most, is_small
from flowspec.verify.conditioning import Conditioning, FlowConditioning, analyse_conditioning
from flowspec.verify.conditioning.chain import obstacle
from flowspec.verify.conditioning.report import LOST
from flowspec.verify.result import Result
from flowspec.verify.subject import Subject
from flowspec.verify.units import whole
from flowspec.verify.weights import MILD

BATCH = 4


def conditioning(subject: Subject) -> Result:
    """The round trip of x in float32, relative to the spread of x, and the condition number of dz/dx."""
    flow = worst_flow(subject, walk=False)
    error = flow.relative("float32")
    found = flow.singular
    detail = (
        f"decode(encode(x)) - x in float32; singular values of dz/dx {found.smallest:.2g} to {found.largest:.2g}, "
        f"condition number {found.condition:.2g}"
    )
    if error <= LOST:
        return at_most(error, LOST, detail)
    loser = worst_flow(subject, walk=True).loser()
    return at_most(error, LOST, fault=f"float32 cannot undo encode; {detail}", node=loser.label if loser else "")


def worst_flow(subject: Subject, walk: bool) -> FlowConditioning:
    """The flow of the model that loses most."""
    x, given = subject.data(BATCH, 9)
    report: Conditioning = analyse_conditioning(
        subject, subject.model(0, MILD), x, given, weights="random", inputs="random", walk=walk
    )
    return max(report.flows, key=lambda flow: flow.relative("float32"))


def is_bijection(subject: Subject) -> bool:
    """Whether the model is a flow between x and z that is smooth both ways."""
    return subject.is_flow and not obstacle(whole(subject, subject.model(), 1))


CHECKS = (Check("conditioning", conditioning, is_bijection, is_small),)
