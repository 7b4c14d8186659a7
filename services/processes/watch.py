"""Reads the processes for everybody who looks, as often as the most impatient wants; nothing is read while nobody does."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

from services.core.aside import Aside
from services.core.bell import Bell
from services.processes.scan import Scan
from sutra_client.gen.core import Finding
from sutra_client.gen.processes import Process

BASELINE = 0.2
"""Seconds between the first two readings: the first can tell of processors only what was used since each process began."""
DEADLINE = 5.0
"""Seconds for one reading; two thousand processes take less than a tenth of one."""
Judge = Callable[[Scan], dict[str, Finding]]


class Need(NamedTuple):
    """What one reader wants; `period` is in seconds."""

    period: float
    pss: bool = False
    findings: bool = False


class Watch:
    """`make` gives a new Scan, `judge` what about it needs attention."""

    def __init__(self, make: Callable[[], Scan], judge: Judge) -> None:
        self._make = make
        self._judge = judge
        self._aside = Aside("processes")
        self._needs: dict[object, Need] = {}
        self._task: asyncio.Task[None] | None = None
        self._sooner = asyncio.Event()
        self._error: Exception | None = None
        self.bell = Bell()
        """Rung after each reading, and when there will be none any more."""
        self.rows: list[Process] = []
        self.findings: dict[str, Finding] | None = None
        """None until somebody who wants them was heard."""
        self.taken = 0.0
        """When the newest reading was, by the event loop's clock; 0 before the first."""
        self.measured = False
        """Whether their shares of processors are of a reading before, not since each process began."""
        self.weighed = False
        """Whether `rows` have the costly field."""
        self.mute: set[tuple[int, int]] = set()
        """As Scan's: whoever asks again would leave one more thread behind."""

    @asynccontextmanager
    async def needed(self, need: Need) -> AsyncIterator[None]:
        """Reads as long as anyone is within."""
        mark = object()
        self._needs[mark] = need
        self._sooner.set()
        if self._task is None:
            self._error, self.taken, self.findings = None, 0.0, None
            self._task = asyncio.create_task(self._run(), name="processes")
        try:
            yield
        finally:
            self._needs.pop(mark, None)
            if not self._needs:
                await self.stop()

    async def stop(self) -> None:
        """No task or thread is left, but for one that hangs in the kernel; streams that are still read end."""
        self._needs.clear()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        await self._aside.close()
        self.rows = []
        self.bell.ring()

    def scan(self) -> Scan:
        """A new one, which knows what not to ask."""
        scan = self._make()
        scan.mute |= self.mute
        return scan

    def blame(self, scan: Scan) -> bool:
        """Mutes the process that a reading hangs at; whether there is one."""
        entry = scan.entries.get(scan.at)
        if entry is not None:
            self.mute.add(entry.key)
        return entry is not None

    def check(self) -> bool:
        """Whether there will be more; raises what ended the reading."""
        if self._error is not None:
            raise self._error
        return self._task is not None

    async def _run(self) -> None:
        try:
            await self._follow()
        except Exception as error:  # noqa: BLE001 - whatever it is, every stream that looks raises it
            self._error = error
            self.bell.ring()

    async def _follow(self) -> None:
        scan = self._make()
        fresh = True
        while True:
            scan.weigh(any(need.pss for need in self._needs.values()))
            scan.mute |= self.mute
            try:
                await self._aside.run(DEADLINE, scan.read)
            except TimeoutError:
                scan, fresh = self._give_up(scan), True
                continue
            self._publish(scan, measured=not fresh)
            if fresh:
                fresh = False
                await asyncio.sleep(BASELINE)
            else:
                await self._pause(self.taken)

    def _publish(self, scan: Scan, measured: bool) -> None:
        self.measured = measured
        self.rows = scan.rows()
        self.weighed = scan.pss
        self.mute = scan.mute
        if any(need.findings for need in self._needs.values()):
            self.findings = self._judge(scan)
        self.taken = asyncio.get_running_loop().time()
        self.bell.ring()

    def _give_up(self, scan: Scan) -> Scan:
        """The thread that hangs keeps its scan for ever; a new one takes over, and leaves out what it hangs at."""
        self.blame(scan)
        self._aside = Aside("processes")
        return self._make()

    @property
    def _period(self) -> float:
        return min((need.period for need in self._needs.values()), default=1.0)

    async def _pause(self, since: float) -> None:
        """Until the next reading is due, which somebody new may want sooner."""
        loop = asyncio.get_running_loop()
        while (left := since + self._period - loop.time()) > 0:
            self._sooner.clear()
            try:
                async with asyncio.timeout(left):
                    await self._sooner.wait()
            except TimeoutError:
                return
