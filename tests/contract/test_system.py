"""What every backend of the system service promises, whatever it stands on, directly and over a connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from services.core.server import Server
from services.system.fake import FakeSystem
from services.system.linux import LinuxSystem
from serving import about
from sutra_client import events
from sutra_client.connection import Connection
from sutra_client.gen.core import Severity
from sutra_client.gen.system import SERVICE, Sample, System, SystemClient
from sutra_client.transport import memory


@pytest.fixture(params=["linux", "linux over a connection", "fake", "fake over a connection"])
async def system(request: pytest.FixtureRequest) -> AsyncIterator[System]:
    name, _, remote = request.param.partition(" ")
    async with AsyncExitStack() as stack:
        backend: System = FakeSystem()
        if name == "linux":
            linux = LinuxSystem()
            await linux.start()
            stack.push_async_callback(linux.stop)
            backend = linux
        if remote:
            server = Server(SERVICE, backend, about)
            stack.push_async_callback(server.stop)
            backend = SystemClient(await stack.enter_async_context(Connection(SERVICE, memory(server.session))))
        yield backend


async def first_samples(system: System, since: int | None = None) -> list[Sample]:
    stream = system.samples(since)
    event = await asyncio.wait_for(anext(stream), 5)
    await stream.aclose()  # type: ignore[attr-defined]
    assert isinstance(event, events.Samples)
    return event.rows


async def test_status_says_what_this_host_is(system: System) -> None:
    status = await system.status()
    assert status.hostname and status.os and status.kernel and status.architecture and status.host_reason
    assert status.cpus >= 1
    assert status.kind.name != "Unknown" and status.init.name != "Unknown" and status.clock.name != "Unknown"
    assert status.uptime is None or status.uptime > 0
    assert status.memory_total is None or status.memory_available is None or status.memory_available <= status.memory_total
    assert all(sentence.strip() for sentence in status.unseen)


async def test_the_first_sample_has_rates_and_a_place_in_time(system: System) -> None:
    [*_, newest] = await first_samples(system)
    assert newest.boottime > 0 and newest.time > 0
    assert newest.cpu is not None and 0 <= newest.cpu <= 100
    assert all(0 <= core <= 100 for core in newest.cores)


async def test_history_is_in_order_and_no_longer_than_asked(system: System) -> None:
    await first_samples(system)
    history = await system.history(60_000_000)
    times = [sample.boottime for sample in history]
    assert times == sorted(times)
    assert not times or times[-1] - times[0] <= 61_000_000
    assert len(await system.history()) >= len(history)


async def test_findings_begin_with_a_snapshot_of_rows_that_can_be_acted_on(system: System) -> None:
    stream = system.findings()
    event = await asyncio.wait_for(anext(stream), 5)
    await stream.aclose()  # type: ignore[attr-defined]
    assert isinstance(event, events.Snapshot) and not event.more
    assert len({finding.id for finding in event.rows}) == len(event.rows)
    for finding in event.rows:
        assert finding.object and finding.evidence and finding.next
        assert finding.severity in Severity
