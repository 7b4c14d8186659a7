"""The streams of the Linux backend on planted hosts: when it measures, what readers get, and that nothing is left."""

import asyncio
import errno
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import TypeVar

import pytest

from planted import NOW, PlantedKernel, plant
from services.core.aside import Aside
from services.core.kernel import Usage
from services.system import sampler
from services.system.linux import LinuxSystem, make
from sutra_client import events
from sutra_client.errors import SutraError
from sutra_client.gen.core import Finding
from sutra_client.gen.system import Sample

T = TypeVar("T")
SECOND = 1_000_000
HOST: dict[str, str | bytes] = {
    "/proc/stat": "cpu  100 0 50 800 50 0 0 0\ncpu0 100 0 50 800 50 0 0 0\n",
    "/proc/meminfo": "MemTotal: 4000 kB\nMemAvailable: 3000 kB\n",
    "/proc/loadavg": "0.12 0.20 0.18 1/345 12345\n",
    "/proc/diskstats": "   8 0 sda 1 1 8 1 1 1 8 1 0 1 1\n   8 1 sda1 1 1 8 1 1 1 8 1 0 1 1\n   7 0 loop0 1 1 8 1 1 1 8 1 0 1 1\n",
    "/proc/self/net/dev": "".join(f"  {name}: 1 0 0 0 0 0 0 0 2 0 0 0 0 0 0 0\n" for name in ("lo", "eth0", "br0")),
    "/proc/self/mountinfo": "27 1 8:1 / / rw - ext4 /dev/sda1 rw\n32 27 0:50 / /mnt/nas rw - nfs4 server:/export rw\n",
    "/sys/block/sda/device/model": "disk",
    "/sys/class/net/eth0/device/vendor": "nic",
    "/sys/class/net/eth0/operstate": "up",
    "/sys/class/thermal/thermal_zone0/type": "cpu-thermal",
    "/sys/class/thermal/thermal_zone0/temp": "50000",
    "/sys/class/thermal/thermal_zone0/trip_point_0_type": "hot",
    "/sys/class/thermal/thermal_zone0/trip_point_0_temp": "80000",
}


