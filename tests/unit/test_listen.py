"""Endpoints as a service makes them, and those that it is handed."""

import asyncio
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from fakes import FakeExample, thing
from gen import example
from services.core import listen
from services.core.peer import of_socket
from serving import server, serving
from sutra_client.connection import Connection
from sutra_client.errors import SutraError
from sutra_client.transport import unix


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as name:
        yield Path(name)


def test_any_local_user_may_connect_to_an_endpoint(folder: Path) -> None:
    with listen.endpoint(str(folder), "dev.avyctl.x"):
        state = (folder / "dev.avyctl.x").lstat()
        assert stat.S_ISSOCK(state.st_mode) and stat.S_IMODE(state.st_mode) == 0o666
        assert list(folder.iterdir()) == [folder / "dev.avyctl.x"], "the private name is gone"


def test_a_dead_services_socket_is_replaced_and_a_living_ones_is_not(folder: Path) -> None:
    listen.endpoint(str(folder), "dev.avyctl.x").close()
    with listen.endpoint(str(folder), "dev.avyctl.x"), pytest.raises(SutraError) as caught:
        listen.endpoint(str(folder), "dev.avyctl.x")
    assert (caught.value.code, caught.value.exit_code) == ("EXISTS", 6)
    assert str(folder / "dev.avyctl.x") in caught.value.message


def test_a_folder_that_others_may_write_is_refused(folder: Path) -> None:
    folder.chmod(0o777)
    with pytest.raises(SutraError, match="is not a directory that only root or you may write"):
        listen.directory(str(folder))
    (folder / "file").touch()
    with pytest.raises(SutraError, match="is not a directory"):
        listen.directory(str(folder / "file"))
    (folder / "link").symlink_to("/tmp")
    with pytest.raises(SutraError, match="is not a directory"):
        listen.directory(str(folder / "link"))


def test_a_new_folder_is_made_for_its_owner_and_to_be_seen_by_all(folder: Path) -> None:
    mask = os.umask(0o077)
    try:
        listen.directory(str(folder / "a" / "sutra"))
    finally:
        os.umask(mask)
    assert stat.S_IMODE((folder / "a" / "sutra").stat().st_mode) == 0o755


def test_what_is_no_socket_is_never_replaced(folder: Path) -> None:
    (folder / "dev.avyctl.x").write_text("keep")
    (folder / "dev.avyctl.y").symlink_to(folder / "dev.avyctl.x")
    for name in ("dev.avyctl.x", "dev.avyctl.y"):
        with pytest.raises(SutraError, match=f"{name} is there and is no socket"):
            listen.endpoint(str(folder), name)
    assert (folder / "dev.avyctl.x").read_text() == "keep"


@pytest.mark.parametrize(("count", "names"), [("abc", "x"), ("500", "x"), ("2", "x:x"), ("1", "x:y"), ("-1", "x")])
def test_garbage_in_listen_fds_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch, count: str, names: str) -> None:
    for name, value in {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": count, "LISTEN_FDNAMES": names}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SutraError, match="not one name for each socket"):
        listen.inherited()


async def test_a_service_removes_its_own_socket_and_no_later_one(folder: Path) -> None:
    first, second = server(FakeExample()), server(FakeExample())
    await first.listen(str(folder))
    (folder / example.SERVICE.id).unlink()
    await second.listen(str(folder))
    await first.stop()
    assert (folder / example.SERVICE.id).exists()
    await second.stop()
    assert not (folder / example.SERVICE.id).exists()


async def test_a_socket_that_was_handed_over_is_served_and_left_where_it_is(folder: Path) -> None:
    path = str(folder / "socket")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen()
    running = server(FakeExample((thing("a"),)))
    await running.accept(listening)
    async with Connection(example.SERVICE, unix(path)) as connection:
        assert (await example.ExampleClient(connection).get("a")).name == "a"
    await running.stop()
    assert os.path.exists(path)


def test_handed_sockets_are_known_by_name_and_only_to_the_process_they_are_for(folder: Path) -> None:
    program = (
        "import os; os.environ['LISTEN_PID'] = os.environ.get('FOR', str(os.getpid())); os.dup2(int(os.environ['HANDED']), 3)\n"
        "from services.core import listen\n"
        "print(sorted((name, sock.getsockname()) for name, sock in listen.inherited().items()))\n"
    )
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "s"))
        listening.listen()
        number = listening.fileno()
        environment = {"PYTHONPATH": os.getcwd(), "LISTEN_FDS": "1", "LISTEN_FDNAMES": "dev.avyctl.x.socket", "HANDED": str(number)}

        def said(**more: str) -> str:
            arguments = [sys.executable, "-c", program]
            return subprocess.run(arguments, env=environment | more, pass_fds=[number], capture_output=True, text=True, check=True).stdout

        assert said() == f"[('dev.avyctl.x', '{folder / 's'}')]\n"
        assert said(FOR="1") == "[]\n"


async def test_a_peer_is_who_the_kernel_says() -> None:
    ours, theirs = socket.socketpair()
    peer = of_socket(theirs)
    assert (peer.uid, peer.gid, peer.pid) == (os.getuid(), os.getgid(), os.getpid())
    assert set(peer.groups) == set(os.getgroups())
    assert peer.trusted and "admin" in peer.roles
    ours.close()
    theirs.close()


async def test_fifty_clients_keep_their_latency_beside_a_bad_one() -> None:
    backend = FakeExample((thing("a"),))
    async with serving(backend) as (_, path):
        connections = [Connection(example.SERVICE, unix(path)) for _ in range(50)]
        for connection in connections:
            await connection.__aenter__()
        _, writer = await asyncio.open_unix_connection(path)
        writer.write(os.urandom(4096))
        answers = await asyncio.wait_for(
            asyncio.gather(*(example.ExampleClient(connection).get("a") for connection in connections for _ in range(20))), 10
        )
        assert len(answers) == 1000
        writer.close()
        for connection in connections:
            await connection.__aexit__()
