"""The asynchronous client: concurrent calls, and streams that outlive a lost link by subscribing again."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from functools import cache
from typing import Any, TypeVar

import msgspec

from sutra_client import errors, events, frame, runtime
from sutra_client.errors import SutraError
from sutra_client.link import Incoming, Link, Lost
from sutra_client.runtime import Call, OperationStream, Stream
from sutra_client.transport import Connect
from sutra_client.version import VERSION
from sutra_client.wire import PROTOCOL, Hello, Meta

A = TypeVar("A", bound=msgspec.Struct)
R = TypeVar("R")
D = TypeVar("D")

CREDIT = 64
"""ITEMs a stream may have on their way; half of it is granted again whenever half was consumed."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
"""Seconds between attempts to reconnect: doubled from the first to the longest."""
REPEATABLE = ("table", "samples", "log")
"""Kinds of streams that are subscribed again after a loss; an operation would be done twice."""
MOST_GAPS = 3
"""Subscriptions in a row that broke the order within QUIET seconds, after which the stream is given up."""
QUIET = 10.0
MOST_SNAPSHOT = 64 << 20
"""Bytes of one snapshot, all parts together, beyond which the server is taken for mad."""

_encode = msgspec.msgpack.Encoder().encode


class Connection:
    """A client of one service. `async with` opens it, and raises SutraError when that fails; later losses are mended."""

    def __init__(self, service: runtime.Service, connect: Connect, deadline: float = 30.0) -> None:
        self.service = service
        self._connect = connect
        self._deadline = deadline
        self._link: Link | None = None
        self._linked = asyncio.Event()
        self._reason = "not connected yet"
        self._closed = False
        self._keeper: asyncio.Task[None] | None = None

    @property
    def link(self) -> Link:
        """The present link; raises SutraError while there is none."""
        if self._link is None:
            hint = "" if self._closed else "avyctl connects again by itself; try again"
            raise SutraError(errors.UNAVAILABLE, f"{self.service.id}: {self._reason}", hint)
        return self._link

    async def __aenter__(self) -> "Connection":
        self._link = await self._open()
        self._linked.set()
        self._keeper = asyncio.create_task(self._keep(self._link), name=f"keep {self.service.id}")
        return self

    async def __aexit__(self, *exception: object) -> None:
        assert self._keeper is not None
        self._keeper.cancel()
        await asyncio.wait([self._keeper])
        link, self._link = self._link, None
        self._closed, self._reason = True, "the connection was closed here"
        self._linked.set()  # streams that outlive the connection end with that reason
        if link is not None:
            await link.close()

    async def _open(self) -> Link:
        hello = Hello(PROTOCOL, self.service.id, "avyctl", VERSION, self.service.fingerprint)
        return await Link.open(self._connect, hello)

    async def _keep(self, link: Link) -> None:
        while True:
            self._reason = await asyncio.shield(link.closed)
            self._link = None
            self._linked.clear()
            link = self._link = await self._reopen()
            self._linked.set()

    async def _reopen(self) -> Link:
        pause = FIRST_PAUSE
        while True:
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            try:
                return await self._open()
            except SutraError as error:
                self._reason = error.message

    async def call(self, call: Call[A, R], args: A, meta: Meta | None = None) -> R:
        """Raises SutraError: what the service answered, TIMEOUT after the deadline, UNAVAILABLE without a link."""
        link = self.link
        deadline = self._deadline if meta is None or meta.deadline_ms is None else meta.deadline_ms / 1000
        payload = self._payload(call.name, meta, args)
        try:
            number, reply = link.call(call.opcode, payload, deadline)
        except Lost as lost:
            raise self._lost(call.name, lost) from None
        try:
            return _decoder(call.out)(await reply)  # type: ignore[no-any-return]
        except TimeoutError:
            link.cancel(call.opcode, number)
            what = f"{self.service.id}: {call.name}: no answer within {deadline:g} s"
            raise SutraError(errors.TIMEOUT, what, "the service is busy or hangs") from None
        except asyncio.CancelledError:
            link.cancel(call.opcode, number)
            raise
        except Lost as lost:
            raise self._lost(call.name, lost) from None
        except msgspec.DecodeError as error:
            raise self._unfit(call.name, error) from None
        finally:
            link.answered(number)

    def _payload(self, name: str, meta: Meta | None, args: msgspec.Struct) -> bytes:
        payload = _encode((meta, args))
        if len(payload) > frame.MAX_TO_SERVER:
            raise SutraError(errors.INVALID, f"{self.service.id}: {name}: the arguments take {len(payload)} bytes, too many for one call")
        return payload

    def _lost(self, name: str, lost: Lost) -> SutraError:
        return SutraError(
            errors.UNAVAILABLE, f"{self.service.id}: {name}: {lost}", "whether it was done is not known; look before trying again"
        )

    def _unfit(self, name: str, why: object) -> SutraError:
        return SutraError(
            errors.INTERNAL,
            f"{self.service.id}: {name}: the answer does not fit the schema: {why}",
            "client and service differ: update both",
        )

    async def _mended(self) -> Link:
        """The link, when there is one that is not lost."""
        while True:
            await self._linked.wait()
            if self._closed:
                return self.link  # raises
            if self._link is not None and not self._link.closed.done():
                return self._link
            await asyncio.sleep(0)  # just lost, and the keeper has not run yet

    def table(self, stream: Stream[A, R], args: A) -> AsyncIterator[events.TableEvent[R]]:
        """A Snapshot first, again after each reconnect, with Stale before it."""
        return self._events(stream, args)

    def samples(self, stream: Stream[A, R], args: A) -> AsyncIterator[events.SamplesEvent[R]]:
        """After a reconnect the history is asked for again."""
        return self._events(stream, args)

    def log(self, stream: Stream[A, R], args: A) -> AsyncIterator[events.LogEvent[R]]:
        """After a reconnect the log goes on with what is new."""
        return self._events(stream, args)

    def operation(self, stream: OperationStream[A, R, D], args: A) -> AsyncIterator[events.OperationEvent[R, D]]:
        """Ends with Done, or raises the operation's SutraError."""
        return self._events(stream, args)

    async def _events(self, stream: Stream[A, R], args: A) -> AsyncIterator[Any]:
        payload = self._payload(stream.name, Meta(credit=CREDIT), args)
        decode = _decoder(tuple[int, _event_type(stream)])  # type: ignore[misc]
        gaps = 0
        while True:
            incoming = (await self._mended()).subscribe(stream.opcode, payload, CREDIT)
            try:
                began = time.monotonic()
                async for event in self._read(stream, incoming, decode):
                    yield event
                return
            except Lost as lost:
                if stream.kind not in REPEATABLE:
                    raise self._lost(stream.name, lost) from None
                yield events.Stale(str(lost), time.time_ns() // 1000)
            except _Gap as gap:
                gaps = gaps + 1 if time.monotonic() - began < QUIET else 1
                if gaps >= MOST_GAPS:
                    raise self._unfit(stream.name, gap) from None
            finally:
                incoming.close()

    async def _read(self, stream: Stream[A, R], incoming: Incoming, decode: Callable[[bytes], Any]) -> AsyncIterator[Any]:
        expected = 1
        arrived = 0
        within = False
        parts: list[R] = []
        while (payload := await incoming.next()) is not None:
            try:
                revision, event = decode(payload)
            except msgspec.ValidationError as error:
                revision, event = self._unknown(stream.name, payload, error)
            except msgspec.DecodeError as error:
                raise self._unfit(stream.name, error) from None
            if isinstance(event, events.Snapshot):
                if not within:
                    expected, arrived = 1, 0
                within = event.more
                parts += event.rows
                arrived += len(payload)
                if arrived > MOST_SNAPSHOT:
                    raise self._unfit(stream.name, f"a snapshot of more than {MOST_SNAPSHOT} bytes")
                event = events.Snapshot(parts) if not event.more else None
            elif stream.kind == "table" and expected == 1:
                raise _Gap("changes came before the snapshot")
            if revision != expected:
                raise _Gap(f"item {revision} came where {expected} was due")
            expected += 1
            if event is not None:
                parts = []
                yield event

    def _unknown(self, name: str, payload: bytes, why: Exception) -> tuple[int, events.Unknown]:
        """An event with a tag that this schema lacks is Unknown; anything else that does not fit is an error."""
        try:
            revision, event = msgspec.msgpack.decode(payload, type=tuple[int, list[msgspec.Raw]])
            tag = msgspec.msgpack.decode(event[0], type=str)
        except (msgspec.DecodeError, IndexError):
            raise self._unfit(name, why) from None
        if tag in _TAGS:
            raise self._unfit(name, why)
        return revision, events.Unknown(tag)


class _Gap(Exception):
    """Items were missing or out of order."""


_TAGS = {"snapshot", "changed", "removed", "samples", "records", "lost", "progress", "done"}


@cache
def _decoder(kind: Any) -> Callable[[bytes], Any]:
    return msgspec.msgpack.Decoder(kind).decode


def _event_type(stream: Stream[A, R]) -> Any:
    row: Any = stream.row
    if stream.kind == "table":
        return events.Snapshot[row] | events.Changed[row] | events.Removed
    if stream.kind == "samples":
        return events.Samples[row]
    if stream.kind == "log":
        return events.Records[row] | events.Lost
    return events.Progress[row] | events.Done[stream.result]  # type: ignore[name-defined]