class Host:
    """A planted host and its backend."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.kernel = PlantedKernel()
        self.kernel.usages = {"/": Usage(1000, 610, 390, 100, 50)}
        self.system = LinuxSystem(plant(root, HOST), self.kernel)

    def write(self, path: str, text: str) -> None:
        (self.root / path.lstrip("/")).write_text(text)


@pytest.fixture
async def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Host]:
    monkeypatch.setattr(sampler, "PERIOD", 0.02)
    monkeypatch.setattr(sampler, "BASELINE", 0.01)
    monkeypatch.setattr(sampler, "SENSING", 0.02)
    made = Host(tmp_path)
    yield made
    await made.system.stop()


async def following(stream: AsyncIterator[T]) -> T:
    async with asyncio.timeout(5):
        return await anext(stream)


async def samples_until(host: Host, stream: AsyncIterator[events.SamplesEvent[Sample]], count: int) -> list[Sample]:
    """Time on the planted host passes between two of them."""
    rows: list[Sample] = []
    while len(rows) < count:
        event = await following(stream)
        assert isinstance(event, events.Samples)
        rows += event.rows
        host.kernel.pass_time(SECOND)
    return rows


async def test_the_first_sample_has_rates_sensors_and_the_root(host: Host) -> None:
    async with aclosing(host.system.samples()) as stream:
        first = asyncio.create_task(following(stream))
        await host.kernel.asked.wait()
        host.kernel.pass_time(200_000)
        host.write("/proc/stat", "cpu  115 0 55 860 70 0 0 0\ncpu0 115 0 55 860 70 0 0 0\n")
        host.write("/proc/diskstats", "   8 0 sda 1 1 48 1 1 1 8 1 0 101 1\n   8 1 sda1 1 1 99 1 1 1 8 1 0 1 1\n")
        event = await first
    assert isinstance(event, events.Samples)
    (row,) = event.rows
    assert (row.cpu, row.cores, row.cpu_iowait) == (20.0, [20.0], 20.0)
    assert (row.disk_read, row.disk_write, row.disk_busy) == (102_400, 0, 50.0)
    assert [disk.name for disk in row.disks] == ["sda"]
    assert [(link.name, link.up) for link in row.links] == [("eth0", True)]
    assert [sensor.value for sensor in row.temperatures] == [50.0]
    assert (row.root_path, row.root_use) == ("/", 61.0)


async def test_nothing_runs_when_nobody_reads(host: Host) -> None:
    before = asyncio.all_tasks()
    await host.system.start()
    assert asyncio.all_tasks() == before
    async with aclosing(host.system.samples()) as one, aclosing(host.system.samples()) as two:
        await following(one)
        await following(two)
        assert len(asyncio.all_tasks() - before) == 4
    assert asyncio.all_tasks() == before
    assert not [thread for thread in threading.enumerate() if thread.name in ("sensors", "statvfs")]


async def test_a_kept_service_has_history_before_anybody_asks(host: Host) -> None:
    await host.system.start(keep=True)
    async with aclosing(host.system.samples()) as stream:
        rows = await samples_until(host, stream, 3)
    kept = await host.system.history()
    assert kept[: len(rows)] == rows
    newest = kept[-1].boottime
    assert [row.boottime for row in await host.system.history(host.kernel.now - newest)] == [newest]
    async with aclosing(host.system.samples(since=3600 * SECOND)) as stream:
        event = await following(stream)
    assert isinstance(event, events.Samples)
    assert event.rows[:3] == rows


async def test_a_service_that_never_measured_has_no_history(host: Host) -> None:
    assert await host.system.history() == []
    with pytest.raises(SutraError, match="negative"):
        await host.system.history(-1)


async def test_a_slow_reader_gets_the_newest_and_no_backlog(host: Host) -> None:
    async with aclosing(host.system.samples()) as quick, aclosing(host.system.samples()) as slow:
        await following(slow)
        rows = await samples_until(host, quick, 4)
        await samples_until(host, quick, 1)
        event = await following(slow)
    assert isinstance(event, events.Samples)
    assert len(event.rows) == 1
    assert event.rows[0].boottime > rows[-2].boottime


async def test_a_finding_comes_and_goes_with_its_cause(host: Host) -> None:
    async with aclosing(host.system.findings()) as stream:
        assert await following(stream) == events.Snapshot[Finding]([])
        host.write("/sys/class/thermal/thermal_zone0/temp", "85000")
        event = await following_with_time(host, stream)
        assert isinstance(event, events.Changed)
        (finding,) = event.rows
        assert finding.id == "temperature:cpu-thermal"
        assert finding.since is not None
        assert NOW * SECOND < finding.since <= host.kernel.wall_now
        host.write("/sys/class/thermal/thermal_zone0/temp", "50000")
        gone = await following_with_time(host, stream)
    assert gone == events.Removed([("temperature:cpu-thermal",)])


async def following_with_time(host: Host, stream: AsyncIterator[T]) -> T:
    """Samples are taken of a host whose time goes on."""
    waiting = asyncio.create_task(following(stream))
    while not waiting.done():
        host.kernel.pass_time(SECOND)
        await asyncio.wait([waiting], timeout=0.01)
    return waiting.result()


async def test_what_is_wrong_already_is_in_the_snapshot(host: Host) -> None:
    host.kernel.usages["/"] = Usage(1000, 950, 50, 100, 50)
    async with aclosing(host.system.findings()) as stream:
        event = await following(stream)
    assert isinstance(event, events.Snapshot)
    assert [(row.id, row.object, row.evidence) for row in event.rows] == [("full:/", "/", "95 % full")]


async def test_a_hanging_file_system_delays_nothing_and_is_named(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def hang(path: bytes | str) -> Usage:
        released.wait(30)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(sampler, "PATIENCE", 0.05)
    monkeypatch.setattr("services.system.filling.DEADLINE", 0.02)
    monkeypatch.setattr(host.kernel, "usage", hang)
    async with aclosing(host.system.samples()) as stream:
        (row, *_) = await samples_until(host, stream, 3)
        assert (row.root_use, row.memory_total) == (None, 4_096_000)
        unseen = host.system.unseen
        released.set()
    assert "How full the file systems are is unknown: one of them does not answer." in unseen
    assert "How full /mnt/nas is (nfs4) is not watched: asking could hang." in unseen


async def test_a_file_that_vanishes_is_unknown_until_it_is_back(host: Host) -> None:
    (host.root / "proc/meminfo").unlink()
    async with aclosing(host.system.samples()) as stream:
        (row,) = await samples_until(host, stream, 1)
        assert row.memory_total is None
        assert "Memory is unknown: /proc/meminfo is absent." in host.system.unseen
        host.write("/proc/meminfo", "MemTotal: 1 kB\n")
        rows = await samples_until(host, stream, 2)
        assert rows[-1].memory_total == 1024
        assert "Memory is unknown: /proc/meminfo is absent." not in host.system.unseen


async def test_a_stopped_service_ends_its_streams(host: Host) -> None:
    stream = host.system.samples()
    await following(stream)
    await host.system.stop()
    with pytest.raises(StopAsyncIteration):
        await following(stream)


async def test_an_error_of_the_sampler_reaches_its_readers_and_the_next_one_starts_afresh(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> int:
        raise MemoryError("planted")

    async with aclosing(host.system.samples()) as stream:
        await following(stream)
        monkeypatch.setattr(host.kernel, "wall", broken)
        with pytest.raises(ExceptionGroup):
            await following_with_time(host, stream)
    monkeypatch.undo()
    async with aclosing(host.system.samples()) as stream:
        assert isinstance(await following(stream), events.Samples)


async def test_a_function_beside_the_loop_hands_on_results_errors_and_time_outs() -> None:
    aside, released = Aside("test"), threading.Event()
    assert await aside.run(5, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await aside.run(5, lambda: 1 // 0)
    with pytest.raises(TimeoutError):
        await aside.run(0.01, lambda: released.wait(30))
    with pytest.raises(TimeoutError):
        await aside.run(5, lambda: 7)
    released.set()
    await aside.close()
    assert await aside.run(5, lambda: 8) == 8
    await aside.close()


async def test_the_backend_is_made_for_a_root(tmp_path: Path) -> None:
    status = await make(plant(tmp_path, {**HOST, "/etc/os-release": "NAME=Planted\n"})).status()
    assert status.os == "Planted"
