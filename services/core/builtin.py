"""The calls that every service answers, whatever its schema."""

from collections.abc import Callable

from services.core.instant import instant
from sutra_client import runtime
from sutra_client.gen import core


class Builtin:
    """Implements core.Core for one service."""

    def __init__(self, service: runtime.Service, about: Callable[[], core.About]) -> None:
        self._service = service
        self._about = about

    @instant
    async def introspect(self) -> str:
        return self._service.schema

    @instant
    async def about(self) -> core.About:
        return self._about()
