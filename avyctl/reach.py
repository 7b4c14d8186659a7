"""The services that the screens use: each is reached when it is first asked for, and kept until avyctl ends."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any, TypeVar

from avyctl.kept import Kept
from avyctl.survey import survey
from avyctl.wiring import service, way
from sutra_client import endpoint, schema
from sutra_client.anything import Anything, reached
from sutra_client.connection import Connection
from sutra_client.errors import UNAVAILABLE, SutraError
from sutra_client.transport import Connect, unix
from sutra_client.wire import Peer

T = TypeVar("T")


class Late:
    """A runtime.Connection that is made at its first use."""

    def __init__(self, kept: Kept[Connection]) -> None:
        self._kept = kept

    async def opened(self) -> Connection:
        """Raises SutraError."""
        return await self._kept.get()

    @property
    def peer(self) -> Peer | None:
        """Who the service takes us for; None before it is connected, and while its link is lost."""
        connection = self._kept.made
        try:
            return connection.link.welcome.peer if connection is not None else None
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
        self._making: set[asyncio.Task[Any]] = set()
        self._ways: dict[str, Kept[Connect]] = {}
        self._closed = False
        self._stems = {identity: stem for stem, identity in schema.nouns().values()}
        self._you = ""

    async def __aenter__(self) -> "Reach":
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._closed = True
        for task in self._making:
            task.cancel()
        if self._making:
            await asyncio.wait(self._making)
        await self._stack.aclose()

    def connection(self, stem: str) -> Late:
        """The connection to a service that this avyctl knows."""
        if stem not in self._late:
            self._late[stem] = Late(Kept(lambda: self._begin(self._connected(stem), f"connect {stem}")))
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
        """The endpoint of that service, empty where it is in this process, and where none is to be seen now."""
        if self._embedded:
            return ""
        try:
            return endpoint.find(importlib.import_module(f"sutra_client.gen.{stem}").SERVICE.id) or ""
        except SutraError:
            return ""  # $SUTRA_DIR has it no more; why, the call that misses it says

    def endpoints(self) -> AsyncIterator[Any]:
        """All endpoints of this host and how busy they are, as a table stream of survey.Endpoint."""
        return survey(self._embedded, self.anything, self._runs)

    async def way(self, stem: str) -> Connect:
        """How to connect to a service that this avyctl knows; in this process it is the same one for everybody."""
        if stem not in self._ways:
            started = partial(way, self._stack, stem, self._embedded, self._root)
            self._ways[stem] = Kept(lambda: self._begin(started(), f"start {stem}"))
        return await self._ways[stem].get()

    @asynccontextmanager
    async def anything(self, service: str, path: str) -> AsyncIterator[Anything]:
        """The service at that endpoint by the interface that it serves itself; an empty `path` is one in this process."""
        connect = unix(path, service) if path else await self.way(self._stems[service])
        async with reached(connect, service) as opened:
            yield opened

    async def _connected(self, stem: str) -> Connection:
        return await self._stack.enter_async_context(Connection(service(stem), await self.way(stem)))

    def _runs(self, service: str) -> bool:
        """Whether it was started here, or is known to run."""
        started = self._ways.get(self._stems[service])
        return started is not None and started.made is not None

    def _begin(self, making: Coroutine[Any, Any, T], name: str) -> "asyncio.Task[T]":
        if self._closed:
            making.close()
            raise SutraError(UNAVAILABLE, f"{name}: avyctl ends")
        task = asyncio.create_task(making, name=name)
        self._making.add(task)
        task.add_done_callback(self._over)
        return task

    def _over(self, task: "asyncio.Task[Any]") -> None:
        self._making.discard(task)
        if not task.cancelled():
            task.exception()  # whoever asked is told; nobody may be left who did
