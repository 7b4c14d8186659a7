"""Which services there are, which technologies each may use, and how a front end reaches them."""

import importlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, cast

from sutra_client import endpoint, runtime
from sutra_client.connection import Connection
from sutra_client.transport import memory, unix
from sutra_client.version import VERSION

if TYPE_CHECKING:
    from services.core.limits import Users
    from services.core.probing import Backend
    from services.core.server import Server

TECHNOLOGIES: dict[str, tuple[str, ...]] = {
    "system": ("services.system.linux",),
}
"""The modules that can implement a service, best first; a new service is one line here."""


def service(stem: str) -> runtime.Service:
    """The generated description of a service, by the name of its schema's folder."""
    return cast(runtime.Service, importlib.import_module(f"sutra_client.gen.{stem}").SERVICE)


class Hosted:
    """One service with its backend in this process; `async with` starts and stops both."""

    def __init__(self, stem: str, root: str = "/", keep: bool = False, users: "Users | None" = None) -> None:
        from services.core.probing import choose  # a front end of services that run elsewhere needs none of this
        from services.core.server import Server

        description = service(stem)
        self.backend: Backend
        self.backend, about = choose(description.id, VERSION, TECHNOLOGIES[stem], root)
        self.server = Server(description, self.backend, about, users)
        self._keep = keep

    async def __aenter__(self) -> "Server":
        await self.backend.start(keep=self._keep)
        return self.server

    async def __aexit__(self, *exception: object) -> None:
        await self.server.stop()
        await self.backend.stop()


@asynccontextmanager
async def connected(stem: str, embedded: bool = False, root: str = "/") -> AsyncIterator[Connection]:
    """A connection to the running service, or to one in this process where none runs; raises SutraError.

    An endpoint that is there but cannot be used is an error, never a reason to embed.
    """
    description = service(stem)
    async with AsyncExitStack() as stack:
        path = None if embedded or root != "/" else endpoint.find(description.id)
        if path is None:
            server = await stack.enter_async_context(Hosted(stem, root))
            yield await stack.enter_async_context(Connection(description, memory(server.session)))
        else:
            yield await stack.enter_async_context(Connection(description, unix(path, description.id)))
