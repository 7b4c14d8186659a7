"""Streams from a backend to a client: snapshot first, changes in order, memory bounded by the data and not by the reader."""

import asyncio
import gc
import tracemalloc
from collections.abc import AsyncIterator
from typing import TypeVar

import msgspec
import pytest

from fakes import FakeExample, thing
from gen import example
from gen.example import Active, Line, Pair, Sample, Thing
from serving import Raw, connected, misbehaving, raw, server, serving, welcome
from sutra_client import events, frame
from sutra_client.connection import Connection
from sutra_client.errors import SutraError
from sutra_client.transport import unix

T = TypeVar("T")
THINGS, METRICS, LINES = 100, 102, 104


async def next_of(stream: AsyncIterator[T]) -> T:
    return await asyncio.wait_for(anext(stream), 5)


async def test_a_table_begins_with_all_rows_and_goes_on_with_what_changes() -> None:
    backend = FakeExample((thing("a"), thing("b")))
    async with connected(backend) as client:
        stream = client.things()
        assert await next_of(stream) == events.Snapshot([thing("a"), thing("b")])
        backend.change(thing("c"))
        assert await next_of(stream) == events.Changed([thing("c")])
        backend.remove("a")
        assert await next_of(stream) == events.Removed([("a",)])


async def test_an_empty_table_says_so_at_once() -> None:
    async with connected(FakeExample()) as client:
        assert await next_of(client.things()) == events.Snapshot([])


async def test_a_burst_arrives_as_one_batch_with_the_newest_of_each_row() -> None:
    backend = FakeExample((thing("a"), thing("b")))
    async with connected(backend) as client:
        stream = client.things()
        await next_of(stream)
        for active in (Active.FAILED, Active.INACTIVE, Active.AUTO_RESTART):
            backend.change(thing("a", active))
        backend.change(thing("c"))
        backend.remove("c")
        batch = await next_of(stream)
        assert batch == events.Changed([thing("a", Active.AUTO_RESTART)])
        backend.change(thing("d"))
        assert await next_of(stream) == events.Changed([thing("d")]), "of c, which came and went in between, there is nothing to say"


async def test_a_key_of_two_fields_is_removed_by_both() -> None:
    backend = FakeExample()
    backend.change_pair(Pair("h", 22, "open"))
    async with connected(backend) as client:
        stream = client.pairs()
        assert await next_of(stream) == events.Snapshot([Pair("h", 22, "open")])
        backend.remove_pair("h", 22)
        assert await next_of(stream) == events.Removed([("h", 22)])


async def test_where_lets_rows_in_and_out_as_they_change() -> None:
    backend = FakeExample((thing("a"), thing("b", Active.FAILED)))
    async with connected(backend) as client:
        stream = client.things([("active", "=", "failed")])
        assert await next_of(stream) == events.Snapshot([thing("b", Active.FAILED)])
        backend.change(thing("a", Active.FAILED))
        assert await next_of(stream) == events.Changed([thing("a", Active.FAILED)])
        backend.change(thing("b", Active.ACTIVE))
        assert await next_of(stream) == events.Removed([("b",)])


async def test_a_where_or_field_that_does_not_fit_is_refused() -> None:
    async with connected(FakeExample()) as client:
        with pytest.raises(SutraError, match="no field 'colour'"):
            await next_of(client.things([("colour", "=", "red")]))
        with pytest.raises(SutraError, match="no field 'colour'"):
            await next_of(client.things(fields=["colour"]))


async def test_ten_thousand_rows_come_in_parts_and_are_seen_as_one_snapshot() -> None:
    rows = tuple(thing(f"thing-{number:05}") for number in range(10_000))
    backend = FakeExample(rows)
    async with serving(backend) as (_, path), raw(path) as peer:
        await peer.shake()
        await peer.ask(THINGS, 1, [], [], meta=[None, False, None, None, None, None, 100])
        sizes = []
        for revision in range(1, 100):
            kind, _, _, payload = await peer.receive()
            assert kind == frame.ITEM and payload[:2] == b"\x92\xce" and int.from_bytes(payload[2:6], "big") == revision
            sizes.append(len(payload))
            if payload.endswith(b"\xc2"):
                break
        assert len(sizes) > 2 and max(sizes) <= (256 << 10) + 6
        async with Connection(example.SERVICE, unix(path)) as connection:
            snapshot = await next_of(example.ExampleClient(connection).things())
            assert isinstance(snapshot, events.Snapshot) and tuple(snapshot.rows) == rows


