"""A service that this avyctl was not built with can be called and followed by the interface that it serves."""

import asyncio
import json
from typing import Any

import msgspec
import pytest

from fakes import FakeExample, thing
from gen import example
from gen.example import Active, Line, Pair, Sample
from services.core.server import Server
from serving import about, serving
from sutra_client import errors, events, made_types
from sutra_client.anything import Anything, reached
from sutra_client.connection import Connection
from sutra_client.errors import SutraError
from sutra_client.transport import memory, unix


def plain(service: Anything, name: str, value: object) -> dict[str, Any]:
    told = service.plain(name, value)
    assert isinstance(told, dict)
    return told


async def test_a_method_is_called_with_json_and_answers_objects_with_attributes() -> None:
    async with serving(FakeExample((thing("a"),))) as (_, path), reached(unix(path)) as service:
        assert (service.schema.id, service.service.noun) == ("dev.avyctl.example", "things")
        found = await service.call("get", {"name": "a"})
        assert (found.name, str(found.active), found.path, found.parts[0].size) == ("a", "active", b"/things/\xff", 12)
        assert plain(service, "get", found)["path"] == {"base64": "L3RoaW5ncy//"}
        tree = await service.call("tree", {})
        assert plain(service, "tree", tree)["next"] == {"name": "beside", "children": [], "next": None}
        assert (tree.children[0].name, tree.next.name, tree.next.next) == ("leaf", "beside", None)
        assert await service.call("slow", {"time_taken": 1}) == 1
        assert [row.name for row in await service.call("rows", {"count": 2})] == ["thing-0000", "thing-0001"]
        assert (await service.core.about()).backend == "fake"


async def test_arguments_of_every_type_arrive_as_they_were_given() -> None:
    part = {"name": "wheel", "size": 1, "active": "failed"}
    integers = {f"{sign}_{bits}": 1 for sign in ("signed", "unsigned") for bits in (8, 16, 32, 64)}
    given: Any = integers | {
        "flag": True,
        "ratio": 1.5,
        "text": "x",
        "data": {"base64": "/w=="},
        "when": 1,
        "span": 2,
        "active": "inactive",
    }
    given |= {"part": part, "parts": [part], "numbers": {"a": 1}, "grid": [[1], []]}
    async with serving(FakeExample()) as (_, path), reached(unix(path)) as service:
        echoed = plain(service, "echo", await service.call("echo", given))
        assert {name: echoed[name] for name in given} == given
        assert (echoed["count"], echoed["mode"], echoed["raw"], echoed["word"], echoed["maybe"]) == (5, "failed", '"\\', 'it\'s "so"', None)


@pytest.mark.parametrize(
    ("name", "args", "code", "words"),
    [
        ("get", {}, errors.INVALID, "get needs the argument name"),
        ("get", {"name": 1}, errors.INVALID, "argument name is not a text"),
        ("get", {"nam": "a"}, errors.INVALID, "nam"),
        ("gets", {}, errors.UNSUPPORTED, "has no method 'gets'"),
        ("get", {"name": "b"}, errors.NOT_FOUND, "there is none"),
    ],
)
async def test_a_call_that_cannot_be_is_refused_with_the_reason(name: str, args: Any, code: str, words: str) -> None:
    async with serving(FakeExample()) as (_, path), reached(unix(path)) as service:
        with pytest.raises(SutraError, match=words) as refused:
            await service.call(name, args)
        assert refused.value.code == code


async def test_a_table_is_followed_across_a_reconnect() -> None:
    backend = FakeExample((thing("a"), thing("b", Active.FAILED)))
    async with serving(backend) as (running, path), reached(unix(path)) as service:
        followed = service.follow("things", {"where": ["active=failed"]})
        first = await anext(followed)
        assert isinstance(first, events.Snapshot) and [row.name for row in first.rows] == ["b"]
        backend.change(thing("c", Active.FAILED))
        changed = await anext(followed)
        assert isinstance(changed, events.Changed) and (changed.rows[0].name, changed.rows[0].labels) == ("c", {"colour": "red"})
        backend.remove("b")
        assert await anext(followed) == events.Removed([("b",)])
        for session in list(running.sessions):
            session.goodbye(SutraError(errors.UNAVAILABLE, "the test ends it"))
        assert isinstance(await anext(followed), events.Stale)
        again = await asyncio.wait_for(anext(followed), 5)
        assert isinstance(again, events.Snapshot) and [row.name for row in again.rows] == ["c"]
        await followed.aclose()  # type: ignore[attr-defined]


