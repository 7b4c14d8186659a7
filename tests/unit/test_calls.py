"""Calls from a client to a server, over a real socket."""

import asyncio

import msgspec
import pytest

from fakes import FakeExample, thing
from gen import example
from services.core.instant import instant
from serving import connected, raw, server, serving
from sutra_client import errors, events, frame
from sutra_client.connection import Connection
from sutra_client.errors import SutraError
from sutra_client.gen import core
from sutra_client.transport import memory, unix
from sutra_client.wire import Meta


async def test_a_call_gives_what_the_backend_answered() -> None:
    async with connected(FakeExample((thing("a"),))) as client:
        assert await client.get("a") == thing("a")


async def test_every_type_of_the_schema_survives_the_way_there_and_back() -> None:
    part = example.Part("p", 2**63, example.Active.FAILED)
    values = (
        *(True, -128, -32768, -(2**31), -(2**63), 255, 65535, 2**32 - 1, 2**64 - 1, -0.5, "text \u202e \x1b", b"\xff\x00", 1, 2),
        *(example.Active.AUTO_RESTART, part, [part], {"a": -1}, [[1], []], None, [part], 7, example.Active.ACTIVE, b"", 0.25, "w"),
    )
    async with connected(FakeExample()) as client:
        assert await client.echo(*values) == example.Echo(*values)


async def test_calls_run_side_by_side_and_answers_find_their_askers() -> None:
    async with connected(FakeExample((thing("a"), thing("b")))) as client:
        slow, first, second, rows = await asyncio.gather(client.slow(50_000), client.get("a"), client.get("b"), client.rows(500))
    assert (slow, first.name, second.name, len(rows)) == (50_000, "a", "b", 500)


async def test_an_error_arrives_with_code_message_hint_and_detail() -> None:
    async with connected(FakeExample()) as client:
        with pytest.raises(SutraError) as caught:
            await client.get("nobody")
    error = caught.value
    assert (error.code, error.exit_code) == ("NOT_FOUND", 4)
    assert error.message == "looking up thing nobody: there is none"
    assert error.hint == "see `avyctl things list`"
    assert error.detail == {"name": "nobody"}


async def test_a_backend_that_breaks_says_no_more_than_that_it_did(capfd: pytest.CaptureFixture[str]) -> None:
    class Broken(FakeExample):
        async def get(self, name: str) -> example.Thing:
            raise ZeroDivisionError("secret of the service")

    async with connected(Broken()) as client:
        with pytest.raises(SutraError) as caught:
            await client.get("a")
    assert caught.value.code == "INTERNAL"
    assert "secret" not in str(caught.value)
    assert "ZeroDivisionError: secret of the service" in capfd.readouterr().err


async def test_the_hosts_own_words_come_through_when_it_refuses() -> None:
    class Refusing(FakeExample):
        async def get(self, name: str) -> example.Thing:
            raise PermissionError(13, "Permission denied", "/etc/shadow")

    async with connected(Refusing()) as client:
        with pytest.raises(SutraError) as caught:
            await client.get("a")
    assert (caught.value.code, caught.value.message) == ("FAILED", "/etc/shadow: Permission denied")


async def test_a_cancelled_call_stops_its_handler() -> None:
    backend = FakeExample()
    async with connected(backend) as client:
        call = asyncio.create_task(client.slow(60_000_000))
        await backend.slow_started.wait()
        call.cancel()
        await asyncio.wait_for(backend.slow_cancelled.wait(), 5)
        with pytest.raises(asyncio.CancelledError):
            await call


async def test_a_client_that_leaves_stops_its_handlers() -> None:
    backend = FakeExample()
    async with serving(backend) as (_, path):
        async with Connection(example.SERVICE, unix(path)) as connection:
            call = asyncio.create_task(example.ExampleClient(connection).slow(60_000_000))
            await backend.slow_started.wait()
        with pytest.raises(SutraError) as caught:
            await call
        assert caught.value.code == "UNAVAILABLE"
        await asyncio.wait_for(backend.slow_cancelled.wait(), 5)


async def test_a_deadline_ends_a_call_on_both_ends() -> None:
    backend = FakeExample()
    slow = next(call for call in example.SERVICE.calls if call.name == "slow")
    async with serving(backend) as (_, path), Connection(example.SERVICE, unix(path)) as connection:
        with pytest.raises(SutraError) as caught:
            await connection.call(slow, slow.args(60_000_000), Meta(deadline_ms=30))
        assert (caught.value.code, caught.value.exit_code) == ("TIMEOUT", 124)
        await asyncio.wait_for(backend.slow_cancelled.wait(), 5)


