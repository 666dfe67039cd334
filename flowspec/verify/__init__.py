"""Certifying built modules by numbers alone: inverses, log-determinants, dependencies, probabilities, samples."""

from flowspec.verify.result import Certificate, Change, Result
from flowspec.verify.run import certify, verify

__all__ = ["Certificate", "Change", "Result", "certify", "verify"]
