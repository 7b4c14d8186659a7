"""One handshaken connection to one service, until it is lost; connection.py opens the next one."""

import asyncio
from collections import deque

import msgspec

from sutra_client import errors, frame
from sutra_client.errors import SutraError
from sutra_client.parser import FrameError, Parser
from sutra_client.transport import Connect
from sutra_client.wire import Hello, Refusal, RefusalText, Welcome
from sutra_client.writer import Writer

HANDSHAKE_SECONDS = frame.HANDSHAKE_SECONDS
PING_SECONDS = frame.PING_SECONDS
SWEEP_SECONDS = PING_SECONDS / 2
DEAD_SECONDS = frame.DEAD_SECONDS

_welcome = msgspec.json.Decoder(Welcome)
_refusal_text = msgspec.json.Decoder(RefusalText)
_refusal = msgspec.msgpack.Decoder(Refusal)
_pack = msgspec.msgpack.Encoder().encode


class Lost(Exception):
    """The link is gone; the text says why."""


class Incoming:
    """The client's end of one stream: payloads that arrived and were not consumed yet, never more than the credit."""

    def __init__(self, link: "Link", opcode: int, call: int, credit: int) -> None:
        self._link = link
        self._opcode = opcode
        self._call = call
        self._credit = self._window = credit
        self._consumed = 0
        self._payloads: deque[bytes] = deque()
        self._end: Exception | None = None
        self._over = False
        self._waiter: asyncio.Future[None] | None = None

    def deliver(self, payload: bytes) -> bool:
        """Takes an ITEM in; False when the server exceeded the credit."""
        self._credit -= 1
        self._payloads.append(payload)
        self._wake()
        return self._credit >= 0

    def finish(self, error: Exception | None) -> None:
        self._over, self._end = True, error
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def next(self) -> bytes | None:
        """The next payload, or None at the end; raises SutraError, or Lost with the link."""
        while not self._payloads:
            if self._over:
                if self._end is not None:
                    raise self._end
                return None
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        self._consumed += 1
        if self._consumed * 2 >= self._window and not self._over:
            self._link.send(frame.CREDIT, self._opcode, self._call, _pack(self._consumed))
            self._credit += self._consumed
            self._consumed = 0
        return self._payloads.popleft()

    def close(self) -> None:
        """Tells the server to stop; what is still on its way is dropped."""
        if not self._over:
            self._link.cancel(self._opcode, self._call)
            self._over = True


