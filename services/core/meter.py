"""Measures once a second while somebody looks: counters are read, and a sample made of two readings."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from services.core.bell import Bell
from sutra_client import events

C = TypeVar("C")
S = TypeVar("S")
FIRST = 0.2
"""Seconds that the first sample's rates are taken over."""
PERIOD = 1.0


class Meter(Generic[C, S]):
    """`count` must not sleep; `measured` is called after each measurement."""

    def __init__(self, count: Callable[[], C], sample: Callable[[C, C], S], measured: Callable[[], None]) -> None:
        self.latest: S | None = None
        self._bell = Bell()
        self._count = count
        self._sample = sample
        self._measured = measured
        self._needs = 0
        self._task: asyncio.Task[None] | None = None

    async def samples(self) -> AsyncGenerator[events.SamplesEvent[S], None]:
        """The latest at once, then each."""
        async with self.needed():
            while True:
                rung = self._bell.next()
                if self.latest is not None:
                    yield events.Samples([self.latest])
                await rung.wait()

    @asynccontextmanager
    async def needed(self, wanted: bool = True) -> AsyncIterator[None]:
        """Measures as long as anyone who wants it is within."""
        self._needs += wanted
        if self._needs and self._task is None:
            self._task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            self._needs -= wanted
            if not self._needs:
                await self.stop()

    async def stop(self) -> None:
        """No task is left."""
        task, self._task = self._task, None
        self.latest = None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _run(self) -> None:
        before, delay = self._count(), FIRST
        while True:
            await asyncio.sleep(delay)
            now, delay = self._count(), PERIOD
            self.latest = self._sample(before, now)
            before = now
            self._bell.ring()
            self._measured()
