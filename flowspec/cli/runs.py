"""What train, eval and sample share: from a spec or a run to a built model, and from faults to exit codes."""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from flowspec.cli.arguments import UsageError
from flowspec.cli.compiling import Report, analyse
from flowspec.cli.paths import source_of, unreadable
from flowspec.cli.streams import Streams
from flowspec.diagnostics.render import render_full
from flowspec.diagnostics.text import clean

if TYPE_CHECKING:
    from flowspec.train import Run, Spec

SPEC, MODULE = "spec.yaml", "model.py"


class Program(Protocol):
    """What training needs of a program."""

    train: dict[str, Any]  # defaults for the train command; empty when the spec has none


class Trainable(Report, Protocol):
    """A report that also holds the program and the hash of the spec's bytes."""

    sha256: str
    program: Program


class Failed(Exception):  # noqa: N818 - already told
    """The command is over; what was wrong has been said."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def guarded(work: Callable[[], int], streams: Streams) -> int:
    """Run `work()`; faults of data, options and runs become one message and an exit code.

    Raises:
        UsageError: for what cannot be read or makes no sense, and when torch is not installed.
    """
    _need_torch()
    from flowspec.train import TrainError

    try:
        with warned(streams):
            return work()
    except Failed as failed:
        return failed.code
    except TrainError as error:
        if error.code != 1:
            raise UsageError(error.message, error.help) from error
        streams.stderr.write(f"error: {clean(error.message)}\n")
        streams.stderr.write(f"  = help: {clean(error.help)}\n" if error.help else "")
        return error.code


@contextmanager
def warned(streams: Streams) -> Iterator[None]:
    """Each thing that a model warns of, as one line of ours and once."""
    said: set[str] = set()

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        if str(message) not in said:
            streams.stderr.write(f"warning: {clean(str(message))}\n")
        said.add(str(message))

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


def _need_torch() -> None:
    for name in ("torch", "safetensors", "tqdm", "PIL"):
        if importlib.util.find_spec(name) is None:
            raise UsageError(f"training needs `{name}`, which is not installed", "pip install 'flowspec[train]'")


def compiled(path: str, streams: Streams, color: bool = False) -> tuple[Spec, Mapping[str, Any]]:
    """The built model of a spec, and its `train` section; findings go to stdout when it has errors.

    Raises:
        Failed: when the spec has errors.
    """
    source = source_of(path, streams)
    report = cast(Trainable, analyse(source.name, source.text))
    if not report.ok:
        streams.stdout.write(render_full(report.diagnostics, report.sources, color, streams.width))
        raise Failed(2 if unreadable(report.diagnostics) else 1)
    from flowspec.emit.load import load_class
    from flowspec.train import Spec as Built

    text = report.source()
    texts = {**_copies(source.name, report), MODULE: text}
    return Built(load_class(text, source.name), source.name, texts), report.program.train


def opened(folder: str, streams: Streams, color: bool = False) -> tuple[Run, Spec]:
    """A run, and the model built from the spec inside it."""
    from flowspec.train import Run as Opened

    run = Opened.open(Path(folder))
    spec, _ = compiled(os.path.join(folder, SPEC), streams, color)
    return run, spec


def _copies(name: str, report: Trainable) -> dict[str, str]:
    """The spec as spec.yaml, and what it uses beside it as it lies beside the spec.

    Raises:
        UsageError: when it uses a file outside its own folder, for the copy could not find that.
    """
    home = os.path.dirname(name) or "."
    texts = {SPEC: _original(report.sources[name], report.sha256)}
    for other in report.sources.keys() - {name}:
        place = os.path.relpath(other, home)
        if place.startswith(os.pardir) or place in (SPEC, MODULE):
            raise UsageError(
                f"`{name}` uses `{other}`, which a run cannot keep beside its {SPEC}",
                f"move the used spec into the folder of the spec, under another name than {SPEC}",
            )
        texts[place] = report.sources[other]
    return texts


def _original(text: str, sha256: str) -> str:
    """The text with the byte order mark that reading dropped, so that the copy has the hash of the spec."""
    return text if hashlib.sha256(text.encode()).hexdigest() == sha256 else f"\ufeff{text}"


def need_data(args: argparse.Namespace, *more: str) -> None:
    """Refuse what says something of other data where there are none. Raises UsageError."""
    for name in ("key", "columns", *more):
        if getattr(args, name) is not None:
            raise UsageError(f"--{name} says which part of --data is meant, and there is no --data", "add --data FILE")


def words(text: str) -> tuple[str, ...]:
    """The words of a comma separated list."""
    return tuple(word.strip() for word in text.split(",") if word.strip())
