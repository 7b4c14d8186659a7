"""The services behind the screens: started once, whoever asks and whoever gives up waiting."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from avyctl import reach
from avyctl.kept import Kept
from avyctl.reach import Reach
from fakes import FakeExample
from serving import server
from sutra_client import errors
from sutra_client.errors import SutraError
from sutra_client.gen.system import SystemClient
from sutra_client.transport import Connect, memory


class Starting:
    """Stands in for wiring.way: how often a service was started, and whether it is now."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.begun = asyncio.Event()
        self.starts = 0
        self.running = 0

    async def way(self, stack: AsyncExitStack, stem: str, embedded: bool, root: str) -> Connect:
        self.starts += 1
        self.begun.set()
        await self.go.wait()
        return memory((await stack.enter_async_context(self.hosted())).session)

    @asynccontextmanager
    async def hosted(self) -> AsyncIterator[Any]:
        running = server(FakeExample())
        self.running += 1
        yield running
        await running.stop()
        self.running -= 1


@pytest.fixture
def starting(monkeypatch: pytest.MonkeyPatch) -> Starting:
    held = Starting()
    monkeypatch.setattr(reach, "way", held.way)
    return held


async def test_a_service_in_this_process_is_started_once_however_many_ask_and_give_up(starting: Starting) -> None:
    async with Reach(embedded=True) as services:
        asking = [asyncio.ensure_future(services.way("system")) for _ in range(3)]
        await starting.begun.wait()
        asking[0].cancel()
        await asyncio.wait(asking[:1])
        starting.go.set()
        assert await asking[1] is await asking[2] is await services.way("system")
        assert (starting.starts, starting.running) == (1, 1)
    assert starting.running == 0


async def test_what_is_being_started_when_avyctl_ends_is_given_up_and_nothing_begins_any_more(starting: Starting) -> None:
    async with Reach(embedded=True) as services:
        asking = asyncio.ensure_future(SystemClient(services.connection("system")).status())
        await starting.begun.wait()
    assert (await asyncio.gather(asking, return_exceptions=True))[0].__class__ is asyncio.CancelledError
    with pytest.raises(SutraError, match="avyctl ends") as refused:
        await SystemClient(services.connection("system")).status()
    assert refused.value.code == errors.UNAVAILABLE
    assert starting.running == 0


async def test_what_failed_is_tried_again_at_the_next_use() -> None:
    results: list[Any] = [OSError("not yet"), "made"]

    async def make() -> str:
        result = results.pop(0)
        if isinstance(result, Exception):
            raise result
        return str(result)

    kept = Kept(lambda: asyncio.create_task(make()))
    with pytest.raises(OSError, match="not yet"):
        await kept.get()
    assert kept.made is None
    assert await kept.get() == kept.made == await kept.get() == "made"
