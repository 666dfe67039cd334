"""The specs on the pages behind `flowspec explain`: each failing one gives its code, each fixed one is clean."""

from __future__ import annotations

import pytest

from flowspec.compiler import analyse
from flowspec.diagnostics import CATALOG
from flowspec.diagnostics.pages import codes_without_page, page

CODES = sorted(set(CATALOG) - set(codes_without_page()))
WITHOUT_SPECS = {
    "FS001",
    "FS002",
    "FS003",
    "FS004",
    "FS006",
    "FS090",
    "FS091",
    "FS099",
    "FS121",
    "FS122",
    "FS123",
    "FS124",
}


def test_every_code_has_a_page() -> None:
    assert codes_without_page() == ()


@pytest.mark.parametrize("code", CODES)
def test_a_page_has_its_sections_and_a_spec_of_each_kind(code: str) -> None:
    found = page(code)
    assert found is not None
    assert found.title == f"{code}: {CATALOG[code].name}"
    assert {"What it does", "Why is this bad?", "Use instead"} <= set(found.sections)
    assert all(found.sections.values())
    assert code in WITHOUT_SPECS or (found.fails and found.passes)


@pytest.mark.parametrize("code", CODES)
def test_a_failing_spec_gives_the_code(code: str) -> None:
    found = page(code)
    assert found is not None
    for text in found.fails:
        assert code in {f.code for f in analyse("page.yaml", text).diagnostics}


@pytest.mark.parametrize("code", CODES)
def test_a_fixed_spec_is_clean(code: str) -> None:
    found = page(code)
    assert found is not None
    for text in found.passes:
        left = analyse("page.yaml", text).diagnostics
        assert code not in {f.code for f in left}
        assert [f.code for f in left if f.severity != "note"] == []
