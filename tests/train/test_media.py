"""Text, sound, video and larger images: from files without rows of x's shape to rows, and back."""

from __future__ import annotations

import gzip
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from flowspec.train.data import load, load_rows
from flowspec.train.errors import TrainError
from flowspec.train.fit import patches, quantized
from flowspec.train.media import Cut, Medium, windows
from flowspec.train.readers import Stream, Wanted, read
from flowspec.train.readers.text import Text
from flowspec.train.request import Request
from flowspec.train.samples import Samples
from flowspec.train.sound import companded, expanded, write_wav
from flowspec.train.traits import Given, Traits
from flowspec.train.values import Values

VERSE = "to be, or not to be: that is the question\n" * 20  # 840 characters
LETTERS = "".join(sorted(set(VERSE)))


def traits(shape: tuple[int, ...], values: Any, **classes: int) -> Traits:
    given = {name: Given((), Values(count=n, low=0, high=n - 1), n) for name, n in classes.items()}
    return Traits("m", "0" * 64, "exact", shape, Values.of(values), given, 1)


def fault(act: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(TrainError) as caught:
        act()
    assert "\n" not in caught.value.message + caught.value.help
    return caught.value.message, caught.value.help


@pytest.fixture
def verse(tmp_path: Path) -> str:
    (tmp_path / "verse.txt").write_text(VERSE)
    return str(tmp_path / "verse.txt")


# --- text ---------------------------------------------------------------------------------------------------------------


def test_text_is_cut_into_windows_by_position(verse: str) -> None:
    data = load(Request(verse), traits((1, 8), 30))
    assert {name: split.x.shape for name, split in data.splits.items()} == {
        "train": (94, 1, 8),
        "valid": (5, 1, 8),
        "test": (5, 1, 8),
    }
    assert data.medium == Medium(LETTERS)
    assert "".join(map(data.medium.decode, data.splits["train"].x)) == VERSE[: 94 * 8]
    assert data.medium.decode(data.splits["valid"].x[0]) == VERSE[756:764]
    assert data.notes == (
        f"`{verse}` is text: 104 windows of 8 characters",
        "divided by position: the first 90 % for training, then 5 % for validation and 5 % for testing",
    )


def test_windows_may_overlap_but_not_across_splits(verse: str) -> None:
    data = load(Request(verse, stride=1), traits((8,), 30))
    assert [len(split) for split in data.splits.values()] == [756 - 7, 42 // 8, 42 // 8]
    assert data.notes[0] == f"`{verse}` is text: 759 windows of 8 characters, one every 1 for training"


def test_other_text_keeps_the_places_of_characters(verse: str, tmp_path: Path) -> None:
    (tmp_path / "other.txt.gz").write_bytes(gzip.compress(b"not that question is to be", mtime=0))
    data = load_rows(Request(str(tmp_path / "other.txt.gz")), traits((8,), 30), "test", None, medium=Medium(LETTERS))
    assert "".join(map(Medium(LETTERS).decode, data.splits["test"].x)) == "not that question is to "
    (tmp_path / "strange.txt").write_text("to be? or not to be")
    message, helps = fault(lambda: load(Request(verse, valid=str(tmp_path / "strange.txt")), traits((8,), 30)))
    assert message.endswith(
        f"holds '?' (character 5), which is not among the {len(LETTERS)} characters that the model was trained on"
    )
    assert helps == f"they are {LETTERS!r}"


def test_what_text_needs(verse: str, tmp_path: Path) -> None:
    n = len(LETTERS)
    assert fault(lambda: load(Request(verse), traits((8,), 9))) == (
        f"`{verse}` has {n} distinct characters, and x has 9 values",
        f"declare `values: {n}` in the spec",
    )
    assert fault(lambda: load(Request(verse), traits((8,), "real"))) == (
        f"`{verse}` is text, and the model is of a finite real number",
        f"declare `values: {n}` in the spec",
    )
    assert fault(lambda: load(Request(verse), traits((1, 4, 4), 256)))[0] == (
        f"`{verse}` is text, a sequence of numbers, and x has shape [1, 4, 4]"
    )
    assert fault(lambda: load(Request(verse), traits((100,), 256)))[0] == (
        f"`{verse}` has no window of 100 characters for the valid split: it has 840 in all"
    )
    (tmp_path / "no.txt").write_bytes(b"")
    assert fault(lambda: load(Request(str(tmp_path / "no.txt"), text=True), traits((8,), 9)))[0].endswith("is empty")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("a,b\n1,2\n3,4\n", False),
        ("1 2\n3 4\n", False),
        ("day,a\nmon,1\n", False),
        ("31415\n", False),
        ("Act 1, Scene 2\n\nTo be, or not\nto be 7 times\n", True),
        ("Chapter\n1\nIt was the\nbest of times\n", True),
    ],
)
def test_prose_is_told_from_tables(content: str, text: bool, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(content)
    assert Text.claims(Wanted(tmp_path / "a.txt")) == text
    assert read(Wanted(tmp_path / "a.txt", text=True)).stream is not None


def test_samples_of_text_are_text(tmp_path: Path) -> None:
    rows = np.array([[[0, 1, 1]], [[2, 0, 9]]], dtype=np.uint8)
    samples = Samples(rows, {}, traits((1, 3), 30), Medium("ab\n"))
    assert samples.text() == f"abb\n{'-' * 40}\n\na\ufffd\n"
    samples.write(tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text() == samples.text()


# --- sound --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def speech(tmp_path: Path) -> str:
    """Twenty recordings of 10 to 29 samples: of digits 0..9, each twice."""
    lengths = np.arange(10, 30)
    samples = np.random.default_rng(0).integers(-(2**15), 2**15, lengths.sum()).astype(np.int16)
    digit, index = np.repeat(np.arange(10), 2), np.tile([0, 1], 10)
    np.savez(
        tmp_path / "speech.npz", samples=samples, offsets=np.cumsum([0, *lengths]), digit=digit, index=index,
        sample_rate=8000, speakers=np.array(["a", "b"]),
    )  # fmt: skip
    return str(tmp_path / "speech.npz")


def test_recordings_are_divided_as_wholes(speech: str) -> None:
    data = load(Request(speech, mu_law=True, test="index=0"), traits((1, 8), 256, digit=10))
    assert {name: split.x.shape[1:] for name, split in data.splits.items()} == dict.fromkeys(
        ("train", "valid", "test"), (1, 8)
    )
    assert data.medium == Medium(rate=8000, mu_law=True)
    archive = np.load(speech)
    first = archive["samples"][archive["offsets"][0] : archive["offsets"][1]][:8]
    test = data.splits["test"]
    assert np.array_equal(test.x[0, 0], companded(first, Values.of(256), "f"))
    assert test.given["digit"].tolist() == [d for d in range(10) for _ in range((10 + 2 * d) // 8)]
    assert sum(map(len, data.splits.values())) == sum(n // 8 for n in range(10, 30))


def test_what_falls_out_is_said(speech: str) -> None:
    data = load(Request(speech, mu_law=True), traits((16,), 256))
    assert data.notes == (
        f"`{speech}` is sound: 14 windows of 16 samples",
        "6 of 20 recordings are shorter than 16 samples and left out",
        "divided by recording: a tenth is held out for validation; `--test LABEL=VALUES` chooses a test split",
    )


def test_what_sound_needs(speech: str, tmp_path: Path) -> None:
    def asked(**changes: Any) -> tuple[str, str]:
        return fault(lambda: load(Request(speech, **changes), traits((8,), 256)))

    message, helps = asked()
    assert message.endswith("where one of the integers 0..255 is due")
    assert "`--mu-law`" in helps
    assert asked(mu_law=True, test="take=1") == (
        f"`{speech}` has no label `take` of its recordings",
        "it has digit, index",
    )
    assert asked(mu_law=True, test="index=7")[0] == f"no recording of `{speech}` has index 7"
    assert asked(mu_law=True, test="index")[0] == "`--test index` is not LABEL=VALUE,VALUE,..."
    assert fault(lambda: load(Request(speech, mu_law=True), traits((8,), "real"))) == (
        "--mu-law makes sound N levels, and the model is of a finite real number",
        "declare `values: 256` in the spec",
    )
    np.savez(tmp_path / "bad.npz", samples=np.zeros(9, np.int16), offsets=np.array([0, 8]))
    assert "does not divide `samples`" in fault(lambda: load(Request(str(tmp_path / "bad.npz")), traits((8,), 256)))[0]


def test_mu_law_is_its_formula_and_inverts() -> None:
    values = Values.of(256)
    levels = np.arange(256)
    assert np.array_equal(companded(expanded(levels, values), values, "f"), levels)
    assert companded(np.array([-(2**15), 0, 2**15 - 1], dtype=np.int16), values, "f").tolist() == [0, 128, 255]
    s = np.linspace(-1, 1, 1001)
    step = 2 * np.log(256) / 255 / 255 * (1 + 255 * np.abs(s))  # the slope of the inverse times a step of y
    assert (np.abs(expanded(companded(s, values, "f"), values) - s) <= 0.51 * step + 1e-12).all()


def test_wav_files_and_folders(tmp_path: Path) -> None:
    sounds = np.sin(np.arange(2 * 400).reshape(2, 400) / 5)
    write_wav(tmp_path / "a.wav", sounds, 1000)
    data = load(Request(str(tmp_path / "a.wav"), mu_law=True), traits((16,), 256))
    assert data.medium == Medium(rate=1000, mu_law=True)
    assert data.splits["train"].x.shape == (765 // 16, 16)  # 400 samples, 50 ms of silence, 400 samples
    with wave.open(str(tmp_path / "b.wav"), "wb") as file:
        file.setparams((2, 1, 1000, 0, "NONE", ""))
        file.writeframes(bytes([128, 130] * 40))
    stream = read(Wanted(tmp_path)).stream
    assert stream is not None
    assert np.diff(stream.offsets).tolist() == [850, 40]
    assert set(stream.recording(1).tolist()) == {256}
    (tmp_path / "c.wav").write_bytes((tmp_path / "b.wav").read_bytes()[:30])
    assert "is not a readable wav file" in fault(lambda: read(Wanted(tmp_path)))[0]


def test_samples_of_sound_are_sound(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).integers(0, 256, (3, 1, 40)).astype(np.uint8)
    Samples(rows, {}, traits((1, 40), 256), Medium(rate=1000, mu_law=True)).write(tmp_path / "a.wav")
    stream = read(Wanted(tmp_path / "a.wav")).stream
    assert stream is not None
    assert (len(stream.values), stream.rate) == (3 * 40 + 2 * 50, 1000)
    heard = companded(stream.values, Values.of(256), "f")
    assert np.array_equal(heard[90:130], rows[1, 0])
    silent = Samples(rows, {}, traits((1, 40), 256))
    assert fault(lambda: silent.write(tmp_path / "b.wav"))[0] == "the model was not trained on sound of a known rate"


# --- video and images -----------------------------------------------------------------------------------------------------


def test_a_video_is_cut_into_clips_and_patches(tmp_path: Path) -> None:
    video = np.random.default_rng(0).integers(0, 256, (100, 9, 12)).astype(np.uint8)
    np.savez(tmp_path / "v.npz", street=video, park=video[:9])
    request = Request(str(tmp_path / "v.npz"), key="street", patches=True, quantize=True)
    data = load(request, traits((1, 4, 4, 6), 4))
    assert {name: split.x.shape for name, split in data.splits.items()} == {
        "train": (22 * 4, 1, 4, 4, 6),
        "valid": (4, 1, 4, 4, 6),
        "test": (4, 1, 4, 4, 6),
    }
    assert np.array_equal(data.splits["train"].x[1, 0], video[:4, :4, 6:12] // 64)
    assert np.array_equal(data.splits["train"].x[4 + 2, 0], video[4:8, 4:8, :6] // 64)
    plain = Request(str(tmp_path / "v.npz"), key="street", quantize=True)
    message, helps = fault(lambda: load(plain, traits((1, 4, 4, 6), 4)))
    assert "holds rows of shape [4, 9, 12], but `x` has shape [1, 4, 4, 6]" in message
    assert "--patches" in helps


def test_samples_of_clips_are_film_strips_and_animations(tmp_path: Path) -> None:
    clips = Samples(np.random.default_rng(0).integers(0, 4, (4, 1, 3, 5, 6)), {}, traits((1, 3, 5, 6), 4))
    clips.write(tmp_path / "a.png")
    assert Image.open(tmp_path / "a.png").size == (9 * (3 * 8 + 2), 9 * (4 * 7 + 2))
    clips.write(tmp_path / "a.gif")
    assert Image.open(tmp_path / "a.gif").n_frames == 3  # type: ignore[attr-defined]
    image = Samples(np.zeros((1, 1, 5, 6)), {}, traits((1, 5, 6), 4))
    assert fault(lambda: image.write(tmp_path / "b.gif"))[0] == "a .gif is for clips, and x has shape [1, 5, 6]"


def test_patches_of_images_carry_their_labels(tmp_path: Path) -> None:
    images = np.arange(2 * 5 * 4 * 3).reshape(2, 5, 4, 3).astype(np.uint8)
    np.savez(tmp_path / "i.npz", train=images, y_train=[1, 2], valid=images, y_valid=[1, 2])
    data = load(Request(str(tmp_path / "i.npz"), patches=True), traits((3, 2, 2), 256, label=3))
    train = data.splits["train"]
    assert np.array_equal(train.x[3], np.moveaxis(images[0, 2:4, 2:4], -1, 0))
    assert train.given["label"].tolist() == [1, 1, 1, 1, 2, 2, 2, 2]
    message, _ = fault(lambda: patches(images, (3, 6, 2), "`f`"))
    assert message == "`f` holds rows of shape [5, 4, 3], which --patches cannot cut into [3, 6, 2]"


def test_quantizing_is_exact_or_refused() -> None:
    levels = quantized(np.arange(256, dtype=np.uint8), Values.of(8), "`f`")
    assert np.array_equal(levels, np.repeat(np.arange(8), 32))
    assert fault(lambda: quantized(np.zeros(3, np.uint8), Values.of(10), "`f`")) == (
        "--quantize makes bytes N levels of equal width, and the model is of one of the integers 0..9",
        "declare `values: N` with N a power of two up to 256",
    )
    assert fault(lambda: quantized(np.zeros(3), Values.of(8), "`f`"))[0] == (
        "--quantize cuts bytes 0..255, and `f` holds other numbers (float64)"
    )


# --- windows ------------------------------------------------------------------------------------------------------------


def test_windows_stay_inside_recordings() -> None:
    stream = Stream("sound", np.arange(12), np.array([0, 5, 7, 12]))
    rows, owners = windows(stream, 3, 2)
    assert rows.tolist() == [[0, 1, 2], [2, 3, 4], [7, 8, 9], [9, 10, 11]]
    assert owners.tolist() == [0, 0, 2, 2]


def test_the_request_survives_json() -> None:
    request = Request("synthetic:moons", mu_law=True, stride=3, test="a=1,2")
    assert Request.from_json(request.as_json()) == request
    assert request.tested() == ("a", (1, 2))
    assert Cut().test is None
    assert fault(lambda: Request("f", stride=-1))[0].startswith("the stride is -1")
