"""Long lines are broken inside their brackets, and nothing is lost."""

from __future__ import annotations

import ast

from hypothesis import given
from hypothesis import strategies as st

from flowspec.emit.layout import WIDTH, lay_out

NAMES = st.sampled_from(["a", "long_name", "self.some_attribute", '"111/100"', "12", "(3, 32, 32)", "range(784)"])
TEXTS = st.recursive(
    NAMES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=6).map(lambda items: f"call({', '.join(items)})"),
        st.lists(inner, min_size=1, max_size=6).map(lambda items: f"[{', '.join(items)}]"),
        st.tuples(inner, inner).map(lambda pair: f"[{pair[0]} for _ in {pair[1]}]"),
        st.tuples(inner, inner).map(lambda pair: f"f({pair[0]} + {pair[1]})"),
        inner.map(lambda text: f"g(key={text})"),
    ),
    max_leaves=30,
)


@given(TEXTS, st.sampled_from([0, 4, 8]))
def test_broken_lines_mean_the_same(text: str, indent: int) -> None:
    lines = lay_out(f"value = {text}", indent, "line 7")
    code = "\n".join(line[indent:] for line in lines)
    assert ast.dump(ast.parse(code)) == ast.dump(ast.parse(f"value = {text}"))
    assert all(line == line.rstrip() for line in lines)
    assert sum(line.endswith("# line 7") for line in lines) == 1
    for line in lines:
        assert len(line) <= WIDTH or not set("([{") & set(line.strip()[:-1].removesuffix("  # line 7"))


def test_arguments_share_a_line_that_fits_and_literals_do_not() -> None:
    call = f"self.conv = MaskedConv({', '.join(['argument'] * 11)})"
    assert lay_out(call, 8) == [
        "        self.conv = MaskedConv(", f"            {', '.join(['argument'] * 11)}", "        )",
    ]  # fmt: skip
    row = f"values = [{', '.join(['argument'] * 12)}]"
    assert lay_out(row, 0) == ["values = [", *["    argument,"] * 12, "]"]
