"""What README.md shows is what the commands print, and its two lines are what CI runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from readme import BLOCK, README, regenerated

ROOT = README.parent


def test_outputs_are_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    text = README.read_text(encoding="utf-8")
    assert BLOCK.search(text)
    assert regenerated(text) == text


def test_ci_runs_the_line_of_the_readme(tmp_path: Path) -> None:
    """`.ci/run` finds one command, and it is the README's."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").replace("eval ", "echo ")
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci" / "run").write_text(script, encoding="utf-8")
    (tmp_path / "README.md").write_text(README.read_text(encoding="utf-8"), encoding="utf-8")
    done = subprocess.run(
        ["bash", str(tmp_path / ".ci" / "run")], capture_output=True, text=True, check=True, env={**os.environ}
    )
    assert done.stdout.count("python3 -m venv") == 1
    assert done.stdout.strip().endswith("tools/check.py")


def test_first_spec_is_the_gallery_one() -> None:
    shown = README.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    assert shown == (ROOT / "specs" / "made_mnist.yaml").read_text(encoding="utf-8")
