"""What every command that draws refuses: places that cannot be written, the spec itself, options that do not go together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
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


def test_layers_go_with_another_spec_and_not_with_an_order_or_the_other_way_round(flowspec: Run) -> None:
    for other in (["--seen-by"], ["--order", "1"]):
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


USING = """flowspec: 1
name: using
x: {shape: [1, 4, 4], values: binary}
use: {inner: ./parts/inner.html}
order: raster
net: inner.body
head: bernoulli
"""
INNER = "flowspec: 1\nnets: {body: [{conv: 4, kernel: 3}, relu, {conv: 4, kernel: 3}, relu]}\n"


@pytest.mark.parametrize("command", ["mask", "field", "order", "graph", "explore"])
def test_a_picture_never_takes_the_place_of_a_file_that_its_spec_uses(
    command: str, flowspec: Run, tmp_path: Path
) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "elsewhere").mkdir()
    inner = tmp_path / "parts" / "inner.html"
    inner.write_text(INNER, encoding="utf-8")
    (tmp_path / "using.yaml").write_text(USING, encoding="utf-8")
    (tmp_path / "elsewhere" / "link.yaml").symlink_to("../using.yaml")
    for spec in ("using.yaml", "elsewhere/link.yaml"):
        found = flowspec(command, spec, "-o", "parts/inner.html")
        assert found.code == 2
        assert "`parts/inner.html` is read for this picture: it would be lost" in found.err
        assert inner.read_text(encoding="utf-8") == INNER
    assert flowspec(command, "using.yaml", "-o", "parts/other.html").code == 0


def test_a_comparison_never_takes_the_place_of_the_other_spec_or_what_that_uses(flowspec: Run, tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    texts = {"using.html": USING, "parts/inner.html": INNER}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    plain = USING.replace("use: {inner: ./parts/inner.html}\n", "").replace(
        "inner.body", "[{conv: 4, kernel: 3}, relu]"
    )
    (tmp_path / "plain.yaml").write_text(plain, encoding="utf-8")
    for name, text in texts.items():
        found = flowspec("field", "plain.yaml", "--diff", "using.html", "-o", name)
        assert found.code == 2
        assert f"`{name}` is read for this picture: it would be lost" in found.err
        assert (tmp_path / name).read_text(encoding="utf-8") == text


def test_every_layer_that_is_offered_for_an_array_can_be_chosen(flowspec: Run, tmp_path: Path) -> None:
    offered = flowspec("field", "nvp.yaml", "--layers", "-o", "l.npy")
    assert offered.code == 2
    names = offered.err.partition("name one: ")[2].split()
    assert len(names) > 4
    for name in names:
        chosen = flowspec("field", "nvp.yaml", name.rstrip(","), "--layers", "-o", "l.npy")
        assert chosen.code == 0, chosen.err
        assert np.load(tmp_path / "l.npy").shape == (3, 4, 4)
    without = flowspec("field", "nvp.yaml", "coupling.2")
    assert without.code == 2
    assert "`--layers` shows what a variable has become behind it" in without.err
