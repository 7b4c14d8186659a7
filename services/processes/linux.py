"""The processes of any Linux, by its procfs alone."""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable
from typing import TypeVar

from msgspec.structs import replace

from services.core.aside import Aside
from services.core.difference import difference
from services.core.peer import OPERATOR
from services.core.sight import OWN
from services.core.tree import Tree
from services.processes.guarded import hidden
from services.processes.scan import Scan
from services.processes.watch import BASELINE, Need, Watch
from sutra_client import errors, events
from sutra_client.errors import SutraError
from sutra_client.gen.core import Finding
from sutra_client.gen.processes import Details, Process

T = TypeVar("T")
PERIOD = 2_000_000
SHORTEST, LONGEST = 250_000, 60_000_000
"""Microseconds between two readings."""
EARLY = 0.9
"""Share of its period after which a reader takes a reading that another one asked for."""
ATTENTION = 5.0
"""Seconds between two readings where only findings are asked for."""
PATIENCE = 3.0
"""Seconds for looking into one process."""


def probe(root: str = "/") -> tuple[bool, str]:
    """Fits wherever procfs is mounted."""
    tree = Tree(root)
    if tree.exists(f"{tree.proc}/1/stat") or tree.exists(f"{tree.proc}/self/stat"):
        return True, f"Linux with procfs at {tree.proc}"
    return False, f"no Linux procfs: {tree.proc}/1/stat is absent"


def make(root: str = "/") -> "LinuxProcesses":
    """The backend for the host below `root`."""
    return LinuxProcesses(root)


