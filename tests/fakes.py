"""Backends that tests hold in their hands."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from gen.example import Active, Echo, Line, Node, Pair, Part, Sample, Thing
from services.core.fake import Feed
from services.core.instant import instant
from sutra_client import errors, events
from sutra_client.gen import core


def thing(name: str, active: Active = Active.ACTIVE, uid: int = 1000) -> Thing:
    """A row with some of its optional fields."""
    return Thing(name, active, uid, memory=4096, cpu=0.5, path=b"/things/\xff", parts=[Part("wheel", 12)], labels={"colour": "red"})


class FakeExample:
    """Implements `gen.example.Example` over rows that the test changes."""

    def __init__(self, rows: tuple[Thing, ...] = ()) -> None:
        self.rows_by_name = {row.name: row for row in rows}
        self.pairs_by_key: dict[tuple[str, int], Pair] = {}
        self.found: list[core.Finding] = []
        self.history: list[Sample] = []
        self.things_feed: Feed[events.TableEvent[Thing]] = Feed()
        self.pairs_feed: Feed[events.TableEvent[Pair]] = Feed()
        self.findings_feed: Feed[events.TableEvent[core.Finding]] = Feed()
        self.samples_feed: Feed[events.SamplesEvent[Sample]] = Feed()
        self.lines_feed: Feed[events.LogEvent[Line]] = Feed()
        self.slow_started = asyncio.Event()
        self.slow_cancelled = asyncio.Event()

    def change(self, *rows: Thing) -> None:
        """Adds or replaces rows and tells every open stream of things."""
        self.rows_by_name.update((row.name, row) for row in rows)
        self.things_feed.send(events.Changed(list(rows)))

    def remove(self, *names: str) -> None:
        """Removes rows, which must be there, and tells every open stream of things."""
        for name in names:
            del self.rows_by_name[name]
        self.things_feed.send(events.Removed([(name,) for name in names]))

    def change_pair(self, pair: Pair) -> None:
        self.pairs_by_key[pair.host, pair.port] = pair
        self.pairs_feed.send(events.Changed([pair]))

    def remove_pair(self, host: str, port: int) -> None:
        del self.pairs_by_key[host, port]
        self.pairs_feed.send(events.Removed([(host, port)]))

    def measure(self, sample: Sample) -> None:
        """A new sample, which also joins the history."""
        self.history.append(sample)
        self.samples_feed.send(events.Samples([sample]))

    def write(self, *lines: Line) -> None:
        self.lines_feed.send(events.Records(list(lines)))

    def find(self, *findings: core.Finding) -> None:
        self.found += findings
        self.findings_feed.send(events.Changed(list(findings)))

    @instant
    async def get(self, name: str) -> Thing:
        if name not in self.rows_by_name:
            raise errors.SutraError(errors.NOT_FOUND, f"looking up thing {name}: there is none", "see `avyctl things list`", {"name": name})
        return self.rows_by_name[name]

    async def echo(self, *arguments: Any, **named: Any) -> Echo:
        return Echo(*arguments, **named)

    async def fail(self, code: str, message: str = "asked to fail") -> None:
        raise errors.SutraError(code, message, "ask for something else", {"code": code})

    async def slow(self, time_taken: int) -> int:
        self.slow_started.set()
        try:
            await asyncio.sleep(time_taken / 1e6)
        except asyncio.CancelledError:
            self.slow_cancelled.set()
            raise
        return time_taken

    @instant
    async def rows(self, count: int) -> list[Thing]:
        return [thing(f"thing-{number:04}") for number in range(count)]

    async def tree(self) -> Node | None:
        return Node("root", [Node("leaf")], Node("beside"))

    async def start(self, name: str) -> Thing:
        started = msgspec.structs.replace(await self.get(name), active=Active.ACTIVE)
        self.change(started)
        return started

    async def set_label(self, name: str, label: str, value: str, password: str | None = None) -> Thing:
        row = await self.get(name)
        self.change(msgspec.structs.replace(row, labels=row.labels | {label: value}))
        return self.rows_by_name[name]

    async def forget(self, name: str) -> None:
        await self.get(name)
        self.remove(name)

    def things(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncIterator[events.TableEvent[Thing]]:
        return self.things_feed.follow(lambda: [events.Snapshot(list(self.rows_by_name.values()))])

    def owned(self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS) -> AsyncIterator[events.TableEvent[Thing]]:
        return self.things(where, fields)

    def pairs(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS, host: str | None = None
    ) -> AsyncIterator[events.TableEvent[Pair]]:
        return self.pairs_feed.follow(lambda: [events.Snapshot([pair for pair in self.pairs_by_key.values() if host in (None, pair.host)])])

    def findings(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncIterator[events.TableEvent[core.Finding]]:
        return self.findings_feed.follow(lambda: [events.Snapshot(list(self.found))])

    def metrics(self, since: int | None = None) -> AsyncIterator[events.SamplesEvent[Sample]]:
        return self.samples_feed.follow(lambda: [] if since is None else [events.Samples(list(self.history))])

    def gauge(self, since: int | None, name: str) -> AsyncIterator[events.SamplesEvent[Sample]]:
        return self.metrics(since)

    def lines(self, name: str | None = None) -> AsyncIterator[events.LogEvent[Line]]:
        return self.lines_feed.follow(list)

    async def work(self, name: str, steps: int = 3) -> AsyncIterator[events.OperationEvent[core.Operation, Thing]]:
        result = await self.get(name)
        for step in range(steps):
            stage, fraction = f"step {step + 1} of {steps}", step / steps
            yield events.Progress(
                core.Operation("things-aaaaaa", name, stage, "", 0, "root", True, core.OperationState.RUNNING, [], fraction)
            )
        yield events.Done(result)
