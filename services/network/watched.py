"""One of the kernel's tables, read as long as somebody looks: notices first, then a reading, then one after each notice."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from services.core.live import Live
from services.core.reader import Reader
from services.network.rtnl import Notices
from sutra_client import errors, events
from sutra_client.errors import SutraError

S = TypeVar("S")
T = TypeVar("T")
DEADLINE = 10.0
REST = 3.0
"""How many times as long as it took a reading is not repeated: in a storm of notices a large table costs a quarter of a processor."""


class Watched(Generic[S]):
    """`subject` names in messages what is read; `told_of` are the subjects of rtnl.GROUPS whose notices make it old."""

    def __init__(self, subject: str, function: Callable[[], S], told_of: tuple[str, ...], period: float | None = None) -> None:
        self._subject = subject
        self._told_of = told_of
        self._reader: Reader[S] = Reader(subject, function, DEADLINE)
        self._live: Live[S] = Live(self._read, period=period)
        self._notices: Notices | None = None
        self._readers = 0
        self._rested = 0.0
        self._reading: asyncio.Task[S] | None = None
        self.noticed = True
        """Notices came since this was last set to false."""

    async def rows(self, pick: Callable[[S], Mapping[events.Key, T]]) -> AsyncGenerator[events.TableEvent[T], None]:
        """Raises SutraError DENIED, TIMEOUT or FAILED."""
        async with self._listening():
            stream = self._live.rows(pick)
            try:
                async for event in stream:
                    yield event
            finally:
                await stream.aclose()

    def ring(self) -> None:
        """What `pick` adds is different."""
        self._live.bell.ring()

    async def read(self) -> S:
        """Once, for a caller that does not go on looking."""
        return await self._reader()

    async def stop(self) -> None:
        """No task, thread or socket is left; streams that are still read raise UNAVAILABLE."""
        await self._live.stop()
        self._close()
        if self._reading is not None and not self._reading.done():
            self._reading.cancel()
            await asyncio.wait([self._reading])
        await self._reader.close()

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        self._readers += 1
        try:
            if self._notices is None:
                self._notices = self._open()
            yield
        finally:
            self._readers -= 1
            if not self._readers:
                self._close()

    def _open(self) -> Notices:
        try:
            return Notices(self._told_of, self._notice)
        except OSError as error:
            code = errors.DENIED if isinstance(error, PermissionError) else errors.UNAVAILABLE
            raise SutraError(
                code, f"listening for changes of {self._subject}: {error.strerror}", "the kernel's netlink is needed"
            ) from error

    def _close(self) -> None:
        notices, self._notices = self._notices, None
        if notices is not None:
            notices.close()

    def _notice(self) -> None:
        self.noticed = True
        self._live.nudge()

    async def _read(self) -> S:
        await asyncio.sleep(max(0.0, self._rested - time.monotonic()))
        if self._reading is not None:
            await asyncio.wait([self._reading])  # a reader that left does not end the reading that was begun for it
        before = time.monotonic()
        self._reading = asyncio.create_task(self._reader())
        self._reading.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        state = await asyncio.shield(self._reading)
        after = time.monotonic()
        self._rested = after + REST * (after - before)
        return state
