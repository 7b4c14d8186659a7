"""The services that the screens use: each is reached when it is first asked for, and kept until avyctl ends."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from avyctl.survey import survey
from avyctl.wiring import service, way
from sutra_client import endpoint, schema
from sutra_client.anything import Anything, reached
from sutra_client.connection import Connection
from sutra_client.errors import SutraError
from sutra_client.transport import Connect, unix
from sutra_client.wire import Peer


class Late:
    """A runtime.Connection that is made at its first use; where that fails, the next use tries again."""

    def __init__(self, stem: str, open_now: Callable[[str], "asyncio.Task[Connection]"]) -> None:
        self._stem = stem
        self._open_now = open_now
        self._opening: asyncio.Task[Connection] | None = None

    async def opened(self) -> Connection:
        """Raises SutraError. Whoever stops waiting does not stop it for the others."""
        opening = self._opening
        if opening is None or (opening.done() and (opening.cancelled() or opening.exception() is not None)):
            opening = self._opening = self._open_now(self._stem)
        return await asyncio.shield(opening)

    @property
    def peer(self) -> Peer | None:
        """Who the service takes us for; None before it is connected, and while its link is lost."""
        opening = self._opening
        if opening is None or not opening.done() or opening.cancelled() or opening.exception() is not None:
            return None
        try:
            return opening.result().link.welcome.peer
        except SutraError:
            return None

    async def call(self, call: Any, args: Any, /) -> Any:
        return await (await self.opened()).call(call, args)

    def table(self, stream: Any, args: Any, /) -> AsyncIterator[Any]:
        return self._stream(lambda connection: connection.table(stream, args))

    def samples(self, stream: Any, args: Any, /) -> AsyncIterator[Any]:
        return self._stream(lambda connection: connection.samples(stream, args))

    def log(self, stream: Any, args: Any, /) -> AsyncIterator[Any]:
        return self._stream(lambda connection: connection.log(stream, args))

    def operation(self, stream: Any, args: Any, /) -> AsyncIterator[Any]:
        return self._stream(lambda connection: connection.operation(stream, args))

    async def _stream(self, begin: Callable[[Connection], AsyncIterator[Any]]) -> AsyncIterator[Any]:
        stream: Any = begin(await self.opened())
        try:
            async for event in stream:
                yield event
        finally:
            await stream.aclose()


class Reach:
    """`async with` it; what was connected by then is closed in the end. `embedded` passes by services that run, and so does a root
    other than /, which is looked at in this process.
    """

    def __init__(self, embedded: bool = False, root: str = "/") -> None:
        self._embedded = embedded or root != "/"
        self._root = root
        self._stack = AsyncExitStack()
        self._late: dict[str, Late] = {}
        self._opening: set[asyncio.Task[Connection]] = set()
        self._ways: dict[str, Connect] = {}
        self._stems = {identity: stem for stem, identity in schema.nouns().values()}
        self._you = ""

    async def __aenter__(self) -> "Reach":
        return self

    async def __aexit__(self, *exception: object) -> None:
        for task in self._opening:
            task.cancel()
        if self._opening:
            await asyncio.wait(self._opening)
        await self._stack.aclose()

    def connection(self, stem: str) -> Late:
        """The connection to a service that this avyctl knows."""
        if stem not in self._late:
            self._late[stem] = Late(stem, self._open)
        return self._late[stem]

    def client(self, stem: str) -> Any:
        """The generated client."""
        module = importlib.import_module(f"sutra_client.gen.{stem}")
        return getattr(module, "".join(part.title() for part in stem.split("_")) + "Client")(self.connection(stem))

    def you(self) -> str:
        """User and highest role as the system service sees them; empty until it has answered."""
        peer = self.connection("system").peer
        if peer is not None:
            self._you = "·".join([peer.user, *peer.roles[-1:]])
        return self._you

    def place(self, stem: str) -> str:
        """The endpoint of that service, empty where it is in this process."""
        return (not self._embedded and endpoint.find(importlib.import_module(f"sutra_client.gen.{stem}").SERVICE.id)) or ""

    def endpoints(self) -> AsyncIterator[Any]:
        """All endpoints of this host and how busy they are, as a table stream of survey.Endpoint."""
        return survey(self._embedded, self.anything, lambda service: self._stems[service] in self._ways)

    async def way(self, stem: str) -> Connect:
        """How to connect to a service that this avyctl knows; in this process it is the same one for everybody."""
        if stem not in self._ways:
            self._ways[stem] = await way(self._stack, stem, self._embedded, self._root)
        return self._ways[stem]

    @asynccontextmanager
    async def anything(self, service: str, path: str) -> AsyncIterator[Anything]:
        """The service at that endpoint by the interface that it serves itself; an empty `path` is one in this process."""
        connect = unix(path, service) if path else await self.way(self._stems[service])
        async with reached(connect, service) as opened:
            yield opened

    async def _connected(self, stem: str) -> Connection:
        return await self._stack.enter_async_context(Connection(service(stem), await self.way(stem)))

    def _open(self, stem: str) -> "asyncio.Task[Connection]":
        task = asyncio.create_task(self._connected(stem), name=f"connect {stem}")
        self._opening.add(task)
        task.add_done_callback(self._opened)
        return task

    def _opened(self, task: "asyncio.Task[Connection]") -> None:
        self._opening.discard(task)
        if not task.cancelled():
            task.exception()  # whoever asked is told; nobody may be left who did
