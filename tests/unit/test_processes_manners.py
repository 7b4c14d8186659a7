"""What the service keeps from whom, and what it does when a process keeps it waiting."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path

import pytest

from processes_planted import Host, line
from services.core.authority import Member, refusal
from services.core.bound import Bound
from services.core.peer import Peer
from services.core.sight import Eyes, Lens
from services.core.tree import Tree
from services.processes import detail, linux, watch
from services.processes.fake import FakeProcesses
from services.processes.guarded import primary_groups
from services.processes.linux import LinuxProcesses
from services.processes.scan import Scan
from services.processes.watch import Need, Watch
from sutra_client import errors, events
from sutra_client.errors import SutraError
from sutra_client.gen.processes import SERVICE, Details, Process

NOBODY = 65534
GUARDED = ("exe", "cwd", "root", "memory", "namespaces", "open_count", "open_files", "sockets", "environment")


@contextmanager
def idler(**more: int) -> Iterator[int]:
    """A process that anybody may begin, perhaps another user's."""
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/", **more) as made:  # type: ignore[call-overload]
        made.stdin.write(b"up\n")
        made.stdin.flush()
        assert made.stdout.readline() == b"up\n"
        yield made.pid


def seen_by(uid: int, details: Details) -> Details:
    sight = Lens("all", (Details,), SERVICE.sees).sight(Eyes(Peer(uid, uid, 1)))
    shown: Details = details if sight is None else sight.result(details, "get")
    return shown


async def test_others_see_nothing_of_a_process_that_the_kernel_guards() -> None:
    details = await FakeProcesses().get(4713, environment=True)
    shown = seen_by(NOBODY, details)
    assert all(getattr(details, name) is not None and getattr(shown, name) is None for name in GUARDED)
    assert shown.argv == details.argv and shown.limits == details.limits
    assert seen_by(1000, details) == details


@contextmanager
def undumpable() -> Iterator[int]:
    """A process of nobody's that was root's when its program began: the kernel keeps it from nobody too."""
    ready, told = os.pipe()
    pid = os.fork()
    if not pid:
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        os.write(told, b"x")
        signal.pause()
        os._exit(1)
    try:
        os.read(ready, 1)
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(ready)
        os.close(told)


@pytest.mark.needs("root")
async def test_root_tells_no_user_more_than_the_kernel_would() -> None:
    backend = LinuxProcesses()
    group = primary_groups()[NOBODY]
    with idler() as mine, idler(user=NOBODY, group=group) as theirs, idler(user=NOBODY, group=0) as mixed, undumpable() as kept:
        details = await backend.get(theirs)
        assert details.uid == NOBODY and seen_by(NOBODY, details).cwd == b"/"
        for pid in (mine, mixed, kept):
            details = await backend.get(pid)
            assert details.uid == 0 and details.cwd is not None and seen_by(NOBODY, details).cwd is None
        async with aclosing(backend.processes(fields=["pss"], baseline=True)) as stream:
            event = await anext(stream)
        assert isinstance(event, events.Snapshot)
        rows = {row.pid: row for row in event.rows}
        assert {pid: (rows[pid].read is None, rows[pid].pss is None) for pid in (mine, theirs, mixed, kept)} == {
            mine: (False, False),
            theirs: (False, False),
            mixed: (True, True),
            kept: (True, True),
        }


@pytest.mark.parametrize("lookers", [[0, NOBODY], [NOBODY, 0]])
async def test_a_process_that_executes_another_program_while_it_is_looked_into_is_shown_to_root_alone(
    lookers: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detail, "looker", lambda folder: lookers.pop(0))
    details = await LinuxProcesses().get(os.getpid())
    assert not lookers and details.uid == 0
    assert details.cwd is not None and seen_by(NOBODY, details).cwd is None


async def test_a_process_that_keeps_the_reader_waiting_is_left_out_and_all_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = Host(tmp_path)
    host.put(7, line(7), b"stuck\0")
    host.put(8, line(8), b"fine\0")
    monkeypatch.setattr(watch, "DEADLINE", 0.2)
    release = threading.Event()

    class Waiting(Scan):
        def _memory(self, pid: int, name: bytes, limit: int) -> bytes:
            self.at = pid
            if pid == 7:
                release.wait()
            return super()._memory(pid, name, limit)

    watching = Watch(lambda: Waiting(Tree(str(tmp_path))), lambda scan: {})
    try:
        async with watching.needed(Need(0.25)):
            await watching.bell.next().wait()
            watching.check()
            assert {row.pid: row.command for row in watching.rows} == {1: "/sbin/init", 7: "[cat]", 8: "fine"}
            assert watching.mute == {(7, 500)}
    finally:
        release.set()


