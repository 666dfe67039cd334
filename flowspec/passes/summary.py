"""What the facts of a model come to, in one record."""

from __future__ import annotations

from flowspec.graph.model import Autoregressive, Program
from flowspec.passes.facts import DensityFacts, Summary


def summary(program: Program, top: DensityFacts) -> Summary:
    """The counts that are printed and compared; those of contexts are of a model under one order."""
    reach = top.net.reach if top.net is not None and isinstance(program.model, Autoregressive) else None
    return Summary(
        variables=top.layout.units,
        exact=top.likelihood == "exact",
        likelihood=top.likelihood,
        density_steps=top.density_steps,
        sampling_steps=top.sampling_steps,
        parameters=top.parameters,
        context_allowed=reach.allowed if reach else None,
        context_missing=reach.missing if reach else None,
        context_blind=reach.blind if reach else None,
    )
