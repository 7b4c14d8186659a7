"""What every backend of the disks service promises, directly and over a connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from services.core.server import Server
from services.disks.fake import FakeDisks
from services.disks.linux import LinuxDisks
from serving import about
from sutra_client import events
from sutra_client.connection import Connection
from sutra_client.gen.core import Severity
from sutra_client.gen.disks import SERVICE, Disks, DisksClient
from sutra_client.transport import memory


@pytest.fixture(params=["linux", "linux over a connection", "fake", "fake over a connection"])
async def disks(request: pytest.FixtureRequest) -> AsyncIterator[Disks]:
    name, _, remote = request.param.partition(" ")
    async with AsyncExitStack() as stack:
        backend: Disks = FakeDisks()
        if name == "linux":
            linux = LinuxDisks()
            await linux.start()
            stack.push_async_callback(linux.stop)
            backend = linux
        if remote:
            server = Server(SERVICE, backend, about)
            stack.push_async_callback(server.stop)
            backend = DisksClient(await stack.enter_async_context(Connection(SERVICE, memory(server.session))))
        yield backend


async def first(stream: AsyncIterator[Any]) -> Any:
    event = await asyncio.wait_for(anext(stream), 10)
    await stream.aclose()  # type: ignore[attr-defined]
    return event


async def rows(stream: AsyncIterator[Any]) -> list[Any]:
    event = await first(stream)
    assert isinstance(event, events.Snapshot) and not event.more
    return event.rows


async def test_parents_come_before_what_is_on_them(disks: Disks) -> None:
    seen: set[str] = set()
    for device in await rows(disks.devices()):
        assert device.size > 0 and device.number.count(":") == 1
        assert device.parent is None or device.parent in seen
        assert device.use is None or 0 <= device.use <= 100
        seen.add(device.name)


async def test_mount_points_are_bytes_and_the_root_is_among_them(disks: Disks) -> None:
    mounts = await rows(disks.mounts())
    assert b"/" in {mount.target for mount in mounts}
    assert len({mount.id for mount in mounts}) == len(mounts)
    for mount in mounts:
        assert mount.used is None or mount.size is None or mount.used <= mount.size
        assert not mount.hung or mount.problem


async def test_what_lies_below_a_mount_is_a_device_with_that_mount(disks: Disks) -> None:
    mounts = await rows(disks.mounts())
    devices = {device.name: device for device in await rows(disks.devices())}
    for mount in mounts:
        if mount.device is not None:
            assert mount.target in devices[mount.device].mounts
    for device in devices.values():
        assert b"/" not in device.mounts or device.protected == "you are here"


async def test_status_tells_how_full_the_root_is(disks: Disks) -> None:
    status = await disks.status()
    assert status.root_use is None or 0 <= status.root_use <= 100
    assert all(sentence.strip() for sentence in status.unseen)


async def test_a_sample_has_rates(disks: Disks) -> None:
    event = await first(disks.samples())
    assert isinstance(event, events.Samples)
    for device in event.rows[0].devices:
        assert device.busy is None or 0 <= device.busy <= 100


async def test_findings_can_be_acted_on(disks: Disks) -> None:
    for finding in await rows(disks.findings()):
        assert finding.object and finding.evidence and finding.next
        assert finding.severity in Severity
