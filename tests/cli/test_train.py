"""flowspec train, eval and sample, from a command line to files, with a stand-in for the compiler."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import signal
import sys
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from PIL import Image

from flowspec.diagnostics import Finding
from flowspec.train.loop import Loop

from .conftest import Run

MODULES = Path(__file__).parent.parent / "train" / "models.py"


@dataclasses.dataclass(frozen=True)
class Report:
    """The spec is JSON: the name of a class of tests/train/models.py, and a `train` section."""

    name: str
    text: str | None

    @property
    def ok(self) -> bool:
        return not self.diagnostics

    @property
    def diagnostics(self) -> Sequence[Finding]:
        if self.text is None:
            return [Finding("FS091", f"cannot read `{self.name}`: it does not exist", None)]
        return [Finding("FS401", "`out` leaks", None)] if "leak" in self.text else []

    @property
    def sources(self) -> Mapping[str, str]:
        used = json.loads(self.text or "{}").get("use", {})
        return {self.name: self.text or "", **used}

    @property
    def program(self) -> types.SimpleNamespace:
        return types.SimpleNamespace(train=json.loads(self.text or "{}").get("train", {}))

    @property
    def sha256(self) -> str:
        return hashlib.sha256((self.text or "").encode()).hexdigest()

    def source(self, link: bool = False) -> str:
        base = json.loads(self.text or "{}")["model"]
        return f'{MODULES.read_text()}\n\nclass Chosen({base}):\n    SPEC_SHA256 = "{self.sha256}"\n'


def load_class(text: str, name: str) -> type:
    names: dict[str, Any] = {"__name__": "stand_in"}
    exec(text, names)
    return names["Chosen"]


def analyse(name: str, text: str | None = None) -> Report:
    return Report(name, text if text is not None else Path(name).read_text() if Path(name).is_file() else None)


@pytest.fixture
def cli(flowspec: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    for module, function in (("flowspec.compiler", analyse), ("flowspec.emit.load", load_class)):
        stand_in = types.ModuleType(module)
        setattr(stand_in, function.__name__, function)
        monkeypatch.setitem(sys.modules, module, stand_in)
    for name, model in (("moons", "Affine"), ("bits", "TinyMade"), ("label", "Conditional"), ("digits", "Digits")):
        spec = {"model": model, "train": {"lr": 0.01, "epochs": 2}}
        (tmp_path / f"{name}.yaml").write_text(json.dumps(spec))
    bits = np.random.default_rng(0).integers(0, 2, (300, 6)).astype(np.uint8)
    np.savez(tmp_path / "bits.npz", train=bits, test=bits[:50], y_train=bits.sum(1) % 3, y_test=bits[:50].sum(1) % 3)
    return flowspec


@pytest.mark.parametrize(
    ("said", "steps"), [((), 2), (("--steps", "7"), 7), (("--steps", "7", "--epochs", "3"), 3), (("--epochs", "5"), 5)]
)
def test_what_the_command_line_says_stands_above_the_spec(
    said: tuple[str, ...], steps: int, cli: Run, tmp_path: Path
) -> None:
    """The spec says two epochs, of one step each."""
    data = ("--data", "synthetic:moons:100", "--batch", "80")
    assert cli("train", "moons.yaml", *data, "--out", "r", "--quiet", *said).code == 0
    lines = (tmp_path / "r" / "metrics.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["step"] == steps


def test_from_a_spec_to_a_picture(cli: Run, tmp_path: Path) -> None:
    done = cli("train", "moons.yaml", "--data", "synthetic:moons:500", "--out", "r")
    assert done.code == 0
    assert done.out.splitlines()[0] == "finished at step 8 (epoch 2.00)"
    assert done.out.splitlines()[1].startswith("best valid NLL: ")
    assert done.out.splitlines()[2] == "saved; next: flowspec eval r"
    assert done.err.splitlines()[0] == "affine: 400 train, 50 valid, 50 test rows; 70 parameters; cpu in float32"
    assert done.err.splitlines()[1].startswith("step 4/8  epoch 1.00  train ")
    scored = cli("eval", "r")
    assert scored.code == 0
    assert scored.out.splitlines()[0] == "affine after 8 steps, test of synthetic:moons:500"
    assert scored.out.splitlines()[1].startswith("   NLL       ")
    drawn = cli("sample", "r", "-n", "50", "-o", "x.png")
    assert (drawn.code, drawn.out, drawn.err) == (0, "", "wrote x.png\n")
    assert Image.open(tmp_path / "x.png").size == (760, 400)


def test_a_run_keeps_spec_and_module(cli: Run, tmp_path: Path) -> None:
    cli("train", "moons.yaml", "--data", "synthetic:moons:100")
    run = tmp_path / "runs" / "affine"
    assert (run / "spec.yaml").read_text() == (tmp_path / "moons.yaml").read_text()
    assert (run / "model.py").read_text() == analyse("moons.yaml").source()
    assert json.loads((run / "run.json").read_text())["options"]["lr"] == 0.01


def test_used_specs_are_kept_beside_the_copy(cli: Run, tmp_path: Path) -> None:
    spec = {"model": "Affine", "use": {"a/lib/glow.yaml": "glow"}}
    (tmp_path / "a" / "lib").mkdir(parents=True)
    (tmp_path / "a" / "m.yaml").write_text(json.dumps(spec))
    assert cli("train", "a/m.yaml", "--data", "synthetic:moons:100", "--epochs", "1", "--out", "r").code == 0
    assert (tmp_path / "r" / "lib" / "glow.yaml").read_text() == "glow"
    (tmp_path / "r" / "lib" / "glow.yaml").write_text("other")
    done = cli("train", "a/m.yaml", "--out", "r", "--resume")
    assert done.err.splitlines()[0] == (
        "error: `lib/glow.yaml`, which the spec uses, differs from the one that `r` was trained with"
    )
    (tmp_path / "a" / "m.yaml").write_text(json.dumps(spec | {"use": {"glow.yaml": ""}}))
    done = cli("train", "a/m.yaml", "--data", "synthetic:moons:100", "--out", "q")
    assert (done.code, done.err.splitlines()[0]) == (
        2,
        "error: `a/m.yaml` uses `glow.yaml`, which a run cannot keep beside its spec.yaml",
    )


def test_scores_as_json_and_on_other_data(cli: Run, tmp_path: Path) -> None:
    cli("train", "bits.yaml", "--data", "bits.npz", "--out", "r", "--quiet")
    one = json.loads(cli("eval", "r", "--format", "json").out)
    assert (one["split"], one["rows"], one["variables"], one["measures"]) == ("test", 50, 6, "NLL")
    np.save(tmp_path / "other.npy", np.load(tmp_path / "bits.npz")["test"])
    other = json.loads(cli("eval", "r", "--format", "json", "--data", "other.npy").out)
    assert other["nats"] == one["nats"]
    assert json.loads(cli("eval", "r", "--split", "valid", "--format", "json").out)["rows"] == 30


def test_samples_as_text_and_arrays(cli: Run, tmp_path: Path) -> None:
    cli("train", "label.yaml", "--data", "bits.npz", "--out", "r", "--quiet")
    text = cli("sample", "r", "-n", "3", "--given", "label=2,1").out.splitlines()
    assert text[0] == "label  x0  x1  x2  x3  x4  x5"
    assert [line.split()[0] for line in text[1:]] == ["2", "1", "2"]
    cli("sample", "r", "-n", "6", "-o", "x.npz", "--seed", "5")
    archive = np.load(tmp_path / "x.npz")
    assert archive["label"].tolist() == [0, 1, 2, 0, 1, 2]
    first = archive["x"]
    cli("sample", "r", "-n", "6", "-o", "x.npy", "--seed", "5")
    assert np.array_equal(np.load(tmp_path / "x.npy"), first)
    cli("sample", "r", "-n", "6", "-o", "x.npy", "--seed", "6")
    assert not np.array_equal(np.load(tmp_path / "x.npy"), first)


def test_interrupted_and_resumed(cli: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGINT in the third step ends the command after that step; --resume ends where a whole run ends."""
    step = Loop.step

    def interrupting(loop: Loop) -> float:
        if loop.state.step == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return step(loop)

    handler = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(Loop, "step", interrupting)
    done = cli("train", "moons.yaml", "--data", "synthetic:moons:500", "--out", "r")
    assert done.code == 130
    assert done.out.splitlines()[0] == "interrupted at step 3 (epoch 0.75)"
    assert done.out.splitlines()[-1] == "saved; go on with: flowspec train moons.yaml --out r --resume"
    assert signal.getsignal(signal.SIGINT) is handler
    monkeypatch.setattr(Loop, "step", step)
    again = cli("train", "moons.yaml", "--out", "r", "--resume")
    assert (again.code, again.out.splitlines()[0]) == (0, "finished at step 8 (epoch 2.00)")
    assert "going on from step 3/8" in again.err
    cli("train", "moons.yaml", "--data", "synthetic:moons:500", "--out", "whole")
    assert (tmp_path / "r" / "model.safetensors").read_bytes() == (
        tmp_path / "whole" / "model.safetensors"
    ).read_bytes()


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["train", "moons.yaml"], 2, "there is nothing to train on: --data is missing"),
        (["train", "none.yaml", "--data", "x"], 2, None),
        (["train", "moons.yaml", "--data", "none.npz"], 2, "cannot read `none.npz`: No such file or directory"),
        (["train", "moons.yaml", "--data", "bits.npz"], 2, "`bits.npz:train` holds rows of shape [6], but `x`"),
        (["train", "moons.yaml", "--data", "synthetic:moons", "--lr", "-1"], 2, "the option `lr` is -1.0; it must be"),
        (["train", "moons.yaml", "--data", "synthetic:moons", "--device", "gpu"], 2, "the device `gpu` cannot be"),
        (["train", "moons.yaml", "--resume"], 2, "`runs/affine` is not a run: it has no run.json"),
        (["train", "moons.yaml", "--schedule", "cosin"], 2, "argument --schedule: there is no schedule `cosin`"),
        (["eval", "none"], 2, "`none` is not a run: it has no run.json"),
        (["eval", "r", "--data", "bits.npz"], 2, "`bits.npz:test` holds rows of shape [6], but `x` has shape [2]"),
        (["eval", "r", "--split", "tests"], 2, "argument --split: there is no split `tests`; did you mean `test`?"),
        (["sample", "r", "-o", "x.pdf"], 2, "argument -o/--output: `x.pdf` does not end in .png, .gif, .wav, .txt, .npy"),
        (["sample", "r", "-n", "0"], 2, "argument -n/--number: `0` is not a number above 0"),
        (["sample", "r", "--given", "label=1"], 2, "the model has no given `label`"),
        (["sample", "r", "--seed", "-1"], 2, "the seed is -1; it must be 0 or more"),
        (["sample", "r", "-o", "no/x.npy"], 1, "cannot write `no/x.npy`: No such file or directory"),
        (["train", "moons.yaml", "--data", "synthetic:moons", "--out", "r"], 2, "`r` holds a run already"),
    ],
)  # fmt: skip
def test_faults(args: list[str], code: int, message: str | None, cli: Run) -> None:
    cli("train", "moons.yaml", "--data", "synthetic:moons:100", "--out", "r", "--quiet")
    done = cli(*args)
    assert done.code == code
    if message is None:
        assert "cannot read `none.yaml`" in done.out
    else:
        assert done.err.startswith(f"error: {message}")
        assert len(done.err.splitlines()) <= 2


