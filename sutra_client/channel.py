"""Many connections over one duplex byte stream, as between `ssh` and a far `avyctl bridge`.

Every frame is preceded by a u16 channel number (little-endian). Channel 0 carries ITEM frames with JSON: {"open": service,
"channel": n} asks for one, {"opened": n} or {"failed": n, "error": {...}} answers, {"close": n} ends it, {"credit": bytes,
"channel": n} lets the other end send more on it. A frame may be sent while the credit is above zero, so one channel that nobody
reads holds WINDOW bytes and one frame, and delays no other.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator

import msgspec

from sutra_client import errors, frame
from sutra_client.errors import SutraError
from sutra_client.parser import FrameError
from sutra_client.transport import Connect
from sutra_client.wire import RefusalText

WINDOW = 1 << 20
MOST_CHANNELS = 256
_PREFIX = 2


class Control(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message of channel 0; exactly one of open, opened, failed, close and credit is set."""

    open: str | None = None
    opened: int | None = None
    failed: int | None = None
    close: int | None = None
    credit: int | None = None
    channel: int = 0
    error: RefusalText | None = None


_control = msgspec.json.Decoder(Control)


class ChannelParser:
    """Bytes in, (channel, whole frame) out."""

    def __init__(self, limit: int = frame.MAX_TO_CLIENT) -> None:
        self._limit = limit
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """To be exhausted before the next feed; raises FrameError."""
        rest = self._rest
        rest += data
        start = 0
        while len(rest) - start >= _PREFIX + frame.HEADER_SIZE:
            channel = int.from_bytes(rest[start : start + _PREFIX], "little")
            size, kind, flags, _, _ = frame.HEADER.unpack_from(rest, start + _PREFIX)
            if why := frame.refusal(size, kind, flags, self._limit):
                raise FrameError(why)
            stop = start + _PREFIX + frame.HEADER_SIZE + size
            if stop > len(rest):
                break
            yield channel, bytes(rest[start + _PREFIX : stop])
            start = stop
        del rest[:start]


