"""The disks service on any Linux: sysfs, procfs, what udev noted, and the file systems themselves; no daemon is needed."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

from msgspec.structs import replace

from services.core.live import Live
from services.core.meter import Meter
from services.core.reader import Reader
from services.core.tree import Tree
from services.disks import activity
from services.disks.asking import Asking
from services.disks.blocks import read_blocks
from services.disks.mounts import askable, parse
from services.disks.notices import Notices
from services.disks.probe import Probing
from services.disks.rules import Judge, View
from services.disks.state import Answers, State, device_rows, mount_rows, read_swaps
from services.disks.udisks import Udisks
from sutra_client import events
from sutra_client.events import Key
from sutra_client.gen.core import Finding
from sutra_client.gen.disks import Device, Kind, Mount, Sample, Status

T = TypeVar("T")
PERIOD = 30.0
"""Seconds between two looks at how full file systems are, and at sensors."""
FIRST = 0.5
"""Seconds that the first rows wait for file systems to answer."""


def probe(root: str = "/") -> tuple[bool, str]:
    """Fits wherever sysfs is mounted."""
    tree = Tree(root)
    if tree.exists(f"{tree.sys}/class/block"):
        return True, f"Linux with sysfs at {tree.sys}"
    return False, f"no block devices: {tree.sys}/class/block is absent"


def make(root: str = "/") -> "LinuxDisks":
    """The backend for the host below `root`."""
    return LinuxDisks(root)


class LinuxDisks:
    """Implements the Protocol Disks. Nothing is read, asked or listened to while nobody looks."""

    def __init__(self, root: str = "/", asking: Asking | None = None) -> None:
        self._tree = Tree(root)
        self._path = f"{self._tree.proc}/self/mountinfo"
        self._reader: Reader[State] = Reader("disks and mounts", partial(read, self._tree, self._path))
        self._probing = Probing(self._tree)
        self._live: Live[State] = Live(self._read, period=PERIOD)
        self._meter = Meter(partial(activity.read_counts, self._tree), activity.sample, self._live.bell.ring)
        self._asking = asking or Asking()
        self._udisks = Udisks(self._tree)
        self._asker: asyncio.Task[None] | None = None
        self._health: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[State] | None = None
        self._wanted: dict[bytes, int] = {}
        self._asked = -PERIOD
        self._judge = Judge()
        self._notices: Notices | None = None
        self._readers = 0

    @property
    def unseen(self) -> list[str]:
        """What cannot be seen here, a sentence each, as far as it was tried yet."""
        unheard = self._notices.unheard if self._notices is not None else []
        return sorted({*self._tree.problems.values(), *self._probing.unseen, *self._asking.unseen, *self._udisks.unseen, *unheard})

    async def start(self, keep: bool = False) -> None:
        """Nothing is read before somebody asks."""

    async def stop(self) -> None:
        """Streams that are still read end; no task, thread, child or open file is left."""
        await self._live.stop()
        await self._meter.stop()
        await self._leave()
        if self._reading is not None:
            await asyncio.wait([self._reading])
        await self._reader.close()
        await self._probing.stop()

    async def status(self) -> Status:
        """Raises SutraError DENIED, TIMEOUT or FAILED."""
        async with self._looking():
            state = await self._read()
            usage = self._asking.known.get(b"/")
            disks = [block for block in state.blocks if block.kind == Kind.DISK]
            figures = (usage.total, usage.used, round(usage.share, 1)) if usage is not None else (None, None, None)
            return Status(len(disks), sum(disk.size for disk in disks), self.unseen, *figures)

    async def devices(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Device], None]:
        """Rates come with the second after the first rows."""
        metered = "read" in fields or "write" in fields
        async with self._meter.needed(metered):
            stream = self._rows(self._rated if metered else self._devices)
            try:
                async for event in stream:
                    yield event
            finally:
                await stream.aclose()

    def mounts(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Mount], None]:
        return self._rows(lambda state: mount_rows(state, self._answers()))

    def samples(self, since: int | None = None) -> AsyncGenerator[events.SamplesEvent[Sample], None]:
        """No history is kept here."""
        return self._meter.samples()

    def findings(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Finding], None]:
        return self._rows(self._found)

    async def _rows(self, pick: Callable[[State], Mapping[Key, T]]) -> AsyncGenerator[events.TableEvent[T], None]:
        async with self._looking():
            stream = self._live.rows(pick)
            try:
                async for event in stream:
                    yield event
            finally:
                await stream.aclose()

    @asynccontextmanager
    async def _looking(self) -> AsyncIterator[None]:
        self._readers += 1
        if self._notices is None and not self._tree.root:
            self._notices = Notices(self._path, self._live.nudge)
        try:
            yield
        finally:
            self._readers -= 1
            if not self._readers:
                await self._leave()

    async def _leave(self) -> None:
        notices, self._notices = self._notices, None
        if notices is not None:
            notices.close()
        tasks = [task for task in (self._asker, self._health) if task is not None]
        self._asker = self._health = None
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._asking.stop()

    async def _read(self) -> State:
        # One reading at a time, and one whose reader left comes to its end: a thread that is still at work would be taken for a hung one.
        while self._reading is not None:
            await asyncio.wait([self._reading])
        self._reading = asyncio.create_task(self._read_all())
        self._reading.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        state = await asyncio.shield(self._reading)
        self._wanted = askable(list(state.mounts)) if not self._tree.root else {}
        due = self._due
        if due and self._health is None:
            self._health = asyncio.create_task(self._ask_health())
        if self._asker is None:
            self._asker = asyncio.create_task(self._ask())
        if due:
            await asyncio.wait([task for task in (self._asker, self._health) if task is not None], timeout=FIRST)
        return state

    async def _read_all(self) -> State:
        try:
            state = await self._reader()
            return state._replace(blocks=tuple(await self._probing.fill(list(state.blocks))))
        finally:
            self._reading = None

    async def _ask(self) -> None:
        """Goes on for as long as there is something new to ask."""
        told: dict[bytes, int] | None = None
        while told != self._wanted:
            told = self._wanted
            anew = self._due
            if anew:
                self._asked = time.monotonic()
            await self._asking.ask(told, anew, self._live.bell.ring)
        self._asker = None

    async def _ask_health(self) -> None:
        await self._udisks.refresh()
        self._live.bell.ring()
        self._health = None

    @property
    def _due(self) -> bool:
        return time.monotonic() - self._asked >= PERIOD * 0.9

    def _answers(self) -> Answers:
        return Answers(self._asking.known, self._asking.problems, self._asking.hung)

    def _devices(self, state: State) -> dict[Key, Device]:
        rows = device_rows(state, self._answers())
        for name, drive in self._udisks.drives.items():
            if (name,) in rows:
                told = {field: value for field, value in drive._asdict().items() if value is not None and field != "failing"}
                rows[name,] = replace(rows[name,], **told)
        return rows

    def _rated(self, state: State) -> dict[Key, Device]:
        rows = self._devices(state)
        rates = {row.name: row for row in self._meter.latest.devices} if self._meter.latest is not None else {}
        return {key: replace(row, read=rate.read, write=rate.write) if (rate := rates.get(row.name)) else row for key, row in rows.items()}

    def _found(self, state: State) -> dict[Key, Finding]:
        failing = {name: drive.failing for name, drive in self._udisks.drives.items() if drive.failing is not None}
        spent = {name: drive.wear for name, drive in self._udisks.drives.items() if drive.wear is not None}
        blocks = tuple(block._replace(wear=spent.get(block.name, block.wear)) for block in state.blocks)
        view = View(blocks, tuple(self._asking.hung), self._judge.watch(state.blocks), failing)
        return {(finding.id,): finding for finding in self._judge.rows(view, time.time_ns() // 1000).values()}


def read(tree: Tree, mountinfo: str) -> State:
    """Sleeps as long as the slowest sensor of a disk does."""
    mounts = parse(tree.read(mountinfo, "what is mounted") or b"")
    return State(tuple(read_blocks(tree)), tuple(mounts), read_swaps(tree))
