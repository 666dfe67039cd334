"""How training shows that it is alive: a bar on a terminal, a line a validation elsewhere."""

from __future__ import annotations

from typing import Any, Protocol

from tqdm import tqdm


class Stream(Protocol):
    """Where progress is written, usually stderr."""

    def write(self, text: str, /) -> object:
        """Write text as it is."""

    def flush(self) -> object:
        """Hand over what was written."""


class Progress(Protocol):
    """What the loop tells while it runs."""

    def start(self, step: int, total: int) -> None:
        """Training stands at `step` of `total`."""

    def stepped(self, nats: float) -> None:
        """One step is done, with this loss."""

    def validated(self, record: dict[str, Any]) -> None:
        """A validation is done; `record` is its entry of the history."""

    def close(self) -> None:
        """Training is over, for whatever reason."""


class Quiet:
    """Says nothing."""

    def start(self, step: int, total: int) -> None: ...

    def stepped(self, nats: float) -> None: ...

    def validated(self, record: dict[str, Any]) -> None: ...

    def close(self) -> None: ...


class Lines:
    """One line a validation, for logs."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._total = 0

    def start(self, step: int, total: int) -> None:
        self._total = total
        if step:
            self._stream.write(f"going on from step {step}/{total}\n")

    def stepped(self, nats: float) -> None: ...

    def validated(self, record: dict[str, Any]) -> None:
        self._stream.write(f"step {record['step']}/{self._total}  epoch {record['epoch']:.2f}  {summary(record)}\n")
        self._stream.flush()

    def close(self) -> None: ...


class Bar:
    """A progress bar over all steps, with the last validation beside it."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._bar: Any = None
        self._valid = ""

    def start(self, step: int, total: int) -> None:
        self._bar = tqdm(initial=step, total=total, file=self._stream, unit="step", dynamic_ncols=True, leave=True)

    def stepped(self, nats: float) -> None:
        self._bar.set_postfix_str(f"train {nats:.2f}{self._valid}", refresh=False)
        self._bar.update(1)

    def validated(self, record: dict[str, Any]) -> None:
        self._valid = f", valid {_nats(record['valid_nats'])}"
        if record["best"]:
            self._bar.write(f"step {record['step']}  epoch {record['epoch']:.2f}  {summary(record)}", file=self._stream)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


def summary(record: dict[str, Any]) -> str:
    """Train and validation nats of one entry of the history."""
    star = "  best" if record["best"] else ""
    return f"train {_nats(record['train_nats'])}  valid {_nats(record['valid_nats'])} nats{star}"


def _nats(value: float | None) -> str:
    return "inf" if value is None else f"{value:.4f}"
