"""Drives one backend iterator and hands on its events, so that a source need not know of tasks."""

import asyncio
import sys
import traceback
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec

from sutra_client import errors
from sutra_client.errors import SutraError


class Pump:
    """One iterator at a time; `tasks` holds those that run or are still closing, for whoever has to wait for them."""

    def __init__(self, iterate: Callable[[], AsyncIterator[Any]], tasks: "set[asyncio.Task[None]]") -> None:
        self._iterate = iterate
        self._tasks = tasks
        self._task: asyncio.Task[None] | None = None

    def start(self, take: Callable[[Any], None], end: Callable[[SutraError | None], None]) -> None:
        """`take` gets each event, `end` the reason when the iterator is over by itself; neither after stop(). Once is enough."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(take, end))
            self._tasks.add(self._task)
            self._task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
        self._task = None

    async def _run(self, take: Callable[[Any], None], end: Callable[[SutraError | None], None]) -> None:
        error: SutraError | None = None
        try:
            await self._follow(take)
        except Exception as problem:  # noqa: BLE001 - whatever a backend raises is told to its readers
            error = as_error(problem)
        if self._task is asyncio.current_task():
            self._task = None
            end(error)

    async def _follow(self, take: Callable[[Any], None]) -> None:
        iterator = self._iterate()
        try:
            async for event in iterator:
                take(event)
        finally:
            close = getattr(iterator, "aclose", None)
            if close is not None:
                await close()


def as_error(problem: Exception) -> SutraError:
    """What the peer is told of a failure: SutraErrors and the host's own words; of a bug nothing but that it is one."""
    if isinstance(problem, SutraError):
        return problem
    if isinstance(problem, msgspec.ValidationError | UnicodeEncodeError):
        traceback.print_exception(problem, file=sys.stderr)
        return SutraError(
            errors.INTERNAL, "the service made an answer that does not fit its own schema", "its log has the details; please report them"
        )
    if isinstance(problem, OSError) and problem.strerror:
        where = f"{problem.filename}: " if isinstance(problem.filename, str) else ""
        return SutraError(errors.FAILED, f"{where}{problem.strerror}")
    traceback.print_exception(problem, file=sys.stderr)
    return SutraError(errors.INTERNAL, "the service failed in an unforeseen way", "its log has the details; please report them")
