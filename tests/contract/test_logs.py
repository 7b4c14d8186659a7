"""What every backend of the logs service promises, whatever it stands on, directly and over a connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from recorded import JOURNAL, KMSG, SYSLOG, program
from services.core.server import Server
from services.logs.fake import FakeLogs
from services.logs.file import Files, Place
from services.logs.journal import Journal
from services.logs.kmsg import Kmsg
from services.logs.reading import SourcedLogs
from serving import about
from streams import first
from sutra_client import errors, events
from sutra_client.connection import Connection
from sutra_client.errors import SutraError
from sutra_client.gen.logs import SERVICE, Logs, LogsClient, Priority
from sutra_client.transport import memory


def made(name: str, folder: Path) -> Logs:
    match name:
        case "journal":
            return SourcedLogs(Journal(program(folder, JOURNAL)))
        case "file":
            path = folder / "messages"
            path.write_bytes(SYSLOG)
            return SourcedLogs(Files([Place(str(path), "/var/log/messages")]))
        case "kmsg":
            path = folder / "kmsg"
            path.write_bytes(KMSG)
            return SourcedLogs(Kmsg(str(path)))
    return FakeLogs()


@pytest.fixture(params=[f"{name}{how}" for name in ("fake", "journal", "file", "kmsg") for how in ("", " over a connection")])
async def logs(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Logs]:
    name, _, remote = request.param.partition(" ")
    async with AsyncExitStack() as stack:
        backend = made(name, tmp_path)
        if isinstance(backend, SourcedLogs):
            stack.push_async_callback(backend.stop)
        if remote:
            server = Server(SERVICE, backend, about)
            stack.push_async_callback(server.stop)
            backend = LogsClient(await stack.enter_async_context(Connection(SERVICE, memory(server.session))))
        yield backend


async def test_records_come_oldest_first_and_no_more_than_asked(logs: Logs) -> None:
    records = await logs.records()
    assert records
    times = [record.time for record in records if record.time is not None]
    assert times == sorted(times)
    assert await logs.records(lines=1) == records[-1:]
    assert await logs.records(lines=0) == []


async def test_a_record_tells_who_wrote_what(logs: Logs) -> None:
    for record in await logs.records():
        assert record.message is None or "\n" not in record.message.rstrip("\n")
        assert record.priority is None or record.priority in Priority
        assert record.pid is None or record.pid > 0


async def test_what_cannot_be_asked_is_refused_by_name(logs: Logs) -> None:
    for asked in (logs.records(lines=10_001), logs.records(boot="../x"), logs.records(text=""), logs.records(unit="")):
        with pytest.raises(SutraError) as refused:
            await asked
        assert refused.value.code == errors.INVALID


async def test_following_begins_with_what_there_is(logs: Logs) -> None:
    [*_, newest] = await logs.records()
    stream = logs.follow(lines=1)
    event = await asyncio.wait_for(anext(stream), 10)
    await stream.aclose()  # type: ignore[attr-defined]
    assert isinstance(event, events.Records)
    assert event.rows == [newest]


async def test_findings_begin_with_a_snapshot(logs: Logs) -> None:
    for finding in await first(logs.findings()):
        assert finding.object and finding.evidence and finding.next
