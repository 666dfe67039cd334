"""Sound files (.wav, whole numbers of 16 or 32 bits, or 8) and folders of them, read by Python's own `wave`."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from flowspec.train.errors import TrainError
from flowspec.train.readers.table import Stream, Table, Wanted
from flowspec.train.values import Array

TYPES = {1: "u1", 2: "<i2", 4: "<i4"}


class Wav:
    """One recording, or a folder's in the order of their names; several channels are averaged."""

    name = "wav"

    @staticmethod
    def claims(wanted: Wanted) -> bool:
        if wanted.path.is_dir():
            return any(wanted.path.glob("*.wav"))
        head = wanted.head()
        return head.startswith(b"RIFF") and head[8:12] == b"WAVE"

    @staticmethod
    def read(wanted: Wanted) -> Table:
        """Raise TrainError for damaged files, and for a folder of files with different rates."""
        paths = sorted(wanted.path.glob("*.wav")) if wanted.path.is_dir() else [wanted.path]
        sounds, rates = zip(*map(_sound, paths), strict=True)
        if len(set(rates)) > 1:
            found = ", ".join(f"{rate} Hz" for rate in sorted(set(rates)))
            raise TrainError(
                f"the sounds in `{wanted.path}` have different rates: {found}", "resample them to one rate"
            )
        offsets = np.cumsum([0, *map(len, sounds)])
        samples = np.concatenate(sounds)
        stream = Stream("sound", samples, offsets, rate=rates[0], unit="samples")
        return Table(str(wanted.path), {"samples": samples}, stream=stream)


def _sound(path: Path) -> tuple[Array, int]:
    """The samples of one file as signed 16-bit integers, and its rate in Hz."""
    try:
        with wave.open(str(path), "rb") as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            data = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise TrainError(f"`{path}` is not a readable wav file: {error}") from error
    if width not in TYPES or len(data) % (channels * width):
        raise TrainError(f"`{path}` is cut short, or has samples of {8 * width} bits: 8, 16 and 32 can be read")
    samples = np.frombuffer(data, TYPES[width]).reshape(-1, channels).astype(np.int64)
    scaled = {1: (samples - 128) << 8, 2: samples, 4: samples >> 16}[width]
    return scaled.mean(axis=1).astype(np.int16), rate
