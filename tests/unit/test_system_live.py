"""The backend on the host that runs the tests, against psutil and the kernel's own events."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import aclosing
from pathlib import Path

import psutil
import pytest

from services.core.kernel import Kernel
from services.core.tree import Tree
from services.system.counters import Counters
from services.system.linux import LinuxSystem, probe
from services.system.rates import Slow, sample
from sutra_client import events
from sutra_client.gen.system import ClockState, Sample

ROOT = Path(__file__).resolve().parents[2]


def burn(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def test_this_host_fits() -> None:
    assert probe() == (True, "Linux with procfs at /proc")


def test_processor_time_agrees_with_psutil() -> None:
    counters = Counters(Tree(), Kernel())
    before = counters.read()
    psutil.cpu_times_percent(None)  # sets its baseline
    burn(0.5)
    theirs, now = psutil.cpu_times_percent(None), counters.read()
    counters.close()
    taken = sample(before, now, Slow())
    assert taken.cpu is not None and taken.cpu_user is not None
    assert len(taken.cores) == psutil.cpu_count()
    assert taken.cpu > 30 / (psutil.cpu_count() or 1)
    assert taken.cpu_user == pytest.approx(theirs.user, abs=5)
    assert taken.cpu == pytest.approx(100 - theirs.idle - theirs.iowait, abs=5)


def test_counters_agree_with_psutil(tmp_path: Path) -> None:
    counters = Counters(Tree(), Kernel())
    (tmp_path / "written").write_bytes(b"x" * 1_000_000)
    before, disks, links = counters.read(), psutil.disk_io_counters(perdisk=True), psutil.net_io_counters(pernic=True)
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    now = counters.read()
    counters.close()
    assert before.disks
    for name, disk in before.disks.items():
        assert disk.read <= disks[name].read_bytes <= now.disks[name].read
        assert disk.written <= disks[name].write_bytes <= now.disks[name].written
        assert disk.busy <= disks[name].busy_time <= now.disks[name].busy
    for name, link in before.links.items():
        assert link.rx <= links[name].bytes_recv <= now.links[name].rx
    assert now.memory.total == memory.total
    assert now.memory.available == pytest.approx(memory.available, rel=0.05)
    assert (now.memory.swap_total, now.memory.swap_free) == (swap.total, swap.free)
    assert now.load is not None
    assert now.load == pytest.approx(psutil.getloadavg(), abs=0.5)


async def test_the_status_is_this_hosts() -> None:
    status = await LinuxSystem().status()
    assert (status.hostname, status.kernel, status.architecture) == (socket.gethostname(), os.uname().release, os.uname().machine)
    assert status.cpus == psutil.cpu_count()
    assert status.boot_time is not None
    assert status.boot_time / 1e6 == pytest.approx(psutil.boot_time(), abs=2)
    assert status.clock in (ClockState.SYNCHRONISED, ClockState.UNSYNCHRONISED, ClockState.UNKNOWN)
    theirs = {(name, row.address) for name, rows in psutil.net_if_addrs().items() for row in rows if row.family == socket.AF_INET}
    assert {(row.link, row.address) for row in status.addresses if "." in row.address} <= theirs


async def test_the_root_is_as_full_as_psutil_says() -> None:
    async with aclosing(LinuxSystem().samples()) as stream:
        event = await anext(stream)
    assert isinstance(event, events.Samples)
    (row,) = event.rows
    if row.root_path is None:
        pytest.skip("the root of this host is on no local file system")
    usage = psutil.disk_usage(row.root_path)
    assert row.root_total == usage.total
    assert row.root_use == pytest.approx(usage.percent, abs=1)
    assert isinstance(row, Sample)


def test_status_needs_no_library_but_msgspec() -> None:
    """A one-shot pays for what it imports."""
    code = (
        "import asyncio, json, sys; from services.system.linux import make; asyncio.run(make().status());"
        "json.dump(sorted(sys.modules), sys.stdout)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=True
    )
    loaded = set(json.loads(done.stdout))
    assert not loaded & {"psutil", "pyroute2", "dbus_fast", "textual", "rich", "services.system.sampler", "services.system.ring"}
    assert "services.system.facts" in loaded


MOUNTING = """
import asyncio, subprocess, sys
from services.system.filling import Filling
from services.core.kernel import Kernel
from services.core.tree import Tree

async def main():
    filling = Filling(Tree(), Kernel())
    filling.open()
    await filling.wait(); await filling.round()
    before = set(filling.usages)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", sys.argv[1]], check=True)
    async with asyncio.timeout(5):
        while sys.argv[1] not in filling.usages:
            await filling.wait(); await filling.round()
    assert sys.argv[1] not in before and filling.usages[sys.argv[1]].total == 1 << 20
    subprocess.run(["mount", "-o", "remount,ro", sys.argv[1]], check=True)
    async with asyncio.timeout(5):
        while not any(mount.point == sys.argv[1] and mount.readonly for mount in filling.mounts):
            await filling.wait(); await filling.round()
    assert sys.argv[1] in filling.written
    waiting = asyncio.create_task(filling.wait())
    done, _ = await asyncio.wait([waiting], timeout=0.5)
    assert not done, "a reader woke without an event"
    waiting.cancel()
    await asyncio.wait([waiting])
    await filling.close()

asyncio.run(main())
"""


async def test_a_mount_is_noticed_at_once(tmp_path: Path) -> None:
    command = ["unshare", "-Urm", "--propagation", "private", "--", sys.executable, "-c", MOUNTING, str(tmp_path)]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE)
    _, problems = await process.communicate()
    if b"unshare:" in problems:
        pytest.skip(f"no mount namespace of its own may be made here: {problems.decode()}")
    assert process.returncode == 0, problems.decode()
