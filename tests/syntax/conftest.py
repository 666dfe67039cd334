"""Every test of reading runs on both parsers: libyaml's and PyYAML's own must say the same."""

from __future__ import annotations

import pytest
import yaml

from flowspec.syntax import parse

PARSERS = [parse.PurePythonParser, *([yaml.cyaml.CParser] if yaml.__with_libyaml__ else [])]


@pytest.fixture(params=PARSERS, ids=lambda parser: parser.__name__)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type:
    monkeypatch.setattr(parse, "EventParser", request.param)
    return request.param