async def test_subscribers_share_one_backend_stream_which_ends_with_the_last() -> None:
    backend = FakeExample((thing("a"),))
    async with connected(backend) as client:
        first, second, third = client.things(), client.things(), client.things([("name", "=", "a")])
        for stream in (first, second, third):
            await next_of(stream)
        assert backend.things_feed.readers == 1
        for stream in (first, second, third):
            await stream.aclose()  # type: ignore[attr-defined]
        await backend.things_feed.until(0)


async def test_a_latecomer_gets_the_rows_of_now() -> None:
    backend = FakeExample((thing("a"),))
    async with connected(backend) as client:
        first = client.things()
        await next_of(first)
        backend.change(thing("b"))
        await next_of(first)
        second = client.things()
        assert await next_of(second) == events.Snapshot([thing("a"), thing("b")])


async def test_a_backend_that_starts_over_sends_only_what_differs() -> None:
    backend = FakeExample((thing("a"), thing("b")))
    async with connected(backend) as client:
        stream = client.things()
        await next_of(stream)
        backend.things_feed.send(events.Snapshot([thing("a")], more=True))
        backend.things_feed.send(events.Snapshot([thing("c")]))
        assert await next_of(stream) == events.Changed([thing("c")])
        assert await next_of(stream) == events.Removed([("b",)])


async def test_after_a_reconnect_the_pane_hears_that_it_was_stale_and_gets_a_new_snapshot() -> None:
    backend = FakeExample((thing("a"),))
    async with serving(backend) as (running, path), Connection(example.SERVICE, unix(path)) as connection:
        stream = example.ExampleClient(connection).things()
        await next_of(stream)
        await running.stop()
        backend.rows_by_name["b"] = thing("b")
        stale = await next_of(stream)
        assert isinstance(stale, events.Stale) and "stops" in stale.reason
        again = server(backend)
        await again.listen(path.rpartition("/")[0])
        assert await next_of(stream) == events.Snapshot([thing("a"), thing("b")])
        await again.stop()


async def test_many_streams_outlive_one_lost_link() -> None:
    backend = FakeExample((thing("a"),))
    async with serving(backend) as (running, path), Connection(example.SERVICE, unix(path)) as connection:
        client = example.ExampleClient(connection)
        streams = [client.things() for _ in range(5)]
        for stream in streams:
            await next_of(stream)
        seen = [asyncio.create_task(following(stream)) for stream in streams]
        await running.stop()
        again = server(backend)
        await again.listen(path.rpartition("/")[0])
        for kinds in await asyncio.wait_for(asyncio.gather(*seen), 10):
            assert kinds == [events.Stale, events.Snapshot]
        await again.stop()


async def following(stream: AsyncIterator[object]) -> list[type]:
    """The kinds of events until a snapshot."""
    kinds: list[type] = []
    async for event in stream:
        kinds.append(type(event))
        if kinds[-1] is events.Snapshot:
            break
    return kinds


async def test_an_error_of_the_backend_ends_the_stream_with_its_words() -> None:
    class Broken(FakeExample):
        async def lines(self, name: str | None = None) -> AsyncIterator[events.LogEvent[Line]]:
            yield events.Records([Line(1, "one")])
            raise SutraError("NOT_FOUND", "following a: it is gone")

    async with connected(Broken()) as client:
        stream = client.lines("a")
        assert await next_of(stream) == events.Records([Line(1, "one")])
        with pytest.raises(SutraError, match="following a: it is gone"):
            await next_of(stream)


