"""The main job on data that the project draws itself: check, build, train briefly, sample, and picture the masks.

`python tools/demo.py [SPEC]` writes everything into runs/demo.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from flowspec.cli import main as flowspec

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "runs" / "demo"


def main(spec: str) -> int:
    """Runs the commands one after the other; stops at the first that fails."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    commands = [
        ["check", spec],
        ["build", spec, "-o", str(OUT / "model.py")],
        ["verify", spec],
        ["train", spec, "--data", "synthetic:digits:6000", "--epochs", "5", "--out", str(OUT / "run")],
        ["sample", str(OUT / "run"), "-n", "64", "-o", str(OUT / "samples.png")],
        ["mask", spec, "--sort", "-o", str(OUT / "masks.png")],
    ]
    for command in commands:
        print("$ flowspec", " ".join(command), flush=True)
        code = flowspec(command)
        if code:
            return code
    print(f"look at {OUT / 'samples.png'} and {OUT / 'masks.png'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "specs" / "made_mnist.yaml")))
