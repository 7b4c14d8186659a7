"""The steps of answering a call that need nothing of its session: reading what was asked, and waiting for the backend."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import msgspec

from sutra_client import errors
from sutra_client.errors import SutraError
from sutra_client.wire import Asked

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError)
"""What a payload that is no payload raises: the peer is broken, and its connection ends."""


def decoded(decode: Callable[[bytes], Asked[Any]], payload: bytes) -> Asked[Any]:
    """Raises SutraError INVALID for what is well-formed and does not fit the schema, one of UNREADABLE for the rest."""
    try:
        return decode(payload)
    except msgspec.ValidationError as error:
        raise SutraError(errors.INVALID, f"the arguments do not fit the schema: {error}") from None
    except OverflowError:
        raise SutraError(errors.INVALID, "the arguments do not fit the schema: a number has more than 64 bits") from None


def at_once(answer: Coroutine[object, None, object], name: str) -> object:
    """The result of a method that never waits."""
    try:
        answer.send(None)
    except StopIteration as done:
        return done.value
    answer.close()
    raise RuntimeError(f"{name} is marked instant, and waits")


async def within(deadline_ms: int, name: str, answer: Awaitable[object]) -> object:
    """Raises SutraError TIMEOUT; a TimeoutError of the backend's own passes."""
    scope = asyncio.timeout(deadline_ms / 1000)
    try:
        async with scope:
            return await answer
    except TimeoutError:
        if scope.expired():
            raise SutraError(errors.TIMEOUT, f"{name}: not done within {deadline_ms} ms") from None
        raise
