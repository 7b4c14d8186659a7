"""Servers and peers for tests of the protocol: a real server over a real socket, and raw peers that say what they like."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from fakes import FakeExample
from gen import example
from services.core.server import Server
from sutra_client import frame
from sutra_client.connection import Connection
from sutra_client.gen import core
from sutra_client.transport import unix

HELLO = {"protocol": 2, "service": "dev.avyctl.example", "client": "test", "version": "0", "fingerprint": "", "encoding": "msgpack"}


def about() -> core.About:
    return core.About("dev.avyctl.example", "0", "fake", "a test holds it", [], [], 0, 0, 0)


def server(backend: object) -> Server:
    return Server(example.SERVICE, backend, about)


@asynccontextmanager
async def serving(backend: object) -> AsyncIterator[tuple[Server, str]]:
    """A server of the example service at a real socket, and that socket's path."""
    with tempfile.TemporaryDirectory() as folder:
        running = server(backend)
        await running.listen(folder)
        try:
            yield running, f"{folder}/{example.SERVICE.id}"
        finally:
            await running.stop()


@asynccontextmanager
async def connected(backend: FakeExample) -> AsyncIterator[example.ExampleClient]:
    """The generated client of a server at a real socket."""
    async with serving(backend) as (_, path), Connection(example.SERVICE, unix(path)) as connection:
        yield example.ExampleClient(connection)


class Raw:
    """One end of a socket without any manners."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, kind: int, opcode: int = 0, call: int = 0, payload: bytes = b"") -> None:
        self.writer.write(frame.pack(kind, opcode, call, payload))
        await self.writer.drain()

    async def ask(self, opcode: int, call: int, *args: Any, meta: Any = None) -> None:
        await self.send(frame.CALL, opcode, call, msgspec.msgpack.encode((meta, args)))

    async def receive(self) -> tuple[int, int, int, bytes]:
        """(kind, opcode, call, payload) of the next frame; raises IncompleteReadError when the other end closed."""
        size, kind, _, opcode, call = frame.HEADER.unpack(await self.reader.readexactly(frame.HEADER_SIZE))
        return kind, opcode, call, await self.reader.readexactly(size)

    async def goodbye(self) -> dict[str, Any]:
        """The next GOAWAY, as a dict, after which the other end has closed."""
        while True:
            kind, _, _, payload = await self.receive()
            if kind == frame.GOAWAY:
                assert await self.reader.read() == b""
                text: Any = json.loads(payload) if payload[:1] == b"{" else None
                return text or dict(zip(("code", "message", "hint", "detail"), msgspec.msgpack.decode(payload), strict=True))

    async def shake(self, **changes: object) -> dict[str, Any]:
        await self.send(frame.HELLO, payload=json.dumps(HELLO | changes).encode())
        kind, _, _, payload = await self.receive()
        assert kind == frame.WELCOME, payload
        welcome: dict[str, Any] = json.loads(payload)
        return welcome

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:
            pass  # the other end went first


@asynccontextmanager
async def raw(path: str) -> AsyncIterator[Raw]:
    """A client that shakes no hands by itself."""
    peer = Raw(*await asyncio.open_unix_connection(path, limit=32 << 20))
    try:
        yield peer
    finally:
        await peer.close()


@asynccontextmanager
async def misbehaving(behave: Callable[[Raw], Awaitable[None]]) -> AsyncIterator[str]:
    """A server that does what `behave` does with every client; its socket's path."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        peer = Raw(reader, writer)
        try:
            await behave(peer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client left, as it should
        await peer.close()
        tasks.discard(task)

    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/socket"
        listening = await asyncio.start_unix_server(serve, path)
        try:
            yield path
        finally:
            listening.close()
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks)


async def welcome(peer: Raw) -> None:
    """The server's side of a proper handshake."""
    kind, _, _, _ = await peer.receive()
    assert kind == frame.HELLO
    hello = {"version": "0", "fingerprint": "", "peer": {"uid": 0, "user": "root", "roles": ["reader"]}}
    await peer.send(frame.WELCOME, payload=json.dumps(hello).encode())
