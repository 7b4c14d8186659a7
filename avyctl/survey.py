"""Every endpoint of this host and how busy it is, as long as somebody looks."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack

import msgspec

from sutra_client.anything import Anything
from sutra_client.endpoints import EMBEDDED, OK, Found, endpoints
from sutra_client.errors import SutraError
from sutra_client.events import Changed, Removed, Snapshot, TableEvent
from sutra_client.gen.core import Statistics

PERIOD = 1.0
PATIENCE = 2.0
"""Seconds that one endpoint may take to answer; the others do not wait for it."""
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


class _Watched:
    """One endpoint that answers: its connection, and its numbers of the time before."""

    def __init__(self, opened: Anything, backend: str) -> None:
        self.opened = opened
        self.backend = backend
        self.counted: tuple[float, int] | None = None

    def rate(self, now: float, statistics: Statistics) -> float | None:
        """Calls a second since it was asked the last time; our own question is not counted."""
        before, self.counted = self.counted, (now, statistics.calls)
        return None if before is None else max(0.0, (statistics.calls - before[1] - 1) / (now - before[0]))


async def survey(embedded: bool, open_one: Open, running: Callable[[str], bool]) -> AsyncIterator[TableEvent[Endpoint]]:
    """A Snapshot, then what is different each second. `running` says which services this process has started; none is started here."""
    watched: dict[tuple[str, str], _Watched] = {}
    told: dict[tuple[str, str], Endpoint] = {}
    first = True
    async with AsyncExitStack() as stack:
        while True:
            found = endpoints(embedded)
            asked = (_row(each, watched, stack, open_one) if each.path or running(each.service) else _bare(each) for each in found)
            rows = await asyncio.gather(*asked)
            fresh = {(row.service, row.path): row for row in rows}
            changed = [row for key, row in fresh.items() if told.get(key) != row]
            gone = [key for key in told if key not in fresh]
            told = fresh
            if first:
                yield Snapshot(list(fresh.values()))
            elif changed:
                yield Changed(changed)
            if gone:
                yield Removed(list(gone))
            first = False
            await asyncio.sleep(PERIOD)


async def _bare(found: Found) -> Endpoint:
    return Endpoint(found.service, found.path, found.state, found.owner, found.reason)


async def _row(found: Found, watched: dict[tuple[str, str], _Watched], stack: AsyncExitStack, open_one: Open) -> Endpoint:
    row = await _bare(found)
    if found.state not in (OK, EMBEDDED):
        return row
    key = (found.service, found.path)
    try:
        async with asyncio.timeout(PATIENCE):
            if key not in watched:
                opened = await stack.enter_async_context(open_one(*key))
                watched[key] = _Watched(opened, (await opened.core.about()).backend)
            one = watched[key]
            statistics = await one.opened.core.statistics()
    except SutraError as error:
        return msgspec.structs.replace(row, reason=error.message)
    except TimeoutError:
        return msgspec.structs.replace(row, reason=f"no answer within {PATIENCE:g} s")
    rate = one.rate(time.monotonic(), statistics)
    return msgspec.structs.replace(
        row, backend=one.backend, peers=statistics.connected, rate=rate, calls=statistics.calls, errors=statistics.errors
    )
