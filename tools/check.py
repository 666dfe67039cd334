"""The whole test run: lint, format, types, tests, then the gallery checked, built and verified.

`python tools/check.py` stops at the first step that fails and returns its exit code. Pytest's closing line is printed
once more at the very end.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

ROOT = Path(__file__).resolve().parent.parent
GALLERY = sorted(str(p.relative_to(ROOT)) for p in (ROOT / "specs").rglob("*.yaml"))
NAMES = [path.removeprefix("specs/").removesuffix(".yaml") for path in GALLERY]


def main() -> int:
    """Runs every step; 0 when all pass."""
    with TemporaryDirectory() as scratch:
        return run_steps(Path(scratch))


def run_steps(scratch: Path) -> int:
    """Runs the steps; emitted modules go to `scratch`."""
    closing = ""
    for name, command in steps():
        started = monotonic()
        print(f"== {name}", flush=True)
        code, last = run(command)
        if code:
            print(f"== {name} failed with exit code {code}", flush=True)
            return code
        closing = last if name == "tests" else closing
        print(f"== {name}: {monotonic() - started:.0f} s", flush=True)
    code = run_gallery(scratch)
    if not code:
        print(closing)
    return code


def run_gallery(scratch: Path) -> int:
    """Builds and verifies every spec, as many at a time as there are cores; what each printed comes in order."""
    started, failed = monotonic(), 0
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for name, (code, text) in zip(
            NAMES, pool.map(lambda path: build_and_verify(path, scratch), GALLERY), strict=True
        ):
            print(f"== build and verify {name}\n{text}", end="", flush=True)
            if code:
                print(f"== {name} failed with exit code {code}", flush=True)
                failed = failed or code
    print(f"== gallery: {monotonic() - started:.0f} s", flush=True)
    return failed


def build_and_verify(path: str, scratch: Path) -> tuple[int, str]:
    """The exit code of the first command that fails, or 0, and what both printed."""
    shown = ""
    target = scratch / f"{path.replace(os.sep, '-')}.py"
    for command in (["build", path, "-o", str(target)], ["verify", path]):
        done = subprocess.run(
            [sys.executable, "-m", "flowspec", *command], cwd=ROOT, env=environment(), stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
        )  # fmt: skip
        shown += done.stdout
        if done.returncode:
            return done.returncode, shown
    return 0, shown


def steps() -> list[tuple[str, list[str]]]:
    """What is run one after the other, before the gallery."""
    python = sys.executable
    return [
        ("lint", [python, "-m", "ruff", "check", "."]),
        ("format", [python, "-m", "ruff", "format", "--check", "."]),
        ("types", [python, "-m", "mypy"]),
        ("tests", [python, "-m", "pytest", "-n", "2", "--dist", "loadfile"]),
        ("check", [python, "-m", "flowspec", "check", "specs"]),
        ("pictures", [python, "tools/gallery.py", "--check"]),
    ]


def environment() -> dict[str, str]:
    """One thread a process: there are as many processes as cores."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}


def run(command: list[str]) -> tuple[int, str]:
    """Runs one step with its output shown; its exit code and the last line it printed."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True, errors="replace"
    )
    last = ""
    assert process.stdout is not None
    for line in process.stdout:
        sys.stdout.write(line)
        last = line.strip() or last
    return process.wait(), last


if __name__ == "__main__":
    raise SystemExit(main())
