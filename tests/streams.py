"""What a table stream tells, put together as a reader would."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from sutra_client import events

PATIENCE = 10.0


async def first(stream: AsyncIterator[events.TableEvent[Any]]) -> list[Any]:
    """The rows of the snapshot; the stream is closed afterwards."""
    try:
        event = await asyncio.wait_for(anext(stream), PATIENCE)
    finally:
        await stream.aclose()  # type: ignore[attr-defined]
    assert isinstance(event, events.Snapshot)
    assert not event.more
    return event.rows


class Reading:
    """A stream that is read on; `rows` are what it told so far, by key."""

    def __init__(self, stream: AsyncIterator[events.TableEvent[Any]], *key: str) -> None:
        self._stream = stream
        self._key = key
        self.rows: dict[tuple[Any, ...], Any] = {}
        self.told: list[events.TableEvent[Any]] = []

    async def __aenter__(self) -> "Reading":
        await self.next()
        assert isinstance(self.told[0], events.Snapshot)
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._stream.aclose()  # type: ignore[attr-defined]

    async def next(self) -> None:
        """Reads one more event."""
        event = await asyncio.wait_for(anext(self._stream), PATIENCE)
        self.told.append(event)
        match event:
            case events.Snapshot(rows=rows):
                self.rows = {self._of(row): row for row in rows}
            case events.Changed(rows=rows):
                self.rows |= {self._of(row): row for row in rows}
            case events.Removed(keys=keys):
                for key in keys:
                    del self.rows[tuple(key)]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Reads on until something holds."""
        while not holds():
            await self.next()

    def _of(self, row: Any) -> tuple[Any, ...]:
        return tuple(getattr(row, name) for name in self._key)
