"""One client of one service: handshake, life signs, and its way out; a bad client closes its own session and no other."""

import asyncio
import time
from typing import Protocol

import msgspec

from services.core import calls, limits, peer
from services.core.answer import UNREADABLE
from services.core.calls import Calls
from sutra_client import errors, frame
from sutra_client.errors import SutraError
from sutra_client.parser import FrameError, Parser
from sutra_client.wire import ENCODINGS, JSON, PROTOCOL, Hello, Limits, Peer, Refusal, Welcome, refusal
from sutra_client.writer import Writer

_hello = msgspec.json.Decoder(Hello)


class Host(calls.Host, Protocol):
    """What a session needs of its server."""

    version: str
    sessions: "set[Session]"

    def joined(self, session: "Session") -> None:
        """Adds it to the sessions and numbers it."""


class Session(asyncio.Protocol):
    """`who` is given where the transport is no socket, and so has no kernel credentials."""

    def __init__(self, host: Host, who: peer.Peer | None = None) -> None:
        self._host = host
        self._who = who
        self.admitted = False
        """Whether it is known who is there, and that one more connection is not too many."""
        self._loop = asyncio.get_running_loop()
        self._parser = Parser(frame.MAX_HANDSHAKE)
        self._transport: asyncio.Transport | None = None
        self._writer: Writer | None = None
        self._full = False
        self._heard = self._frame_began = self._full_since = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self.calls: Calls | None = None
        """None until the handshake is done."""
        self.user = ""
        self.client = ""
        """Program and version, as the peer calls itself."""
        self.number = 0
        """Counts the connections of the server, from 1."""
        self.since = time.time_ns() // 1000
        """When it connected, in unix microseconds."""
        self.closed: asyncio.Future[None] = self._loop.create_future()

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """Calls that are being answered."""
        return [] if self.calls is None else list(self.calls.tasks.values())

    @property
    def who(self) -> peer.Peer:
        assert self._who is not None
        return self._who

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._writer = Writer(transport)
        self._host.joined(self)
        self._timer = self._loop.call_later(limits.HANDSHAKE_SECONDS, self._late)
        try:
            if self._who is None:
                self._who = peer.of_socket(transport.get_extra_info("socket"))
            self._host.users.admit(self._who.uid, self._who.trusted)
            self.admitted = True
        except SutraError as error:
            self.goodbye(error)
        except OSError as error:
            self.goodbye(SutraError(errors.DENIED, f"your credentials cannot be read: {error.strerror}"))

    def data_received(self, data: bytes) -> None:
        now = self._loop.time()
        if not self._parser.pending:
            self._frame_began = now
        self._heard = now
        corked = self._writer is not None and self._writer.cork()
        try:
            for kind, opcode, call, payload in self._parser.feed(data):
                self._frame_began = now
                if self._transport is None:
                    return
                if self.calls is None:
                    self._shake(kind, payload)
                elif kind == frame.CALL:
                    self.calls.take(opcode, call, payload)
                else:
                    self._other(self.calls, kind, call, payload)
        except FrameError as error:
            self.goodbye(SutraError(errors.INVALID, str(error)))
        except UNREADABLE as error:
            self.goodbye(SutraError(errors.INVALID, f"unreadable payload: {error}"))
        finally:
            if corked and self._writer is not None:
                self._writer.uncork()

    def pause_writing(self) -> None:
        self._full_since = self._loop.time()
        self._full = True
        if self.calls is not None:
            self.calls.block()
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._full = False
        self._heard = self._loop.time()
        if self._transport is None:
            return  # goodbye was said
        if self.calls is None:
            self._transport.resume_reading()
            return
        try:
            self.calls.resume()
        except UNREADABLE as error:
            self.goodbye(SutraError(errors.INVALID, f"unreadable payload: {error}"))
            return
        if not self.calls.waiting:
            self._transport.resume_reading()
        self.calls.resume_streams()

    def connection_lost(self, error: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._transport = self._writer = None
        self._host.sessions.discard(self)
        if self.calls is not None:
            self.calls.close()
        if self.admitted:
            self._host.users.release(self.who.uid, 0 if self.calls is None else self.calls.held)
        if not self.closed.done():
            self.closed.set_result(None)

    # The session itself

    def _shake(self, kind: int, payload: bytes) -> None:
        if kind != frame.HELLO:
            raise FrameError(f"a {frame.KIND_NAMES[kind]} frame before HELLO")
        hello = _hello.decode(payload)
        service = self._host.service
        if hello.protocol != PROTOCOL:
            raise FrameError(f"protocol {hello.protocol} is not spoken here, only {PROTOCOL}")
        if hello.service not in (service.id, ""):
            raise FrameError(f"this is {service.id}, not {hello.service}")
        if hello.encoding not in ENCODINGS:
            raise FrameError(f"unknown encoding {hello.encoding!r}; {' and '.join(ENCODINGS)} are spoken here")
        self.user = self.who.user
        who = Peer(self.who.uid, self.user, list(self.who.roles))
        welcome = Welcome(self._host.version, service.fingerprint, who, Limits(limits.CALLS, frame.MAX_TO_SERVER))
        self.send(frame.WELCOME, 0, 0, msgspec.json.encode(welcome))
        self.calls = Calls(self._host, self, self.who, ENCODINGS[hello.encoding])
        self.client = f"{hello.client} {hello.version}".strip()
        self._parser.limit = frame.MAX_TO_SERVER
        assert self._timer is not None
        self._timer.cancel()
        self._timer = self._loop.call_later(limits.PING_SECONDS / 2, self._watch)

    def _other(self, calls: Calls, kind: int, call: int, payload: bytes) -> None:
        if kind == frame.CREDIT:
            calls.grant(call, payload)
        elif kind == frame.CANCEL:
            calls.cancel(call)
        elif kind == frame.PING:
            self.send(frame.PONG, 0, call)
        elif kind != frame.PONG:
            raise FrameError(f"a {frame.KIND_NAMES[kind]} frame from a client")

    def send(self, kind: int, opcode: int, call: int, payload: bytes = b"") -> None:
        if self._writer is not None:
            calls = self.calls
            self._writer.send(kind, opcode, call, payload, calls is None or len(calls.tasks) + len(calls.streams) < 2)

    @property
    def writable(self) -> bool:
        """False while the peer leaves what it was sent unread."""
        return not self._full and self._transport is not None

    def goodbye(self, error: SutraError) -> None:
        """Says why, and closes."""
        if self._transport is None:
            return
        encoding = JSON if self.calls is None else self.calls.encoding
        self.send(frame.GOAWAY, 0, 0, encoding.encoder(Refusal)(refusal(error)))
        if self._writer is not None:
            self._writer.uncork()
        if self.calls is not None:
            self.calls.block()
        transport, self._transport, self._writer = self._transport, None, None
        transport.close()
        self._loop.call_later(1.0, transport.abort)

    def _late(self) -> None:
        self.goodbye(SutraError(errors.TIMEOUT, f"no HELLO within {limits.HANDSHAKE_SECONDS:.0f} s"))

    def _watch(self) -> None:
        now = self._loop.time()
        if self.writable:
            why, since = "silent, or busy with one frame,", self._frame_began if self._parser.pending else self._heard
        else:
            why, since = "not reading what it was sent", self._full_since
        if now - since >= limits.DEAD_SECONDS:
            self.goodbye(SutraError(errors.TIMEOUT, f"{why} for {now - since:.0f} s"))
            return
        if now - self._heard >= limits.PING_SECONDS and self.writable:
            self.send(frame.PING, 0, 0)
        self._timer = self._loop.call_later(limits.PING_SECONDS / 2, self._watch)
