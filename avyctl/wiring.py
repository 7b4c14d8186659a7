"""Which services there are, which technologies each may use, and how a front end reaches them."""

import importlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, cast

from sutra_client import endpoint, runtime
from sutra_client.connection import Connection
from sutra_client.transport import Connect, memory, unix
from sutra_client.version import VERSION

if TYPE_CHECKING:
    from services.core.limits import Users
    from services.core.probing import Backend
    from services.core.server import Server

TECHNOLOGIES: dict[str, tuple[str, ...]] = {
    "system": ("services.system.linux",),
    "processes": ("services.processes.linux",),
    "network": ("services.network.netlink",),
    "disks": ("services.disks.linux",),
    "init": ("services.init.systemd", "services.init.avyos", "services.init.icenet", "services.init.s6"),
    "logs": ("services.logs.journal", "services.logs.file", "services.logs.kmsg"),
    "deployments": ("services.deployments.ostree", "services.deployments.moss", "services.deployments.avyos"),
    "apps": ("services.apps.files",),
    "distro": ("services.distro.folders",),
    "containers": ("services.containers.podman",),
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


async def way(stack: AsyncExitStack, stem: str, embedded: bool = False, root: str = "/") -> Connect:
    """How to connect to the running service, or to one in this process, which then lasts as long as `stack`; raises SutraError.

    An endpoint that is there but cannot be used is an error, never a reason to embed.
    """
    identity = service(stem).id
    path = None if embedded or root != "/" else endpoint.find(identity)
    if path is not None:
        return unix(path, identity)
    server = await stack.enter_async_context(Hosted(stem, root))
    return memory(server.session)


@asynccontextmanager
async def connected(stem: str, embedded: bool = False, root: str = "/") -> AsyncIterator[Connection]:
    """A connection to that service; raises SutraError."""
    async with AsyncExitStack() as stack:
        connect = await way(stack, stem, embedded, root)
        yield await stack.enter_async_context(Connection(service(stem), connect))
