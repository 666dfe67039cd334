"""The tree: its values, its places to the exact column, aliases, and what stays after a fault."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowspec.diagnostics import Position, Span
from flowspec.syntax import Entry, Mapping, Scalar, Sequence, children, plain, read, site, walk

from .marked import at, unmark

pytestmark = pytest.mark.usefixtures("parser")

NODES = [
    "a: «x y»\n",
    "«a»: 1\n",
    "- «'x: y'» # why\n",
    '- "é", «"ü"»\n'.replace('- "é", ', '["é", ').replace("\n", "]\n"),
    "a: «|\n  one\n\n  two»\n\n\nb: 1\n",
    "a: «>-\n    one\n    two»\n# after\nb: 1\n",
    "a: «one\n  two»\n# after\nb: 1\n",
    "a: «'one\n\n  two'»\nb: 1\n",
    "a: «[1, 2, {b: c}]»  # after\n",
    "a: «{\n  b: c,\n}»\nd: 1\n",
    "a:\n  «b: 1\n  c: [2]»\n\n# after\nd: 1\n",
    "a:\n- 1\n- «b: 1\n  c: 2»\n- 3\n",
    "a:\n«- 1\n- 2»\nd: 1\n",
    "a: &n «x»\n",
    "a: &n «[x]»\n",
    "a: &n   # why\n  «b: 1»\nc: 2\n",
    "[«a: 1», b]\n",
    "a:«»\nb: 1\n",
    "a: &n«»\nb: 1\n",
    "«a: 1\r\nb: 2»\r\n",
    "%YAML 1.2\n---\na: «1»\n...\n",
]


@pytest.mark.parametrize("marked", NODES)
def test_spans_are_exact(marked: str) -> None:
    text, span = unmark(marked)
    root, findings = read(text, "t.yaml")
    assert not findings
    assert span in [node.span for node in walk(root)]


def test_an_entry_spans_key_and_value() -> None:
    text, span = unmark("a: 1\n«bb: {c: d}»\n")
    root = read(text, "t.yaml").root
    assert root.get("bb").span == span
    assert root.get("nothing") is None
    assert root.keys() == ("a", "bb")
    assert "a" in root
    assert "nothing" not in root


def test_an_entry_with_an_alias_ends_at_the_alias() -> None:
    text, span = unmark("a: &n {b: 1}\n«c: *n»\n")
    assert read(text, "t.yaml").root.get("c").span == span


def test_columns_count_code_points() -> None:
    root = read("- 𝕏𝕐: é\n", "t.yaml").root
    assert root.items[0].entries[0].value.span == Span("t.yaml", Position(1, 7), Position(1, 8))


def test_nodes_compare_by_identity() -> None:
    root = read("[a, a]", "t.yaml").root
    first, second = root.items
    assert first != second
    assert len({first, second, root}) == 3


def test_plain_and_walk() -> None:
    root = read("a: [1, {b: ~}]\n'2': x\n", "t.yaml").root
    assert plain(root) == {"a": [1, {"b": None}], "2": "x"}
    assert [type(n) for n in walk(root)] == [Mapping, Scalar, Sequence, Scalar, Mapping, Scalar, Scalar, Scalar, Scalar]
    assert children(root)[0].text == "a"
    assert plain(None) is None


def test_an_alias_is_a_copy_that_knows_both_places() -> None:
    text, place = unmark("a: &n {b: [c]}\nd: «*n»\n")
    root, findings = read(text, "t.yaml")
    first, second = root.get("a").value, root.get("d").value
    assert not findings
    assert plain(first) == plain(second)
    assert not set(walk(first)) & set(walk(second))
    assert [n.span for n in walk(first)] == [n.span for n in walk(second)]
    assert {n.via for n in walk(first)} == {None}
    assert {n.via for n in walk(second)} == {place}
    assert site(second) == place
    assert site(first) == first.span


def test_an_alias_inside_an_alias_shows_the_outer_place() -> None:
    text, place = unmark("a: &a x\nb: &b [*a]\nc: «*b»\n")
    assert {n.via for n in walk(read(text, "t.yaml").root.get("c").value)} == {place}


def test_an_anchor_may_be_named_again() -> None:
    assert plain(read("[&a 1, *a, &a 2, *a]", "t.yaml").root) == [1, 1, 2, 2]


def test_a_key_may_come_by_an_alias() -> None:
    assert plain(read("a: &n k\n*n : 1\n", "t.yaml").root) == {"a": "k", "k": 1}


FAULTS = [
    ("FS004", "«»", None),
    ("FS004", "«»# a comment\n", None),
    ("FS004", "«»---\n...\n", None),
    ("FS008", "a: 1\n«---»\nb: 2\n", {"a": 1}),
    ("FS009", "a: 1\nb: 2\n«a»: 3\n", {"a": 1, "b": 2}),
    ("FS009", "{a: 1, «'a'»: 3}", {"a": 1}),
    ("FS010", "a: «!t» [1]\n", {"a": [1]}),
    ("FS010", "a: «!!python/object/apply:os.system» [x]\n", {"a": ["x"]}),
    ("FS010", "a: «!<tag:yaml.org,2002:str>» 3\n", {"a": 3}),
    ("FS010", "a: «!» 3\n", {"a": 3}),
    ("FS010", "a: &n «!t» 3\n", {"a": 3}),
    ("FS010", "a: «!t» &n 3\n", {"a": 3}),
    ("FS010", "a: «!»x!y 3\n", None),
    ("FS011", "a: &n {b: 1, c: 2}\nd: {«<<»: *n, c: 3}\n", {"a": {"b": 1, "c": 2}, "d": {"b": 1, "c": 3}}),
    ("FS011", "«<<»: [{b: 1}, {b: 2, c: 2}]\n", {"b": 1, "c": 2}),
    ("FS012", "? «[a, b]»\n: 1\nc: 2\n", {"c": 2}),
    ("FS012", "? «{a: b}»\n: 1\nc: 2\n", {"c": 2}),
    ("FS012", "?«»\n: 1\nc: 2\n", {"c": 2}),
    ("FS012", "«:» 1\nc: 2\n", None),
    ("FS012", "{«:» 1}\n", None),
    ("FS013", "a: «*p»\n", {"a": None}),
    ("FS014", "a: &p [«*p»]\n", {"a": [None]}),
    ("FS014", "a: &p {b: {c: «*p»}}\n", {"a": {"b": {"c": None}}}),
    ("FS018", "a:\n«\t»b: 1\n", {"a": {"b": 1}}),
    ("FS018", "a: 1\n«\t»b: 1\n", None),
    ("FS018", "a:«\t»1\n", {"a": 1}),
    ("FS018", "a: «\t»1\n", {"a": 1}),
    ("FS020", "a: «-99999999999999999999»\n", {"a": None}),
]


@pytest.mark.parametrize(("code", "marked", "value"), FAULTS)
def test_faults_and_what_stays(code: str, marked: str, value: object) -> None:
    text, span = unmark(marked)
    root, findings = read(text, "t.yaml")
    assert [(f.code, f.span) for f in findings] == [(code, span)]
    assert plain(root) == value


def test_duplicate_keys_name_both_places() -> None:
    (finding,) = read("a: 1\na: 2\n", "t.yaml").findings
    assert [str(label.span) for label in finding.labels] == ["t.yaml:1:1"]
    assert "`a`" in finding.message


def test_what_was_reported_is_marked() -> None:
    root = read("[*p, 99999999999999999999, ok]", "t.yaml").root
    assert [item.bad for item in root.items] == [True, True, False]


def test_every_independent_fault_in_one_run() -> None:
    text = "a: !t 1\na: 2\nb: *p\n<<: {c: 1}\n? [d]\n: 1\ne: [linear:500, {f:g}, 9e999]\nh: 2# i\nj: not [0]\nk: [\n"
    codes = [f.code for f in read(text, "t.yaml").findings]
    assert codes == ["FS010", "FS009", "FS013", "FS011", "FS012", "FS015", "FS015", "FS020", "FS016", "FS017", "FS007"]


def test_tabs_are_one_finding_and_harmless_in_comments() -> None:
    (finding,) = read("a:\t1\nb: 2\t# why\tnot\nc:\t\t3\n", "t.yaml").findings
    assert finding.notes == ("and more: lines 3",)
    assert not read("b: 2\t# why\n# \t\n\t\nc: 3\t\n", "t.yaml").findings


def test_a_spec_is_read() -> None:
    text = """
