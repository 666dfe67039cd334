"""The plan: facts -> decisions. Inert data, nothing is decided later."""

from flowspec.plan.describe import describe
from flowspec.plan.model import Plan, make_plan

__all__ = ["Plan", "describe", "make_plan"]
