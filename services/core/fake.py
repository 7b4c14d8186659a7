"""What a test sends, handed to every stream of a fake backend that is open; not in the wheel."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Feed(Generic[T]):
    """Hands what is sent to every reader; `readers`, also its length, is how many streams are open."""

    def __init__(self) -> None:
        self._queues: list[asyncio.Queue[T | None]] = []
        self._changed = asyncio.Event()

    @property
    def readers(self) -> int:
        return len(self._queues)

    def __len__(self) -> int:
        return self.readers

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

    async def follow(self, first: Callable[[], list[T]]) -> AsyncGenerator[T, None]:
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
