"""The logs service over one source of records, whichever it is."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Protocol

from services.core.difference import difference
from services.logs.query import Query, bounded
from sutra_client import events
from sutra_client.gen.core import Finding
from sutra_client.gen.logs import Priority, Record


class Source(Protocol):
    """Where records come from; all raise SutraError."""

    unseen: list[str]

    async def read(self, query: Query) -> list[Record]:
        """The newest `query.lines` that fit, oldest first."""

    def follow(self, query: Query) -> AsyncGenerator[list[Record] | int, None]:
        """The same, then what is added; a number is how many were lost there."""

    async def stop(self) -> None:
        """Leaves no task, thread, process or fd behind."""


class SourcedLogs:
    """Implements the Protocol Logs."""

    def __init__(self, source: Source) -> None:
        self._source = source

    @property
    def unseen(self) -> list[str]:
        """What this user cannot see, as far as it was tried."""
        return self._source.unseen

    async def start(self, keep: bool = False) -> None:
        """The source keeps the history itself."""

    async def stop(self) -> None:
        """Ends what the source has under way."""
        await self._source.stop()

    async def records(
        self,
        lines: int = 200,
        priority: Priority | None = None,
        unit: str | None = None,
        since: int | None = None,
        until: int | None = None,
        text: str | None = None,
        boot: str | None = None,
    ) -> list[Record]:
        """No more than a frame holds: the oldest are left out then."""
        query = Query(lines, priority, unit, since, until, text, boot).check()
        return bounded(await self._source.read(query), lines)

    async def follow(
        self,
        lines: int = 10,
        priority: Priority | None = None,
        unit: str | None = None,
        since: int | None = None,
        text: str | None = None,
    ) -> AsyncGenerator[events.LogEvent[Record], None]:
        """Never ends by itself."""
        source = self._source.follow(Query(lines, priority, unit, since, None, text).check())
        try:
            async for part in source:
                yield events.Lost(part) if isinstance(part, int) else events.Records(part)
        finally:
            await source.aclose()

    async def findings(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Finding], None]:
        """The kernel's records of the last hour are read first, then followed; a finding goes when its hour is over."""
        from services.logs.findings import HOUR, MOST, Board

        board = Board()
        since = time.time_ns() // 1000 - HOUR
        source = self._source.follow(Query(MOST, since=since, kernel=True))
        told: dict[events.Key, Finding] | None = None
        parts = source.__aiter__()
        pending: asyncio.Task[list[Record] | int] | None = None
        try:
            while True:
                pending = pending or asyncio.create_task(_next(parts))
                await asyncio.wait([pending], timeout=board.wait() if told is not None else None)
                if pending.done():
                    part = pending.result()
                    pending = None
                    board.take(part if isinstance(part, list) else [])
                found = board.judge()
                for event in [events.Snapshot(list(found.values()))] if told is None else difference(told, found):
                    yield event
                told = found
        except StopAsyncIteration:
            return
        finally:
            if pending is not None:
                pending.cancel()
                await asyncio.wait([pending])
            await source.aclose()


async def _next(parts: AsyncIterator[list[Record] | int]) -> list[Record] | int:
    return await anext(parts)
