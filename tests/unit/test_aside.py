"""What may sleep in the kernel is done beside the loop, one at a time."""

import asyncio
import threading

import pytest

from services.core.aside import Aside


async def test_a_caller_that_was_cancelled_does_not_take_the_next_one_its_turn() -> None:
    go, aside = threading.Event(), Aside("test")
    first = asyncio.create_task(aside.run(5, go.wait))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    second = asyncio.create_task(aside.run(5, lambda: "read"))
    await asyncio.sleep(0)
    go.set()
    assert await second == "read"
    await aside.close()


async def test_while_one_hangs_the_next_is_refused_at_once_and_served_when_it_is_over() -> None:
    go, aside = threading.Event(), Aside("test")
    for seconds in (0.01, 60):
        with pytest.raises(TimeoutError):
            await aside.run(seconds, go.wait)
    go.set()
    while True:
        try:
            assert await aside.run(5, lambda: "read") == "read"
            break
        except TimeoutError:
            await asyncio.sleep(0.01)
    await aside.close()


async def test_one_that_was_left_behind_and_hangs_is_not_waited_for_longer_than_said() -> None:
    go, aside = threading.Event(), Aside("test")
    first = asyncio.create_task(aside.run(5, go.wait))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    with pytest.raises(TimeoutError):
        await aside.run(0.01, lambda: "read")
    go.set()
    await aside.close()
