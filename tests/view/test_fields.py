"""Fields are rows of the dependency of the model, beside rows of the order."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from flowspec.compiler import analyse
from flowspec.graph.model import Flow
from flowspec.order import Grid
from flowspec.passes.facts import Facts
from flowspec.view.diff_picture import compared, diff_codes, diff_picture
from flowspec.view.entries import entries_of
from flowspec.view.errors import ViewError
from flowspec.view.field_picture import BEHIND, MISSES, SEES, SELF, field_codes, field_picture
from flowspec.view.fields import fields, layers
from flowspec.view.places import fold, panels_of, variable_at, variable_name
from flowspec.view.text import Style, render_text
from tests.view.drawn import SPECS, found_fields, picture, report

AUTOREGRESSIVE = ("made", "wide_made", "stack", "gated", "hilbert", "alarm", "wave", "video")


@pytest.mark.parametrize("name", AUTOREGRESSIVE)
def test_codes_agree_with_the_dependency_and_the_order(name: str) -> None:
    checked = report(name)
    facts = checked.all_facts
    assert facts is not None
    order = next(iter(facts.nets.values())).orders[0]
    dependency = checked.dependency()
    for v in np.linspace(0, len(dependency) - 1, 7).astype(int).tolist():
        channel, site = order.grid.site(v)
        (field,) = found_fields(name, at=",".join(map(str, (*site, channel))))
        codes = field_codes(field)
        assert field.variable == v
        assert np.array_equal(codes == SEES, dependency[v])
        assert np.array_equal(codes == MISSES, order.before(v) & ~dependency[v])
        assert np.flatnonzero(codes == SELF).tolist() == [v]


def test_members_of_an_ensemble_have_fields_of_their_own() -> None:
    dependency = report("made").dependency(2)
    (field,) = found_fields("made", at="7", member=2)
    assert field.seen is not None
    assert np.array_equal(field.seen, dependency[7])


def test_steps_of_a_flow_then_its_latent() -> None:
    found = found_fields("maf", at="2")
    assert [field.names for field in found] == [
        ("autoregressive.1", "autoregressive.3"),
        ("autoregressive.2",),
        ("z",),
    ]
    assert [int(field.seen.sum()) for field in found if field.seen is not None] == [2, 3, 6]


def test_a_latent_is_the_entry_that_the_variable_becomes() -> None:
    dependency = report("nvp").dependency()
    rows = []
    for v in range(48):
        (field,) = found_fields("nvp", at=f"{v % 16 // 4},{v % 4},{v // 16}")
        assert field.allowed is None
        assert field.seen is not None
        assert field.seen[v]
        rows.append(field.seen.tobytes())
    assert sorted(rows) == sorted(row.tobytes() for row in dependency)


def test_counts_stand_beside_the_picture() -> None:
    figure = picture("field", "stack", at="6,6").figures[0]
    assert figure.facts[:3] == (
        "x[0,6,6] may know 78 variables and sees 21: 57 missing (73.1 %)",
        "field 4 x 7: rows 3 to 6, columns 3 to 9",
        "drawn at level 19 of 34",
    )
    assert "10,296 pairs allowed, 2,221 reached, 8,075 missing (1,925 out of reach at any depth)" in figure.facts[3]


def test_a_complete_variable_points_to_one_that_is_not() -> None:
    (field,) = found_fields("gated", at="0,0,0")
    assert field.other == 191
    assert picture("field", "gated", at="0,0,0").figures[0].facts[-1] == (
        "`--at 7,7` shows a variable that misses some"
    )


def test_names_of_variables() -> None:
    (field,) = found_fields("alarm", at="J")
    assert field.labels[field.variable] == "J"
    assert picture("field", "alarm", at="J").title == "field of x[J] in alarm"


@pytest.mark.parametrize(
    ("name", "at", "message"),
    [
        ("stack", "12,0", "it takes `r,c` with r 0..11, c 0..11"),
        ("stack", "1", "it takes `r,c` with r 0..11, c 0..11"),
        ("gated", "1,1,3", "it takes `r,c[,ch]` with r 0..7, c 0..7, ch 0..2"),
        ("made", "-1", "it takes `i` with i 0..29"),
        ("made", "", "it takes `i` with i 0..29"),
        ("video", "1,1", "it takes `t,r,c` with t 0..11, r 0..3, c 0..3"),
        ("alarm", "Z", "there are: B, E, A, J, M"),
    ],
)
def test_a_place_that_there_is_not(name: str, at: str, message: str) -> None:
    with pytest.raises(ViewError) as fault:
        found_fields(name, at=at)
    assert fault.value.help_text == message


def test_a_node_without_a_field() -> None:
    with pytest.raises(ViewError) as fault:
        found_fields("maf", "autoregressive.9")
    assert fault.value.help_text.startswith("did you mean `autoregressive.")
    with pytest.raises(ViewError, match="there is no order 1"):
        found_fields("stack", member=1)


def test_variables_by_place() -> None:
    grid = Grid(3, (4, 5))
    assert [variable_at(grid, text) for text in ("1,2", "1,2,2", "1, 2 ,0")] == [47, 47, 7]
    assert variable_name(grid, 47) == "x[2,1,2]"
    assert variable_name(Grid(1, (9,)), 4) == "x[4]"


@pytest.mark.parametrize(
    ("grid", "shape"),
    [
        (Grid(3, (4, 5)), (3, (4, 5))),
        (Grid(1, (7,)), (1, (1, 7))),
        (Grid(2, (7,)), (1, (2, 7))),
        (Grid(1, (784,)), (1, (28, 28))),
        (Grid(2, (90,)), (2, (2, 64))),
        (Grid(2, (3, 4, 5)), (6, (4, 5))),
    ],
)
def test_panels(grid: Grid, shape: tuple[int, tuple[int, int]]) -> None:
    assert fold(grid) == shape
    codes = np.arange(grid.size) % 4
    tables = panels_of(grid, codes.astype(np.uint8), BEHIND)
    assert tables.shape == (shape[0], *shape[1])
    assert np.array_equal(tables.reshape(-1)[tables.reshape(-1) != BEHIND], codes)


def test_a_long_video_is_shown_around_the_variable() -> None:
    figure = picture("field", "video", at="11,0,0").figures[0]
    assert [panel.title for panel in figure.panels] == [f"frame {k}" for k in range(3, 12)]
    assert "frames 3 to 11 of 12 are shown" in figure.facts


def test_what_cannot_be_followed_is_said_and_not_drawn() -> None:
    (field,) = found_fields("stack")
    drawn = field_picture("stack", "<stdin>", (dataclasses.replace(field, seen=None),)).figures[0]
    assert drawn.panels == ()
    assert drawn.facts == ("x[0,6,6]: 144 variables are too many to follow one by one",)


def test_a_count_that_is_known_from_below_only_says_so() -> None:
    (field,) = found_fields("stack")
    assert field.reach is not None
    reach = dataclasses.replace(field.reach, possible=(8_000, 8_371))
    drawn = field_picture("stack", "<stdin>", (dataclasses.replace(field, reach=reach),)).figures[0]
    assert "at least 1,925 out of reach at any depth" in drawn.facts[3]


@pytest.mark.parametrize("name", ["stack", "gated", "hilbert", "alarm", "made", "maf", "nvp", "wave"])
def test_who_sees_a_variable_is_the_other_half_of_what_they_see(name: str) -> None:
    found = report(name)
    facts, proved = found.all_facts, np.asarray(found.dependency())
    assert facts is not None
    for field in fields(facts, None, None, 0, back=True):
        if field.of != "x" or field.names == ("autoregressive.1", "autoregressive.3"):
            continue
        assert field.seen is not None
        column = proved[:, field.variable]
        if field.names == ("z",):
            assert isinstance(facts.program.model, Flow)
            there = np.zeros(len(column), dtype=bool)
            there[entries_of(facts.program.model, facts)[np.flatnonzero(column)]] = True
            column = there
        assert np.array_equal(field.seen, column)
        if field.allowed is not None:
            assert not (field.seen & ~field.allowed).any()


def test_two_specs_side_by_side() -> None:
    first, second = found_fields("stack"), fields(_wider(), None, None)
    (pair,) = compared(first, second)
    codes = diff_codes(pair)
    assert pair[0].seen is not None
    assert pair[1].seen is not None
    assert (codes == 2).sum() == (pair[1].seen & ~pair[0].seen).sum() > 0
    assert not (codes == 3).any(), "wider kernels lose nothing"
    text = render_text(diff_picture(("a", "b"), ("a.yaml", "b.yaml"), (pair,)), Style(80))
    assert "seen in the second alone" in text
    with pytest.raises(ViewError, match="variables of shape"):
        compared(first, found_fields("gated"))


def _wider() -> Facts:
    found = analyse("<stdin>", SPECS["stack"].replace("kernel: 3", "kernel: 5")).all_facts
    assert found is not None
    return found


def test_layer_by_layer_a_latent_comes_to_depend_on_more() -> None:
    found = report("nvp")
    facts = found.all_facts
    assert facts is not None
    shown = layers(facts)
    sizes = [int(field.seen.sum()) for field in shown if field.seen is not None]
    assert sizes == sorted(sizes)
    assert sizes[0] == 1
    (last,) = fields(facts, "z")
    assert last.seen is not None
    assert shown[-1].seen is not None
    assert np.array_equal(shown[-1].seen, last.seen)
    with pytest.raises(ViewError, match="only a flow"):
        layers(_wider())


def test_one_is_not_counted_as_many() -> None:
    (figure,) = (f for f in picture("field", "autoregressive/two_pixels").figures if "order" in f.title)
    assert "x[1] may know 1 variable and sees it" in figure.facts
    assert "field 1: entry 0" in figure.facts
    assert "all variables together: the one allowed pair reached" in figure.facts
    assert "field 1 x 1: row 0, column 0" in found_facts("stack", at="0,1")


def found_facts(name: str, at: str) -> tuple[str, ...]:
    """What stands beside the field of a variable."""
    return field_picture(name, "", tuple(found_fields(name, at=at))).figures[0].facts


def test_the_other_way_round_has_a_title_of_its_own() -> None:
    facts = report("stack").all_facts
    assert facts is not None
    shown = field_picture("stack", "", fields(facts, None, "6,6", 0, back=True))
    assert shown.title == "who depends on x[0,6,6] in stack"
    (within,) = (fact for fact in shown.figures[0].facts if "rows" in fact)
    assert within.startswith("within 4 x ")
    assert not any(fact.startswith("field") for fact in shown.figures[0].facts)


def test_one_layer_is_chosen_by_name() -> None:
    facts = report("nvp").all_facts
    assert facts is not None
    assert isinstance(facts.program.model, Flow)
    every = {field.names[0]: field for field in layers(facts)}
    for name, field in every.items():
        (chosen,) = layers(facts, None, name)
        assert chosen.names == (name,)
        assert np.array_equal(chosen.seen, field.seen)  # type: ignore[arg-type]
    (around, *_) = (node.id for node in facts.program.model.nodes if node.id not in layers_of_first(facts))
    with pytest.raises(ViewError, match=f"does not go through `{around}`") as fault:
        layers(facts, "0,0,0", around)
    assert "it goes through: dequantize.1, logit.1, coupling.1" in fault.value.help_text
    with pytest.raises(ViewError, match=r"no step called `coupling\.9`"):
        layers(facts, None, "coupling.9")


def layers_of_first(facts: Facts) -> set[str]:
    """The steps that the first variable goes through."""
    return {field.names[0] for field in layers(facts, "0,0,0")}