async def test_a_process_that_keeps_whoever_asks_waiting_costs_one_thread_however_often_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = Host(tmp_path)
    for pid in (7, 8):
        host.put(pid, line(pid), b"fine\0")
        (tmp_path / "proc" / str(pid) / "status").write_text("Name: cat\n")
    monkeypatch.setattr(linux, "PATIENCE", 0.2)
    release = threading.Event()
    hung: list[int] = []

    def stall(pid: int, name: str) -> None:
        if pid == 7 and name in ("cmdline", "environ"):
            hung.append(pid)
            release.wait()

    class Waiting(Scan):
        def _memory(self, pid: int, name: bytes, limit: int) -> bytes:
            self.at = pid
            stall(pid, name.decode())
            return super()._memory(pid, name, limit)

    class Stalled(detail.Look):
        def file(self, name: str, limit: int = detail.MOST_TEXT) -> bytes | None:
            stall(self._pid, name)
            return super().file(name, limit)

    backend = LinuxProcesses(str(tmp_path))
    monkeypatch.setattr(linux, "Scan", Waiting)
    monkeypatch.setattr(detail, "Look", Stalled)
    try:
        assert (await backend.get(8)).argv == [b"fine"]
        for _ in range(3):
            assert (await backend.get(7, environment=True)).argv == []
        assert hung == [7]
        backend = LinuxProcesses(str(tmp_path))
        monkeypatch.setattr(linux, "Scan", Scan)
        with pytest.raises(SutraError) as refused:
            await backend.get(7)
        assert refused.value.code == errors.TIMEOUT
        assert (await backend.get(7)).argv == [] and hung == [7, 7]
    finally:
        release.set()


async def test_what_ends_the_reading_reaches_everybody_who_looks(tmp_path: Path) -> None:
    backend = LinuxProcesses(str(tmp_path))
    async with aclosing(backend.processes()) as stream:
        with pytest.raises(OSError, match="proc"):
            await anext(stream)


async def test_a_host_without_processes_of_that_number_says_so(tmp_path: Path) -> None:
    host = Host(tmp_path)
    host.put(7, line(7), b"a\0")
    backend = LinuxProcesses(str(tmp_path))
    with pytest.raises(SutraError) as refused:
        await backend.get(8)
    assert refused.value.code == errors.NOT_FOUND


async def test_a_fake_tells_its_readers_what_a_test_does_to_it() -> None:
    fake = FakeProcesses()
    async with aclosing(fake.processes()) as stream:
        first = await anext(stream)
        assert isinstance(first, events.Snapshot) and not any(row.kernel for row in first.rows)
        fake.change(1310, cpu=50.0)
        changed = await anext(stream)
        assert isinstance(changed, events.Changed) and changed.rows[0].cpu == 50.0
        fake.change(12, cpu=1.0)
        fake.end(1310)
        assert await anext(stream) == events.Removed([(1310, 90_000)])


@pytest.mark.parametrize(
    ("options", "uids", "refused"),
    [
        ("rw,relatime", {0, NOBODY}, False),
        ("rw,hidepid=0", {0, NOBODY}, False),
        ("rw,gid=4,hidepid=2", {NOBODY}, True),
        ("rw,hidepid=invisible", {NOBODY}, True),
        ("rw,hidepid=ptraceable", {NOBODY}, True),
    ],
)
@pytest.mark.needs("root")
async def test_where_proc_hides_processes_from_other_users_so_does_the_service(
    options: str, uids: set[int], refused: bool, tmp_path: Path
) -> None:
    host = Host(tmp_path)
    host.put(7, line(7), b"mine\0")
    os.chown(tmp_path / "proc" / "7", NOBODY, NOBODY)
    (tmp_path / "proc" / "1" / "mounts").write_text(f"proc /mnt proc rw,hidepid=2 0 0\nproc /proc proc {options} 0 0\n")
    bound = Bound(SERVICE, LinuxProcesses(str(tmp_path)))
    eyes = Eyes(Peer(NOBODY, NOBODY, 1))
    members: dict[str, Member] = {each.stream.name: each.stream for each in bound.streams.values()} | {
        each.call.name: each.call for each in bound.calls.values()
    }
    assert (refusal(SERVICE.id, members["findings"], eyes) is not None) == refused
    assert refusal(SERVICE.id, members["processes"], eyes) is None is refusal(SERVICE.id, members["get"], eyes)
    scan = Scan(Tree(str(tmp_path)))
    scan.read()
    for uid, shown in ((NOBODY, uids), (0, {0, NOBODY})):
        sight = Lens(members["processes"].sees, (Process,), SERVICE.sees).sight(Eyes(Peer(uid, uid, 1)))
        assert {row.uid for row in (scan.rows() if sight is None else sight.rows(scan.rows()))} == shown