class Mux(asyncio.Protocol):
    """One end. `accept` says how a channel that the other end opens reaches its service; without it none may be opened."""

    def __init__(self, accept: Callable[[str], Connect] | None = None) -> None:
        self._accept = accept
        self._parser = ChannelParser()
        self._transport: asyncio.Transport | None = None
        self._channels: dict[int, Channel] = {}
        self._opening: dict[int, asyncio.Future[None]] = {}
        self._reserved: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._last = 0
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def channel(self, service: str) -> Connect:
        """A transport to a service of the other end; connecting raises SutraError."""

        async def connect(protocol: asyncio.Protocol) -> None:
            number = self._free()
            opened = self._opening[number] = asyncio.get_running_loop().create_future()
            self.control(Control(open=service, channel=number))
            try:
                await opened
            except asyncio.CancelledError:
                self.control(Control(close=number))
                raise
            finally:
                del self._opening[number]
            self._add(number, protocol)

        return connect

    def _free(self) -> int:
        """A channel number that is not in use; they come round again."""
        for _ in range(MOST_CHANNELS + 1):
            self._last = self._last % 0xFFFF + 1
            if self._last not in self._channels and self._last not in self._opening:
                return self._last
        raise SutraError(errors.BUSY, f"{MOST_CHANNELS} channels are open, the most of one bridge")

    def _add(self, number: int, protocol: asyncio.Protocol) -> "Channel":
        channel = self._channels[number] = Channel(self, number, protocol)
        protocol.connection_made(channel)
        return channel

    def control(self, message: Control) -> None:
        self.send(0, frame.pack(frame.ITEM, 0, 0, msgspec.json.encode(message)))

    def send(self, channel: int, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(channel.to_bytes(_PREFIX, "little") + data)

    def forget(self, number: int) -> None:
        if self._channels.pop(number, None) is not None:
            self.control(Control(close=number))

    def close(self) -> None:
        """Ends every channel."""
        if self._transport is not None:
            self._transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            for number, whole in self._parser.feed(data):
                if number == 0:
                    self._controlled(_control.decode(whole[frame.HEADER_SIZE :]))
                elif (channel := self._channels.get(number)) is not None:
                    channel.arrived(whole)
        except (FrameError, msgspec.DecodeError):
            self.close()

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        for opened in self._opening.values():
            if not opened.done():
                opened.set_exception(SutraError(errors.UNAVAILABLE, "the bridge to the other host is gone"))
        for channel in list(self._channels.values()):
            channel.lost(error)
        for task in self._tasks:
            task.cancel()
        if not self.closed.done():
            self.closed.set_result(None)

    def _controlled(self, message: Control) -> None:
        match message:
            case Control(open=str() as service, channel=number):
                if not 0 < number < 1 << 16 or number in self._channels or number in self._reserved:
                    raise FrameError(f"channel {number} cannot be opened")
                self._reserved.add(number)
                task = asyncio.get_running_loop().create_task(self._answer(service, number))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            case Control(opened=int() as number):
                if (opened := self._opening.get(number)) is not None and not opened.done():
                    opened.set_result(None)
            case Control(failed=int() as number, error=refused):
                if (opened := self._opening.get(number)) is not None and not opened.done():
                    opened.set_exception(refused.error() if refused else SutraError(errors.UNAVAILABLE, "refused"))
            case Control(close=int() as number):
                if (channel := self._channels.pop(number, None)) is not None:
                    channel.lost(None)
            case Control(credit=int() as credit, channel=number):
                if (channel := self._channels.get(number)) is not None:
                    channel.granted(credit)
            case _:
                raise FrameError("an empty message on channel 0")

    async def _answer(self, service: str, number: int) -> None:
        try:
            if self._accept is None or len(self._channels) + len(self._reserved) > MOST_CHANNELS:
                raise SutraError(errors.DENIED, f"channel {number} to {service} cannot be opened")
            splice = Splice()
            await self._accept(service)(splice)
            splice.other = self._add(number, Splice(splice.transport))
        except SutraError as error:
            self.control(Control(failed=number, error=RefusalText(error.code, error.message, error.hint, error.detail)))
        except OSError as error:
            self.control(Control(failed=number, error=RefusalText(errors.UNAVAILABLE, f"{service}: {error.strerror or error}")))
        else:
            self.control(Control(opened=number))
        finally:
            self._reserved.discard(number)


class Channel(asyncio.Transport):
    """One channel as a transport; what is written to it is a Sutra stream, which it cuts into whole frames."""

    def __init__(self, mux: Mux, number: int, protocol: asyncio.Protocol) -> None:
        super().__init__()
        self._mux = mux
        self._number = number
        self._protocol = protocol
        self._credit = WINDOW
        self._partial = bytearray()
        self._out: deque[bytes] = deque()
        self._in: deque[bytes] = deque()
        self._reading = True
        self._taken = self._unread = 0
        self._open = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        partial = self._partial
        partial += data
        start = 0
        while len(partial) - start >= frame.HEADER_SIZE and self._open:
            stop = start + frame.HEADER_SIZE + int.from_bytes(partial[start : start + 4], "little")
            if stop > len(partial):
                break
            self._out.append(bytes(partial[start:stop]))
            start = stop
        del partial[:start]
        self._flush()
        if self._out:
            self._protocol.pause_writing()

    def _flush(self) -> None:
        while self._out and self._credit > 0:
            whole = self._out.popleft()
            self._credit -= len(whole)
            self._mux.send(self._number, whole)

    def granted(self, credit: int) -> None:
        waited = bool(self._out)
        self._credit += credit
        self._flush()
        if waited and not self._out:
            self._protocol.resume_writing()

    def arrived(self, whole: bytes) -> None:
        self._in.append(whole)
        self._unread += len(whole)
        if self._unread > WINDOW + frame.MAX_TO_CLIENT:
            self.close()  # more than was granted: the other end is mad
            return
        self._deliver()

    def _deliver(self) -> None:
        while self._in and self._reading and self._open:
            whole = self._in.popleft()
            self._taken += len(whole)
            self._unread -= len(whole)
            self._protocol.data_received(whole)
        if self._taken * 2 >= WINDOW:
            self._mux.control(Control(credit=self._taken, channel=self._number))
            self._taken = 0

    def pause_reading(self) -> None:
        self._reading = False

    def resume_reading(self) -> None:
        self._reading = True
        self._deliver()

    def get_write_buffer_size(self) -> int:
        return sum(map(len, self._out))

    def is_closing(self) -> bool:
        return not self._open

    def close(self) -> None:
        if self._open:
            self._mux.forget(self._number)
            self.lost(None)

    abort = close

    def lost(self, error: Exception | None) -> None:
        if self._open:
            self._open = False
            self._out.clear()
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, error)


class Splice(asyncio.Protocol):
    """Hands everything from its own transport to the other one, with back-pressure."""

    transport: asyncio.Transport

    def __init__(self, other: asyncio.Transport | None = None) -> None:
        self.other = other

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        assert self.other is not None
        self.other.write(data)

    def pause_writing(self) -> None:
        if self.other is not None:
            self.other.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None:
            self.other.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        if self.other is not None:
            self.other.close()
