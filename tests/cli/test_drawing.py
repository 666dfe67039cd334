"""What every command that draws refuses: places that cannot be written, the spec itself, options that do not go together."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.view.drawn import SPECS


@pytest.fixture(autouse=True)
def _specs(flowspec: Run, tmp_path: Path) -> None:
    for name in ("stack", "nvp"):
        (tmp_path / f"{name}.yaml").write_text(SPECS[name], encoding="utf-8")


@pytest.mark.parametrize("command", ["mask", "field", "order", "graph", "explore"])
def test_a_directory_is_no_place_for_a_picture(command: str, flowspec: Run, tmp_path: Path) -> None:
    (tmp_path / "a.html").mkdir()
    before = sorted(tmp_path.iterdir())
    found = flowspec(command, "stack.yaml", "-o", "a.html")
    assert found.code == 2
    assert "cannot write `a.html`: Is a directory" in found.err
    assert sorted(tmp_path.iterdir()) == before, "nothing is left behind"


@pytest.mark.parametrize("command", ["mask", "field", "order", "graph", "explore"])
def test_a_picture_never_takes_the_place_of_its_spec(command: str, flowspec: Run, tmp_path: Path) -> None:
    (tmp_path / "spec.html").write_text(SPECS["stack"], encoding="utf-8")
    (tmp_path / "link.html").symlink_to("spec.html")
    for target in ("spec.html", "link.html"):
        found = flowspec(command, "spec.html", "-o", target)
        assert found.code == 2
        assert f"`{target}` is the spec itself" in found.err
    assert (tmp_path / "spec.html").read_text(encoding="utf-8") == SPECS["stack"]


@pytest.mark.parametrize("port", ["65536", "-3", "high"])
def test_ports_that_there_are_not(port: str, flowspec: Run) -> None:
    found = flowspec("explore", "stack.yaml", "--watch", f"--port={port}")
    assert found.code == 2
    assert f"`{port}` is no port: there are 0..65535" in found.err


def test_layers_go_with_another_spec_and_with_nothing_else(flowspec: Run) -> None:
    for other in (["coupling.1"], ["--seen-by"], ["--order", "1"]):
        found = flowspec("field", "nvp.yaml", *other, "--layers")
        assert found.code == 2
        assert "without" in found.err
    same = flowspec("field", "nvp.yaml", "--layers", "--diff", "nvp.yaml")
    assert same.code == 0
    assert "seen in both" in same.out
    assert "gained 0, lost 0" in same.out


def test_the_other_spec_must_be_there(flowspec: Run) -> None:
    found = flowspec("field", "stack.yaml", "--diff", "nowhere.yaml")
    assert found.code == 2
    assert "there is no spec `nowhere.yaml` to read" in found.err
