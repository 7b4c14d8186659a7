"""The calls and streams of one connection that are in flight, from the frame that asks to the answer."""

import asyncio
from collections import deque
from functools import partial
from typing import Protocol

import msgspec

from services.core import authority, limits
from services.core.answer import at_once, decoded, within
from services.core.bound import Bound, BoundCall, BoundStream
from services.core.counting import Count
from services.core.limits import Users
from services.core.peer import Peer, caller
from services.core.pump import as_error
from services.core.sight import Eyes
from services.core.subscription import Subscription
from sutra_client import errors, frame, runtime
from sutra_client.errors import SutraError
from sutra_client.parser import FrameError
from sutra_client.wire import DEFAULT_CREDIT, NO_META, Encoding, Meta, Refusal, refusal

_number = {"msgpack": msgspec.msgpack.Decoder(int).decode, "json": msgspec.json.Decoder(int).decode}


class Host(Protocol):
    """What the calls of a connection need of the server."""

    service: runtime.Service
    bound: Bound
    users: Users
    stopping: bool


class Line(Protocol):
    """What they need of the connection."""

    @property
    def writable(self) -> bool:
        """False while the peer leaves what it was sent unread."""

    def send(self, kind: int, opcode: int, call: int, payload: bytes = b"") -> None: ...