class Link(asyncio.Protocol):
    """Made by `Link.open`. Every method must run on its loop."""

    welcome: Welcome

    def __init__(self, hello: Hello) -> None:
        self._hello = hello
        self._parser = Parser(frame.MAX_HANDSHAKE)
        loop = self._loop = asyncio.get_running_loop()
        self._shaken: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[str] = loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._replies: dict[int, asyncio.Future[bytes]] = {}
        self._due: dict[int, float] = {}
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._streams: dict[int, Incoming] = {}
        self._last_call = 0
        self._writer: Writer | None = None
        self._heard = loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._farewell = ""

    @staticmethod
    async def open(connect: Connect, hello: Hello) -> "Link":
        """Connects and shakes hands; raises SutraError, UNAVAILABLE when there is no answer, or what the server refused with."""
        link = Link(hello)
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                await connect(link)
                await link._shaken
        except TimeoutError:
            link.abort("no answer to the handshake")
            raise _unreachable(hello, f"no answer within {HANDSHAKE_SECONDS:.0f} s") from None
        except OSError as error:
            raise _unreachable(hello, error.strerror or str(error)) from None
        except Lost as lost:
            raise _unreachable(hello, str(lost)) from None
        except BaseException:
            link.abort("given up")
            raise
        return link

    def call(self, opcode: int, payload: bytes, seconds: float) -> tuple[int, "asyncio.Future[bytes]"]:
        """Sends a CALL; the future is the REPLY's payload, a SutraError or Lost, or TimeoutError after `seconds`.

        One timer looks after all calls, so a deadline of SWEEP seconds or more may pass by up to that much.
        """
        number = self._number()
        self._due[number] = self._loop.time() + seconds
        if seconds < SWEEP_SECONDS:
            self._timers[number] = self._loop.call_later(seconds, self._expire, number)
        reply = self._replies[number] = self._loop.create_future()
        self.send(frame.CALL, opcode, number, payload)
        return number, reply

    def subscribe(self, opcode: int, payload: bytes, credit: int) -> Incoming:
        """Sends a stream's CALL, whose meta grants `credit`."""
        number = self._number()
        stream = self._streams[number] = Incoming(self, opcode, number, credit)
        self.send(frame.CALL, opcode, number, payload)
        return stream

    def answered(self, number: int) -> None:
        """The call is over, however it ended."""
        del self._due[number]
        if (timer := self._timers.pop(number, None)) is not None:
            timer.cancel()

    def cancel(self, opcode: int, call: int) -> None:
        """Forgets a call or stream here and stops it there."""
        if self._replies.pop(call, None) is not None or self._streams.pop(call, None) is not None:
            self.send(frame.CANCEL, opcode, call)

    def _expire(self, number: int) -> None:
        reply = self._replies.get(number)
        if reply is not None and not reply.done():
            reply.set_exception(TimeoutError())

    def _number(self) -> int:
        if self._transport is None or self.closed.done():
            raise Lost("the connection is closed")
        self._last_call += 1
        return self._last_call

    def send(self, kind: int, opcode: int, call: int, payload: bytes = b"") -> None:
        if self._writer is not None:
            self._writer.send(kind, opcode, call, payload, len(self._replies) < 2)

    def abort(self, why: str) -> None:
        """Drops the connection at once."""
        self._farewell = self._farewell or why
        if self._transport is not None:
            self._transport.abort()

    async def close(self) -> None:
        """Says nothing more and waits until the transport is gone."""
        if self._transport is not None:
            if self._writer is not None:
                self._writer.uncork()
            self._farewell = self._farewell or "closed"
            self._transport.close()
            await asyncio.wait([self.closed], timeout=1.0)
            self.abort("closed")

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._writer = Writer(transport)
        self._timer = self._loop.call_later(SWEEP_SECONDS, self._watch)
        transport.write(frame.pack(frame.HELLO, 0, 0, msgspec.json.encode(self._hello)))

    def data_received(self, data: bytes) -> None:
        self._heard = self._loop.time()
        try:
            for kind, opcode, call, payload in self._parser.feed(data):
                if kind == frame.REPLY:
                    reply = self._replies.pop(call, None)
                    if reply is None:
                        self._stray(call)
                    elif not reply.done():
                        reply.set_result(payload)
                elif kind == frame.ITEM:
                    stream = self._streams.get(call)
                    if stream is None:
                        self._stray(call)
                    elif not stream.deliver(payload):
                        raise FrameError("more items than the credit allows")
                else:
                    self._other(kind, opcode, call, payload)
        except (FrameError, msgspec.DecodeError) as error:
            self.abort(f"the server broke the protocol: {error}")

    def _stray(self, call: int) -> None:
        # What was cancelled here may still be answered; what was never asked may not.
        if call > self._last_call or not self._shaken.done():
            raise FrameError(f"an answer to call {call}, which was never made")

    def _other(self, kind: int, opcode: int, call: int, payload: bytes) -> None:
        if not self._shaken.done():
            self._shake(kind, payload)
        elif kind == frame.END:
            if (stream := self._streams.pop(call, None)) is not None:
                stream.finish(None)
        elif kind == frame.ERROR:
            error = _refusal.decode(payload).error()
            if (reply := self._replies.pop(call, None)) is not None and not reply.done():
                reply.set_exception(error)
            elif (stream := self._streams.pop(call, None)) is not None:
                stream.finish(error)
        elif kind == frame.PING:
            self.send(frame.PONG, 0, call)
        elif kind == frame.GOAWAY:
            self.abort(f"the server said goodbye: {_refusal.decode(payload).message}")
        elif kind != frame.PONG:
            raise FrameError(f"a {frame.KIND_NAMES[kind]} frame from a server")

    def _shake(self, kind: int, payload: bytes) -> None:
        if kind == frame.WELCOME:
            self.welcome = _welcome.decode(payload)
            self._parser.limit = frame.MAX_TO_CLIENT
            self._shaken.set_result(None)
        elif kind in (frame.ERROR, frame.GOAWAY):
            self._refused(_refusal_text.decode(payload).error())
            self.abort("refused")
        else:
            raise FrameError(f"a {frame.KIND_NAMES[kind]} frame before WELCOME")

    def _refused(self, error: Exception) -> None:
        self._shaken.set_exception(error)
        self._shaken.exception()  # seen: whoever opened this may have given up already

    def _watch(self) -> None:
        silence = self._loop.time() - self._heard
        if silence >= DEAD_SECONDS:
            self.abort(f"silent for {silence:.0f} s")
            return
        if silence >= PING_SECONDS:
            self.send(frame.PING, 0, 0)
        for number in [number for number, due in self._due.items() if due <= self._loop.time()]:
            self._expire(number)
        self._timer = self._loop.call_later(SWEEP_SECONDS, self._watch)

    def connection_lost(self, error: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        reason = self._farewell or (str(error) if error else "the server closed the connection")
        lost = Lost(reason)
        if not self._shaken.done():
            self._refused(lost)
        for reply in self._replies.values():
            if not reply.done():
                reply.set_exception(lost)
        for stream in self._streams.values():
            stream.finish(lost)
        self._replies.clear()
        self._streams.clear()
        self._transport = self._writer = None
        for timer in self._timers.values():
            timer.cancel()
        if not self.closed.done():
            self.closed.set_result(reason)


def _unreachable(hello: Hello, why: str) -> SutraError:
    return SutraError(
        errors.UNAVAILABLE, f"connecting to {hello.service}: {why}", "is the service running? `avyctl info` lists the endpoints"
    )
