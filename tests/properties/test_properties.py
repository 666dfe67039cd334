"""Random legal specs pass, build and hold; random slips in them are rejected, or do no harm."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings

from flowspec.verify import certify
from tests.passes.specs import text_of
from tests.properties.judge import judge, report_of
from tests.properties.legal import flow_models, models, sited_models, vector_models
from tests.properties.mutations import mutated

Spec = dict[str, Any]


def few(examples: int) -> Any:
    return settings(max_examples=examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def passes(spec: Spec) -> Any:
    report = report_of(spec)
    assert report.ok, ([f"{f.code} {f.message}" for f in report.diagnostics if f.severity == "error"], text_of(spec))
    return report


@few(400)
@given(models())
def test_legal_specs_pass(spec: Spec) -> None:
    report = passes(spec)
    assert report.summary_lines()
    assert report.dump("graph")
    assert report.dump("facts")


@few(60)
@given(vector_models())
def test_vector_models_hold(spec: Spec) -> None:
    judge(passes(spec), text_of(spec), tight=True)


@few(40)
@given(sited_models())
def test_models_over_sites_hold(spec: Spec) -> None:
    judge(passes(spec), text_of(spec), tight=True)


@few(60)
@given(flow_models())
def test_flows_hold(spec: Spec) -> None:
    judge(passes(spec), text_of(spec), tight=True)


@few(12)
@given(models())
def test_legal_specs_are_certified(spec: Spec) -> None:
    certificate = certify(passes(spec))
    assert certificate.ok, (certificate.failures, text_of(spec))


@few(400)
@given(mutated(models()))
def test_slips_are_rejected_or_do_no_harm(change: tuple[str, Spec]) -> None:
    """What is rejected is rejected at a place in the spec; what is not, is still a density, and what check says is true."""
    name, spec = change
    report = report_of(spec)
    if not report.ok:
        assert all(f.span is not None for f in report.diagnostics if f.severity == "error"), (name, text_of(spec))
        return
    judge(report, text_of(spec))
