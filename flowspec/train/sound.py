"""Sound as categories: mu-law companding, and sound files."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np

from flowspec.train import files
from flowspec.train.errors import TrainError
from flowspec.train.values import Array, Values

MU = 255.0  # of the companding in telephony (ITU-T G.711) and in WaveNet (van den Oord et al. 2016, section 2.2)
PAUSE = 0.05  # seconds of silence between sounds in one file


def companded(array: Array, values: Values, where: str) -> Array:
    """Sound as N levels: sign(s) ln(1 + 255 |s|) / ln 256 for s on [-1, 1], rounded; N is the number of values of x.

    Integers are full scale at the end of their type, floating point sound at 1. Raises TrainError for other numbers.
    """
    if not values.discrete:
        raise TrainError(
            f"--mu-law makes sound N levels, and the model is of {values.describe}",
            "declare `values: 256` in the spec",
        )
    s = _unit(array, where)
    y = np.sign(s) * np.log1p(MU * np.abs(s)) / np.log1p(MU)
    return np.asarray(np.floor((y + 1) / 2 * (values.count - 1) + 0.5), dtype=values.dtype())


def expanded(levels: Array, values: Values) -> Array:
    """The inverse of `companded`: levels as sound on [-1, 1]."""
    y = 2 * levels.astype(np.float64) / (values.count - 1) - 1
    return np.asarray(np.sign(y) * np.expm1(np.abs(y) * np.log1p(MU)) / MU)


def as_sound(array: Array) -> Array:
    """Sound that was not companded, on [-1, 1]: 16-bit integers and real numbers of their size are full scale there."""
    return np.asarray(array / 32768.0 if np.abs(array).max(initial=0) > 1 else array, dtype=np.float64)


def _unit(array: Array, where: str) -> Array:
    if array.dtype.kind == "i":
        return np.asarray(array / -float(np.iinfo(array.dtype).min))
    if array.dtype.kind != "f" or not (np.abs(array) <= 1).all():
        raise TrainError(
            f"{where} holds {array.dtype} entries; --mu-law takes sound as signed integers, or as floats from -1 to 1"
        )
    return array


def write_wav(path: Path, sounds: Array, rate: int) -> None:
    """Sounds (n, T) on [-1, 1], one after the other with short pauses, as one file of 16-bit mono."""
    pause = np.zeros((len(sounds), round(PAUSE * rate)))
    line = np.concatenate([sounds, pause], axis=1).ravel()[: -pause.shape[1] or None]
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.round(32767 * np.clip(line, -1, 1)).astype("<i2").tobytes())
    files.write(path, buffer.getvalue())