flowspec: 1
x: {shape: [3, 32, 32], values: 256}
flow:
- logit: 0.05
- {a: b.$i.u, n: 2*$p}
base: normal
"""
    assert plain(read(text, "t.yaml").root) == {
        "flowspec": 1,
        "x": {"shape": [3, 32, 32], "values": 256},
        "flow": [{"logit": 0.05}, {"a": "b.$i.u", "n": "2*$p"}],
        "base": "normal",
    }


def _leaves() -> st.SearchStrategy[object]:
    text = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=8)
    numbers = st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
    return st.none() | st.booleans() | numbers | text


TREES = st.recursive(
    _leaves(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcdef", min_size=1), inner),
    max_leaves=12,
)


def _float(value: float) -> str:
    digits = repr(value)
    return digits if "." in digits else digits.replace("e", ".0e")


class _Dumper(yaml.SafeDumper):
    """Writes every text quoted and every float with a point: what is tested is reading, not guessing styles."""

    def ignore_aliases(self, data: object) -> bool:
        return True


_Dumper.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))
_Dumper.add_representer(float, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:float", _float(value)))


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=TREES, flow=st.booleans(), unicode=st.booleans(), width=st.sampled_from([20, 80, 1000]))
def test_reading_inverts_writing(tree: object, flow: bool, unicode: bool, width: int) -> None:
    text = yaml.dump(tree, Dumper=_Dumper, default_flow_style=flow, allow_unicode=unicode, width=width, sort_keys=False)
    root, findings = read(text, "t.yaml")
    if text.strip() in ("null", "null\n..."):
        assert root.value is None
        return
    assert not findings
    assert plain(root) == tree


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=TREES, flow=st.booleans())
def test_spans_nest_and_scalars_lie_at_their_text(tree: object, flow: bool) -> None:
    text = yaml.dump(tree, Dumper=_Dumper, default_flow_style=flow, sort_keys=False, width=1000)
    root = read(text, "t.yaml").root
    for node in walk(root):
        for child in children(node):
            assert node.span.start <= child.span.start <= child.span.end <= node.span.end
        if isinstance(node, Scalar) and not node.quoted:
            assert at(text, node.span) == node.text


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.sampled_from("ab:- \n[]{},#&*!|>'\"%@`?$12.\\\t~<"), max_size=40))
def test_any_text_gives_a_tree_or_findings(text: str) -> None:
    root, findings = read(text, "t.yaml")
    assert findings or root is not None
    lines = text.split("\n")
    for finding in findings:
        assert finding.span.end.line <= len(lines)
        assert finding.span.start.column <= len(lines[finding.span.start.line - 1]) + 1
        assert finding.span.end.column <= len(lines[finding.span.end.line - 1]) + 1


def test_entries_are_values() -> None:
    key, value = read("[a, b]", "t.yaml").root.items
    assert Entry(key, value).span == Span("t.yaml", Position(1, 2), Position(1, 6))
