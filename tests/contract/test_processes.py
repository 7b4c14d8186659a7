"""What every backend of the processes service promises, whatever it stands on, directly and over a connection."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from typing import Any

import pytest

from services.core.server import Server
from services.processes.fake import FakeProcesses
from services.processes.linux import LinuxProcesses
from serving import about
from sutra_client import errors, events
from sutra_client.connection import Connection
from sutra_client.errors import SutraError
from sutra_client.gen.core import Severity
from sutra_client.gen.processes import SERVICE, Process, Processes, ProcessesClient
from sutra_client.transport import memory


@pytest.fixture(params=["linux", "linux over a connection", "fake", "fake over a connection"])
async def processes(request: pytest.FixtureRequest) -> AsyncIterator[Processes]:
    name, _, remote = request.param.partition(" ")
    async with AsyncExitStack() as stack:
        backend: Processes = FakeProcesses()
        if name == "linux":
            linux = LinuxProcesses()
            await linux.start()
            stack.push_async_callback(linux.stop)
            backend = linux
        if remote:
            server = Server(SERVICE, backend, about)
            stack.push_async_callback(server.stop)
            backend = ProcessesClient(await stack.enter_async_context(Connection(SERVICE, memory(server.session))))
        yield backend


async def first(stream: Any) -> Any:
    async with aclosing(stream):
        return await asyncio.wait_for(anext(stream), 10)


async def listed(processes: Processes, **more: Any) -> list[Process]:
    event = await first(processes.processes(**more))
    assert isinstance(event, events.Snapshot) and not event.more
    rows: list[Process] = event.rows
    return rows


async def test_the_list_has_process_1_and_each_key_once(processes: Processes) -> None:
    rows = await listed(processes)
    assert 1 in {row.pid for row in rows}
    assert len({(row.pid, row.started) for row in rows}) == len(rows)
    for row in rows:
        assert row.command and row.user and row.threads >= 1 and row.cpu >= 0
        assert row.state.name != "Unknown"
        row.command.encode()


async def test_kernel_threads_are_hidden_until_they_are_asked_for(processes: Processes) -> None:
    assert not any(row.kernel for row in await listed(processes))
    for row in await listed(processes, kernel=True):
        assert not row.kernel or (row.memory == 0 and row.command == f"[{row.name}]")


async def test_the_costly_field_is_absent_unless_it_is_named(processes: Processes) -> None:
    assert all(row.pss is None for row in await listed(processes))


@pytest.mark.parametrize("period", [0, 249_999, 60_000_001])
async def test_a_period_that_would_hurt_is_refused(processes: Processes, period: int) -> None:
    with pytest.raises(SutraError) as refused:
        await first(processes.processes(period=period))
    assert refused.value.code == errors.INVALID and "250ms" in refused.value.message


async def test_a_process_can_be_looked_into(processes: Processes) -> None:
    row = next(row for row in await listed(processes) if row.pid in (os.getpid(), 4711))
    details = await processes.get(row.pid, row.started)
    assert (details.process.pid, details.process.started) == (row.pid, row.started)
    assert details.argv and details.limits and details.open_files is not None and details.open_count
    assert details.cwd is not None and details.environment is None
    assert (await processes.get(row.pid, environment=True)).environment


async def test_a_number_that_passed_to_another_process_is_stale(processes: Processes) -> None:
    row = next(row for row in await listed(processes) if row.pid in (os.getpid(), 4711))
    with pytest.raises(SutraError) as refused:
        await processes.get(row.pid, row.started + 1)
    assert refused.value.code == errors.STALE


async def test_a_process_that_is_not_there_is_not_found(processes: Processes) -> None:
    with pytest.raises(SutraError) as refused:
        await processes.get(4_194_305)
    assert refused.value.code == errors.NOT_FOUND and refused.value.hint


async def test_findings_begin_with_a_snapshot_of_rows_that_can_be_acted_on(processes: Processes) -> None:
    event = await first(processes.findings())
    assert isinstance(event, events.Snapshot) and not event.more
    assert len({finding.id for finding in event.rows}) == len(event.rows)
    for finding in event.rows:
        assert finding.object and finding.evidence and finding.next and finding.command.startswith("avyctl processes ")
        assert finding.severity in Severity
