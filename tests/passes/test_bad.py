"""Every failing spec in tests/bad beside what the check says of it, and every legal near miss in tests/good.

A case is two files: `NAME.yaml` and `NAME.out`. FLOWSPEC_BLESS=1 writes the `.out` files.
"""

from __future__ import annotations

import io
import re
from functools import cache
from pathlib import Path

import pytest

from flowspec.cli import Command
from flowspec.compiler import Report, analyse
from flowspec.diagnostics import CATALOG
from tests.diagnostics.golden import compare

TESTS = Path(__file__).parents[1]
BAD, GOOD = TESTS / "bad", TESTS / "good"
BAD_NAMES = sorted(path.stem for path in BAD.glob("*.yaml"))
GOOD_NAMES = sorted(path.stem for path in GOOD.glob("*.yaml"))

NOT_IN_A_FILE = {
    "FS003": "a file of more than 256 KB; tests/syntax writes one",
    "FS090": "about the command line; tests/cli shows it",
    "FS091": "about a file that is not there; tests/cli shows it",
    "FS099": "about a bug of ours; tests/cli makes one",
    "FS124": "takes more than 64 files; tests/syntax writes them",
}

# What must be reported, and the line that causes it. The faults of public code that the language can express.
FAULTS = {
    "leak_unmasked_skip": ("FS401", 7),
    "leak_row_below": ("FS401", 8),
    "leak_dense_layer": ("FS401", 5),
    "leak_through_a_gate": ("FS405", 8),
    "leak_batch_norm": ("FS408", 5),
    "leak_unmasked_attention": ("FS401", 7),
    "leak_pooled_keys": ("FS401", 7),
    "attention_keys_that_miss_a_variable": ("FS420", 10),
    "attention_with_too_few_heads": ("FS430", 5),
    "attention_from_foreign_places": ("FS431", 8),
    "norm_of_x": ("FS409", 5),
    "norm_between_degrees": ("FS409", 5),
    "gated_unshifted_link": ("FS405", 9),
    "gated_strict_everywhere": ("FS420", 11),
    "blind_square_kernels": ("FS420", 6),
    "lost_colour_links": ("FS427", 5),
    "mask_a_on_every_layer": ("FS425", 7),
    "leak_pooled_without_a_shift": ("FS401", 7),
    "leak_unpooled_without_a_mask": ("FS401", 8),
    "stride_that_does_not_divide": ("FS439", 8),
    "strides_along_a_hilbert_curve": ("FS438", 7),
    "finer_than_x": ("FS440", 8),
    "unet_without_a_skip": ("FS425", 12),
    "narrow_hidden_layer": ("FS422", 6),
    "narrow_colours": ("FS422", 5),
    "far_too_narrow": ("FS425", 7),
    "dead_units": ("FS423", 8),
    "norm_over_copies": ("FS409", 11),
    "squeeze_by_one": ("FS235", 5),
    "channels_of_a_vector": ("FS235", 4),
    "channels_of_a_graph": ("FS204", 4),
    "context_unseen": ("FS424", 4),
    "residual_on_x": ("FS405", 5),
    "ensemble_inside": ("FS402", 5),
    "bernoulli_of_real_numbers": ("FS231", 6),
    "normal_over_pixels": ("FS231", 6),
    "not_a_permutation": ("FS320", 6),
    "permutation_misses_an_index": ("FS320", 6),
    "keep_lists_an_index_twice": ("FS330", 5),
    "keep_outside_the_value": ("FS330", 5),
    "vacuous_coupling": ("FS331", 5),
    "one_name_for_two_parts": ("FS131", 6),
    "interval_written_backwards": ("FS203", 3),
    "vacuous_both_ways": ("FS331", 5),
    "same_half_kept": ("FS340", 5),
    "one_half_twice": ("FS340", 6),
    "squares_that_never_mix": ("FS341", 4),
    "tanh_into_normal": ("FS312", 6),
    "sigmoid_into_normal": ("FS312", 6),
    "normal_behind_a_sigmoid_in_one_part": ("FS312", 6),
    "logit_beyond_a_sigmoid": ("FS312", 5),
    "flow_of_a_part_beyond_its_step": ("FS312", 5),
    "boxes_that_do_not_meet": ("FS311", 6),
    "affine_into_uniform": ("FS313", 6),
    "box_without_an_end": ("FS351", 5),
    "logit_of_real_numbers": ("FS311", 5),
    "logit_of_pixels": ("FS310", 5),
    "bare_logit": ("FS314", 6),
    "split_that_does_not_add_up": ("FS322", 6),
    "lost_split": ("FS303", 7),
    "unknown_part": ("FS302", 7),
    "used_twice": ("FS301", 7),
    "parts_in_a_circle": ("FS350", 7),
    "graph_with_a_circle": ("FS403", 4),
    "order_lists_a_variable_twice": ("FS403", 4),
}


@cache
def report(name: str) -> Report:
    """The check of tests/bad/NAME.yaml; where the file lies does not matter to it."""
    return analyse(BAD / f"{name}.yaml", root=BAD)


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_bad_spec_gives_the_findings_beside_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    out, err = io.StringIO(), io.StringIO()
    code = Command(io.StringIO(), out, err, environ={}).main(["check", f"{name}.yaml", "--color", "never"])
    compare(BAD / f"{name}.out", re.sub(r"\b\d+ ms\b", "N ms", out.getvalue()))
    assert err.getvalue() == ""
    errors = any(f.severity == "error" for f in report(name).diagnostics)
    assert code == (1 if errors else 0)


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_bad_spec_has_findings_that_stand_in_it(name: str) -> None:
    found = report(name).diagnostics
    assert found
    lines = len((BAD / f"{name}.yaml").read_bytes().splitlines())
    for finding in found:
        assert finding.span is not None
        assert 1 <= finding.span.start.line <= lines
        assert finding.span.start <= finding.span.end


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_fault_is_reported_at_the_line_that_causes_it(name: str) -> None:
    assert FAULTS[name] in {(f.code, f.span.start.line) for f in report(name).diagnostics if f.span}


def test_thirty_mistakes_are_thirty_findings() -> None:
    found = report("thirty_mistakes").diagnostics
    assert len(found) == 30
    assert len({(f.span.start, f.span.end) for f in found if f.span}) == 30


def test_every_code_has_a_bad_spec() -> None:
    shown = {f.code for name in BAD_NAMES for f in report(name).diagnostics}
    assert sorted(set(CATALOG) - shown) == sorted(NOT_IN_A_FILE)


def test_every_output_belongs_to_a_spec() -> None:
    assert sorted(path.stem for path in BAD.glob("*.out")) == BAD_NAMES


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_a_near_miss_is_legal(name: str) -> None:
    found = analyse(GOOD / f"{name}.yaml", root=GOOD)
    assert found.ok
    assert [f.code for f in found.diagnostics if f.severity != "note"] == []
    assert {f.code for f in found.diagnostics} == NOTES.get(name, set())


NOTES = {
    "gated_stack": {"FS421"},
    "logit_of_pixels": {"FS315"},
    "mass_outside_the_data": {"FS315"},
    "more_layers_would_reach": {"FS421"},
}


def test_good_specs_are_there() -> None:
    assert set(NOTES) <= set(GOOD_NAMES)
    assert len(GOOD_NAMES) > 10
