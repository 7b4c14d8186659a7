"""Runs what may sleep in the kernel beside the event loop, and never waits for it longer than is said."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

T = TypeVar("T")
PARTING = 0.5
"""Seconds that close() grants a function that is still running."""


class Aside:
    """One function at a time, each on a daemon thread that ends with it: one that hangs for ever holds up neither loop nor exit."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread: threading.Thread | None = None
        self._over = asyncio.Event()
        self._hangs = False

    async def run(self, seconds: float, function: Callable[[], T]) -> T:
        """Raises TimeoutError after `seconds`, and at once while an earlier function hangs; else whatever the function raises.

        An earlier one that nobody waits for any more, because its caller was cancelled, is waited for.
        """
        if self._thread is not None and not self._over.is_set():
            if self._hangs:
                raise TimeoutError
            await self._ended(seconds)
        loop = asyncio.get_running_loop()
        result: asyncio.Future[T] = loop.create_future()
        self._over.clear()
        self._hangs = False

        def work() -> None:
            try:
                value = function()
            except BaseException as error:  # noqa: BLE001 - handed to the awaiter, whatever it is
                self._tell(loop, result, partial(result.set_exception, error))
            else:
                self._tell(loop, result, partial(result.set_result, value))

        self._thread = threading.Thread(target=work, name=self._name, daemon=True)
        self._thread.start()
        try:
            async with asyncio.timeout(seconds):
                return await result
        except TimeoutError:
            self._hangs = not self._over.is_set()
            raise

    async def _ended(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._over.wait()
        except TimeoutError:
            self._hangs = True
            raise

    async def close(self) -> None:
        """After it no thread is left but one that hangs in the kernel."""
        if self._thread is None:
            return
        try:
            async with asyncio.timeout(PARTING):
                await self._over.wait()
        except TimeoutError:
            return
        # It has delivered and is about to end: this waits for microseconds.
        self._thread.join(PARTING)

    def _tell(self, loop: asyncio.AbstractEventLoop, result: asyncio.Future[T], deliver: Callable[[], None]) -> None:
        def done() -> None:
            self._over.set()
            if not result.done():
                deliver()

        try:
            loop.call_soon_threadsafe(done)
        except RuntimeError:
            return  # the loop was closed while this hung: nobody waits any more
