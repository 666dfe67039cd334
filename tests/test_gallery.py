"""Every model of the gallery, made small, under at least four orders: what check claims, what brute force finds, and
what the built module shows are one and the same relation."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from flowspec.compiler import Report, analyse
from flowspec.emit.load import load_class
from flowspec.graph.model import Autoregressive
from flowspec.verify import verify
from flowspec.verify.shrink import shrink
from tests.ops.contract import judge_dependency
from tests.passes.judge import judge, judge_members

SPECS = Path(__file__).resolve().parent.parent / "specs"
FILES = sorted(SPECS.rglob("*.yaml"))
EACH = pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
ORDER = re.compile(r"order: (?:\w+|\{(?:[^{}]|\{[^{}]*\})*\})")
CHANNELS = re.compile(r"channels: (?:inner|joint|first)")
ORDERS = (
    "raster", "reverse", "columns", "s_curve", "hilbert", "{random: 1, seed: 5}", "even_odd", "{random: 1, seed: 6}",
    *(f"{{random: 1, seed: {seed}}}" for seed in range(7, 17)), "{raster: {}, channels: first}", "{columns: {}, channels: first}",
)  # fmt: skip
ENOUGH = 4
NOT_LINEAR = ("one_hot", "embedding", "table")  # look integers up: their dependence shows in flips, not in gradients


@lru_cache(maxsize=2)
def small(file: Path) -> Report:
    """The report of the spec with every size capped, if it is large."""
    report = analyse(str(file))
    assert report.ok, [f.message for f in report.diagnostics if f.severity == "error"]
    shrunk = shrink(report)
    return report if shrunk is None else shrunk.report


def text_of(report: Report) -> str:
    return next(iter(report.sources.values()))


def ordered(text: str, order: str) -> str:
    """The spec under another order; the way it treats the channels of a site stays."""
    channels = CHANNELS.search(text)
    if channels is not None and "channels" not in order:
        body = order[1:-1] if order.startswith("{") else f"{order}: {{}}"
        order = f"{{{body}, {channels.group()}}}"
    return ORDER.sub(f"order: {order}", text)


def variants(file: Path, but: tuple[str, ...] = ()) -> list[Report]:
    """The small spec under the orders that suit it, up to the errors named."""
    text, found = text_of(small(file)), list[Report]()
    for order in ORDERS:
        report = analyse(file.name, ordered(text, order))
        errors = {f.code for f in report.diagnostics if f.severity == "error"} - set(but)
        if report.program is not None and not errors and not any(f.code == "FS426" for f in report.diagnostics):
            found.append(report)
    return found[: ENOUGH + 1]


def bare(text: str) -> str:
    """A spec without the lines that the judges add themselves."""
    return "\n".join(line for line in text.splitlines() if not line.startswith(("flowspec:", "name:")))


def is_ordered(report: Report) -> bool:
    return report.program is not None and isinstance(report.program.model, Autoregressive)


@EACH
def test_claims_are_those_of_brute_force(file: Path) -> None:
    report = small(file)
    if not is_ordered(report):
        pytest.skip("judged with the densities of its parts by `test_parts_under_other_orders`")
    if "random:" in text_of(report):
        judge_members(bare(text_of(report)))
    kinds = variants(
        file, but=("FS425",)
    )  # a variable that loses all its context is an error, and followed all the same
    assert len(kinds) >= ENOUGH or report.program.model.order.op.name == "graph"  # type: ignore[union-attr]
    for kind in kinds:
        judge(bare(text_of(kind)))


@EACH
def test_claims_are_what_the_module_shows(file: Path) -> None:
    report = small(file)
    if not is_ordered(report):
        pytest.skip("judged with the densities of its parts by `test_parts_under_other_orders`")
    lookups = any(word in text_of(report) for word in NOT_LINEAR)
    for kind in (report, *variants(file)):
        cls = load_class(kind.source())
        for order in range(min(cls.ORDERS, 3)):
            judge_dependency(cls, np.asarray(kind.dependency(order=order)), order, lookups=lookups)


@EACH
def test_parts_under_other_orders(file: Path, tmp_path: Path) -> None:
    report = small(file)
    if is_ordered(report) or not ORDER.search(text_of(report)):
        pytest.skip("no parts with orders of their own")
    for n, kind in enumerate(variants(file)):
        path = tmp_path / f"kind{n}.yaml"
        path.write_text(text_of(kind), encoding="utf-8")
        certificate = verify(path)
        assert certificate.ok, (text_of(kind), certificate)
