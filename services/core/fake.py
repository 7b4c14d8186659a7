"""What a test sends, handed to every stream that is open."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Feed(Generic[T]):
    """Hands what is sent to every reader; `readers` is how many streams are open."""

    def __init__(self) -> None:
        self._queues: list[asyncio.Queue[T | None]] = []
        self._changed = asyncio.Event()

    @property
    def readers(self) -> int:
        return len(self._queues)

    async def until(self, readers: int) -> None:
        """Waits until just so many streams are open."""
        while self.readers != readers:
            self._changed.clear()
            await asyncio.wait_for(self._changed.wait(), 5)

    def send(self, event: T) -> None:
        for queue in self._queues:
            queue.put_nowait(event)

    def close(self) -> None:
        """Ends every open stream."""
        for queue in self._queues:
            queue.put_nowait(None)

    async def follow(self, first: Callable[[], list[T]]) -> AsyncIterator[T]:
        """What `first` answers when reading begins, then everything sent from then on, until close()."""
        queue: asyncio.Queue[T | None] = asyncio.Queue()
        self._queues.append(queue)
        self._changed.set()
        try:
            for event in first():
                yield event
            while (sent := await queue.get()) is not None:
                yield sent
        finally:
            self._queues.remove(queue)
            self._changed.set()
