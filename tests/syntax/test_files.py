"""Files: what may be opened, how far `use` reaches, and what a file is called."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowspec.diagnostics import Finding
from flowspec.syntax import Loader, SpecFile, plain, read
from flowspec.syntax.limits import MAX_BYTES, MAX_FILES


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory inside another one."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


@pytest.fixture
def no_blocking() -> Iterator[None]:
    """Fail, not hang, when something blocks."""
    signal.signal(signal.SIGALRM, lambda *_: pytest.fail("blocked"))
    signal.alarm(5)
    yield
    signal.alarm(0)


def _write(path: Path, text: str = "flowspec: 1\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _use(loader: Loader, target: str, using: SpecFile) -> SpecFile | Finding:
    (item,) = read(f"['{target}']", using.file).root.items
    return loader.use(item, using)


def _code(result: SpecFile | Finding) -> str:
    return result.code if isinstance(result, Finding) else "read"


def test_a_spec_is_read(here: Path) -> None:
    _write(here / "specs/a.yaml", "a: 1\n")
    loader = Loader()
    spec = loader.open("specs/a.yaml")
    assert (spec.file, spec.path, spec.data, spec.text) == ("specs/a.yaml", here / "specs/a.yaml", b"a: 1\n", "a: 1\n")
    assert plain(spec.root) == {"a": 1}
    assert not spec.findings
    assert spec.readable
    assert spec.root.span.file == "specs/a.yaml"
    assert loader.sources == {"specs/a.yaml": "a: 1\n"}
    assert loader.files == (spec,)


def test_standard_input_is_read(here: Path) -> None:
    _write(here / "b.yaml")
    loader = Loader()
    spec = loader.stdin(b"\xef\xbb\xbfa: 1\n")
    assert (spec.file, spec.path, plain(spec.root)) == ("<stdin>", None, {"a": 1})
    assert _use(loader, "./b.yaml", spec).file == "b.yaml"
    assert [f.code for f in Loader().stdin(b"\xff").findings] == ["FS001"]
    assert [f.code for f in Loader().stdin("a: \udcff").findings] == ["FS001"]
    assert [f.code for f in Loader().stdin(b"#" * (MAX_BYTES + 1)).findings] == ["FS003"]


UNREADABLE = ["missing.yaml", "directory", "fifo", "/dev/zero", "loop", "dangling", "a\0b", "a.yaml/b.yaml", "x" * 5000]


@pytest.mark.usefixtures("no_blocking")
@pytest.mark.parametrize("name", UNREADABLE, ids=repr)
def test_what_cannot_be_read(here: Path, name: str) -> None:
    _write(here / "a.yaml")
    (here / "directory").mkdir()
    os.mkfifo(here / "fifo")
    (here / "loop").symlink_to("loop")
    (here / "dangling").symlink_to("nothing")
    spec = Loader().open(name)
    assert [f.code for f in spec.findings] == ["FS091"]
    assert not spec.readable
    if not name.startswith("/") and "\0" not in name:
        loader = Loader()
        result = _use(loader, name, loader.open("a.yaml"))
        assert _code(result) == "FS091"
        assert str(result.span) == "a.yaml:1:2"


def test_a_large_file_is_not_read_whole(here: Path) -> None:
    with open(here / "big.yaml", "wb") as file:
        file.truncate(1 << 40)  # sparse
    _write(here / "a.yaml")
    loader = Loader()
    assert [f.code for f in loader.open("big.yaml").findings] == ["FS003"]
    assert _code(_use(loader, "big.yaml", loader.open("a.yaml"))) == "FS003"


@pytest.mark.parametrize("mode", [0o000])
def test_a_forbidden_file(here: Path, mode: int) -> None:
    _write(here / "a.yaml").chmod(mode)
    if os.access(here / "a.yaml", os.R_OK):
        assert Loader().open("a.yaml").readable  # a superuser may read it
    else:
        assert [f.code for f in Loader().open("a.yaml").findings] == ["FS091"]


@pytest.mark.parametrize(
    "target",
    [
        *["https://x.org/a.yaml", "file:///etc/passwd", "git+ssh://x", "data:text/plain,a"],
        *["/etc/passwd", "//host/share", "C:/a.yaml", "C:a.yaml", "\\\\host\\a.yaml", "sub\\a.yaml"],
        *["~/a.yaml", "$HOME/a.yaml", "%HOME%/a.yaml", "", "  "],
    ],
)
def test_what_is_no_relative_path(here: Path, target: str) -> None:
    _write(here / "a.yaml")
    loader = Loader()
    assert _code(_use(loader, target, loader.open("a.yaml"))) == "FS121"


@pytest.mark.parametrize("target", ["5", "[a]", "{a: b}", "~"])
def test_what_is_no_path_at_all(here: Path, target: str) -> None:
    _write(here / "a.yaml")
    loader = Loader()
    assert _code(loader.use(read(target, "a.yaml").root, loader.open("a.yaml"))) == "FS121"


def test_use_stays_under_the_root(here: Path) -> None:
    secret = _write(here.parent / "secret.yaml", "secret: 1\n")
    _write(here / "specs/a.yaml")
    _write(here / "nets/b.yaml")
    (here / "specs/link.yaml").symlink_to(secret)
    (here / "specs/up").symlink_to(here.parent)
    (here / "specs/inside.yaml").symlink_to("../nets/b.yaml")
    loader = Loader()
    spec = loader.open("specs/a.yaml")
    assert _code(_use(loader, "../../secret.yaml", spec)) == "FS123"
    assert _code(_use(loader, "link.yaml", spec)) == "FS123"
    assert _code(_use(loader, "up/secret.yaml", spec)) == "FS123"
    assert _code(_use(loader, "../../missing.yaml", spec)) == "FS123"
    assert _use(loader, "../nets/b.yaml", spec).file == "nets/b.yaml"
    assert _use(loader, "./inside.yaml", spec) is _use(loader, "../nets/b.yaml", spec)


def test_outside_the_working_directory_the_root_is_the_directory_of_the_spec(here: Path) -> None:
    top = _write(here.parent / "other/a.yaml")
    _write(here.parent / "other/sub/b.yaml")
    _write(here / "c.yaml")
    loader = Loader()
    spec = loader.open(top)
    assert loader.root == here.parent / "other"
    assert _use(loader, "sub/b.yaml", spec).file == str(here.parent / "other/sub/b.yaml")
    assert _code(_use(loader, "../work/c.yaml", spec)) == "FS123"
    assert _code(_use(loader, "../other/sub/b.yaml", spec)) == "read"


def test_a_root_may_be_given(here: Path) -> None:
    _write(here / "specs/a.yaml")
    _write(here / "b.yaml")
    loader = Loader(root=here / "specs")
    assert _code(_use(loader, "../b.yaml", loader.open("specs/a.yaml"))) == "FS123"


def test_circles_are_refused(here: Path) -> None:
    for name in "abc":
        _write(here / f"{name}.yaml")
    loader = Loader()
    a = loader.open("a.yaml")
    assert _code(itself := _use(loader, "./a.yaml", a)) == "FS122"
    assert itself.message == "this file uses itself"
    b = _use(loader, "b.yaml", a)
    c = _use(loader, "c.yaml", b)
    assert _use(loader, "c.yaml", a) is c
    closing = _use(loader, "a.yaml", c)
    assert closing.code == "FS122"
    assert closing.trace == ("c.yaml -> a.yaml -> b.yaml -> c.yaml",)
    assert str(closing.span) == "c.yaml:1:2"
    assert _use(loader, "b.yaml", a) is b  # one finding for one circle


def test_a_chain_of_many_files_ends(here: Path) -> None:
    for i in range(MAX_FILES + 1):
        _write(here / f"{i}.yaml")
    loader = Loader()
    spec: SpecFile | Finding = loader.open("0.yaml")
    for i in range(1, MAX_FILES + 1):
        assert isinstance(spec, SpecFile)
        spec = _use(loader, f"{i}.yaml", spec)
    assert _code(spec) == "FS124"


def test_a_used_file_keeps_its_own_faults(here: Path) -> None:
    _write(here / "a.yaml")
    _write(here / "b.yaml", "a: 1\na: 2\n")
    loader = Loader()
    spec = _use(loader, "b.yaml", loader.open("a.yaml"))
    assert [str(f.span) for f in spec.findings] == ["b.yaml:2:1"]
    assert loader.sources["b.yaml"] == "a: 1\na: 2\n"
