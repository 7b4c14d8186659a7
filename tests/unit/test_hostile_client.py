"""What a bad client can do to a service: lose its own connection, and nothing else."""

import asyncio
import gc
import json
import os
import re
import socket
import tracemalloc
from contextlib import AsyncExitStack

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes import FakeExample, thing
from gen import example
from services.core import limits
from serving import HELLO, raw, serving
from sutra_client import frame
from sutra_client.connection import Connection
from sutra_client.transport import unix

GET, SLOW, ROWS, THINGS = 1, 4, 5, 100
GARBAGE = b"\xc1\xff\x00\x9f"


@pytest.mark.parametrize(
    ("kind", "payload", "reason"),
    [
        (frame.CALL, b"{}", "a CALL frame before HELLO"),
        (frame.PING, b"", "a PING frame before HELLO"),
        (frame.WELCOME, b"{}", "a WELCOME frame before HELLO"),
        (frame.HELLO, b"not json", "unreadable payload"),
        (frame.HELLO, b"[]", "Expected `object`"),
        (frame.HELLO, b"[" * 4000, "unreadable payload"),
        (frame.HELLO, b'{"protocol": 2}', "missing required field `service`"),
        (frame.HELLO, json.dumps(HELLO | {"protocol": 3}).encode(), "protocol 3 is not spoken here"),
        (frame.HELLO, json.dumps(HELLO | {"service": "dev.avyctl.other"}).encode(), "this is dev.avyctl.example, not dev.avyctl.other"),
        (frame.HELLO, json.dumps(HELLO | {"encoding": "gob"}).encode(), "unknown encoding 'gob'"),
        (frame.HELLO, b" " * 5000, "exceeds the limit of 4096"),
    ],
)
async def test_a_handshake_that_goes_wrong_is_answered_with_the_reason(kind: int, payload: bytes, reason: str) -> None:
    async with serving(FakeExample()) as (_, path), raw(path) as peer:
        await peer.send(kind, payload=payload)
        assert reason in (await peer.goodbye())["message"]


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (frame.pack(frame.HELLO, 0, 0, b"{}"), "a HELLO frame from a client"),
        (frame.pack(frame.REPLY, 1, 1, b""), "a REPLY frame from a client"),
        (frame.pack(frame.ITEM, 1, 1, b""), "an? ITEM frame from a client"),
        (frame.HEADER.pack((1 << 20) + 1, frame.CALL, 0, 1, 1), "exceeds the limit of 1048576"),
        (frame.HEADER.pack(4 << 20, frame.CALL, 0, 1, 1) + b"\x91" * 1000, "a CALL frame of 4194304 bytes exceeds"),
        (frame.HEADER.pack(0, 77, 0, 1, 1), "unknown frame kind 77"),
        (frame.HEADER.pack(0, frame.PING, 1, 1, 1), "unknown flag bits 0x01"),
        (frame.pack(frame.CALL, GET, 2, GARBAGE), "unreadable payload|does not fit"),
        (frame.pack(frame.CALL, GET, 2, b""), "unreadable payload"),
        (frame.pack(frame.CALL, GET, 2, b"\x92\xc0\x91\xa1\xff"), "unreadable payload"),
        (frame.pack(frame.CREDIT, THINGS, 1, b"\xc1"), ""),
    ],
)
async def test_a_frame_that_breaks_the_protocol_closes_that_connection_with_the_reason(sent: bytes, reason: str) -> None:
    async with serving(FakeExample((thing("a"),))) as (_, path), raw(path) as peer, Connection(example.SERVICE, unix(path)) as other:
        await peer.shake()
        await peer.ask(THINGS, 1, [], [])
        await peer.receive()
        peer.writer.write(sent)
        if reason:
            assert re.search(reason, (await peer.goodbye())["message"])
        else:
            await peer.goodbye()
        assert (await example.ExampleClient(other).get("a")).name == "a"


