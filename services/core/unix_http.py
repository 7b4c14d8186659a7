"""HTTP/1.1 requests to a daemon's unix socket, each on a connection of its own, bounded in time and size."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import h11

from services.core.tree import shown
from sutra_client import errors
from sutra_client.errors import SutraError

LARGEST = 32 << 20
"""Bytes of an answer."""
LONGEST = 1 << 20
"""Bytes of a line of a stream."""
_HEADERS = 65536


class Reply(NamedTuple):
    """A whole answer."""

    status: int
    body: bytes


async def get(socket: str, target: str, seconds: float = 10.0, limit: int = LARGEST) -> Reply:
    """Raises SutraError UNAVAILABLE, DENIED, TIMEOUT, or FAILED for what is no HTTP or more than `limit` bytes."""
    body = bytearray()
    try:
        async with asyncio.timeout(seconds), _asked(socket, target) as exchange:
            status = await exchange.status()
            async for part in exchange.parts():
                body += part
                if len(body) > limit:
                    raise SutraError(errors.FAILED, f"{shown(socket)}: the answer to {target} is longer than {limit >> 20} MiB")
    except TimeoutError:
        raise late(socket, target, seconds) from None
    return Reply(status, bytes(body))


async def lines(socket: str, target: str, seconds: float = 10.0) -> AsyncGenerator[bytes, None]:
    """Each line of an answer that need not end. Raises as get(); `seconds` are for connecting alone, as the rest may take for ever."""
    async with _asked(socket, target, seconds) as exchange:
        status = await exchange.status()
        if status != 200:
            raise SutraError(errors.FAILED, f"{shown(socket)}: {target} was answered with status {status}")
        rest = b""
        async for part in exchange.parts():
            *whole, rest = (rest + part).split(b"\n")
            if len(rest) > LONGEST:
                raise SutraError(errors.FAILED, f"{shown(socket)}: a line of {target} is longer than {LONGEST >> 20} MiB")
            for line in whole:
                yield line


def late(socket: str, target: str, seconds: float) -> SutraError:
    """What a daemon that does not answer is told as."""
    message = f"{shown(socket)}: no answer to {target} within {seconds:g} s"
    return SutraError(errors.TIMEOUT, message, "its daemon hangs, or is busy: look at its log")


class _Exchange:
    """One request and its answer."""

    def __init__(self, socket: str, reader: asyncio.StreamReader) -> None:
        self.http = h11.Connection(h11.CLIENT, _HEADERS)
        self._socket = socket
        self._reader = reader

    async def status(self) -> int:
        """Of the answer proper; interim ones are passed over."""
        while True:
            event = await self._next()
            if isinstance(event, h11.Response):
                return event.status_code
            if not isinstance(event, h11.InformationalResponse):
                raise SutraError(errors.UNAVAILABLE, f"{shown(self._socket)}: the connection was closed without an answer")

    async def parts(self) -> AsyncIterator[bytes]:
        """The body as it comes."""
        while isinstance(event := await self._next(), h11.Data):
            yield bytes(event.data)

    async def _next(self) -> object:
        try:
            while (event := self.http.next_event()) is h11.NEED_DATA:
                self.http.receive_data(await self._reader.read(65536))
        except h11.RemoteProtocolError as error:
            raise SutraError(errors.FAILED, f"{shown(self._socket)}: what answered speaks no HTTP, or stopped halfway") from error
        except OSError as error:
            raise SutraError(errors.UNAVAILABLE, f"{shown(self._socket)}: {error.strerror or error}") from error
        return event


@asynccontextmanager
async def _asked(socket: str, target: str, seconds: float | None = None) -> AsyncIterator[_Exchange]:
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_unix_connection(socket)
    except TimeoutError:
        if seconds is None:
            raise
        raise late(socket, target, seconds) from None
    except PermissionError as error:
        raise SutraError(errors.DENIED, f"{shown(socket)}: {error.strerror}", "it is for its owner alone: try as root") from error
    except (OSError, ValueError) as error:
        raise SutraError(errors.UNAVAILABLE, f"{shown(socket)}: {getattr(error, 'strerror', None) or error}") from error
    try:
        exchange = _Exchange(socket, reader)
        headers = [("Host", "localhost"), ("Accept", "application/json"), ("Connection", "close")]
        request = exchange.http.send(h11.Request(method="GET", target=target, headers=headers))
        writer.write((request or b"") + (exchange.http.send(h11.EndOfMessage()) or b""))
        yield exchange
    finally:
        writer.transport.abort()
        try:
            await writer.wait_closed()
        except OSError:
            pass  # it is closed either way
