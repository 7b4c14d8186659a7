"""Coverage-guided fuzzing of the frame parser and of a server's session (`make fuzz`).

Whatever arrives, the parser finds the same frames however the bytes were cut, and a session answers with whole frames or closes:
it never raises, never leaves a task, and never holds more than its limits.
"""

import asyncio
import sys
from pathlib import Path

import atheris
import msgspec

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

with atheris.instrument_imports(include=["sutra_client", "services"]):
    from fakes import FakeExample
    from gen import example
    from services.core import peer
    from services.core.server import Server
    from sutra_client import frame
    from sutra_client.gen import core
    from sutra_client.parser import Frame, FrameError, Parser

LIMIT = 4096
HELLO = b'{"protocol":2,"service":"dev.avyctl.example","encoding":"%s"}'
SENSIBLE: list[tuple[int, object]] = [
    (1, {"name": "thing"}),
    (3, {"code": "BUSY", "message": "x"}),
    (5, {"count": 3}),
    (6, {}),
    (frame.BUILT_IN, {}),
    (frame.BUILT_IN + 1, {}),
    (100, {"where": [["name", "=", "thing"]], "fields": ["memory"]}),
    (101, {"where": [], "fields": [], "host": "a"}),
    (102, {"since": 1}),
    (104, {"name": None}),
]
"""Opcodes with arguments that fit them, in the schema's order."""
OPCODES = [call.opcode for call in example.SERVICE.calls if call.name != "slow"] + [stream.opcode for stream in example.SERVICE.streams]


def about() -> core.About:
    return core.About(example.SERVICE.id, "0", "fake", "", [], [], 0, 0, 0)


class Sink(asyncio.Transport):
    """Takes what a session writes and checks that it is frames."""

    def __init__(self) -> None:
        super().__init__()
        self.parser = Parser(frame.MAX_TO_CLIENT)
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        for _ in self.parser.feed(bytes(data)):
            pass

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def close(self) -> None:
        self.closed = True

    abort = close


def parsed(parts: list[bytes]) -> tuple[list[Frame], str]:
    """The frames, and why it stopped."""
    parser = Parser(LIMIT)
    frames: list[Frame] = []
    try:
        for part in parts:
            frames.extend(parser.feed(part))
            assert parser.pending <= LIMIT + frame.HEADER_SIZE
    except FrameError as error:
        return frames, str(error)
    return frames, ""


def cut(data: bytes, provider: atheris.FuzzedDataProvider) -> list[bytes]:
    parts: list[bytes] = []
    while data:
        size = provider.ConsumeIntInRange(1, max(1, min(len(data), 64)))
        parts.append(data[:size])
        data = data[size:]
    return parts


def sensible(provider: atheris.FuzzedDataProvider, encoding: bytes) -> bytes:
    """A call that fits the schema, but for one byte perhaps."""
    opcode, values = provider.PickValueInList(SENSIBLE)
    assert isinstance(values, dict)
    if encoding == b"json":
        payload = bytearray(msgspec.json.encode({"meta": {"credit": 2}, "args": values}))
    else:
        payload = bytearray(msgspec.msgpack.encode([None, list(values.values())]))
    if provider.ConsumeBool():
        payload[provider.ConsumeIntInRange(0, len(payload) - 1)] = provider.ConsumeIntInRange(0, 255)
    return frame.pack(frame.CALL, opcode, provider.ConsumeIntInRange(0, 3), bytes(payload))


def written(provider: atheris.FuzzedDataProvider, encoding: bytes) -> bytes:
    """Frames that are mostly right in their header, so that payloads are reached."""
    choice = provider.ConsumeIntInRange(0, 7)
    if choice == 0:
        return bytes(provider.ConsumeBytes(64))
    if choice > 4:
        return sensible(provider, encoding)
    kind = provider.ConsumeIntInRange(0, 13)
    opcode = provider.PickValueInList([*OPCODES, 0, 7, frame.BUILT_IN, frame.BUILT_IN + 1, 65535])
    return frame.pack(kind, opcode, provider.ConsumeIntInRange(0, 3), provider.ConsumeBytes(provider.ConsumeIntInRange(0, 200)))


async def converse(server: Server, provider: atheris.FuzzedDataProvider) -> None:
    session, sink = server.session(peer.of_self()), Sink()
    session.connection_made(sink)
    encoding = provider.PickValueInList([b"msgpack", b"json"])
    if provider.ConsumeIntInRange(0, 7):
        session.data_received(frame.pack(frame.HELLO, 0, 0, HELLO % encoding))
    while provider.remaining_bytes() and not sink.closed:
        session.data_received(written(provider, encoding))
        await asyncio.sleep(0)
    session.connection_lost(None)
    for _ in range(8):
        await asyncio.sleep(0)
    assert not session.tasks
    assert not server.sessions


def broken(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    """A callback or task of the session raised."""
    failures.append(context)


failures: list[dict[str, object]] = []
loop = asyncio.new_event_loop()
loop.set_exception_handler(broken)


async def made() -> Server:
    return Server(example.SERVICE, FakeExample(), about)


server = loop.run_until_complete(made())


def one_input(data: bytes) -> None:
    provider = atheris.FuzzedDataProvider(data)
    if provider.ConsumeBool():
        whole = provider.ConsumeBytes(provider.ConsumeIntInRange(0, 4096))
        assert parsed([whole]) == parsed(cut(whole, provider))
    else:
        loop.run_until_complete(converse(server, provider))
        assert not failures, failures


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