@pytest.mark.parametrize(
    ("opcode", "args", "code", "message"),
    [
        (GET, (), "INVALID", "the arguments do not fit the schema"),
        (GET, (5,), "INVALID", "Expected `str`, got `int`"),
        (GET, ([[[[]]]],), "INVALID", "Expected `str`, got `array`"),
        (THINGS, ([["name", "=", "x"]] * 65, []), "INVALID", "65 terms"),
        (THINGS, ([["name", "=", {"a": 1}]], []), "INVALID", "do not fit"),
        (9999, (), "UNSUPPORTED", "dev.avyctl.example has no opcode 9999"),
        (0xFFFF, (), "UNSUPPORTED", "has no opcode 65535"),
    ],
)
async def test_a_call_that_does_not_fit_is_refused_and_the_connection_goes_on(
    opcode: int, args: tuple[object, ...], code: str, message: str
) -> None:
    async with serving(FakeExample((thing("a"),))) as (_, path), raw(path) as peer:
        await peer.shake()
        await peer.ask(opcode, 1, *args)
        kind, _, call, payload = await peer.receive()
        refused = msgspec.msgpack.decode(payload)
        assert (kind, call, refused[0]) == (frame.ERROR, 1, code)
        assert message in refused[1]
        await peer.ask(GET, 2, "a")
        assert (await peer.receive())[0] == frame.REPLY


async def test_deep_and_huge_payloads_are_refused_without_being_built() -> None:
    async with serving(FakeExample((thing("a"),))) as (_, path), raw(path) as peer:
        await peer.shake()
        tracemalloc.start()
        try:
            for call, payload in enumerate(
                (b"\x92\xc0\x91" + b"\x91" * 900_000, b"\x92\xc0\xdd\xff\xff\xff\xff", b"\x92\xc0\x91\xdb\xff\xff\xff\xff")
            ):
                await peer.send(frame.CALL, GET, call, payload)
                kind, *_ = await peer.receive()
                assert kind in (frame.ERROR, frame.GOAWAY)
                if kind == frame.GOAWAY:
                    await peer.close()
                    peer.reader, peer.writer = await asyncio.open_unix_connection(path)
                    await peer.shake()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 8 << 20, "a few copies of the frame, not the millions of objects that it asks for"


async def test_a_call_number_in_flight_cannot_be_used_again() -> None:
    async with serving(FakeExample()) as (_, path), raw(path) as peer:
        await peer.shake()
        await peer.ask(SLOW, 7, 60_000_000)
        await peer.ask(SLOW, 7, 60_000_000)
        assert "call 7 is in flight already" in (await peer.goodbye())["message"]


async def test_more_calls_than_allowed_are_refused_one_by_one() -> None:
    async with serving(FakeExample()) as (_, path), raw(path) as peer:
        await peer.shake()
        for call in range(limits.CALLS + 3):
            await peer.ask(SLOW, call, 60_000_000)
        for call in range(limits.CALLS, limits.CALLS + 3):
            kind, _, refused, payload = await peer.receive()
            assert (kind, refused) == (frame.ERROR, call)
            assert msgspec.msgpack.decode(payload)[0] == "BUSY"


async def test_one_user_cannot_take_all_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CONNECTIONS_OF_ROOT", 3)
    async with serving(FakeExample()) as (_, path), AsyncExitStack() as stack:
        peers = [await stack.enter_async_context(raw(path)) for _ in range(3)]
        for peer in peers:
            await peer.shake()
        surplus = await stack.enter_async_context(raw(path))
        refused = await surplus.goodbye()
        assert refused["code"] == "BUSY" and f"uid {os.geteuid()} has 3 connections" in refused["message"]
        await peers[0].close()
        again = await stack.enter_async_context(raw(path))
        await again.shake()


async def test_who_never_says_hello_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HANDSHAKE_SECONDS", 0.05)
    async with serving(FakeExample()) as (_, path), raw(path) as silent, raw(path) as slow:
        slow.writer.write(frame.pack(frame.HELLO, 0, 0, b"{}")[:5])
        assert "no HELLO within" in (await silent.goodbye())["message"]
        assert "no HELLO within" in (await slow.goodbye())["message"]


