"""How a connection reaches the other end: a unix socket, a socket pair within this process, or a pair of pipes.

Each transport is a function that joins an asyncio.Protocol to the other end, so nothing above knows which one it holds.
"""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable

from sutra_client import endpoint

_UCRED = struct.Struct("iII")
"""struct ucred: pid, uid, gid."""

Connect = Callable[[asyncio.Protocol], Awaitable[None]]
"""Joins this protocol to the other end; raises OSError or SutraError."""


def unix(path: str, service: str = "") -> Connect:
    """A service's endpoint; endpoint.py says which path that is. With `service` the server's uid is checked, at every connect."""

    async def connect(protocol: asyncio.Protocol) -> None:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            await asyncio.get_running_loop().sock_connect(sock, path)
            if service:
                _, uid, _ = _UCRED.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))
                endpoint.check_server(path, service, uid)
            await asyncio.get_running_loop().create_unix_connection(lambda: protocol, sock=sock)
        except BaseException:
            sock.close()
            raise

    return connect


def memory(serve: Callable[[], asyncio.Protocol]) -> Connect:
    """A server in this process, over a socket pair: the same code path as a socket, kernel credentials and back-pressure included."""

    async def connect(protocol: asyncio.Protocol) -> None:
        ours, theirs = socket.socketpair()
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(serve, sock=theirs)
        await loop.create_unix_connection(lambda: protocol, sock=ours)

    return connect


def stdio(read_fd: int, write_fd: int) -> Connect:
    """A pair of pipes, as between `ssh` and the far `avyctl bridge`; closes both when the connection ends."""

    async def connect(protocol: asyncio.Protocol) -> None:
        loop = asyncio.get_running_loop()
        pipes = _Pipes(protocol)
        writing, _ = await loop.connect_write_pipe(lambda: _Outgoing(pipes), open(write_fd, "wb", buffering=0))
        pipes.writing = writing
        pipes.reading, _ = await loop.connect_read_pipe(lambda: _Incoming(pipes), open(read_fd, "rb", buffering=0))
        protocol.connection_made(pipes)

    return connect


class _Pipes(asyncio.Transport):
    """One duplex transport of two one-way ones."""

    reading: asyncio.ReadTransport
    writing: asyncio.WriteTransport

    def __init__(self, protocol: asyncio.Protocol) -> None:
        super().__init__()
        self.protocol = protocol
        self._lost = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writing.write(data)

    def get_write_buffer_size(self) -> int:
        return self.writing.get_write_buffer_size()

    def pause_reading(self) -> None:
        self.reading.pause_reading()

    def resume_reading(self) -> None:
        self.reading.resume_reading()

    def is_closing(self) -> bool:
        return self.writing.is_closing()

    def close(self) -> None:
        self.reading.close()
        self.writing.close()

    def abort(self) -> None:
        self.reading.close()
        self.writing.abort()

    def lost(self, error: Exception | None) -> None:
        """Either half is gone: so is the whole."""
        if not self._lost:
            self._lost = True
            self.abort()
            self.protocol.connection_lost(error)


class _Incoming(asyncio.Protocol):
    def __init__(self, pipes: _Pipes) -> None:
        self._pipes = pipes

    def data_received(self, data: bytes) -> None:
        self._pipes.protocol.data_received(data)

    def connection_lost(self, error: Exception | None) -> None:
        self._pipes.lost(error)


class _Outgoing(asyncio.BaseProtocol):
    def __init__(self, pipes: _Pipes) -> None:
        self._pipes = pipes

    def pause_writing(self) -> None:
        self._pipes.protocol.pause_writing()

    def resume_writing(self) -> None:
        self._pipes.protocol.resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        self._pipes.lost(error)
