"""Every check, in the order in which the table shows them."""

from __future__ import annotations

from flowspec.verify.checks import autoregressive, conditioning, density, draws, flows, module, samples, travel
from flowspec.verify.checks.base import Check

CHECKS: tuple[Check, ...] = (
    *module.CHECKS,
    *flows.CHECKS,
    *draws.CHECKS,
    *autoregressive.CHECKS,
    *density.CHECKS,
    *samples.CHECKS,
    *travel.CHECKS,
    *conditioning.CHECKS,
)