async def test_a_frame_that_trickles_in_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PING_SECONDS", 0.05)
    monkeypatch.setattr(limits, "DEAD_SECONDS", 0.2)
    loop = asyncio.get_running_loop()
    async with serving(FakeExample()) as (_, path):
        with socket.socket(socket.AF_UNIX) as trickling:
            trickling.setblocking(False)
            await loop.sock_connect(trickling, path)
            await loop.sock_sendall(trickling, frame.pack(frame.HELLO, 0, 0, json.dumps(HELLO).encode()))
            said = await loop.sock_recv(trickling, 4096)
            try:
                for byte in frame.pack(frame.CALL, GET, 1, b"x" * 10_000):
                    await loop.sock_sendall(trickling, bytes([byte]))
                    await asyncio.sleep(0.01)
            except OSError:
                pass  # closed, as it should be
            said += await loop.sock_recv(trickling, 4096)
    assert b"busy with one frame" in said


async def test_silence_is_answered_with_ping_and_then_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PING_SECONDS", 0.05)
    monkeypatch.setattr(limits, "DEAD_SECONDS", 0.3)
    async with serving(FakeExample()) as (_, path), raw(path) as peer:
        await peer.shake()
        assert (await peer.receive())[0] == frame.PING
        await peer.send(frame.PONG)
        assert "silent" in (await asyncio.wait_for(peer.goodbye(), 5))["message"]


async def test_a_peer_that_asks_and_never_reads_costs_little_and_delays_nobody() -> None:
    backend = FakeExample((thing("a"),))
    async with serving(backend) as (running, path), raw(path) as greedy, Connection(example.SERVICE, unix(path)) as other:
        client = example.ExampleClient(other)
        await greedy.shake()
        await client.get("a")
        tracemalloc.start()
        try:
            for call in range(200):
                greedy.writer.write(frame.pack(frame.CALL, ROWS, call, msgspec.msgpack.encode((None, (1_000,)))))
            for _ in range(20):
                assert (await client.get("a")).name == "a"
            gc.collect()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 12 << 20
        assert len(running.sessions) <= 2


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.integers(0, 14), st.sampled_from([0, 1, 2, 4, 5, 100, 102, 105, 0xFF00, 0xFFFF]), st.integers(0, 5), st.binary(max_size=40)
        ),
        max_size=12,
    )
)
def test_no_sequence_of_frames_disturbs_another_client(sent: list[tuple[int, int, int, bytes]]) -> None:
    async def run() -> None:
        async with serving(FakeExample((thing("a"),))) as (_, path), raw(path) as peer, Connection(example.SERVICE, unix(path)) as other:
            await peer.shake()
            for kind, opcode, call, payload in sent:
                peer.writer.write(frame.HEADER.pack(len(payload), kind, 0, opcode, call) + payload)
            assert (await example.ExampleClient(other).get("a")).name == "a"

    asyncio.run(run())


@pytest.mark.needs("root")
async def test_nobody_may_change_anything_over_a_socket_of_another_user() -> None:
    async with serving(FakeExample((thing("a"),))) as (_, path):
        for folder in (path.rpartition("/")[0], os.environ["TMPDIR"]):
            os.chmod(folder, 0o755)
        program = os.path.join(os.path.dirname(__file__), "..", "data", "as_nobody.py")
        child = await asyncio.create_subprocess_exec(
            "/usr/bin/python3", "-I", "-S", program, path, stdout=asyncio.subprocess.PIPE, user=65534, group=65534, extra_groups=[]
        )
        said, _ = await child.communicate()
    answers = dict(line.split(" ", 1) for line in said.decode().splitlines())
    assert json.loads(answers["welcome"])["peer"] == {"uid": 65534, "user": "nobody", "roles": ["reader"]}
    assert json.loads(answers["get"])["name"] == "a"
    for change in ("start", "set_label", "forget"):
        refused = json.loads(answers[change])
        assert refused["code"] == "DENIED" and "nobody" in refused["message"] and refused["hint"]
    assert json.loads(answers["lines"])["code"] == "DENIED"


