"""The quick loader does what `import` would."""

import os
import posix
import py_compile
import sys
from pathlib import Path

import pytest

from avyctl import start


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(start, "ROOT", str(tmp_path))
    return tmp_path


def test_a_module_whose_body_fails_is_not_left_half_made(root: Path) -> None:
    source = root / "halfmade.py"
    source.write_text("x = 1\nraise ValueError(x)\n")
    py_compile.compile(str(source))
    with pytest.raises(ValueError, match="1"):
        start.load(("halfmade",))
    assert "halfmade" not in sys.modules


def test_bytecode_that_comes_in_pieces_is_read_whole(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = root / "inpieces.py"
    source.write_text("x = 1\n")
    py_compile.compile(str(source))
    read = os.read
    monkeypatch.setattr(posix, "read", lambda fd, size: read(fd, min(size, 7)))
    try:
        start.load(("inpieces",))
        assert sys.modules["inpieces"].x == 1
    finally:
        sys.modules.pop("inpieces", None)


def test_a_package_with_a_body_is_known(tmp_path: Path) -> None:
    file = tmp_path / "__init__.py"
    assert not start._has_body(str(file))
    file.write_text("")
    assert not start._has_body(str(file))
    file.write_text("x = 1\n")
    assert start._has_body(str(file))