def test_a_faulty_spec_is_not_trained(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text('{"model": "leak"}')
    done = cli("train", "bad.yaml", "--data", "bits.npz")
    assert (done.code, done.err) == (1, "")
    assert "leaks" in done.out


def test_a_changed_spec_does_not_take_up_the_old_run(cli: Run, tmp_path: Path) -> None:
    cli("train", "moons.yaml", "--data", "synthetic:moons:100", "--out", "r")
    (tmp_path / "moons.yaml").write_text('{"model": "Affine"}')
    done = cli("train", "moons.yaml", "--out", "r", "--resume")
    assert done.code == 2
    assert done.err.startswith("error: `r/run.json` belongs to another spec: it was made from `affine` with sha256 ")


def test_the_train_section_may_prepare_the_data(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text('{"model": "Affine", "train": {"standardize": true, "epochs": 1}}')
    assert cli("train", "m.yaml", "--data", "synthetic:moons:100", "--out", "r").code == 0
    assert "the log-det of --standardize" in cli("eval", "r").out
    (tmp_path / "m.yaml").write_text('{"model": "Affine", "train": {"standardize": "yes"}}')
    done = cli("train", "m.yaml", "--data", "synthetic:moons:100", "--out", "q")
    assert done.err == "error: the spec's `train` sets `standardize` to 'yes'; it must be true or false\n"


def test_noise_for_rounded_numbers(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text('{"model": "Affine"}')
    ask = ("train", "m.yaml", "--data", "synthetic:moons:100", "--epochs", "1", "--out")
    assert cli(*ask, "r", "--noise", "0.5,0").code == 0
    assert "of x with the noise of --noise; -log P of the rounded x is at most " in cli("eval", "r").out
    assert json.loads((tmp_path / "r" / "run.json").read_text())["data"]["request"]["noise"] == [0.5, 0.0]
    assert cli(*ask, "r", "--resume").code == 0
    done = cli(*ask, "q", "--noise", "1,1,1")
    assert "error: --noise names 3 widths, and the rows of `synthetic:moons:100:x_train` have 2 variables" in done.err
    for wrong in ("a", ","):
        assert cli(*ask, "q", "--noise", wrong).code == 2


def test_images_without_a_download(cli: Run, tmp_path: Path) -> None:
    cli("train", "digits.yaml", "--data", "synthetic:digits:300", "--out", "r", "--quiet", "--epochs", "1")
    assert cli("sample", "r", "-n", "4", "-o", "x.png").code == 0
    assert Image.open(tmp_path / "x.png").size == (124, 124)


def test_a_spec_from_stdin(cli: Run) -> None:
    done = cli(
        "train", "-", "--data", "synthetic:moons:100", "--out", "r", "--epochs", "1", stdin='{"model": "Affine"}'
    )
    assert done.code == 0
    assert cli("eval", "r").code == 0


def test_commands_load_no_torch_before_they_run() -> None:
    import subprocess

    code = "import sys, flowspec.cli.registry; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
