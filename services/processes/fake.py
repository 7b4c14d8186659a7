"""Processes that stand still unless a test says so; not in the wheel."""

import asyncio
from collections.abc import AsyncGenerator

from msgspec.structs import replace

from services.core.fake import Feed
from sutra_client import errors, events
from sutra_client.errors import SutraError
from sutra_client.gen.core import Finding, Severity
from sutra_client.gen.processes import Details, FileKind, Limit, MemoryDetail, OpenFile, Process, Seccomp, Socket, State

NOW = 1_790_000_000_000_000
"""Wall time: 2026-09-21 14:13:20 UTC, 12 days after boot."""
BOOT = NOW - 12 * 86_400_000_000
TICK = 10_000
"""Microseconds."""
MEGABYTE = 1 << 20
HOSTILE = b"/opt/\x1b]52;c;aGk=\x07tool"
NOT_TEXT = b"/home/ann/caf\xe9"


def process(pid: int, command: str, uid: int = 0, started: int = 500, **more: object) -> Process:
    """A sleeping one that belongs to nothing; `more` are other fields of Process."""
    name = command.split(maxsplit=1)[0].rpartition("/")[2][:15]
    user = {0: "root", 1000: "ann", 65534: "nobody"}.get(uid, str(uid))
    row = Process(
        pid,
        user,
        State.SLEEPING,
        0.0,
        8 * MEGABYTE,
        1,
        command,
        name,
        uid,
        uid,
        1,
        started,
        False,
        20,
        0,
        64 * MEGABYTE,
        1_200_000,
        BOOT + started * TICK,
        None,
        0,
        0,
    )
    return replace(row, **more)


def thread(pid: int, name: str) -> Process:
    """One of the kernel's own."""
    return process(
        pid,
        f"[{name}]",
        started=2,
        name=name,
        state=State.IDLE,
        memory=0,
        virtual=0,
        kernel=True,
        ppid=0 if pid == 2 else 2,
        read=None,
        write=None,
        cpu_time=0,
    )


ROWS = [
    process(1, "/usr/lib/systemd/systemd --system", started=3, ppid=0, memory=14 * MEGABYTE, cgroup="/init.scope", unit="init.scope"),
    thread(2, "kthreadd"),
    thread(12, "ksoftirqd/0"),
    thread(57, "kworker/u8:1-events_unbound"),
    process(
        412,
        "/usr/lib/systemd/systemd-journald",
        memory=22 * MEGABYTE,
        cgroup="/system.slice/systemd-journald.service",
        unit="systemd-journald.service",
        write=12_288,
    ),
    process(703, "sshd: /usr/bin/sshd -D [listener] 0 of 10-100 startups", cgroup="/system.slice/sshd.service", unit="sshd.service"),
    process(
        921,
        "postgres: checkpointer",
        uid=999,
        threads=1,
        memory=310 * MEGABYTE,
        cgroup="/machine.slice/libpod-" + "4f" * 32 + ".scope/container",
        unit="libpod-" + "4f" * 32 + ".scope",
        container="4f4f4f4f4f4f",
    ),
    process(1310, "/usr/bin/make -j4", uid=1000, ppid=4711, started=90_000, tty="pts/0", cpu=3.5),
    process(
        1311,
        "cc1 -O2 main.c",
        uid=1000,
        ppid=1310,
        started=90_010,
        tty="pts/0",
        state=State.RUNNING,
        cpu=99.4,
        memory=212 * MEGABYTE,
        nice=10,
    ),
    process(1312, "rsync -a /srv /mnt/nas", state=State.BLOCKED, started=80_000, tty="tty1", ppid=4711),
    process(1313, "[sh]", uid=1000, name="sh", state=State.ZOMBIE, memory=0, virtual=0, threads=1, started=91_000, ppid=1310),
    process(
        2201,
        "/app/bin/files",
        uid=1000,
        threads=6,
        cgroup="/user.slice/user-1000.slice/user@1000.service/app.slice/app-flatpak-org.example.Files-2201.scope",
        unit="app-flatpak-org.example.Files-2201.scope",
        app="org.example.Files",
    ),
    process(
        4711, "-bash", uid=1000, tty="pts/0", started=70_000, unit="session-3.scope", cgroup="/user.slice/user-1000.slice/session-3.scope"
    ),
    process(4712, HOSTILE.decode() + " --now", uid=65534, started=70_100, name="to\u202eol"),
    process(4713, NOT_TEXT.decode("utf-8", "backslashreplace"), uid=1000, started=70_200),
]
ARGV = {4712: [HOSTILE, b"--now"], 4713: [NOT_TEXT], 1313: []}
"""Of those whose arguments are not the words of their command."""
FINDINGS = [
    Finding(
        "blocked:1312:80000",
        Severity.WARNING,
        "rsync (1312)",
        "waits in the kernel for 4m and cannot be woken, not even to end",
        "Look for the disk or network file system that it waits for; it goes on when that answers.",
        "avyctl processes show 1312",
        NOW - 240_000_000,
    )
]


