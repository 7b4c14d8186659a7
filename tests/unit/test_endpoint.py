import os
import posix
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sutra_client import blocking, endpoint
from sutra_client.errors import UNAVAILABLE, SutraError

SERVICE = "dev.avyctl.example"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """$SUTRA_DIR, empty."""
    monkeypatch.setitem(posix.environ, b"SUTRA_DIR", bytes(tmp_path))
    return tmp_path


@pytest.fixture
def listening(folder: Path) -> Iterator[socket.socket]:
    with closing(socket.socket(socket.AF_UNIX)) as sock:
        sock.bind(str(folder / SERVICE))
        sock.listen()
        yield sock


def refused(words: str) -> None:
    with pytest.raises(SutraError) as caught:
        endpoint.find(SERVICE)
    assert caught.value.code == UNAVAILABLE
    assert words in caught.value.message


def test_a_service_in_sutra_dir_is_found(listening: socket.socket, folder: Path) -> None:
    assert endpoint.find(SERVICE) == f"{folder}/{SERVICE}"


def test_a_service_missing_in_sutra_dir_is_unavailable_and_never_embedded(folder: Path) -> None:
    refused(f"{folder}/{SERVICE}: no such service")


def test_where_nothing_is_found_and_sutra_dir_is_not_set_an_embedded_service_may_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delitem(posix.environ, b"SUTRA_DIR", raising=False)
    monkeypatch.setattr(endpoint, "directories", lambda: [str(tmp_path), str(tmp_path / "missing")])
    assert endpoint.find(SERVICE) is None


def test_the_first_directory_with_the_socket_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delitem(posix.environ, b"SUTRA_DIR", raising=False)
    folders = [tmp_path / name for name in ("first", "second", "third")]
    monkeypatch.setattr(endpoint, "directories", lambda: [str(path) for path in folders])
    for path in folders:
        path.mkdir()
    with closing(socket.socket(socket.AF_UNIX)) as third, closing(socket.socket(socket.AF_UNIX)) as second:
        third.bind(str(folders[2] / SERVICE))
        assert endpoint.find(SERVICE) == f"{folders[2]}/{SERVICE}"
        second.bind(str(folders[1] / SERVICE))
        assert endpoint.find(SERVICE) == f"{folders[1]}/{SERVICE}"


def test_a_runtime_directory_counts_only_when_it_is_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(posix.environ, b"XDG_RUNTIME_DIR", b"/run/user/7")
    assert endpoint.directories() == ["/cache/runtime", "/run/sutra", "/run/user/7/sutra"]
    monkeypatch.setitem(posix.environ, b"XDG_RUNTIME_DIR", b"here")
    assert endpoint.directories() == ["/cache/runtime", "/run/sutra"]


def test_a_symlink_in_the_place_of_the_socket_is_refused(folder: Path) -> None:
    (folder / SERVICE).symlink_to("/run/other")
    refused("is a symbolic link, which is not followed")


def test_a_symlink_in_the_place_of_the_directory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / SERVICE).touch()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.setitem(posix.environ, b"SUTRA_DIR", bytes(tmp_path / "link"))
    refused("is a symbolic link")


def test_a_file_in_the_place_of_the_socket_is_refused(folder: Path) -> None:
    (folder / SERVICE).touch()
    refused("is not a socket")


@pytest.mark.needs("root")
@pytest.mark.parametrize("what", ["socket", "directory"])
def test_a_foreign_owner_is_refused(listening: socket.socket, folder: Path, what: str) -> None:
    os.chown(folder / SERVICE if what == "socket" else folder, 4242, 4242)
    refused("belongs to uid 4242")


@pytest.mark.needs("root")
@pytest.mark.parametrize("mode", [0o777, 0o775, 0o757, 0o1777])
def test_a_directory_that_others_may_write_is_refused(listening: socket.socket, folder: Path, mode: int) -> None:
    folder.chmod(mode)
    refused("others may write in this directory")


def test_root_passes_over_a_users_own_directory(listening: socket.socket, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(posix.environ, b"SUTRA_DIR")
    monkeypatch.setattr(endpoint, "directories", lambda: [str(folder)])
    os.chown(folder, 4242, 4242)
    assert endpoint.find(SERVICE) is None


@pytest.mark.needs("root")
def test_the_services_own_account_may_own_its_socket(listening: socket.socket, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.chown(folder / SERVICE, 4242, 4242)
    monkeypatch.setattr(endpoint, "_account", {"avyctl-example": 4242}.get)
    assert endpoint.find(SERVICE) == f"{folder}/{SERVICE}"
    endpoint.check_server(f"{folder}/{SERVICE}", SERVICE, 4242)


def test_accounts_are_read_from_the_local_file() -> None:
    assert endpoint._account("root") == 0
    assert endpoint._account("avyctl-nobody-has-this") is None


def test_a_server_of_a_foreign_uid_is_refused(listening: socket.socket, folder: Path) -> None:
    endpoint.check_server(f"{folder}/{SERVICE}", SERVICE, os.geteuid())
    with pytest.raises(SutraError, match="the server runs as uid 4242"):
        endpoint.check_server(f"{folder}/{SERVICE}", SERVICE, 4242)


def test_a_dead_socket_is_unavailable_with_its_path_and_reason(folder: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as sock:
        sock.bind(str(folder / SERVICE))
    with pytest.raises(SutraError) as caught:
        blocking.connect(f"{folder}/{SERVICE}", SERVICE)
    assert caught.value.code == UNAVAILABLE
    assert caught.value.message == f"{folder}/{SERVICE}: Connection refused"


def test_a_path_too_long_for_a_socket_is_unavailable() -> None:
    with pytest.raises(SutraError) as caught:
        blocking.connect("/" + "x" * 200, SERVICE)
    assert caught.value.code == UNAVAILABLE


def test_services_are_offered_where_they_are_looked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert endpoint.own_directory() == str(folder)
    monkeypatch.delitem(posix.environ, b"SUTRA_DIR")
    monkeypatch.setattr(posix, "geteuid", lambda: 1000)
    monkeypatch.setitem(posix.environ, b"XDG_RUNTIME_DIR", b"/run/user/1000")
    assert endpoint.own_directory() == "/run/user/1000/sutra"
    monkeypatch.setitem(posix.environ, b"XDG_RUNTIME_DIR", b"")
    with pytest.raises(SutraError, match="XDG_RUNTIME_DIR"):
        endpoint.own_directory()