async def test_an_operation_tells_its_progress_and_always_its_result() -> None:
    backend = FakeExample((thing("a"),))
    async with connected(backend) as client:
        seen = [event async for event in client.work("a", 3)]
        assert seen[-1] == events.Done(thing("a"))
        assert all(isinstance(event, events.Progress) for event in seen[:-1])
        with pytest.raises(SutraError, match="there is none"):
            _ = [event async for event in client.work("nobody")]


async def test_samples_begin_with_the_history_that_was_asked_for() -> None:
    backend = FakeExample()
    backend.history = [Sample(second, 1.0, 2) for second in range(5000)]
    async with connected(backend) as client:
        stream = client.metrics(60_000_000)
        first = await next_of(stream)
        assert isinstance(first, events.Samples) and first.rows == backend.history
        backend.measure(Sample(5000, 1.0, 2))
        assert await next_of(stream) == events.Samples([Sample(5000, 1.0, 2)])


# Readers that are slow. A raw peer grants credit by hand.


async def subscribed(peer: Raw, opcode: int, *args: object, credit: int) -> None:
    await peer.shake(encoding="json")
    names = {THINGS: ("where", "fields"), METRICS: ("since",), LINES: ("name",)}[opcode]
    await peer.send(frame.CALL, opcode, 1, _json({"meta": {"credit": credit}, "args": dict(zip(names, args, strict=True))}))


def _json(value: object) -> bytes:
    return msgspec.json.encode(value)


async def item(peer: Raw) -> dict[str, object]:
    kind, _, call, payload = await asyncio.wait_for(peer.receive(), 5)
    assert (kind, call) == (frame.ITEM, 1), payload
    return msgspec.json.decode(payload, type=dict[str, object])


async def test_a_reader_without_credit_gets_the_newest_of_each_row_later() -> None:
    backend = FakeExample((thing("a"),))
    async with serving(backend) as (_, path), raw(path) as peer:
        await subscribed(peer, THINGS, [], [], credit=1)
        assert (await item(peer))["revision"] == 1
        for active in (Active.FAILED, Active.INACTIVE):
            backend.change(thing("a", active), thing("b", active))
            await asyncio.sleep(0.03)
        await peer.send(frame.CREDIT, THINGS, 1, b"5")
        batch = await item(peer)
        assert batch["revision"] == 2
        event = batch["event"]
        assert isinstance(event, dict)
        assert [(row["name"], row["active"]) for row in event["rows"]] == [("a", "inactive"), ("b", "inactive")]


async def test_rows_that_come_and_go_do_not_pile_up_for_a_reader_that_never_reads() -> None:
    backend = FakeExample((thing("a"),))
    async with serving(backend) as (_, path), raw(path) as peer:
        await subscribed(peer, THINGS, [], [], credit=1)
        await item(peer)
        await churn(backend, 1000)
        gc.collect()
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            await churn(backend, 20_000)
            gc.collect()
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert after - before < 512 << 10
        await peer.send(frame.CREDIT, THINGS, 1, b"5")
        again = await item(peer)
        assert again["revision"] == 1, "too much was missed to tell it by keys: a fresh snapshot"


async def churn(backend: FakeExample, count: int) -> None:
    for start in range(0, count, 500):
        names = [f"short-lived-{start + number}" for number in range(500)]
        backend.things_feed.send(events.Changed([thing(name) for name in names]))
        await asyncio.sleep(0.015)
        backend.things_feed.send(events.Removed([(name,) for name in names]))
        await asyncio.sleep(0.015)
    await asyncio.sleep(0.03)


async def test_of_samples_a_slow_reader_gets_the_newest() -> None:
    backend = FakeExample()
    async with serving(backend) as (_, path), raw(path) as peer:
        await subscribed(peer, METRICS, None, credit=0)
        await backend.samples_feed.until(1)
        for number in range(100):
            backend.measure(Sample(number, 1.0, 2))
        await asyncio.sleep(0.03)
        await peer.send(frame.CREDIT, METRICS, 1, b"1")
        event = (await item(peer))["event"]
        assert isinstance(event, dict)
        assert [row["boottime"] for row in event["rows"]] == [99]


