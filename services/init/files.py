"""Init systems that can only be looked at: the files they leave and the process table, read anew after each sign of a change."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from typing import NamedTuple

from services.core.live import Live
from services.core.reader import Reader
from services.init.findings import Board
from sutra_client import errors, events
from sutra_client.errors import SutraError
from sutra_client.gen.core import Finding
from sutra_client.gen.init import Detail, Kind, Service

DEADLINE = 10.0
"""Seconds for one reading."""


class Reading(NamedTuple):
    """What one look at the host came to."""

    services: dict[str, Detail]
    unseen: list[str]
    """What cannot be known, a sentence each."""
    watched: dict[str, int] = {}
    """Path of this process -> inotify's mask."""


class FileInit:
    """Implements the Protocol Init over a function that reads everything; `period` is in seconds, for what no file tells of."""

    def __init__(self, subject: str, read: Callable[[], Reading], period: float | None) -> None:
        self._read = Reader(subject, read, DEADLINE)
        self._live: Live[Reading] = Live(self._look, lambda reading: reading.watched, period)
        self._unseen: list[str] = []

    @property
    def unseen(self) -> list[str]:
        """Of the last look."""
        return [*self._unseen, *([self._live.unwatched] if self._live.unwatched else [])]

    async def start(self, keep: bool = False) -> None:
        """Nothing is kept while nobody looks."""

    async def stop(self) -> None:
        """No task, thread or watch is left."""
        await self._live.stop()
        await self._read.close()

    async def get(self, name: str, scope: str = "system") -> Detail:
        """Raises SutraError NOT_FOUND, and what reading raises."""
        found = (await self._look()).services.get(name) if scope == "system" else None
        if found is None:
            message = f"services status {name}: there is no {scope} service of that name"
            raise SutraError(errors.NOT_FOUND, message, "`avyctl services list` shows those there are")
        return found

    def services(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS, kinds: list[Kind] | None = None
    ) -> AsyncIterator[events.TableEvent[Service]]:
        """There are services alone; no optional field is known."""
        wanted = kinds is None or Kind.SERVICE in kinds
        return self._live.rows(lambda reading: _rows(reading) if wanted else {})

    async def findings(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Finding], None]:
        """Judged at each reading."""
        board = Board()
        rows = self._live.rows(lambda reading: board.judge(_rows(reading).values()))
        try:
            async for event in rows:
                yield event
        finally:
            await rows.aclose()

    async def _look(self) -> Reading:
        reading = await self._read()
        self._unseen = reading.unseen
        return reading


def _rows(reading: Reading) -> Mapping[events.Key, Service]:
    return {(detail.service.scope, name): detail.service for name, detail in reading.services.items()}
