"""Every endpoint of this host and how busy it is, as long as somebody looks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import msgspec

from sutra_client.anything import Anything
from sutra_client.endpoints import EMBEDDED, OK, Found, endpoints
from sutra_client.errors import SutraError
from sutra_client.events import Changed, Key, Removed, Snapshot, TableEvent

PERIOD = 1.0
PATIENCE = 2.0
"""Seconds that one endpoint may take to answer; the others do not wait for it."""
MOMENT = 0.3
"""Seconds that all of them get before they are listed without their numbers."""
Open = Callable[[str, str], AbstractAsyncContextManager[Anything]]


class Endpoint(msgspec.Struct, frozen=True):
    """One endpoint as it is listed; what it did not tell is None."""

    service: str
    path: str
    """Empty for a service in this process."""
    state: str
    owner: int | None
    """Uid of the socket."""
    reason: str
    """Why it is in that state."""
    backend: str | None = None
    peers: int | None = None
    """Connections that are open, this one included."""
    rate: float | None = None
    """Calls a second."""
    calls: int | None = None
    errors: int | None = None


class _Watch:
    """Asks one endpoint about itself again and again, over one connection as long as it answers."""

    def __init__(self, found: Found, open_one: Open) -> None:
        self._found = found
        self._open_one = open_one
        self._told: dict[str, Any] = {}
        self.answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when it answered or failed for the first time."""
        self._task = asyncio.create_task(self._run(), name=f"survey {found.service}")

    def row(self, found: Found) -> Endpoint:
        """With what it told the last time it was asked."""
        if self._task.done():
            self._task.result()
        return msgspec.structs.replace(_bare(found), **self._told)

    async def stop(self) -> None:
        """The connection is closed."""
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(PATIENCE) as patience:
                    await self._ask(patience)
            except SutraError as error:
                self._tell(reason=error.message)
            except TimeoutError:
                self._tell(reason=f"no answer within {PATIENCE:g} s")
            await asyncio.sleep(PERIOD)

    async def _ask(self, patience: asyncio.Timeout) -> None:
        """`patience` counts while an answer is waited for, not in between."""
        now = asyncio.get_running_loop().time
        before: tuple[float, int] | None = None
        async with self._open_one(self._found.service, self._found.path) as opened:
            backend = (await opened.core.about()).backend
            while True:
                told = await opened.core.statistics()
                asked, rate = now(), None
                if before is not None:  # our own question is not counted
                    rate = max(0.0, (told.calls - before[1] - 1) / (asked - before[0]))
                before = asked, told.calls
                self._tell(backend=backend, peers=told.connected, rate=rate, calls=told.calls, errors=told.errors)
                patience.reschedule(None)
                await asyncio.sleep(PERIOD)
                patience.reschedule(now() + PATIENCE)

    def _tell(self, **told: object) -> None:
        self._told = told
        if not self.answered.done():
            self.answered.set_result(None)


async def survey(embedded: bool, open_one: Open, running: Callable[[str], bool]) -> AsyncIterator[TableEvent[Endpoint]]:
    """A Snapshot, then what is different each second. `running` says which services this process has started; none is started here."""
    watches: dict[Key, _Watch] = {}
    told: dict[Key, Endpoint] | None = None
    try:
        while True:
            found: dict[Key, Found] = {(each.service, each.path): each for each in endpoints(embedded)}
            await _keep(watches, {key: each for key, each in found.items() if _usable(each, running)}, open_one)
            rows = {key: watches[key].row(each) if key in watches else _bare(each) for key, each in found.items()}
            if told is None:
                yield Snapshot(list(rows.values()))
            elif changed := [row for key, row in rows.items() if told.get(key) != row]:
                yield Changed(changed)
            if told is not None and (gone := [key for key in told if key not in rows]):
                yield Removed(gone)
            told = rows
            await asyncio.sleep(PERIOD)
    finally:
        for watch in watches.values():
            await watch.stop()


async def _keep(watches: dict[Key, _Watch], usable: dict[Key, Found], open_one: Open) -> None:
    """Exactly the usable ones are watched; new ones get a moment to answer in."""
    for key in watches.keys() - usable.keys():
        await watches.pop(key).stop()
    fresh = {key: _Watch(usable[key], open_one) for key in usable.keys() - watches.keys()}
    watches.update(fresh)
    if fresh:
        await asyncio.wait([watch.answered for watch in fresh.values()], timeout=MOMENT)


def _usable(found: Found, running: Callable[[str], bool]) -> bool:
    return found.state == OK or (found.state == EMBEDDED and running(found.service))


def _bare(found: Found) -> Endpoint:
    return Endpoint(found.service, found.path, found.state, found.owner, found.reason)
