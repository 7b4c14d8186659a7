"""A bus that is absent, refuses, hangs or talks nonsense, and a systemd that is not there to be asked."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from denied import permissions_count
from planted import plant
from services.init import systemd
from services.init.systemd import SystemdInit
from streams import first
from sutra_client import errors
from sutra_client.errors import SutraError

Behave = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def daemon(folder: Path, behave: Behave) -> AsyncIterator[str]:
    """A bus that does as it likes with whoever connects; its socket's path."""
    path = str(folder / "bus")
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await behave(reader, writer)
            await reader.read()
        except ConnectionError:
            pass  # the client left first, as it should
        writer.close()
        tasks.discard(task)

    server = await asyncio.start_unix_server(serve, path)
    try:
        yield path
    finally:
        server.close()
        if tasks:
            await asyncio.wait(tasks, timeout=5)


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accepts, and never says a word."""


async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readline()
    writer.write(b"REJECTED EXTERNAL\r\n")


async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readline()
    writer.write(b"OK 0123456789abcdef\r\n")
    await reader.readline()
    writer.write(b"\xff\x00garbage" * 64)


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readline()
    writer.write(b"\xff\xfe\r\n")


@pytest.mark.parametrize(
    ("behave", "words"),
    [
        (hang, "does not answer within 0.2 s"),
        (refuse, "refuses this user"),
        (garbage, "is not D-Bus"),
        (nonsense, "is not D-Bus"),
        (hang_up, "cannot be used"),
    ],
)
async def test_a_bus_that_cannot_be_used_is_unavailable_in_words(behave: Behave, words: str, tmp_path: Path) -> None:
    async with daemon(tmp_path, behave) as path:
        init = SystemdInit({"system": path}, deadline=0.2)
        for asked in (lambda: first(init.services()), lambda: first(init.findings()), lambda: init.get("ssh")):
            with pytest.raises(SutraError) as refused:
                await asked()
            assert refused.value.code == errors.UNAVAILABLE
            assert words in refused.value.message
            assert path in refused.value.message


async def test_a_bus_that_is_not_for_this_user_is_denied_in_words(tmp_path: Path) -> None:
    async with daemon(tmp_path, hang) as path:
        os.chmod(path, 0)
        with permissions_count(), pytest.raises(SutraError) as refused:
            await first(SystemdInit({"system": path}).services())
    assert (refused.value.code, "may not connect" in refused.value.message) == (errors.DENIED, True)


async def test_an_absent_socket_or_a_file_in_its_place_is_unavailable_in_words(tmp_path: Path) -> None:
    init = SystemdInit({"system": str(tmp_path / "none")})
    with pytest.raises(SutraError) as refused:
        await first(init.services())
    assert (refused.value.code, "No such file" in refused.value.message) == (errors.UNAVAILABLE, True)
    (tmp_path / "file").write_text("")
    with pytest.raises(SutraError) as refused:
        await (SystemdInit({"system": str(tmp_path / "file")})).get("ssh")
    assert (refused.value.code, "refused" in refused.value.message) == (errors.UNAVAILABLE, True)


async def test_a_backend_that_stops_ends_its_readers(tmp_path: Path) -> None:
    connected = asyncio.Event()

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()

    async with daemon(tmp_path, note) as path:
        init = SystemdInit({"system": path}, deadline=30)
        reader = asyncio.ensure_future(first(init.services()))
        await connected.wait()
        await init.stop()
        with pytest.raises(SutraError) as refused:
            await reader
        assert refused.value.code == errors.UNAVAILABLE


def test_only_a_host_that_runs_systemd_fits(tmp_path: Path) -> None:
    assert systemd.probe(str(tmp_path)) == (False, "systemd does not run: /run/systemd/system is absent")
    plant(tmp_path, {"/run/systemd/system/x": ""})
    fits, why = systemd.probe(str(tmp_path))
    assert not fits and "another root" in why


def test_a_systemd_without_a_bus_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(systemd, "BOOTED", str(tmp_path))
    monkeypatch.setattr(systemd, "SYSTEM_BUS", str(tmp_path / "bus"))
    fits, why = systemd.probe()
    assert not fits and "there is no D-Bus to ask it" in why
    (tmp_path / "bus").write_text("")
    assert systemd.probe()[0]
