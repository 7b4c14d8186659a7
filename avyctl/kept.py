"""What is made when it is first asked for, and kept."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """`make` begins a task that makes it; where that fails, the next use tries again."""

    def __init__(self, make: Callable[[], "asyncio.Task[T]"]) -> None:
        self._make = make
        self._making: asyncio.Task[T] | None = None

    @property
    def made(self) -> T | None:
        """None before it is made."""
        task = self._making
        return task.result() if task is not None and task.done() and not task.cancelled() and task.exception() is None else None

    async def get(self) -> T:
        """Raises what the task raised. Whoever stops waiting does not stop it for the others."""
        if self._making is None or (self._making.done() and self.made is None):
            self._making = self._make()
        return await asyncio.shield(self._making)