class Calls:
    """Begins with the handshake, which decides the encoding, and ends with the connection."""

    def __init__(self, host: Host, line: Line, who: Peer, encoding: Encoding) -> None:
        self.encoding = encoding
        self.count = Count()
        self.tasks: dict[int, asyncio.Task[None]] = {}
        self.streams: dict[int, Subscription] = {}
        self.held = 0
        """Payload bytes of what is in flight."""
        self.writable = line.writable
        """As the connection says by block() and resume(): each item of a stream asks for it."""
        self.send = line.send
        self._host = host
        self._who = who
        self._eyes = Eyes(who)
        self._loop = asyncio.get_running_loop()
        self._closed = False
        self._deferred: deque[tuple[int, int, bytes]] = deque()
        self._room = asyncio.Event()
        if self.writable:
            self._room.set()

    @property
    def waiting(self) -> bool:
        """Whether calls are put off until the peer reads."""
        return bool(self._deferred)

    # What the connection does to them

    def take(self, opcode: int, call: int, payload: bytes) -> None:
        """A CALL frame; raises FrameError for a number that is taken."""
        if call in self.tasks or call in self.streams or any(call == waiting for _, waiting, _ in self._deferred):
            raise FrameError(f"call {call} is in flight already")
        if self.writable:
            self._start(opcode, call, payload)
        else:  # no more answers than the peer takes: this one begins when it has read the others
            self._deferred.append((opcode, call, payload))

    def grant(self, call: int, payload: bytes) -> None:
        """A CREDIT frame."""
        if (stream := self.streams.get(call)) is not None:
            stream.grant(_number[self.encoding.name](payload))

    def cancel(self, call: int) -> None:
        if (task := self.tasks.get(call)) is not None:
            task.cancel()
        elif (stream := self.streams.get(call)) is not None:
            stream.stop()
        self._deferred = deque(deferred for deferred in self._deferred if deferred[1] != call)

    def block(self) -> None:
        """The peer does not read what it was sent."""
        self.writable = False
        self._room.clear()

    def resume(self) -> None:
        """It reads again."""
        self.writable = not self._closed
        self._room.set()
        while self._deferred and self.writable:
            self._start(*self._deferred.popleft())

    def resume_streams(self) -> None:
        for stream in list(self.streams.values()):
            stream.send()

    def close(self) -> None:
        """The connection is gone."""
        self._closed, self.writable = True, False
        self._deferred.clear()
        self._room.set()
        for task in self.tasks.values():
            task.cancel()
        for stream in list(self.streams.values()):
            stream.stop()

    # From call to answer

    def _start(self, opcode: int, call: int, payload: bytes) -> None:
        self.count.calls += 1
        try:
            self._make_room(len(payload))
            if (bound := self._host.bound.calls.get(opcode)) is not None:
                bound.count.calls += 1
                self._begin(bound, call, payload)
            elif (stream := self._host.bound.streams.get(opcode)) is not None:
                stream.count.calls += 1
                self._subscribe(stream, call, payload)
            else:
                service = self._host.service.id
                raise SutraError(errors.UNSUPPORTED, f"{service} has no opcode {opcode}", "client and service differ: update the service")
        except SutraError as error:
            self.fail(self.encoding, opcode, call, error)

    def _make_room(self, size: int) -> None:
        """Raises SutraError BUSY when this peer has enough in flight, UNAVAILABLE when the service stops."""
        if self._host.stopping:
            raise SutraError(errors.UNAVAILABLE, f"{self._host.service.id} stops", "try again when it is back")
        if len(self.tasks) + len(self.streams) >= limits.CALLS:
            raise SutraError(errors.BUSY, f"{limits.CALLS} calls are in flight, the most of one connection", "wait for one to end")
        if self.held + size > limits.HELD_BY_CONNECTION:
            raise SutraError(
                errors.BUSY, f"the calls in flight hold {self.held} bytes, nearly the most of one connection", "wait for one to end"
            )

    def _begin(self, bound: BoundCall, call: int, payload: bytes) -> None:
        asked = decoded(bound.decode[self.encoding], payload)
        meta = asked.meta or NO_META
        self._allow(bound.call)
        promised = (meta.dry_run or None, meta.confirm_within_ms, meta.fingerprint, meta.key)
        if bound.call.changes and promised != (None, None, None, None):
            what = f"{bound.call.name}: this service cannot plan, revert or repeat a change yet, and does not do it without"
            raise SutraError(errors.UNSUPPORTED, what, "leave out --dry-run and --confirm-within, or wait for a newer version")
        caller.set(self._who)
        if bound.instant:
            self._answer(bound, call, asked.args)
            return
        self._hold(len(payload))
        bound.count.open += 1
        task = self.tasks[call] = self._loop.create_task(self._run(bound, call, meta, asked.args))
        task.add_done_callback(partial(self._over, bound, call, len(payload), self._loop.time()))

    def _subscribe(self, stream: BoundStream, call: int, payload: bytes) -> None:
        asked = decoded(stream.decode[self.encoding], payload)
        self._allow(stream.stream)
        credit = (asked.meta or NO_META).credit
        subscription = Subscription(self, self.encoding, stream.stream.opcode, call, DEFAULT_CREDIT if credit is None else credit)
        self._hold(len(payload))
        subscription.held = len(payload)
        self.streams[call] = subscription
        stream.count.open += 1
        try:
            subscription.source = stream.join(subscription, asked.args, self._eyes)
        except Exception as problem:
            self.ended(stream.stream.opcode, call)
            raise as_error(problem) from problem

    def _allow(self, member: authority.Member) -> None:
        refused = authority.refusal(self._host.service.id, member, self._eyes)
        if refused is not None:
            raise refused

    def _answer(self, bound: BoundCall, call: int, args: msgspec.Struct) -> None:
        try:
            answer = bound.handler(*msgspec.structs.astuple(args))
            self._reply(bound, call, at_once(answer, bound.call.name))
        except Exception as problem:  # noqa: BLE001 - whatever a backend raises is told to the caller
            self.fail(self.encoding, bound.call.opcode, call, as_error(problem))

    async def _run(self, bound: BoundCall, call: int, meta: Meta, args: msgspec.Struct) -> None:
        try:
            answer = bound.handler(*msgspec.structs.astuple(args))
            value = await (answer if meta.deadline_ms is None else within(meta.deadline_ms, bound.call.name, answer))
            if not self.writable:
                await self._room.wait()
            self._reply(bound, call, value)
        except Exception as problem:  # noqa: BLE001 - whatever a backend raises is told to the caller
            self.fail(self.encoding, bound.call.opcode, call, as_error(problem))

    def _reply(self, bound: BoundCall, call: int, value: object) -> None:
        if not self._eyes.everything and (sight := bound.lens.sight(self._eyes)) is not None:
            value = sight.result(value, bound.call.name)
        reply = bound.encode[self.encoding](value)
        if len(reply) > frame.MAX_TO_CLIENT:
            raise SutraError(errors.FAILED, f"{bound.call.name}: the answer has {len(reply)} bytes, more than a frame holds")
        self.send(frame.REPLY, bound.call.opcode, call, reply)

    def _over(self, bound: BoundCall, call: int, size: int, began: float, task: "asyncio.Task[None]") -> None:
        """However a call ended: one that was cancelled before its first step never ran a line of its own."""
        del self.tasks[call]
        self._hold(-size)
        bound.count.over(self._loop.time() - began)
        if task.cancelled():
            self.fail(self.encoding, bound.call.opcode, call, SutraError(errors.CANCELLED, f"{bound.call.name}: cancelled"))

    def _hold(self, size: int) -> None:
        if not self._closed:
            self._host.users.hold(self._who.uid, size)
            self.held += size

    def fail(self, encoding: Encoding, opcode: int, call: int, error: SutraError) -> None:
        self.count.errors += 1
        if (counted := self._host.bound.count(opcode)) is not None:
            counted.errors += 1
        self.send(frame.ERROR, opcode, call, encoding.encoder(Refusal)(refusal(error)))

    def ended(self, opcode: int, call: int) -> None:
        if (stream := self.streams.pop(call, None)) is not None:
            self._hold(-stream.held)
            self._host.bound.streams[opcode].count.open -= 1