async def test_a_service_describes_itself_to_whoever_asks() -> None:
    async with serving(FakeExample()) as (_, path), Connection(example.SERVICE, unix(path)) as connection:
        client = core.CoreClient(connection)
        schema = msgspec.json.decode(await client.introspect())
        assert (schema["id"], schema["noun"]) == ("dev.avyctl.example", "things")
        assert "Finding" in schema["types"]
        assert (await client.about()).backend == "fake"


async def test_a_server_in_this_process_is_no_different() -> None:
    running = server(FakeExample((thing("a"),)))
    async with Connection(example.SERVICE, memory(running.session)) as connection:
        client = example.ExampleClient(connection)
        assert await client.get("a") == thing("a")
        with pytest.raises(SutraError):
            await client.get("b")
    await running.stop()


async def test_a_stopping_service_lets_calls_end_and_says_goodbye() -> None:
    backend = FakeExample()
    async with serving(backend) as (running, path), Connection(example.SERVICE, unix(path)) as connection:
        client = example.ExampleClient(connection)
        call = asyncio.create_task(client.slow(100_000))
        await backend.slow_started.wait()
        await running.stop()
        assert await call == 100_000
        with pytest.raises(SutraError) as caught:
            await client.get("a")
        assert caught.value.code == "UNAVAILABLE"


async def test_a_connection_mends_itself_when_the_service_is_back() -> None:
    backend = FakeExample((thing("a"),))
    async with serving(backend) as (running, path), Connection(example.SERVICE, unix(path)) as connection:
        client = example.ExampleClient(connection)
        stream = client.things()
        await anext(stream)
        await running.stop()
        stale = await asyncio.wait_for(anext(stream), 5)
        assert isinstance(stale, events.Stale) and "stops" in stale.reason
        with pytest.raises(SutraError):
            await client.get("a")
        again = server(backend)
        await again.listen(path.rpartition("/")[0])
        assert isinstance(await asyncio.wait_for(anext(stream), 5), events.Snapshot)
        assert (await client.get("a")).name == "a"
        await again.stop()


async def test_there_is_no_client_without_a_server() -> None:
    with pytest.raises(SutraError) as caught:
        async with Connection(example.SERVICE, unix("/nonexistent/socket")):
            pass
    assert (caught.value.code, caught.value.exit_code) == (errors.UNAVAILABLE, 7)
    assert "dev.avyctl.example: No such file or directory" in caught.value.message


async def test_a_newer_peer_may_send_more_and_an_older_one_less() -> None:
    class NewThing(msgspec.Struct, frozen=True, array_like=True):
        name: str
        active: str
        uid: int

    class Newer(FakeExample):
        async def get(self, name: str) -> example.Thing:
            row = thing(name)
            fields = [getattr(row, field) for field in row.__struct_fields__]
            fields[1] = "hibernating"
            return (*fields, "a field of next year")  # type: ignore[return-value]

    class Older(FakeExample):
        async def get(self, name: str) -> example.Thing:
            return NewThing(name, "active", 1)  # type: ignore[return-value]

    async with connected(Newer()) as client:
        newer = await client.get("a")
    assert newer.active.name == "Unknown"
    assert newer.active == "hibernating"
    async with connected(Older()) as client:
        assert (await client.get("a")).uid == 1


async def test_an_instant_method_that_waits_after_all_is_a_bug_that_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    class Waiting(FakeExample):
        @instant
        async def get(self, name: str) -> example.Thing:
            await asyncio.sleep(0)
            return thing(name)

    async with connected(Waiting()) as client:
        with pytest.raises(SutraError) as caught:
            await client.get("a")
        assert caught.value.code == "INTERNAL"
        assert await client.slow(1) == 1
    assert "get is marked instant, and waits" in capfd.readouterr().err


async def test_arguments_of_a_newer_client_are_taken_and_those_of_an_older_one_filled_in() -> None:
    async with serving(FakeExample((thing("a"),))) as (_, path), raw(path) as peer:
        await peer.shake()
        await peer.ask(1, 1, "a", "an argument of next year")
        assert (await peer.receive())[0] == frame.REPLY
        await peer.ask(3, 2, "BUSY")
        kind, _, _, payload = await peer.receive()
        assert (kind, msgspec.msgpack.decode(payload)[1]) == (frame.ERROR, "asked to fail")
    async with serving(FakeExample((thing("a"),))) as (_, path), raw(path) as peer:
        await peer.shake(encoding="json", fingerprint="00" * 16)
        await peer.send(frame.CALL, 1, 1, b'{"args": {"name": "a", "of": "next year"}, "meta": {"of": "next year"}, "more": 1}')
        assert (await peer.receive())[0] == frame.REPLY
