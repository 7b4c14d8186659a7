"""What a bad server can do to a client: be refused with a reason, and never make it hang, grow or show what is wrong."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from fakes import thing
from gen import example
from serving import Raw, misbehaving, welcome
from sutra_client import connection as connection_module
from sutra_client import events, frame, link
from sutra_client.connection import Connection
from sutra_client.errors import SutraError
from sutra_client.transport import unix


def item(revision: int, *event: object) -> bytes:
    return msgspec.msgpack.encode([revision, list(event)])


async def refused(behave: Callable[[Raw], Awaitable[None]]) -> SutraError:
    async with misbehaving(behave) as path:
        with pytest.raises(SutraError) as caught:
            async with Connection(example.SERVICE, unix(path)):
                pass
    return caught.value


async def test_a_server_that_hangs_up_at_once() -> None:
    async def behave(peer: Raw) -> None:
        pass

    error = await refused(behave)
    assert error.code == "UNAVAILABLE" and error.message.startswith("connecting to dev.avyctl.example: ")


async def test_a_server_that_never_answers_the_handshake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "HANDSHAKE_SECONDS", 0.1)

    async def behave(peer: Raw) -> None:
        await peer.reader.read()

    error = await refused(behave)
    assert (error.code, error.exit_code) == ("UNAVAILABLE", 7)
    assert "no answer within" in error.message


@pytest.mark.parametrize(
    ("kind", "payload", "reason"),
    [
        (frame.WELCOME, b"not json", "broke the protocol"),
        (frame.WELCOME, b"{}", "missing required field"),
        (frame.REPLY, b"", "call 0, which was never made"),
        (frame.PING, b"", "a PING frame before WELCOME"),
        pytest.param(frame.WELCOME, b" " * 5000, "exceeds the limit of 4096", id="long"),
        (99, b"", "unknown frame kind 99"),
    ],
)
async def test_a_handshake_that_goes_wrong_has_a_reason(kind: int, payload: bytes, reason: str) -> None:
    async def behave(peer: Raw) -> None:
        await peer.receive()
        peer.writer.write(frame.HEADER.pack(len(payload), kind, 0, 0, 0) + payload)
        await peer.reader.read()

    assert reason in (await refused(behave)).message


async def test_a_refusal_before_welcome_comes_through_as_it_was_said() -> None:
    async def behave(peer: Raw) -> None:
        await peer.receive()
        await peer.send(frame.GOAWAY, payload=json.dumps({"code": "BUSY", "message": "too many", "hint": "close some"}).encode())

    error = await refused(behave)
    assert (error.code, error.message, error.hint) == ("BUSY", "too many", "close some")


async def answered(answer: Callable[[Raw, int], Awaitable[None]]) -> SutraError:
    """What a call says when the server answers it like this."""

    async def behave(peer: Raw) -> None:
        await welcome(peer)
        _, _, call, _ = await peer.receive()
        await answer(peer, call)
        await peer.reader.read()

    async with misbehaving(behave) as path, Connection(example.SERVICE, unix(path), deadline=5) as connection:
        with pytest.raises(SutraError) as caught:
            await example.ExampleClient(connection).get("a")
    return caught.value


async def test_an_answer_that_does_not_fit_the_schema_is_said_to_be_that() -> None:
    async def answer(peer: Raw, call: int) -> None:
        await peer.send(frame.REPLY, 1, call, msgspec.msgpack.encode(["name"]))

    error = await answered(answer)
    assert error.code == "INTERNAL" and "get: the answer does not fit the schema" in error.message


async def test_an_answer_to_a_call_never_made_ends_the_connection() -> None:
    async def answer(peer: Raw, call: int) -> None:
        await peer.send(frame.REPLY, 1, call + 1000, b"")

    error = await answered(answer)
    assert error.code == "UNAVAILABLE" and "which was never made" in error.message


async def test_a_server_that_vanishes_in_the_middle_of_a_frame() -> None:
    async def answer(peer: Raw, call: int) -> None:
        peer.writer.write(frame.pack(frame.REPLY, 1, call, bytes(1000))[:500])
        await peer.writer.drain()
        await peer.close()

    error = await answered(answer)
    assert error.code == "UNAVAILABLE" and "closed the connection" in error.message
    assert "not known" in error.hint


async def test_an_oversized_answer_is_refused_by_its_header() -> None:
    async def answer(peer: Raw, call: int) -> None:
        peer.writer.write(frame.HEADER.pack((16 << 20) + 1, frame.REPLY, 0, 1, call))

    assert "exceeds the limit" in (await answered(answer)).message


async def test_a_service_that_never_answers_runs_into_the_deadline() -> None:
    async def behave(peer: Raw) -> None:
        await welcome(peer)
        await peer.reader.read()

    async with misbehaving(behave) as path, Connection(example.SERVICE, unix(path), deadline=0.05) as connection:
        with pytest.raises(SutraError, match=r"get: no answer within 0.05 s"):
            await example.ExampleClient(connection).get("a")


async def streamed(*items: bytes) -> tuple[list[object], SutraError | None]:
    """What a client makes of these items, sent again to each subscription."""

    async def behave(peer: Raw) -> None:
        await welcome(peer)
        while True:
            kind, opcode, call, _ = await peer.receive()
            if kind == frame.CALL:
                for payload in items:
                    await peer.send(frame.ITEM, opcode, call, payload)
                await peer.send(frame.END, opcode, call)

    seen: list[object] = []
    async with misbehaving(behave) as path, Connection(example.SERVICE, unix(path)) as connection:
        try:
            stream = example.ExampleClient(connection).things()
            while True:
                seen.append(await anext(stream))
        except StopAsyncIteration:
            return seen, None
        except SutraError as error:
            return seen, error


ROW = thing("a")


async def test_items_out_of_order_are_never_shown() -> None:
    seen, error = await streamed(item(1, "snapshot", [ROW], False), item(3, "changed", [ROW]))
    assert error is not None and "item 3 came where 2 was due" in error.message
    assert all(isinstance(event, events.Snapshot) for event in seen)


async def test_changes_before_the_snapshot_are_never_shown() -> None:
    seen, error = await streamed(item(1, "changed", [ROW]))
    assert seen == [] and error is not None and "changes came before the snapshot" in error.message


async def test_rows_that_do_not_fit_end_the_stream_with_a_reason() -> None:
    seen, error = await streamed(item(1, "snapshot", [[1, 2, 3]], False))
    assert seen == [] and error is not None and "does not fit the schema" in error.message


async def test_an_event_of_a_newer_schema_is_known_to_be_unknown() -> None:
    seen, error = await streamed(item(1, "snapshot", [], False), item(2, "reordered", [1, 2]), item(3, "changed", [ROW]))
    assert error is None
    assert seen[1] == events.Unknown("reordered")
    assert isinstance(seen[2], events.Changed)


async def test_a_snapshot_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "MOST_SNAPSHOT", 1 << 20)

    async def behave(peer: Raw) -> None:
        await welcome(peer)
        _, opcode, call, _ = await peer.receive()
        for revision in range(1, 1 << 30):
            await peer.send(frame.ITEM, opcode, call, item(revision, "snapshot", [ROW] * 100, True))

    async with misbehaving(behave) as path, Connection(example.SERVICE, unix(path)) as connection:
        with pytest.raises(SutraError, match=r"a snapshot of more than 1048576 bytes|more items than the credit"):
            await anext(example.ExampleClient(connection).things())


async def test_more_items_than_the_credit_end_the_connection() -> None:
    async def behave(peer: Raw) -> None:
        await welcome(peer)
        _, opcode, call, _ = await peer.receive()
        peer.writer.write(b"".join(frame.pack(frame.ITEM, opcode, call, item(number, "samples", [])) for number in range(1, 200)))
        await peer.reader.read()

    async with misbehaving(behave) as path, Connection(example.SERVICE, unix(path)) as connection:
        stream = example.ExampleClient(connection).metrics()
        event = await asyncio.wait_for(anext(stream), 5)
        while isinstance(event, events.Samples):
            event = await asyncio.wait_for(anext(stream), 5)
    assert isinstance(event, events.Stale) and "more items than the credit allows" in event.reason