async def test_every_other_kind_of_stream_is_followed_as_well() -> None:
    backend = FakeExample((thing("a"),))
    async with serving(backend) as (_, path), reached(unix(path)) as service:
        pairs = service.follow("pairs", {"where": [["port", ">", 1]]})
        backend.change_pair(Pair("h", 1, "x"))
        backend.change_pair(Pair("h", 2, "y"))
        assert [row.port for row in (await anext(pairs)).rows] == [2]
        backend.history.append(Sample(1, 0.5, 7))
        metrics = service.follow("metrics", {"since": 1_000_000})
        assert (await anext(metrics)).rows[0].speed == 7
        lines = service.follow("lines", {})
        waiting = asyncio.ensure_future(anext(lines))
        await backend.lines_feed.until(1)
        backend.write(Line(1, "hello"))
        record = (await waiting).rows[0]
        assert (record.message, str(record.severity), plain(service, "lines", record)["severity"]) == ("hello", "info", "info")
        work = [event async for event in service.follow("work", {"name": "a", "steps": 1})]
        assert isinstance(work[-1], events.Done) and work[-1].result.name == "a"
        for stream in (pairs, metrics, lines):
            await stream.aclose()  # type: ignore[attr-defined]


def test_made_types_are_those_that_are_generated() -> None:
    _, made = made_types.made(example.SERVICE.schema)
    for ours, theirs in ((made.calls, example.SERVICE.calls), (made.streams, example.SERVICE.streams)):
        assert [(each.opcode, each.name, each.role) for each in ours] == [(each.opcode, each.name, each.role) for each in theirs]
    assert [stream.key for stream in made.streams] == [stream.key for stream in example.SERVICE.streams]
    assert [call.changes for call in made.calls] == [call.changes for call in example.SERVICE.calls]


@pytest.mark.parametrize(
    "types",
    [
        {"__class__": {"fields": [{"name": "a", "type": "string"}]}},
        {"exit()": {"fields": [{"name": "a", "type": "string"}]}},
        {"A": {"fields": [{"name": "__init__", "type": "string"}]}},
        {"A": {"fields": [{"name": "a", "type": "string", "default": ""}, {"name": "b", "type": "string"}]}},
        {"A": {"fields": [{"name": "a", "type": "Nothing"}]}},
        {"A": {"fields": [{"name": "a", "type": "[]" * 5000 + "string"}]}},
        {"A": {"fields": [{"name": "a", "type": "string"}, {"name": "a", "type": "u8"}]}},
        {"Node": {"fields": [{"name": "Node", "type": "Node?"}]}},
    ],
)
def test_a_schema_that_makes_no_types_is_refused(types: Any) -> None:
    text = json.dumps({"id": "x.y", "types": types})
    with pytest.raises(SutraError, match="its schema cannot be used"):
        made_types.made(text)


@pytest.mark.parametrize("key", [[], ["nothing"], ["parts"], ["maybe"], ["A"]])
def test_a_table_whose_rows_no_key_could_tell_apart_is_refused(key: list[str]) -> None:
    fields = [{"name": "a", "type": "string"}, {"name": "parts", "type": "[]string"}, {"name": "maybe", "type": "string?"}]
    stream = {"id": 9, "name": "rows", "kind": "table", "row": "A", "key": key}
    with pytest.raises(SutraError, match="its schema cannot be used: rows: "):
        made_types.made(json.dumps({"id": "x.y", "types": {"A": {"fields": fields}}, "streams": [stream]}))


def test_a_type_that_nothing_can_be_decoded_into_is_refused_before_it_is_used() -> None:
    schema = {"id": "x.y", "enums": {"E": {"values": []}}, "types": {"A": {"fields": [{"name": "a", "type": "E"}]}}}
    with pytest.raises(SutraError, match="its schema cannot be used"):
        made_types.made(json.dumps(schema | {"methods": [{"id": 1, "name": "get", "out": "A"}]}))


def test_a_schema_of_megabytes_is_not_read() -> None:
    with pytest.raises(SutraError, match="more than 1048576 are not read"):
        made_types.made(json.dumps({"id": "x.y", "doc": "x" * (1 << 20)}))


async def test_a_service_whose_schema_is_another_ones_is_refused() -> None:
    backend: Any = FakeExample()
    running = Server(msgspec.structs.replace(example.SERVICE, id="dev.avyctl.disks"), backend, about)
    with pytest.raises(SutraError, match="what answers there says that it is") as refused:
        async with reached(memory(running.session), "dev.avyctl.disks"):
            raise AssertionError
    assert refused.value.code == errors.UNAVAILABLE
    await running.stop()


async def test_a_connection_that_is_open_for_a_known_service_serves_as_well() -> None:
    async with serving(FakeExample((thing("a"),))) as (_, path), Connection(example.SERVICE, unix(path)) as connection:
        service = await Anything.on(connection)
        assert (await service.call("get", {"name": "a"})).name == (await example.ExampleClient(connection).get("a")).name == "a"


async def test_a_service_that_is_no_longer_there_is_an_error_at_once() -> None:
    with pytest.raises(SutraError) as refused:
        async with reached(unix("/nowhere/dev.example.lamps")):
            raise AssertionError
    assert refused.value.code == errors.UNAVAILABLE
