"""One client of one service: handshake, dispatch, credit; a bad client closes its own session and no other."""

import asyncio
from collections import deque
from functools import partial
from typing import Protocol

import msgspec

from services.core import limits, peer
from services.core.answer import UNREADABLE, at_once, decoded, within
from services.core.bound import Bound, BoundCall, BoundStream
from services.core.limits import Users
from services.core.pump import as_error
from services.core.subscription import Subscription
from sutra_client import errors, frame, runtime
from sutra_client.errors import SutraError
from sutra_client.parser import FrameError, Parser
from sutra_client.wire import (
    DEFAULT_CREDIT,
    ENCODINGS,
    JSON,
    NO_META,
    PROTOCOL,
    Encoding,
    Hello,
    Limits,
    Meta,
    Peer,
    Refusal,
    Welcome,
    refusal,
)
from sutra_client.writer import Writer

_hello = msgspec.json.Decoder(Hello)
_number = {"msgpack": msgspec.msgpack.Decoder(int).decode, "json": msgspec.json.Decoder(int).decode}


class Host(Protocol):
    """What a session needs of its server."""

    service: runtime.Service
    bound: Bound
    users: Users
    version: str
    sessions: "set[Session]"
    stopping: bool


class Session(asyncio.Protocol):
    """`who` is given where the transport is no socket, and so has no kernel credentials."""

    def __init__(self, host: Host, who: peer.Peer | None = None) -> None:
        self._host = host
        self._who = who
        self._admitted = False
        self._loop = asyncio.get_running_loop()
        self._parser = Parser(frame.MAX_HANDSHAKE)
        self._transport: asyncio.Transport | None = None
        self._writer: Writer | None = None
        self._encoding: Encoding | None = None
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._streams: dict[int, Subscription] = {}
        self._held = 0
        self._room = asyncio.Event()
        self._room.set()
        self._deferred: deque[tuple[int, int, bytes]] = deque()
        self._heard = self._frame_began = self._full_since = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self.closed: asyncio.Future[None] = self._loop.create_future()

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """Calls that are being answered."""
        return list(self._tasks.values())

    @property
    def who(self) -> peer.Peer:
        assert self._who is not None
        return self._who

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._writer = Writer(transport)
        self._host.sessions.add(self)
        self._timer = self._loop.call_later(limits.HANDSHAKE_SECONDS, self._late)
        try:
            if self._who is None:
                self._who = peer.of_socket(transport.get_extra_info("socket"))
            self._host.users.admit(self._who.uid, self._who.trusted)
            self._admitted = True
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
                if self._encoding is None:
                    self._shake(kind, payload)
                elif kind == frame.CALL:
                    self._called(self._encoding, opcode, call, payload)
                else:
                    self._other(self._encoding, kind, call, payload)
        except FrameError as error:
            self.goodbye(SutraError(errors.INVALID, str(error)))
        except UNREADABLE as error:
            self.goodbye(SutraError(errors.INVALID, f"unreadable payload: {error}"))
        finally:
            if corked and self._writer is not None:
                self._writer.uncork()

    def pause_writing(self) -> None:
        self._full_since = self._loop.time()
        self._room.clear()
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._room.set()
        self._heard = self._loop.time()
        try:
            while self._deferred and self.writable and self._encoding is not None:
                self._start(self._encoding, *self._deferred.popleft())
        except UNREADABLE as error:
            self.goodbye(SutraError(errors.INVALID, f"unreadable payload: {error}"))
        if self._transport is not None and not self._deferred:
            self._transport.resume_reading()
        for stream in list(self._streams.values()):
            stream.send()

    def connection_lost(self, error: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._transport = self._writer = None
        self._host.sessions.discard(self)
        self._deferred.clear()
        self._room.set()
        for task in self._tasks.values():
            task.cancel()
        for stream in list(self._streams.values()):
            stream.stop()
        if self._admitted:
            self._host.users.release(self.who.uid, self._held)
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
        who = Peer(self.who.uid, self.who.user, list(self.who.roles))
        welcome = Welcome(self._host.version, service.fingerprint, who, Limits(limits.CALLS, frame.MAX_TO_SERVER))
        self.send(frame.WELCOME, 0, 0, msgspec.json.encode(welcome))
        self._encoding = ENCODINGS[hello.encoding]
        self._parser.limit = frame.MAX_TO_SERVER
        assert self._timer is not None
        self._timer.cancel()
        self._timer = self._loop.call_later(limits.PING_SECONDS / 2, self._watch)

    def _other(self, encoding: Encoding, kind: int, call: int, payload: bytes) -> None:
        if kind == frame.CREDIT:
            if (stream := self._streams.get(call)) is not None:
                stream.grant(_number[encoding.name](payload))
        elif kind == frame.CANCEL:
            if (task := self._tasks.get(call)) is not None:
                task.cancel()
            elif (stream := self._streams.get(call)) is not None:
                stream.stop()
            self._deferred = deque(deferred for deferred in self._deferred if deferred[1] != call)
        elif kind == frame.PING:
            self.send(frame.PONG, 0, call)
        elif kind != frame.PONG:
            raise FrameError(f"a {frame.KIND_NAMES[kind]} frame from a client")

    def _called(self, encoding: Encoding, opcode: int, call: int, payload: bytes) -> None:
        if call in self._tasks or call in self._streams or any(call == waiting for _, waiting, _ in self._deferred):
            raise FrameError(f"call {call} is in flight already")
        if self.writable:
            self._start(encoding, opcode, call, payload)
        else:  # no more answers than the peer takes: this one begins when it has read the others
            self._deferred.append((opcode, call, payload))

    def _start(self, encoding: Encoding, opcode: int, call: int, payload: bytes) -> None:
        try:
            self._make_room(len(payload))
            if (bound := self._host.bound.calls.get(opcode)) is not None:
                self._begin(bound, encoding, call, payload)
            elif (stream := self._host.bound.streams.get(opcode)) is not None:
                self._subscribe(stream, encoding, call, payload)
            else:
                service = self._host.service.id
                raise SutraError(errors.UNSUPPORTED, f"{service} has no opcode {opcode}", "client and service differ: update the service")
        except SutraError as error:
            self.fail(encoding, opcode, call, error)

    def _make_room(self, size: int) -> None:
        """Raises SutraError BUSY when this peer has enough in flight, UNAVAILABLE when the service stops."""
        if self._host.stopping:
            raise SutraError(errors.UNAVAILABLE, f"{self._host.service.id} stops", "try again when it is back")
        if len(self._tasks) + len(self._streams) >= limits.CALLS:
            raise SutraError(errors.BUSY, f"{limits.CALLS} calls are in flight, the most of one connection", "wait for one to end")
        if self._held + size > limits.HELD_BY_CONNECTION:
            raise SutraError(
                errors.BUSY, f"the calls in flight hold {self._held} bytes, nearly the most of one connection", "wait for one to end"
            )

    def _begin(self, bound: BoundCall, encoding: Encoding, call: int, payload: bytes) -> None:
        asked = decoded(bound.decode[encoding], payload)
        meta = asked.meta or NO_META
        self._allow(bound.call)
        promised = (meta.dry_run or None, meta.confirm_within_ms, meta.fingerprint, meta.key)
        if bound.call.changes and promised != (None, None, None, None):
            what = f"{bound.call.name}: this service cannot plan, revert or repeat a change yet, and does not do it without"
            raise SutraError(errors.UNSUPPORTED, what, "leave out --dry-run and --confirm-within, or wait for a newer version")
        if bound.instant:
            self._answer(bound, encoding, call, asked.args)
            return
        self._hold(len(payload))
        task = self._tasks[call] = self._loop.create_task(self._run(bound, encoding, call, meta, asked.args))
        task.add_done_callback(partial(self._over, bound.call, encoding, call, len(payload)))

    def _subscribe(self, stream: BoundStream, encoding: Encoding, call: int, payload: bytes) -> None:
        asked = decoded(stream.decode[encoding], payload)
        self._allow(stream.stream)
        credit = (asked.meta or NO_META).credit
        subscription = Subscription(self, encoding, stream.stream.opcode, call, DEFAULT_CREDIT if credit is None else credit)
        self._hold(len(payload))
        subscription.held = len(payload)
        self._streams[call] = subscription
        try:
            subscription.source = stream.join(subscription, asked.args)
        except Exception as problem:
            self.ended(call)
            raise as_error(problem) from problem

    def _allow(self, what: runtime.Call[msgspec.Struct, object] | runtime.Stream[msgspec.Struct, object]) -> None:
        if what.role not in self.who.roles or (getattr(what, "changes", False) and not self.who.trusted):
            needs = f"needs the role {what.role}" if what.role not in self.who.roles else "changes the host"
            message = f"{self._host.service.id}: {what.name} {needs}, and {self.who.user} may not"
            raise SutraError(errors.DENIED, message, "run it as root, or as the user that the service runs as")

    def _answer(self, bound: BoundCall, encoding: Encoding, call: int, args: msgspec.Struct) -> None:
        try:
            answer = bound.handler(*msgspec.structs.astuple(args))
            self._reply(bound, encoding, call, at_once(answer, bound.call.name))
        except Exception as problem:  # noqa: BLE001 - whatever a backend raises is told to the caller
            self.fail(encoding, bound.call.opcode, call, as_error(problem))

    async def _run(self, bound: BoundCall, encoding: Encoding, call: int, meta: Meta, args: msgspec.Struct) -> None:
        try:
            answer = bound.handler(*msgspec.structs.astuple(args))
            value = await (answer if meta.deadline_ms is None else within(meta.deadline_ms, bound.call.name, answer))
            if not self.writable:
                await self._room.wait()
            self._reply(bound, encoding, call, value)
        except Exception as problem:  # noqa: BLE001 - whatever a backend raises is told to the caller
            self.fail(encoding, bound.call.opcode, call, as_error(problem))

    def _reply(self, bound: BoundCall, encoding: Encoding, call: int, value: object) -> None:
        reply = bound.encode[encoding](value)
        if len(reply) > frame.MAX_TO_CLIENT:
            raise SutraError(errors.FAILED, f"{bound.call.name}: the answer has {len(reply)} bytes, more than a frame holds")
        self.send(frame.REPLY, bound.call.opcode, call, reply)

    def _over(self, of: runtime.Call[msgspec.Struct, object], encoding: Encoding, call: int, size: int, task: "asyncio.Task[None]") -> None:
        """However a call ended: one that was cancelled before its first step never ran a line of its own."""
        del self._tasks[call]
        self._hold(-size)
        if task.cancelled():
            self.fail(encoding, of.opcode, call, SutraError(errors.CANCELLED, f"{of.name}: cancelled"))

    def _hold(self, size: int) -> None:
        if self._transport is not None:
            self._host.users.hold(self.who.uid, size)
            self._held += size

    def fail(self, encoding: Encoding, opcode: int, call: int, error: SutraError) -> None:
        self.send(frame.ERROR, opcode, call, encoding.encoder(Refusal)(refusal(error)))

    def ended(self, call: int) -> None:
        if (stream := self._streams.pop(call, None)) is not None:
            self._hold(-stream.held)

    def send(self, kind: int, opcode: int, call: int, payload: bytes = b"") -> None:
        if self._writer is not None:
            self._writer.send(kind, opcode, call, payload, len(self._tasks) + len(self._streams) < 2)

    @property
    def writable(self) -> bool:
        """False while the peer leaves what it was sent unread."""
        return self._room.is_set() and self._transport is not None

    def goodbye(self, error: SutraError) -> None:
        """Says why, and closes."""
        if self._transport is None:
            return
        encoding = self._encoding or JSON
        self.send(frame.GOAWAY, 0, 0, encoding.encoder(Refusal)(refusal(error)))
        if self._writer is not None:
            self._writer.uncork()
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