class LinuxProcesses:
    """Implements the Protocol Processes. Reads only while somebody looks."""

    def __init__(self, root: str = "/") -> None:
        self._tree = Tree(root)
        self._watch = Watch(lambda: Scan(self._tree), self._judge)

    @property
    def narrowed(self) -> dict[str, dict[str, str]]:
        """What /proc hides from users, this service hides from them as well; findings name processes and have no owner."""
        if not hidden(self._tree):
            return {}
        return {"get": {"sees": OWN}, "processes": {"sees": OWN}, "findings": {"role": OPERATOR}}

    @property
    def unseen(self) -> list[str]:
        """What this user cannot see here, a sentence each."""
        if os.geteuid() == 0:
            return []
        told = ["Open files, sockets, I/O rates and environment of other users' processes are unknown: only root may look into them."]
        if not self._tree.exists(f"{self._tree.proc}/1/stat"):
            told.append("Other users' processes are not listed: /proc hides them from this user (hidepid).")
        hung = len(self._watch.mute)
        if hung:
            told.append(f"Arguments and memory of {hung} processes are not read: they wait in the kernel, and so would whoever asks.")
        return told

    async def start(self, keep: bool = False) -> None:
        """Nothing is gathered ahead."""

    async def stop(self) -> None:
        """Streams that are still read end; no task, thread or open file is left."""
        await self._watch.stop()

    async def get(self, pid: int, started: int | None = None, environment: bool | None = None) -> Details:
        """Raises SutraError NOT_FOUND, STALE when `started` is another process', TIMEOUT when its memory cannot be read."""
        from services.processes.detail import look

        row, children = await self._find(pid)
        if started is not None and row.started != started:
            raise SutraError(errors.STALE, f"process {pid}: another one has the number now, {row.name}", "list the processes again")
        mute = (pid, row.started) in self._watch.mute
        try:
            details = await _beside(pid, lambda: look(self._tree, row, children, bool(environment), mute))
        except SutraError:
            self._watch.mute.add((pid, row.started))
            raise
        if details is None:
            raise _absent(pid)
        return details

    async def _find(self, pid: int) -> tuple[Process, list[int]]:
        """Its row with a share of the processor, and its children: of the newest reading, else of one made for it."""
        rows = self._watch.rows
        if not any(row.pid == pid for row in rows):
            scan = await self._read(pid)
            if pid in scan.entries:
                await asyncio.sleep(BASELINE)
                await _beside(pid, lambda: scan.read([pid]))
            rows = scan.rows()
        found = next((row for row in rows if row.pid == pid), None)
        if found is None:
            raise _absent(pid)
        return found, [row.pid for row in rows if row.ppid == pid]

    async def _read(self, pid: int) -> Scan:
        """A reading for one who asks for `pid`; another process that keeps it waiting is left out."""
        while True:
            scan = self._watch.scan()
            try:
                await _beside(pid, scan.read)
                return scan
            except SutraError:
                if not self._watch.blame(scan):
                    raise

    async def processes(
        self,
        where: events.Where = events.NO_WHERE,
        fields: list[str] = events.NO_FIELDS,
        kernel: bool | None = None,
        period: int | None = None,
        baseline: bool | None = None,
    ) -> AsyncGenerator[events.TableEvent[Process], None]:
        """`where` is the server's business; of `fields` only pss is optional."""
        wanted = PERIOD if period is None else period
        if not SHORTEST <= wanted <= LONGEST:
            raise SutraError(errors.INVALID, f"period: {wanted} us is not within 250ms and 60s", "leave it out for 2s")
        pss = "pss" in fields
        watch = self._watch
        told: dict[int, Process] | None = None
        due, rough = 0.0, True
        async with watch.needed(Need(wanted / 1_000_000, pss)):
            while watch.check():
                rung = watch.bell.next()
                ready = watch.taken and watch.weighed >= pss and (watch.measured or not baseline)
                if ready and (watch.taken >= due or (rough and watch.measured)):
                    rows = self._rows(bool(kernel), pss)
                    for event in [events.Snapshot(list(rows.values()))] if told is None else changes(told, rows):
                        yield event
                    told, due, rough = rows, watch.taken + wanted / 1_000_000 * EARLY, not watch.measured
                await rung.wait()

    async def findings(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Finding], None]:
        """`where` is the server's business; no field is optional."""
        told: dict[events.Key, Finding] | None = None
        async with self._watch.needed(Need(ATTENTION, findings=True)):
            while self._watch.check():
                rung = self._watch.bell.next()
                if self._watch.findings is not None:
                    rows: dict[events.Key, Finding] = {(name,): finding for name, finding in self._watch.findings.items()}
                    for event in [events.Snapshot(list(rows.values()))] if told is None else difference(told, rows):
                        yield event
                    told = rows
                await rung.wait()

    def _rows(self, kernel: bool, pss: bool) -> dict[int, Process]:
        rows = self._watch.rows
        if self._watch.weighed and not pss:
            rows = [row if row.pss is None else replace(row, pss=None) for row in rows]
        return {row.pid: row for row in rows if kernel or not row.kernel}

    def _judge(self, scan: Scan) -> dict[str, Finding]:
        from services.processes.rules import judge

        return judge(self._tree, scan)


def changes(before: dict[int, Process], after: dict[int, Process]) -> list[events.TableEvent[Process]]:
    """What a reader that has `before` must be told to have `after`. A row that is not different is mostly the same object."""
    told: list[events.TableEvent[Process]] = []
    changed = [row for pid, row in after.items() if (old := before.get(pid)) is not row and old != row]
    removed: list[events.Key] = [
        (pid, old.started)
        for pid, old in before.items()
        if (new := after.get(pid)) is not old and (new is None or new.started != old.started)
    ]
    if changed:
        told.append(events.Changed(changed))
    if removed:
        told.append(events.Removed(removed))
    return told


async def _beside(pid: int, function: Callable[[], T]) -> T:
    """On a thread of its own: reading the memory of a process that waits in the kernel may wait with it. Raises SutraError TIMEOUT."""
    aside = Aside("process detail")
    try:
        return await aside.run(PATIENCE, function)
    except TimeoutError:
        message = f"looking into process {pid}: the kernel did not answer within {PATIENCE:.0f} s"
        raise SutraError(errors.TIMEOUT, message, "it waits in the kernel itself; `avyctl processes findings` tells for how long") from None
    finally:
        await aside.close()


def _absent(pid: int) -> SutraError:
    return SutraError(errors.NOT_FOUND, f"process {pid}: there is none", "`avyctl processes list` shows those that are")