async def test_a_slow_reader_of_a_log_hears_how_much_it_lost() -> None:
    backend = FakeExample()
    async with serving(backend) as (_, path), raw(path) as peer:
        await subscribed(peer, LINES, None, credit=0)
        await backend.lines_feed.until(1)
        total = 5000
        for number in range(total):
            backend.write(Line(number, "x" * 1000))
        await asyncio.sleep(0.05)
        await peer.send(frame.CREDIT, LINES, 1, b"1000000")
        lost = (await item(peer))["event"]
        assert isinstance(lost, dict) and lost["type"] == "lost"
        kept, last = 0, None
        while kept + lost["count"] < total:
            event = (await item(peer))["event"]
            assert isinstance(event, dict)
            kept += len(event["rows"])
            last = event["rows"][-1]["time"]
        assert 500 < kept < 1100, "about a mebibyte"
        assert last == total - 1


async def test_a_result_waits_for_the_credit_of_a_slow_reader() -> None:
    backend = FakeExample((thing("a"),))
    async with serving(backend) as (_, path), raw(path) as peer:
        await peer.shake(encoding="json")
        await peer.send(frame.CALL, 105, 1, b'{"meta":{"credit":0},"args":{"name":"a"}}')
        await asyncio.sleep(0.03)
        await peer.send(frame.CREDIT, 105, 1, b"10")
        seen = []
        while (answer := await asyncio.wait_for(peer.receive(), 5))[0] == frame.ITEM:
            seen.append(answer[3])
        assert answer[0] == frame.END
        assert b'"type":"done"' in seen[-1]
        assert len(seen) == 2, "only the newest progress before it"


# What a stream promises at its end, and when its backend or another reader misbehaves.


async def test_a_backend_that_ends_at_once_still_gives_its_rows() -> None:
    class Brief(FakeExample):
        async def things(
            self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
        ) -> AsyncIterator[events.TableEvent[Thing]]:
            yield events.Snapshot([thing("a")])
            yield events.Changed([thing("b")])

    async with connected(Brief()) as client:
        seen = [event async for event in client.things()]
    assert [row.name for event in seen if isinstance(event, events.Snapshot | events.Changed) for row in event.rows] == ["a", "b"]


async def test_a_backend_that_fails_before_its_first_event_or_while_it_closes_tells_every_reader() -> None:
    class Failing(FakeExample):
        def things(
            self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
        ) -> AsyncIterator[events.TableEvent[Thing]]:
            raise SutraError("UNAVAILABLE", "listing things: the bus is gone")

        async def pairs(
            self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS, host: str | None = None
        ) -> AsyncIterator[events.TableEvent[Pair]]:
            try:
                yield events.Snapshot([])
            finally:
                raise SutraError("FAILED", "closing: no")

    async with connected(Failing()) as client:
        for _ in range(2):
            with pytest.raises(SutraError, match="the bus is gone"):
                await next_of(client.things())
        with pytest.raises(SutraError, match="closing: no"):
            _ = [event async for event in client.pairs()]


async def test_a_row_that_does_not_fit_ends_the_streams_that_would_be_wrong_and_no_other(capfd: pytest.CaptureFixture[str]) -> None:
    backend = FakeExample((thing("a"),))
    async with serving(backend) as (_, path), raw(path) as peer, Connection(example.SERVICE, unix(path)) as connection:
        await subscribed(peer, THINGS, [], [], credit=50)
        await item(peer)
        backend.things_feed.send(events.Changed([msgspec.structs.replace(thing("a"), memory=0.5)]))
        kind, _, _, payload = await asyncio.wait_for(peer.receive(), 5)
        assert (kind, msgspec.json.decode(payload)["code"]) == (frame.ERROR, "INTERNAL"), "JSON of a float where an integer is due"
        backend.rows_by_name["a"] = thing("a")
        assert await next_of(example.ExampleClient(connection).things()) == events.Snapshot([thing("a")])
    assert "ValidationError" in capfd.readouterr().err


