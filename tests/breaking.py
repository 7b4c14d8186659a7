"""Streams that fail: one that a service refuses, and one that a test breaks off and mends, as when a service goes away and comes back."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from sutra_client.errors import SutraError
from sutra_client.events import Stale


async def refused(error: SutraError) -> AsyncGenerator[Any, None]:
    """A stream that fails before its first event."""
    events: list[Any] = []
    for event in events:
        yield event
    raise error


class Breaking:
    """`broken` and `mended` are the test's to set."""

    def __init__(self, since: int) -> None:
        self.broken = asyncio.Event()
        self.mended = asyncio.Event()
        self._since = since

    async def stream(self, before: Sequence[Any], after: Sequence[Any]) -> AsyncGenerator[Any, None]:
        """Some events, a break, some events, and no end."""
        for event in before:
            yield event
        await self.broken.wait()
        yield Stale("the service closed the connection", self._since)
        await self.mended.wait()
        for event in after:
            yield event
        await asyncio.Event().wait()
