"""Every format is read, and every damage is named."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from flowspec.train.errors import TrainError
from flowspec.train.readers import Wanted, column_numbers, read


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def test_npz(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, data=np.arange(6.0).reshape(3, 2), columns=np.array(["a", "b"]))
    table = read(Wanted(path))
    assert list(table.arrays) == ["data"]
    assert table.columns == ("a", "b")
    assert table.where("data") == f"`{path}`"


def test_npy(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.arange(6))
    assert read(Wanted(path)).arrays["data"].tolist() == list(range(6))


@pytest.mark.parametrize("packed", [False, True])
def test_idx(packed: bool, tmp_path: Path) -> None:
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    path = tmp_path / ("t-idx3-ubyte.gz" if packed else "t-idx3-ubyte")
    path.write_bytes(gzip.compress(idx(array), mtime=0) if packed else idx(array))
    assert np.array_equal(read(Wanted(path)).arrays["data"], array)


def test_labels_beside_an_idx_file(tmp_path: Path) -> None:
    images, labels = np.zeros((4, 2, 2), np.uint8), np.arange(4, dtype=np.uint8)
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(idx(images))
    assert list(read(Wanted(path, givens=("digit",))).arrays) == ["data"]
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels), mtime=0))
    assert read(Wanted(path, givens=("digit",))).arrays["y"].tolist() == [0, 1, 2, 3]
    assert list(read(Wanted(path)).arrays) == ["data"]


def test_folder_of_idx_files(tmp_path: Path) -> None:
    for name, array in (("train-images-idx3", np.zeros((4, 2, 2))), ("t10k-images-idx3", np.ones((3, 2, 2)))):
        (tmp_path / f"{name}-ubyte").write_bytes(idx(array.astype(np.uint8)))
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.arange(4, dtype=np.uint8))))
    table = read(Wanted(tmp_path))
    assert {key: a.shape for key, a in table.arrays.items()} == {
        "x_test": (3, 2, 2),
        "x_train": (4, 2, 2),
        "y_train": (4,),
    }


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n3,4\n",
        "1;2\n3;4\n",
        "1\t2\n\n3\t4\n",
        "1 2\n3   4\n",
        '"a";"b"\r\n1;2\r\n3;4\r\n',
        "\ufeffa|b\n1|2\n3|4",
    ],
)
def test_csv_layouts(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode())
    assert read(Wanted(path)).arrays["data"].tolist() == [[1, 2], [3, 4]]


def test_csv_columns_and_labels(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"day,a,b,label\nmon,1,2,0\ntue,3,4,1\n", mtime=0))
    table = read(Wanted(path, columns=("b", "1"), givens=("kind",)))
    assert table.arrays["data"].tolist() == [[2, 1], [4, 3]]
    assert table.arrays["kind"].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "`{}` is empty"),
        ("a,b\n", "`{}` has a header but no rows"),
        ("a,b\n1,2\n3,x\n", "`{}`, line 3: column 1 (`b`) holds `x`, which is not a number"),
        ("1,2\n3,\n", "`{}`, line 2: column 1 is empty"),
        ("1,2\n3,4,5\n", "`{}`, line 2 has 3 cells where the first line has 2"),
        ("a;b\n1,5;2\n", "`{}`, line 2: column 0 (`a`) holds `1,5`, which is not a number"),
    ],
)
def test_csv_faults(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(TrainError) as caught:
        read(Wanted(path))
    assert caught.value.message == message.format(path)
    assert caught.value.code == 2


def test_decimal_commas_are_explained(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a;b\n1,5;2\n")
    with pytest.raises(TrainError) as caught:
        read(Wanted(path))
    assert caught.value.help == "write decimals with a point, not with a comma"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.npz", b"PK\x03\x04rest", "is not a readable npz file"),
        ("a.npy", b"\x93NUMPY\x01\x00v\x00", "is not a readable npy file"),
        ("a-idx3-ubyte", idx(np.zeros((2, 3), np.uint8))[:-1], "is cut short or damaged: its header says (2, 3)"),
        ("a-idx3-ubyte.gz", gzip.compress(bytes(100), mtime=0)[:-9], "is a damaged gzip file"),
        ("a-idx3-ubyte.gz", gzip.compress(b"text", mtime=0), "is not an idx file: it starts with 74657874"),
        ("a.csv", b"\xff\xfe\x00", "is not readable as text"),
        ("a.pdf", b"%PDF", "is in no format that can be read"),
    ],
)
def test_damaged_files(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TrainError) as caught:
        read(Wanted(tmp_path / name))
    assert caught.value.message.startswith(f"`{tmp_path / name}` {message}")
    assert "\n" not in caught.value.message


def test_pickles_are_never_loaded(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.array([{}], dtype=object))
    np.save(tmp_path / "a.npy", np.array([{}], dtype=object))
    for name in ("a.npz", "a.npy"):
        with pytest.raises(TrainError, match="Object arrays cannot be loaded"):
            read(Wanted(tmp_path / name))


def test_absent_files_and_empty_folders(tmp_path: Path) -> None:
    with pytest.raises(TrainError, match=r"cannot read `.*none\.npz`: No such file"):
        read(Wanted(tmp_path / "none.npz"))
    with pytest.raises(TrainError, match="holds no idx files"):
        read(Wanted(tmp_path))


def test_columns_by_name_and_number() -> None:
    assert column_numbers(("b", "0"), ("a", "b"), 2, "f") == [1, 0]
    with pytest.raises(TrainError) as caught:
        column_numbers(("c",), ("a", "b"), 2, "`f`")
    assert (caught.value.message, caught.value.help) == (
        "`f` has no column `c`",
        "its columns are a, b; numbers run from 0 to 1",
    )
