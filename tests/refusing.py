"""A service that this host does not have, or that refuses: every call and stream of it raises."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from typing import Any

from sutra_client.errors import DENIED, UNSUPPORTED, SutraError
from sutra_client.events import Stale

ABSENT = SutraError(UNSUPPORTED, "nothing on this host provides it: first: no /first; second: no /second", "make one of them")
NOT_YOURS = SutraError(DENIED, "reading it: not yours", "ask an operator")
GONE = Stale("the service is down", 1_790_000_000_000_000)


class Refusing:
    """Stands in for a service of any kind."""

    def __init__(self, error: SutraError) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *args, **words: _Refused(self._error)


class _Refused(Awaitable[Any], AsyncIterator[Any]):
    def __init__(self, error: SutraError) -> None:
        self._error = error

    def __await__(self) -> Generator[Any, None, Any]:
        yield from asyncio.sleep(0).__await__()
        raise self._error

    async def __anext__(self) -> Any:
        await asyncio.sleep(0)
        raise self._error
