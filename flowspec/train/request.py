"""Which data a user asks for, and what is to be done to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from flowspec.train import toy
from flowspec.train.dither import check_widths
from flowspec.train.errors import TrainError


@dataclass(frozen=True, slots=True)
class Request:
    """Which data, and what is done to it: FILE, FILE:KEY or synthetic:NAME[:ROWS], and the declared preparations.

    `columns` keeps some columns of tabular data; `binarize` cuts gray values at the middle; `quantize` makes bytes the
    fewer levels of the model; `mu_law` compands sound; `patches` cuts larger images and frames into pieces of x's size;
    `standardize` moves real data to mean 0 and deviation 1 (see `Standard`); `valid` is a second file to validate on;
    `noise` is the widths of uniform noise added to real data that were rounded (see `dithered`), one for all variables or
    one each; `text` reads any file as text; `stride` is the step between the training windows of a text, recording or video, 0
    for their length; `test` chooses the recordings to test on, LABEL=VALUE,VALUE.
    """

    source: str
    key: str | None = None
    columns: tuple[str, ...] = ()
    binarize: bool = False
    standardize: bool = False
    valid: str | None = None
    quantize: bool = False
    mu_law: bool = False
    patches: bool = False
    stride: int = 0
    text: bool = False
    test: str | None = None
    noise: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.stride < 0:
            raise TrainError(f"the stride is {self.stride}; it must be 1 or more, or 0 for the length of a window")
        check_widths(self.noise)

    def tested(self) -> tuple[str, tuple[int, ...]] | None:
        """`test` as a label and its values; TrainError when it is not LABEL=VALUE,VALUE."""
        if self.test is None:
            return None
        label, _, values = self.test.partition("=")
        numbers = [value.strip() for value in values.split(",")]
        if not label or not all(number.isdigit() for number in numbers):
            raise TrainError(f"`--test {self.test}` is not LABEL=VALUE,VALUE,...", "for example `--test index=0,1`")
        return label, tuple(int(number) for number in numbers)

    def as_json(self) -> dict[str, Any]:
        """Plain values, with files by their absolute paths, so that a run can be evaluated from anywhere."""
        found = replace(self, source=_absolute(self.source), valid=self.valid and _absolute(self.valid))
        return asdict(found)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Request:
        """The inverse of `as_json`; TrainError for anything else."""
        try:
            kept = {**record, "columns": tuple(record["columns"]), "noise": tuple(record.get("noise", ()))}
            return cls(**kept)
        except (TypeError, KeyError) as error:
            raise TrainError(f"the request for data in run.json is damaged: {error}") from error


def _absolute(source: str) -> str:
    if source.startswith(toy.PREFIX):
        return source
    path, key = locate(source)
    return f"{path.resolve()}:{key}" if key else str(path.resolve())


def locate(source: str) -> tuple[Path, str | None]:
    """FILE or FILE:KEY; a file that exists under the whole name wins."""
    path, colon, key = source.rpartition(":")
    if Path(source).exists() or not colon or not path:
        return Path(source), None
    return Path(path), key
