"""One client of one service: handshake, dispatch, credit; a bad client closes its own session and no other."""

import asyncio
from collections.abc import Awaitable
from typing import Protocol

import msgspec

from services.core import limits, peer
from services.core.bound import Bound, BoundCall
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

_hello = msgspec.json.Decoder(Hello)
_number = {"msgpack": msgspec.msgpack.Decoder(int).decode, "json": msgspec.json.Decoder(int).decode}
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError)


class Host(Protocol):
    """What a session needs of its server."""

    service: runtime.Service
    bound: Bound
    users: Users
    version: str
    sessions: "set[Session]"


class Session(asyncio.Protocol):
    """`who` is given where the transport is no socket, and so has no kernel credentials."""

    def __init__(self, host: Host, who: peer.Peer | None = None) -> None:
        self._host = host
        self._who = who
        self._admitted = False
        self._loop = asyncio.get_running_loop()
        self._parser = Parser(frame.MAX_HANDSHAKE)
        self._transport: asyncio.Transport | None = None
        self._encoding: Encoding | None = None
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._streams: dict[int, Subscription] = {}
        self._held = 0
        self._corked = False
        self._out: list[bytes] = []
        self._waiting = 0
        self._writable = True
        self._heard = self._frame_began = self._loop.time()
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
        corked, self._corked = self._corked, True
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
        except _UNREADABLE as error:
            self.goodbye(SutraError(errors.INVALID, f"unreadable payload: {error}"))
        finally:
            if not corked:
                self._uncork()

    def pause_writing(self) -> None:
        self._writable = False
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._writable = True
        self._heard = self._loop.time()
        self._resume_reading()
        for stream in list(self._streams.values()):
            stream.granted()

    def connection_lost(self, error: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._transport = None
        self._host.sessions.discard(self)
        if self._admitted:
            self._host.users.release(self.who.uid)
        for task in self._tasks.values():
            task.cancel()
        for stream in list(self._streams.values()):
            stream.stop()
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
                stream.credit = min(stream.credit + max(0, _number[encoding.name](payload)), 1 << 31)
                stream.granted()
        elif kind == frame.CANCEL:
            if (task := self._tasks.get(call)) is not None:
                task.cancel()
            elif (stream := self._streams.get(call)) is not None:
                stream.stop()
        elif kind == frame.PING:
            self.send(frame.PONG, 0, call)
        elif kind != frame.PONG:
            raise FrameError(f"a {frame.KIND_NAMES[kind]} frame from a client")

    def _called(self, encoding: Encoding, opcode: int, call: int, payload: bytes) -> None:
        if call in self._tasks or call in self._streams:
            raise FrameError(f"call {call} is in flight already")
        try:
            if len(self._tasks) + len(self._streams) >= limits.CALLS:
                raise SutraError(errors.BUSY, f"{limits.CALLS} calls are in flight, the most of one connection", "wait for one to end")
            if (bound := self._host.bound.calls.get(opcode)) is not None:
                asked = bound.decode[encoding](payload)
                self._allow(bound.call)
                if bound.instant:
                    self._answer(bound, encoding, call, asked.args)
                    return
                self._hold(len(payload))
                run = self._run(bound, encoding, call, asked.meta or NO_META, asked.args, len(payload))
                self._tasks[call] = self._loop.create_task(run)
            elif (stream := self._host.bound.streams.get(opcode)) is not None:
                asked = stream.decode[encoding](payload)
                self._allow(stream.stream)
                credit = (asked.meta or NO_META).credit
                subscription = Subscription(self, encoding, opcode, call, DEFAULT_CREDIT if credit is None else max(0, credit))
                subscription.source = stream.join(subscription, asked.args)
                self._streams[call] = subscription
            else:
                raise SutraError(
                    errors.UNSUPPORTED, f"{self._host.service.id} has no opcode {opcode}", "client and service differ: update the service"
                )
        except msgspec.ValidationError as error:
            self.fail(encoding, opcode, call, SutraError(errors.INVALID, f"the arguments do not fit the schema: {error}"))
        except SutraError as error:
            self.fail(encoding, opcode, call, error)

    def _allow(self, what: runtime.Call[msgspec.Struct, object] | runtime.Stream[msgspec.Struct, object]) -> None:
        if what.role not in self.who.roles or (getattr(what, "changes", False) and not self.who.trusted):
            message = f"{self._host.service.id}: {what.name} needs the role {what.role}, which {self.who.user} has not"
            raise SutraError(errors.DENIED, message, "run it as root, or as the user that the service runs as")

    def _answer(self, bound: BoundCall, encoding: Encoding, call: int, args: msgspec.Struct) -> None:
        answer = bound.handler(*msgspec.structs.astuple(args))
        try:
            answer.send(None)
            answer.close()
            raise RuntimeError(f"{bound.call.name} is marked instant, and waits")
        except StopIteration as done:
            self._reply(bound, encoding, call, done.value)
        except Exception as problem:  # noqa: BLE001 - whatever a backend raises is told to the caller
            self.fail(encoding, bound.call.opcode, call, as_error(problem))

    def _reply(self, bound: BoundCall, encoding: Encoding, call: int, value: object) -> None:
        reply = bound.encode[encoding](value)
        if len(reply) > frame.MAX_TO_CLIENT:
            raise SutraError(errors.FAILED, f"{bound.call.name}: the answer has {len(reply)} bytes, more than a frame holds")
        self.send(frame.REPLY, bound.call.opcode, call, reply)

    async def _run(self, bound: BoundCall, encoding: Encoding, call: int, meta: Meta, args: msgspec.Struct, size: int) -> None:
        try:
            answer = bound.handler(*msgspec.structs.astuple(args))
            value = await (answer if meta.deadline_ms is None else _within(meta.deadline_ms, bound.call.name, answer))
            self._reply(bound, encoding, call, value)
        except asyncio.CancelledError:
            self.fail(encoding, bound.call.opcode, call, SutraError(errors.CANCELLED, f"{bound.call.name}: cancelled"))
        except Exception as problem:  # noqa: BLE001 - whatever a backend raises is told to the caller
            self.fail(encoding, bound.call.opcode, call, as_error(problem))
        finally:
            del self._tasks[call]
            self._hold(-size)

    def _hold(self, size: int) -> None:
        self._held += size
        if self._transport is not None and size > 0 and self._held > limits.HELD_BY_CONNECTION:
            self._transport.pause_reading()
        elif size < 0:
            self._resume_reading()

    def _resume_reading(self) -> None:
        if self._transport is not None and self._writable and self._held <= limits.HELD_BY_CONNECTION:
            self._transport.resume_reading()

    def fail(self, encoding: Encoding, opcode: int, call: int, error: SutraError) -> None:
        self.send(frame.ERROR, opcode, call, encoding.encoder(Refusal)(refusal(error)))

    def ended(self, call: int) -> None:
        self._streams.pop(call, None)

    # Output: at once for a client that asks one thing at a time, else all frames of a loop turn in one write

    def send(self, kind: int, opcode: int, call: int, payload: bytes = b"") -> None:
        if self._transport is None:
            return
        data = frame.pack(kind, opcode, call, payload)
        if self._waiting + self._transport.get_write_buffer_size() > limits.WAITING_FOR_CONNECTION:
            self._transport.abort()
        elif len(self._tasks) + len(self._streams) < 2 and not self._corked:
            self._transport.write(data)
        else:
            self._out.append(data)
            self._waiting += len(data)
            if not self._corked:
                self._corked = True
                self._loop.call_soon(self._uncork)

    def _uncork(self) -> None:
        self._corked = False
        if self._out and self._transport is not None:
            self._transport.write(b"".join(self._out))
        self._out.clear()
        self._waiting = 0

    @property
    def writable(self) -> bool:
        """False while the peer leaves what it was sent unread."""
        return self._writable and self._transport is not None

    def goodbye(self, error: SutraError) -> None:
        """Says why, and closes."""
        if self._transport is None:
            return
        encoding = self._encoding or JSON
        self.send(frame.GOAWAY, 0, 0, encoding.encoder(Refusal)(refusal(error)))
        self._uncork()
        transport, self._transport = self._transport, None
        transport.close()
        self._loop.call_later(1.0, transport.abort)

    def _late(self) -> None:
        self.goodbye(SutraError(errors.TIMEOUT, f"no HELLO within {limits.HANDSHAKE_SECONDS:.0f} s"))

    def _watch(self) -> None:
        now = self._loop.time()
        silence = now - self._heard
        slowness = now - self._frame_began if self._parser.pending else 0.0
        if silence >= limits.DEAD_SECONDS or slowness >= limits.DEAD_SECONDS:
            self.goodbye(SutraError(errors.TIMEOUT, f"silent, or busy with one frame, for {max(silence, slowness):.0f} s"))
            return
        if silence >= limits.PING_SECONDS and self._writable:
            self.send(frame.PING, 0, 0)
        self._timer = self._loop.call_later(limits.PING_SECONDS / 2, self._watch)


async def _within(deadline_ms: int, name: str, answer: Awaitable[object]) -> object:
    scope = asyncio.timeout(deadline_ms / 1000)
    try:
        async with scope:
            return await answer
    except TimeoutError:
        if scope.expired():
            raise SutraError(errors.TIMEOUT, f"{name}: not done within {deadline_ms} ms") from None
        raise
