"""Ctrl+C: cancels what is being done, and nothing more."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Interrupted(Exception):
    """SIGINT came."""


class Interrupts:
    """`with` it, in the main thread, SIGINT is ours."""

    def __init__(self) -> None:
        self._task: asyncio.Task[Any] | None = None
        self._came = False

    def __enter__(self) -> "Interrupts":
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self._struck)
        return self

    def __exit__(self, *exception: object) -> None:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Raises Interrupted where a SIGINT ended it."""
        task = asyncio.create_task(work)
        self._task = task
        self._came = False
        try:
            return await task
        except asyncio.CancelledError:
            if not (self._came and task.cancelled()):
                raise
            raise Interrupted from None
        finally:
            self._task = None

    def _struck(self) -> None:
        if self._task is not None:
            self._came = True
            self._task.cancel()
