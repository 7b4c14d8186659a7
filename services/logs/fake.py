"""A logs service with hand-held records, for tests and screens."""

import asyncio
from collections.abc import AsyncGenerator

from services.logs.query import Query
from services.logs.reading import SourcedLogs
from sutra_client import events
from sutra_client.gen.core import Finding
from sutra_client.gen.logs import Priority, Record

SECOND = 1_000_000
START = 1_790_000_000 * SECOND
BOOT = "4c2f1d0a9b8e4f6db1f0a1b2c3d4e5f6"


def record(number: int, message: str, priority: Priority = Priority.INFO, identifier: str = "sshd", **more: str) -> Record:
    """The record of that number, a second after the one before it."""
    return Record(
        time=START + number * SECOND,
        priority=priority,
        identifier=identifier,
        pid=None if identifier == "kernel" else 100 + number,
        message=message,
        unit=None if identifier == "kernel" else f"{identifier}.service",
        host="board",
        boottime=number * SECOND,
        boot=BOOT,
        transport="kernel" if identifier == "kernel" else "syslog",
        cursor=f"fake:{number}",
        fields=more,
    )


RECORDS = [
    record(1, "Linux version 6.12.40 (builder@example)", Priority.NOTICE, "kernel"),
    record(2, "mmc0: new high speed SDHC card at address aaaa", Priority.INFO, "kernel"),
    record(3, "Server listening on 0.0.0.0 port 22."),
    record(4, "Accepted publickey for anna from 192.0.2.7 port 50122", _UID="0"),
    record(5, "lost contact with the broker, next attempt in 5 s", Priority.WARNING, "bridge"),
    record(6, "cannot open /data/bridge.db: Permission denied", Priority.ERR, "bridge"),
]


class FakeSource:
    """A Source; write() and lose() reach those who follow."""

    def __init__(self, records: list[Record]) -> None:
        self.unseen: list[str] = []
        self._records = list(records)
        self._queues: dict[asyncio.Queue[list[Record] | int], Query] = {}

    async def read(self, query: Query) -> list[Record]:
        fitting = [record for record in self._records if query.fits(record)]
        return fitting[-query.lines :] if query.lines else []

    async def follow(self, query: Query) -> AsyncGenerator[list[Record] | int, None]:
        queue: asyncio.Queue[list[Record] | int] = asyncio.Queue()
        self._queues[queue] = query
        try:
            yield await self.read(query)
            while True:
                yield await queue.get()
        finally:
            del self._queues[queue]

    async def stop(self) -> None:
        """Nothing to undo."""

    def write(self, *records: Record) -> None:
        """Records are added."""
        self._records += records
        for queue, query in self._queues.items():
            if fitting := [record for record in records if query.fits(record)]:
                queue.put_nowait(fitting)

    def lose(self, count: int) -> None:
        """Records are lost before anybody could read them."""
        for queue in self._queues:
            queue.put_nowait(count)


class FakeLogs(SourcedLogs):
    """Implements the Protocol Logs as every backend does; `source` is in the test's hands."""

    def __init__(self, records: list[Record] = RECORDS, findings: list[Finding] | None = None) -> None:
        """`findings` are told instead of those that the rules find in its records."""
        self.source = FakeSource(records)
        self._told = findings
        super().__init__(self.source)

    async def findings(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Finding], None]:
        if self._told is not None:
            yield events.Snapshot(self._told)
            await asyncio.Event().wait()
        found = super().findings(where, fields)
        try:
            async for event in found:
                yield event
        finally:
            await found.aclose()