async def test_a_call_that_is_cancelled_in_the_same_breath_is_answered_and_forgotten() -> None:
    async with serving(FakeExample()) as (running, path), raw(path) as peer:
        await peer.shake()
        ask = msgspec.msgpack.encode((None, (60_000_000,)))
        for call in range(limits.CALLS + 10):
            peer.writer.write(frame.pack(frame.CALL, SLOW, call, ask) + frame.pack(frame.CANCEL, SLOW, call))
            kind, _, of, payload = await asyncio.wait_for(peer.receive(), 5)
            assert (kind, of, msgspec.msgpack.decode(payload)[0]) == (frame.ERROR, call, "CANCELLED")
        [session] = running.sessions
        assert session.tasks == []


@pytest.mark.parametrize("pattern", ["[" * 20_000, "*" * 257])
async def test_a_pattern_that_would_take_long_to_translate_is_refused(pattern: str) -> None:
    async with serving(FakeExample((thing("a"),))) as (_, path), raw(path) as peer:
        await peer.shake()
        await peer.ask(THINGS, 1, [["name", "glob", pattern]], [])
        kind, _, _, payload = await asyncio.wait_for(peer.receive(), 2)
        refused = msgspec.msgpack.decode(payload)
        assert (kind, refused[0]) == (frame.ERROR, "INVALID") and "characters" in refused[1]


@pytest.mark.parametrize("meta", [[None, True], [None, False, 5000], [None, False, None, "fp"], [None, False, None, None, "key"]])
async def test_a_change_that_asks_for_what_cannot_be_promised_is_not_made(meta: list[object]) -> None:
    backend = FakeExample((thing("a"),))
    async with serving(backend) as (_, path), raw(path) as peer:
        await peer.shake()
        await peer.ask(12, 1, "a", meta=meta)
        kind, _, _, payload = await peer.receive()
        assert (kind, msgspec.msgpack.decode(payload)[0]) == (frame.ERROR, "UNSUPPORTED")
    assert "a" in backend.rows_by_name


async def test_many_long_answers_at_once_all_arrive_at_a_peer_that_reads() -> None:
    async with serving(FakeExample()) as (_, path), raw(path) as peer:
        await peer.shake()
        peer.writer.write(b"".join(frame.pack(frame.CALL, ROWS, call, msgspec.msgpack.encode((None, (40_000,)))) for call in range(8)))
        answers = [await asyncio.wait_for(peer.receive(), 20) for _ in range(8)]
        assert [(kind, call) for kind, _, call, _ in answers] == [(frame.REPLY, call) for call in range(8)]


async def test_arguments_of_streams_count_as_long_as_the_stream_lasts() -> None:
    async with serving(FakeExample()) as (_, path), raw(path) as peer:
        await peer.shake()
        where = [["name", "=", "x" * 4096]] * 60
        kinds = []
        for call in range(12):
            await peer.ask(THINGS, call, where, [])
            kinds.append((await asyncio.wait_for(peer.receive(), 5))[0])
        assert kinds[0] == frame.ITEM and kinds[-1] == frame.ERROR
        for call in range(12):
            await peer.send(frame.CANCEL, THINGS, call)
        await peer.ask(THINGS, 100, where, [])
        assert (await asyncio.wait_for(peer.receive(), 5))[0] == frame.ITEM


@pytest.mark.parametrize("text", ['{"args":{"time_taken":N}}', '{"args":{"time_taken":1},"meta":{"deadline_ms":N}}'])
async def test_numbers_that_json_alone_can_hold_are_refused(text: str) -> None:
    async with serving(FakeExample()) as (_, path), raw(path) as peer:
        await peer.shake(encoding="json")
        await peer.send(frame.CALL, SLOW, 1, text.replace("N", "9" * 400).encode())
        kind, _, _, payload = await asyncio.wait_for(peer.receive(), 5)
        assert (kind, json.loads(payload)["code"]) == (frame.ERROR, "INVALID")
