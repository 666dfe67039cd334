"""The whole test run: lint, format, types, tests, then the gallery checked, built and verified.

`python tools/check.py` stops at the first step that fails and returns its exit code. Pytest's closing line is printed
once more at the very end.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

ROOT = Path(__file__).resolve().parent.parent
GALLERY = sorted(str(p.relative_to(ROOT)) for p in (ROOT / "specs").rglob("*.yaml"))


def main() -> int:
    """Runs every step; 0 when all pass."""
    with TemporaryDirectory() as scratch:
        return run_steps(Path(scratch))


def run_steps(scratch: Path) -> int:
    """Runs the steps; emitted modules go to `scratch`."""
    closing = ""
    for name, command in steps(scratch):
        started = monotonic()
        print(f"== {name}", flush=True)
        code, last = run(command)
        if code:
            print(f"== {name} failed with exit code {code}", flush=True)
            return code
        closing = last if name == "tests" else closing
        print(f"== {name}: {monotonic() - started:.0f} s", flush=True)
    print(closing)
    return 0


def steps(scratch: Path) -> list[tuple[str, list[str]]]:
    """What is run, in order."""
    python = sys.executable
    flowspec = [python, "-m", "flowspec"]
    plain = [
        ("lint", [python, "-m", "ruff", "check", "."]),
        ("format", [python, "-m", "ruff", "format", "--check", "."]),
        ("types", [python, "-m", "mypy"]),
        ("tests", [python, "-m", "pytest", "-n", "2", "--dist", "loadfile"]),
        ("check", [*flowspec, "check", "specs"]),
    ]
    builds = [
        (f"build {path}", [*flowspec, "build", path, "-o", str(scratch / f"{Path(path).stem}.py")]) for path in GALLERY
    ]
    verifies = [(f"verify {path}", [*flowspec, "verify", path]) for path in GALLERY]
    return [*plain, *builds, *verifies]


def run(command: list[str]) -> tuple[int, str]:
    """Runs one step with its output shown; its exit code and the last line it printed."""
    environ = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True, errors="replace")
    last = ""
    assert process.stdout is not None
    for line in process.stdout:
        sys.stdout.write(line)
        last = line.strip() or last
    return process.wait(), last


if __name__ == "__main__":
    raise SystemExit(main())