async def test_an_operation_is_never_sent_twice() -> None:
    asked = 0

    async def behave(peer: Raw) -> None:
        nonlocal asked
        await welcome(peer)
        await peer.receive()
        asked += 1

    async with misbehaving(behave) as path, Connection(example.SERVICE, unix(path)) as connection:
        with pytest.raises(SutraError, match="work: ") as caught:
            _ = [event async for event in example.ExampleClient(connection).work("a")]
    assert asked == 1 and "not known" in caught.value.hint


async def test_a_stream_that_outlives_its_connection_ends() -> None:
    async with serving(FakeExample()) as (_, path):
        async with Connection(example.SERVICE, unix(path)) as connection:
            stream = example.ExampleClient(connection).things()
            await next_of(stream)
        assert isinstance(await next_of(stream), events.Stale)
        with pytest.raises(SutraError, match="the connection was closed here"):
            await next_of(stream)


async def test_what_a_slow_reader_of_a_log_lost_is_said_even_at_the_end() -> None:
    backend = FakeExample()
    async with serving(backend) as (_, path), raw(path) as peer:
        await subscribed(peer, LINES, None, credit=0)
        await backend.lines_feed.until(1)
        for number in range(3000):
            backend.write(Line(number, "x" * 1000))
        backend.lines_feed.send(events.Lost(7))
        backend.lines_feed.close()
        await backend.lines_feed.until(0)
        await peer.send(frame.CREDIT, LINES, 1, b"1000000")
        counted = 0
        while (answer := await asyncio.wait_for(peer.receive(), 5))[0] == frame.ITEM:
            event = msgspec.json.decode(answer[3])["event"]
            counted += event["count"] if event["type"] == "lost" else len(event["rows"])
    assert counted == 3007


async def test_long_lines_are_cut_into_items_by_their_bytes() -> None:
    backend = FakeExample()
    async with connected(backend) as client:
        stream = client.lines()
        waiting = asyncio.ensure_future(anext(stream))
        await backend.lines_feed.until(1)
        backend.write(*(Line(number, "x" * 70_000) for number in range(256)))
        event = await asyncio.wait_for(waiting, 5)
        lost = seen = 0
        while seen + lost < 256:
            if isinstance(event, events.Lost):
                lost += event.count
            else:
                assert isinstance(event, events.Records) and len(event.rows) < 10
                seen += len(event.rows)
            if seen + lost < 256:
                event = await next_of(stream)
        assert seen


async def test_of_batches_of_samples_a_slow_reader_keeps_one() -> None:
    backend = FakeExample()
    async with serving(backend) as (_, path), raw(path) as peer:
        await subscribed(peer, METRICS, None, credit=0)
        await backend.samples_feed.until(1)
        backend.samples_feed.send(events.Samples([]))
        for number in range(100):
            backend.samples_feed.send(events.Samples([Sample(number, 1.0, 2), Sample(number + 1, 1.0, 2)]))
        await asyncio.sleep(0.03)
        await peer.send(frame.CREDIT, METRICS, 1, b"9")
        first, last = (await item(peer))["event"], (await item(peer))["event"]
        assert isinstance(first, dict) and [row["boottime"] for row in first["rows"]] == [0, 1], "the first may be history"
        assert isinstance(last, dict) and [row["boottime"] for row in last["rows"]] == [100]


async def test_a_last_row_that_does_not_fit_still_ends_the_stream(capfd: pytest.CaptureFixture[str]) -> None:
    backend = FakeExample((msgspec.structs.replace(thing("a"), memory=0.5), thing("b")))
    async with serving(backend) as (_, path), raw(path) as peer:
        await subscribed(peer, THINGS, [], [], credit=0)
        await backend.things_feed.until(1)
        await asyncio.sleep(0.03)
        backend.things_feed.close()
        kind, _, _, payload = await asyncio.wait_for(peer.receive(), 5)
        assert (kind, msgspec.json.decode(payload)["code"]) == (frame.ERROR, "INTERNAL")
    assert "ValidationError" in capfd.readouterr().err
