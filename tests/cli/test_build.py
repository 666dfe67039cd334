"""flowspec build: where the module goes, and what it never overwrites."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Run

pytestmark = pytest.mark.usefixtures("compiler", "folder")


def test_the_default_is_the_name_of_the_spec_here(flowspec: Run, folder: Path) -> None:
    done = flowspec("build", "specs/good.yaml")
    assert (done.code, done.out, done.err) == (0, "", "wrote good.py\n")
    assert (folder / "good.py").read_text().startswith("# whole\n")
    assert os.listdir(folder).count("good.py") == 1
    assert not [name for name in os.listdir(folder) if name.startswith("tmp")]


def test_stdout(flowspec: Run, folder: Path) -> None:
    assert flowspec("build", "specs/good.yaml", "-o", "-").out.startswith("# whole\n")
    assert flowspec("build", "-", stdin="a: 1\n").out.startswith("# whole\n")
    assert flowspec("build", "-", "--link", stdin="a: 1\n").out.startswith("# linked\n")
    assert not (folder / "good.py").exists()


def test_nothing_is_written_when_the_spec_fails(flowspec: Run, folder: Path) -> None:
    done = flowspec("build", "specs/bad.yaml", "-o", "bad.py")
    assert done.code == 1
    assert done.out.startswith("error[FS401]")
    assert not (folder / "bad.py").exists()


def test_an_emitted_module_is_overwritten_and_anything_else_is_not(flowspec: Run, folder: Path) -> None:
    for _ in range(2):
        assert flowspec("build", "specs/good.yaml", "-o", "model.py").code == 0
    (folder / "model.py").write_text("SPEC_SHA256 = 'mine'\n")
    done = flowspec("build", "specs/good.yaml", "-o", "model.py")
    assert done.code == 2
    assert done.err.startswith("error: `model.py` exists and was not written by flowspec\n")
    assert (folder / "model.py").read_text() == "SPEC_SHA256 = 'mine'\n"
    assert flowspec("build", "specs/good.yaml", "-o", "model.py", "--force").code == 0
    assert (folder / "model.py").read_text().startswith("# whole\n")


def test_the_spec_itself_is_safe(flowspec: Run, folder: Path) -> None:
    assert flowspec("build", "specs/good.yaml", "-o", "specs/good.yaml").code == 2
    assert (folder / "specs/good.yaml").read_text() == "a: 1\n"


def test_a_link_keeps_pointing_where_it_does(flowspec: Run, folder: Path) -> None:
    flowspec("build", "specs/good.yaml", "-o", "model.py")
    (folder / "link.py").symlink_to("model.py")
    assert flowspec("build", "specs/good.yaml", "-o", "link.py", "--link").code == 0
    assert (folder / "link.py").is_symlink()
    assert (folder / "model.py").read_text().startswith("# linked\n")


@pytest.mark.parametrize("target", ["specs", "no/such/folder.py", "specs/good.yaml/x.py"])
def test_a_place_that_cannot_be_written(flowspec: Run, target: str) -> None:
    done = flowspec("build", "specs/good.yaml", "-o", target)
    assert done.code == 2
    assert f"`{target}`" in done.err


def test_an_unreadable_spec(flowspec: Run) -> None:
    assert flowspec("build", "gone.yaml").code == 2
    assert flowspec("build", "specs").code == 2


def test_the_mode_is_that_of_a_new_file(flowspec: Run, folder: Path) -> None:
    flowspec("build", "specs/good.yaml")
    (folder / "plain").write_text("")
    assert (folder / "good.py").stat().st_mode == (folder / "plain").stat().st_mode


def test_a_module_is_not_written_under_the_name_of_a_picture(flowspec: Run, folder: Path) -> None:
    done = flowspec("build", "specs/good.yaml", "-o", "x.png")
    assert done.code == 2
    assert done.err.startswith("error: `x.png` is no Python file: a build is a module\n")
    assert not (folder / "x.png").exists()
    assert flowspec("build", "specs/good.yaml", "-o", "x.txt", "--force").code == 0
