"""What every service tells about itself: who uses it and how much, and what the peer that asks may do."""

import asyncio
from typing import Any

import pytest

from fakes import FakeExample, thing
from gen import example
from services.core import builtin
from serving import raw, serving
from sutra_client import events
from sutra_client.connection import Connection
from sutra_client.errors import SutraError
from sutra_client.gen import core
from sutra_client.transport import unix


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtin, "PERIOD", 0.01)


def by_name(rows: list[core.MemberStatistics]) -> dict[str, core.MemberStatistics]:
    return {row.name: row for row in rows}


async def test_statistics_count_every_call_and_error_by_member_and_by_peer() -> None:
    backend = FakeExample((thing("a"),))
    async with serving(backend) as (_, path), Connection(example.SERVICE, unix(path)) as connection:
        client, every = example.ExampleClient(connection), core.CoreClient(connection)
        for _ in range(3):
            await client.get("a")
        with pytest.raises(SutraError):
            await client.get("b")
        things = client.things()
        await anext(things)
        slow = asyncio.ensure_future(client.slow(60_000_000))
        await backend.slow_started.wait()
        told = await every.statistics()
        members = by_name(told.members)
        assert (members["get"].calls, members["get"].errors, members["get"].open, members["get"].mean) == (4, 1, 0, None)
        assert (members["things"].kind, members["things"].calls, members["things"].open) == ("table", 1, 1)
        assert (members["slow"].calls, members["slow"].open, members["core.statistics"].calls) == (1, 1, 1)
        assert (told.service, told.calls, told.errors, told.connected) == ("dev.avyctl.example", 7, 1, 1)
        [peer] = told.peers
        assert (peer.number, peer.calls, peer.errors, peer.in_flight, peer.streams) == (1, 7, 1, 1, 1)
        assert peer.client is not None and peer.client.startswith("avyctl ")
        slow.cancel()
        await backend.slow_cancelled.wait()
        await things.aclose()  # type: ignore[attr-defined]
        await client.slow(1)
        ended = by_name((await every.statistics()).members)
        assert (ended["slow"].open, ended["slow"].calls, ended["slow"].errors, ended["things"].open) == (0, 2, 1, 0)
        assert ended["slow"].mean is not None and ended["slow"].longest is not None and ended["slow"].mean <= ended["slow"].longest


@pytest.mark.usefixtures("often")
async def test_whoever_listens_sees_calls_a_second_and_peers_that_come_and_go() -> None:
    async with serving(FakeExample((thing("a"),))) as (_, path), Connection(example.SERVICE, unix(path)) as connection:
        every = core.CoreClient(connection)
        members: Any = every.members()
        peers: Any = every.peers()
        first = await anext(members)
        assert isinstance(first, events.Snapshot) and by_name(first.rows)["get"].rate is None
        assert [row.number for row in (await snapshot(peers)).rows] == [1]
        async with Connection(example.SERVICE, unix(path)) as other:
            await example.ExampleClient(other).get("a")
            await until(peers, lambda row: row.number == 2 and row.calls == 1)
            await until(members, lambda row: row.name == "get" and row.rate is not None and row.calls == 1)
        gone = await removed(peers)
        assert gone.keys == [(2,)]
        for stream in (members, peers):
            await stream.aclose()


async def test_nobody_looks_at_the_counts_while_nobody_listens() -> None:
    async with serving(FakeExample()) as (running, path), Connection(example.SERVICE, unix(path)) as connection:
        members = core.CoreClient(connection).members()
        await anext(members)
        assert len(running.bound.tasks) == 1
        await members.aclose()  # type: ignore[attr-defined]
        await core.CoreClient(connection).about()
        if running.bound.tasks:
            await asyncio.wait(running.bound.tasks, timeout=5)
        assert not running.bound.tasks


async def test_what_one_may_use_is_told_by_the_rule_that_the_call_meets() -> None:
    backend = FakeExample((thing("a"),))
    async with serving(backend) as (_, path), Connection(example.SERVICE, unix(path)) as connection:
        allowed = await core.CoreClient(connection).allowed()
        assert all(each.allowed and not each.reason and not each.hint for each in allowed)
        assert {(each.name, each.verb, each.kind) for each in allowed} >= {
            ("get", "status", "call"),
            ("set_label", "label set", "call"),
            ("things", "list", "table"),
            ("core.allowed", "allowed", "call"),
        }
        assert len(allowed) == len(example.SERVICE.calls + example.SERVICE.streams + core.SERVICE.calls + core.SERVICE.streams)


async def snapshot(stream: Any) -> Any:
    event = await asyncio.wait_for(anext(stream), 5)
    assert isinstance(event, events.Snapshot)
    return event


async def until(stream: Any, wanted: Any) -> None:
    """Reads on until a changed row is as wanted."""
    async with asyncio.timeout(5):
        async for event in stream:
            if isinstance(event, events.Changed) and any(map(wanted, event.rows)):
                return


async def removed(stream: Any) -> events.Removed:
    async with asyncio.timeout(5):
        async for event in stream:
            if isinstance(event, events.Removed):
                return event
    raise AssertionError("the stream ended")


async def test_an_opcode_that_nothing_answers_counts_as_an_error_of_the_peer_alone() -> None:
    async with serving(FakeExample()) as (running, path), raw(path) as peer:
        await peer.shake()
        await peer.ask(4711, 1)
        await peer.receive()
        [session] = running.sessions
        assert session.calls is not None and (session.calls.count.calls, session.calls.count.errors) == (1, 1)
        assert sum(bound.count.errors for bound in running.bound.calls.values()) == 0