def details(row: Process, children: list[int], environment: bool) -> Details:
    """What looking into a process tells here."""
    argv = ARGV.get(row.pid, row.command.encode().split(b" ") if not row.kernel else [])
    return Details(
        row,
        row.uid,
        argv,
        children,
        [Limit("Max open files", 1024, 524_288, "files"), Limit("Max core file size", 0, None, "bytes")],
        [],
        argv[0] if argv else None,
        b"/home/ann/caf\xe9" if row.uid == 1000 else b"/",
        b"/",
        666,
        0,
        1_204,
        17,
        0,
        False,
        Seccomp.DISABLED,
        ["chown", "kill"] if row.uid == 0 else [],
        ["chown", "kill"],
        MemoryDetail(5 * MEGABYTE, 3 * MEGABYTE, 0),
        {"mnt": "mnt:[4026531841]", "net": "net:[4026531840]"},
        4,
        [OpenFile(0, FileKind.DEVICE, b"/dev/null"), OpenFile(1, FileKind.DELETED, b"/var/log/old \xff (deleted)")],
        [Socket(3, "tcp", "LISTEN", "0.0.0.0:22"), Socket(4, "unix", "ESTAB", "/run/systemd/journal/stdout")],
        ["LANG=C.UTF-8", "HOME=/root"] if environment else None,
    )


class FakeProcesses:
    """Implements the Protocol Processes. spawn(), change(), end(), report() and resolve() reach those who read its streams."""

    def __init__(self, rows: list[Process] = ROWS, findings: list[Finding] = FINDINGS) -> None:
        self.unseen: list[str] = []
        self._rows = {row.pid: row for row in rows}
        self._findings = {finding.id: finding for finding in findings}
        self._readers: dict[asyncio.Queue[events.TableEvent[Process]], bool] = {}
        """Each with whether it wants the kernel's threads too."""
        self._judges: Feed[events.TableEvent[Finding]] = Feed()

    async def start(self, keep: bool = False) -> None:
        """Nothing to do."""

    async def stop(self) -> None:
        """Nothing to undo."""

    async def get(self, pid: int, started: int | None = None, environment: bool | None = None) -> Details:
        """As the schema says."""
        row = self._rows.get(pid)
        if row is None:
            raise SutraError(errors.NOT_FOUND, f"process {pid}: there is none", "`avyctl processes list` shows those that are")
        if started is not None and started != row.started:
            raise SutraError(errors.STALE, f"process {pid}: another one has the number now, {row.name}", "list the processes again")
        children = [other.pid for other in self._rows.values() if other.ppid == pid]
        return details(row, children, bool(environment))

    async def processes(
        self,
        where: events.Where = events.NO_WHERE,
        fields: list[str] = events.NO_FIELDS,
        kernel: bool | None = None,
        period: int | None = None,
        baseline: bool | None = None,
    ) -> AsyncGenerator[events.TableEvent[Process], None]:
        if period is not None and not 250_000 <= period <= 60_000_000:
            raise SutraError(errors.INVALID, f"period: {period} us is not within 250ms and 60s", "leave it out for 2s")
        queue: asyncio.Queue[events.TableEvent[Process]] = asyncio.Queue()
        self._readers[queue] = bool(kernel)
        try:
            yield events.Snapshot([row for row in self._rows.values() if kernel or not row.kernel])
            while True:
                yield await queue.get()
        finally:
            del self._readers[queue]

    def findings(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Finding], None]:
        return self._judges.follow(lambda: [events.Snapshot(list(self._findings.values()))])

    def spawn(self, row: Process) -> None:
        """A process begins, or is different; one with the same number and another `started` takes its place."""
        old = self._rows.get(row.pid)
        if old is not None and old.started != row.started:
            self.end(row.pid)
        self._rows[row.pid] = row
        for queue, kernel in self._readers.items():
            if kernel or not row.kernel:
                queue.put_nowait(events.Changed([row]))

    def change(self, pid: int, **fields: object) -> None:
        """Some fields of a process are different."""
        self.spawn(replace(self._rows[pid], **fields))

    def end(self, pid: int) -> None:
        """A process is gone."""
        row = self._rows.pop(pid)
        for queue, kernel in self._readers.items():
            if kernel or not row.kernel:
                queue.put_nowait(events.Removed([(pid, row.started)]))

    def report(self, finding: Finding) -> None:
        """A finding is new or different."""
        self._findings[finding.id] = finding
        self._judges.send(events.Changed([finding]))

    def resolve(self, identity: str) -> None:
        """A finding is over."""
        del self._findings[identity]
        self._judges.send(events.Removed([(identity,)]))
