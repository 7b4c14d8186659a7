"""The processes of the host that runs these tests, beside what psutil says of them, and some that a test begins."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from oneshots import LAUNCHER
from services.core.tree import Tree
from services.processes.linux import LinuxProcesses
from services.processes.scan import Scan
from sutra_client import events
from sutra_client.gen.processes import FileKind, Process, State

WAITS = "import sys; print('up', flush=True); sys.stdin.read()"


@contextmanager
def child(*argv: bytes | str, executable: str = sys.executable, **more: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has begun its program, and ends with its stdin."""
    with subprocess.Popen(argv, executable=executable, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **more) as made:
        assert made.stdout is not None and made.stdout.readline() == b"up\n"
        yield made


@contextmanager
def ended() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has ended and of which nobody took note yet."""
    with subprocess.Popen([sys.executable, "-c", ""]) as made:
        os.waitid(os.P_PID, made.pid, os.WEXITED | os.WNOWAIT)
        yield made


@pytest.fixture
async def processes() -> AsyncIterator[LinuxProcesses]:
    backend = LinuxProcesses()
    yield backend
    await backend.stop()


def scanned(pid: int) -> Process:
    scan = Scan(Tree("/"))
    scan.read()
    return next(row for row in scan.rows() if row.pid == pid)


async def following(stream: Any, until: Any) -> list[Any]:
    """Events up to the one that `until` is true of."""
    found = []
    async with asyncio.timeout(20):
        async for event in stream:
            found.append(event)
            if until(event):
                return found
    raise AssertionError("the stream ended")


def test_psutil_sees_the_same_processes() -> None:
    first, second = Scan(Tree("/")), Scan(Tree("/"))
    before = {(each.pid, each.create_time()) for each in psutil.process_iter()}
    first.read()
    theirs = {pid: seen for pid, _ in before if (seen := said(pid)) is not None}
    second.read()
    after = {(each.pid, each.create_time()) for each in psutil.process_iter()}
    lasting = {pid for pid, _ in before & after if pid in theirs}
    ours = [{row.pid: row for row in scan.rows()} for scan in (first, second)]
    assert len(lasting) > 3 and lasting <= ours[0].keys() & ours[1].keys()
    for pid in lasting:
        # Others work on this host: what moved in between is as it was before or after.
        assert any(matches(rows[pid], theirs[pid]) for rows in ours), (theirs[pid], [rows[pid] for rows in ours])


def said(pid: int) -> dict[str, Any] | None:
    """By psutil; None for a process that ended."""
    try:
        found: dict[str, Any] = psutil.Process(pid).as_dict(
            ["ppid", "name", "uids", "gids", "nice", "cmdline", "num_threads", "memory_info", "create_time"]
        )
    except psutil.NoSuchProcess:
        return None
    return found


def matches(row: Process, theirs: dict[str, Any]) -> bool:
    """psutil makes a name longer from the arguments where the kernel cut it."""
    argv = [os.fsencode(word).decode("utf-8", "backslashreplace") for word in theirs["cmdline"] or ()]
    same = (row.ppid, row.uid, row.gid, row.nice) == (theirs["ppid"], theirs["uids"].effective, theirs["gids"].effective, theirs["nice"])
    called = os.fsencode(theirs["name"]).decode("utf-8", "backslashreplace").startswith(row.name)
    command = row.command.rstrip() == " ".join(argv)[: len(row.command)].rstrip() if any(argv) else row.command == f"[{row.name}]"
    near = abs(theirs["memory_info"].rss - row.memory) <= max(32 << 20, row.memory // 2)
    began = row.since is not None and abs(row.since / 1e6 - theirs["create_time"]) < 2
    return same and called and command and near and began and abs(theirs["num_threads"] - row.threads) <= 8


@pytest.mark.parametrize("name", [b"caf\xe9 \xff", b"\x1b]52;c;aGk=\x07", b"a) R 1 (b", b"two\nlines", "\u202eevil".encode()])
def test_arguments_of_any_bytes_come_through(name: bytes) -> None:
    with child(name, "-c", WAITS) as made:
        row = scanned(made.pid)
        assert row.command == (name + b" -c " + WAITS.encode()).decode("utf-8", "backslashreplace")
        assert row.ppid == os.getpid() and row.uid == os.geteuid()


def test_a_name_that_a_process_gave_itself_is_read_whole() -> None:
    rename = "import ctypes; ctypes.CDLL(None).prctl(15, b'x) R 1\\n(\\xff', 0, 0, 0)\n"
    with child(sys.executable, "-c", rename + WAITS) as made:
        assert scanned(made.pid).name == "x) R 1\n(\\xff"


async def test_a_process_that_begins_and_ends_is_told(processes: LinuxProcesses) -> None:
    async with aclosing(processes.processes(period=250_000)) as stream:
        assert isinstance(await anext(stream), events.Snapshot)
        with child(sys.executable, "-c", WAITS) as made:
            seen = await following(
                stream, lambda event: isinstance(event, events.Changed) and any(row.pid == made.pid for row in event.rows)
            )
            started = next(row.started for row in seen[-1].rows if row.pid == made.pid)
        await following(stream, lambda event: isinstance(event, events.Removed) and (made.pid, started) in event.keys)


async def test_a_zombie_is_shown_as_one(processes: LinuxProcesses) -> None:
    with ended() as made:
        async with aclosing(processes.processes()) as stream:
            event = await anext(stream)
        assert isinstance(event, events.Snapshot)
        [row] = [row for row in event.rows if row.pid == made.pid]
        assert row.state == State.ZOMBIE and row.command.startswith("[") and row.memory == 0
        details = await processes.get(made.pid)
        assert details.argv == [] and details.memory is None


async def test_looking_into_a_process_shows_its_files_and_sockets(processes: LinuxProcesses, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    with socket.create_server(("127.0.0.1", 0)) as listening, gone.open("w") as file:
        gone.unlink()
        kept = (listening.fileno(), file.fileno())
        with child("t\udce9st", "-c", WAITS, pass_fds=kept, cwd=tmp_path, env={"SECRET": "caf\udce9"}) as made:
            details = await processes.get(made.pid, environment=True)
    assert details.argv == [b"t\xe9st", b"-c", WAITS.encode()]
    assert details.exe == os.fsencode(os.path.realpath(sys.executable)) and details.cwd == os.fsencode(tmp_path)
    assert details.environment is not None and "SECRET=caf\\xe9" in details.environment
    assert details.open_files is not None and details.sockets is not None
    assert {file.fd: file.kind for file in details.open_files}[kept[1]] == FileKind.DELETED
    [shown] = [each for each in details.sockets if each.fd == kept[0]]
    assert (shown.protocol, shown.state, shown.remote) == ("tcp", "LISTEN", None)
    assert shown.local is not None and shown.local.startswith("127.0.0.1:")
    assert details.memory is not None and 0 < details.memory.uss <= details.memory.pss
    assert details.namespaces is not None and "net" in details.namespaces and details.oom_score is not None


async def test_readers_with_different_wishes_get_their_own(processes: LinuxProcesses) -> None:
    async with aclosing(processes.processes(fields=["pss"])) as costly, aclosing(processes.processes()) as plain:
        with_pss, without = await asyncio.gather(anext(costly), anext(plain))
    assert isinstance(with_pss, events.Snapshot) and isinstance(without, events.Snapshot)
    me = os.getpid()
    assert next(row.pss for row in with_pss.rows if row.pid == me)
    assert all(row.pss is None for row in without.rows)


async def test_what_is_used_now_is_told_a_moment_after_what_was_used_so_far(processes: LinuxProcesses) -> None:
    with child(sys.executable, "-c", "print('up', flush=True)\nwhile True: pass") as made:
        try:
            async with aclosing(processes.processes(period=60_000_000)) as stream:
                assert isinstance(await anext(stream), events.Snapshot)
                await following(stream, lambda event: isinstance(event, events.Changed) and any(row.pid == made.pid for row in event.rows))
            async with aclosing(processes.processes(baseline=True)) as stream:
                event = await anext(stream)
            assert isinstance(event, events.Snapshot) and next(row.cpu for row in event.rows if row.pid == made.pid) > 0
        finally:
            made.kill()


async def test_streams_end_when_the_service_stops(processes: LinuxProcesses) -> None:
    stream = processes.processes()
    await anext(stream)
    waiting = asyncio.ensure_future(anext(stream, None))
    await asyncio.sleep(0)
    await processes.stop()
    async with asyncio.timeout(5):
        while (event := await waiting) is not None:
            assert not isinstance(event, events.Snapshot)
            waiting = asyncio.ensure_future(anext(stream, None))


def oneshot(*words: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    """Embedded: no service of this noun runs where it looks."""
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TZ": "UTC", **more}
    return subprocess.run([sys.executable, "-IS", LAUNCHER, "--embedded", *words], capture_output=True, env=env, timeout=60, check=False)


def test_a_one_shot_lists_shows_and_refuses() -> None:
    with child(b"\x1b[2J\xff", "-c", WAITS) as made:
        ended = oneshot("processes", "list")
        assert ended.returncode == 0 and b"\x1b" not in ended.stdout and b"\\x1b[2J\\xff" in ended.stdout
        ended = oneshot("processes", "list", "-o", "json", "--where", f"pid={made.pid}")
        [row] = json.loads(ended.stdout)
        assert row["command"].startswith("\x1b[2J\\xff -c") and row["ppid"] == os.getpid()
        shown = oneshot("processes", "show", str(made.pid), "-o", "json")
        assert json.loads(shown.stdout)["argv"][0] == {"base64": "G1sySv8="}
        assert oneshot("processes", "show", str(made.pid), "--started", "1").returncode == 6
    assert oneshot("processes", "show", "4194305").returncode == 4
    assert oneshot("processes", "list", "--period", "1ms").returncode == 2
    assert oneshot("processes", "findings").returncode == 0
