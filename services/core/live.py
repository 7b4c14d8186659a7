"""The newest state of something that is read as a whole: read when somebody begins to look, and again after each sign of a change."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from services.core import inotify
from services.core.bell import Bell
from services.core.difference import difference
from services.core.inotify import Inotify
from sutra_client import errors, events
from sutra_client.errors import SutraError

S = TypeVar("S")
T = TypeVar("T")
GATHER = 0.02
"""Seconds from the first sign of a change to reading: one change is seldom one write."""
FALLBACK = 2.0
"""Seconds between readings where the host has no inotify instance left."""
MOST_WATCHES = 1024


class Live(Generic[S]):
    """Nothing is read, watched or kept while nobody looks.

    `read` raises SutraError, which ends every stream that looks. `watched` tells what to watch, path -> mask, from a state; `period` is in
    seconds, for what the kernel announces to nobody. `listen` runs as long as somebody looks, and calls nudge(). `bell` may be shared.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[S]],
        watched: Callable[[S], Mapping[str, int]] | None = None,
        period: float | None = None,
        listen: Callable[[], Coroutine[None, None, None]] | None = None,
        bell: Bell | None = None,
    ) -> None:
        self.bell = bell or Bell()
        """Rung at each new state, and at whatever else a stream has to look at."""
        self.latest: S | None = None
        self.unwatched = ""
        """Why changes are not told by the kernel, a sentence; empty when they are."""
        self._read = read
        self._watched = watched
        self._period = period
        self._beside = listen
        self._dirty = asyncio.Event()
        self._error: Exception | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._readers = 0
        self._inotify: Inotify | None = None
        self._watches: dict[str, int] = {}

    def nudge(self) -> None:
        """Something may be different."""
        self._dirty.set()

    async def rows(self, pick: Callable[[S], Mapping[events.Key, T]]) -> AsyncGenerator[events.TableEvent[T], None]:
        """A table stream of what `pick` takes from each state; it is asked again at every ring of the bell."""
        async with self.needed():
            told: Mapping[events.Key, T] | None = None
            while True:
                rung = self.bell.next()
                if self._error is not None:
                    raise self._error
                if self.latest is not None:
                    rows = pick(self.latest)
                    for event in [events.Snapshot(list(rows.values()))] if told is None else difference(told, rows):
                        yield event
                    told = rows
                await rung.wait()

    @asynccontextmanager
    async def needed(self) -> AsyncIterator[None]:
        """Reads and watches as long as anyone is within."""
        self._readers += 1
        if not self._tasks:
            self._error = self.latest = None
            self._tasks.append(asyncio.create_task(self._run()))
            if self._beside is not None:
                self._tasks.append(asyncio.create_task(self._beside()))
        try:
            yield
        finally:
            self._readers -= 1
            if not self._readers:
                await self._halt()

    async def stop(self) -> None:
        """No task or watch is left; streams that are still read raise UNAVAILABLE."""
        await self._halt()
        if self._readers:
            self._error = SutraError(errors.UNAVAILABLE, "the service stops", "try again when it is back")
            self.bell.ring()

    async def _halt(self) -> None:
        # Taken away before anything is awaited: a reader that comes meanwhile begins anew.
        tasks, self._tasks = self._tasks, []
        watcher, self._inotify, self._watches = self._inotify, None, {}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        if watcher is not None:
            watcher.close()

    async def _run(self) -> None:
        try:
            while True:
                self._dirty.clear()
                began = time.monotonic()
                state = await self._read()
                took = time.monotonic() - began
                if self._watch(state):
                    continue  # what happened before the new watches is in no reading yet
                if state != self.latest:
                    self.latest = state
                    self.bell.ring()
                await self._wait(took)
        except Exception as error:  # noqa: BLE001 - whatever it is, every stream that looks raises it
            self._error = error
            self._close()
            self.bell.ring()

    async def _wait(self, took: float) -> None:
        period = self._period if not self.unwatched else min(self._period or FALLBACK, FALLBACK)
        began = time.monotonic()
        try:
            async with asyncio.timeout(period):
                await self._dirty.wait()
        except TimeoutError:
            return
        await asyncio.sleep(rest(took, time.monotonic() - began))

    def _watch(self, state: S) -> bool:
        """Whether anything is watched now that was not before."""
        if self._watched is None or self.unwatched:
            return False
        wanted = dict(list(self._watched(state).items())[:MOST_WATCHES])
        try:
            if self._inotify is None:
                self._inotify = Inotify()
                self._tasks.append(asyncio.create_task(self._listen(self._inotify)))
            for path in [path for path in self._watches if path not in wanted]:
                self._inotify.forget(self._watches.pop(path))
            return self._add(self._inotify, {path: mask for path, mask in wanted.items() if path not in self._watches})
        except OSError as error:
            self.unwatched = (
                f"Changes are looked for every {FALLBACK:.0f} s: this host has no inotify instance to spare ({error.strerror})."
            )
            return False

    def _add(self, watcher: Inotify, wanted: Mapping[str, int]) -> bool:
        more = False
        for path, mask in wanted.items():
            try:
                self._watches[path] = watcher.watch(path, mask)
                more = True
            except OSError:
                continue  # absent, or not for this user: its parent is watched, or reading it says so
        return more

    async def _listen(self, watcher: Inotify) -> None:
        while happened := await watcher.events():
            gone = {event.watch for event in happened if event.mask & inotify.IGNORED}
            if gone:
                self._watches = {path: watch for path, watch in self._watches.items() if watch not in gone}
            self.nudge()

    def _close(self) -> None:
        if self._inotify is not None:
            self._inotify.close()
            self._inotify = None
        self._watches.clear()


def rest(took: float, quiet: float) -> float:
    """Seconds from a sign of a change to the next reading: at most half of the time is spent on reading, and what was quiet counts."""
    return max(GATHER, took - quiet)
