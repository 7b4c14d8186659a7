"""What is kept of the past, and how two readings become a sample."""

from typing import Any

import msgspec
import pytest

from services.core.kernel import Usage
from services.system.fake import sample as faked
from services.system.rates import LONGEST_STEP, Reading, Slow, sample, shares
from services.system.readings import CpuTimes, DiskCounters, LinkCounters, Memory
from services.system.ring import MINUTES, SECONDS, Ring, mean
from sutra_client.gen.system import LinkRate, Sample

SECOND = 1_000_000


def at(second: int, **changes: Any) -> Sample:
    return msgspec.structs.replace(faked(second), boottime=second * SECOND, time=second * SECOND, **changes)


def filled(seconds: int, limit: int = 4 << 20) -> Ring:
    ring = Ring(limit)
    for second in range(seconds):
        ring.add(at(second))
    return ring


def test_an_hour_of_seconds_comes_after_minutes_oldest_first() -> None:
    rows = filled(2 * 3600).since(0)
    times = [row.boottime // SECOND for row in rows]
    assert times == sorted(set(times))
    assert times[-SECONDS:] == list(range(3600, 7200))
    assert times[:3] == [59, 119, 179]
    assert len(times) == SECONDS + 60


def test_only_what_is_asked_for_comes() -> None:
    rows = filled(300).since(290 * SECOND)
    assert [row.boottime // SECOND for row in rows] == list(range(290, 300))


def test_what_comes_out_is_what_went_in() -> None:
    ring = Ring()
    ring.add(at(1, load1=None, cores=[]))
    assert ring.since(0) == [at(1, load1=None, cores=[])]


def test_a_suspend_stays_a_gap() -> None:
    ring = Ring()
    for second in (1, 2, 90_000, 90_001):
        ring.add(at(second))
    assert [row.boottime // SECOND for row in ring.since(0)] == [1, 2, 90_000, 90_001]


def test_the_ring_never_outgrows_its_numbers_or_its_bytes() -> None:
    ring = Ring(100_000)
    devices = [LinkRate(f"veth{number}", True, 1, 1) for number in range(200)]
    for second in range(3700):
        ring.add(at(second, links=devices))
    assert ring.size <= 100_000
    assert len(ring) < SECONDS + MINUTES
    assert ring.since(0)[-1].links == devices


def test_a_minute_is_the_mean_of_what_was_measured() -> None:
    rows = [
        at(0, cpu=10.0, swap_used=0, throttled=False, temperatures=[], cores=[1.0, 3.0], links=[LinkRate("eth0", False, 0, None)]),
        at(1, cpu=None, swap_used=5, throttled=True, cores=[3.0, 5.0], links=[LinkRate("eth0", True, 10, 4), LinkRate("usb0")]),
        at(2, cpu=20.0, swap_used=10, throttled=None, cores=[2.0, 4.0], links=[LinkRate("eth0", True, 20, 6)]),
    ]
    minute = mean(rows)
    assert (minute.boottime, minute.time) == (2 * SECOND, 2 * SECOND)
    assert (minute.cpu, minute.swap_used, minute.throttled) == (15.0, 5, True)
    assert minute.cores == [2.0, 4.0]
    assert minute.links == [LinkRate("eth0", True, 10, 5)]
    assert minute.temperatures == rows[1].temperatures
    assert minute.root_path == "/"


def reading(boottime: int, **changes: Any) -> Reading:
    plain = Reading(
        boottime,
        boottime,
        CpuTimes(100, 0, 50, 800, 50, 0, 0, 0),
        {0: CpuTimes(100, 0, 50, 800, 50, 0, 0, 0)},
        None,
        Memory(1000, 400, 300, 0, 0),
        None,
        None,
        None,
        {"sda": DiskCounters(1000, 2000, 10)},
        {"eth0": LinkCounters(500, 100)},
    )
    return plain._replace(**changes) if changes else plain


def test_counters_become_rates_and_shares() -> None:
    later = reading(
        2 * SECOND,
        cpu=CpuTimes(140, 0, 60, 930, 70, 0, 0, 0),
        cores={0: CpuTimes(150, 0, 50, 850, 50, 0, 0, 0), 1: CpuTimes(1, 0, 0, 0, 0, 0, 0, 0)},
        disks={"sda": DiskCounters(3000, 2000, 1010), "sdb": DiskCounters(9, 9, 9)},
        links={"eth0": LinkCounters(1500, 300)},
    )
    taken = sample(reading(0), later, Slow(up={"eth0": True}))
    assert (taken.cpu, taken.cpu_user, taken.cpu_system, taken.cpu_iowait) == (25.0, 20.0, 5.0, 10.0)
    assert taken.cores == [50.0, 0.0]
    assert (taken.disk_read, taken.disk_write, taken.disk_busy) == (1000, 0, 50.0)
    assert taken.disks[1].read is None
    assert (taken.network_rx, taken.network_tx) == (500, 100)
    assert taken.links == [LinkRate("eth0", True, 500, 100)]
    assert (taken.memory_used, taken.swap_total) == (600, 0)


@pytest.mark.parametrize("before", [None, reading(0), reading(3 * LONGEST_STEP)], ids=["first", "suspended", "clock went back"])
def test_without_a_baseline_there_are_no_rates(before: Reading | None) -> None:
    taken = sample(before, reading(2 * LONGEST_STEP), Slow())
    assert (taken.cpu, taken.cores, taken.disk_read, taken.network_rx, taken.disk_busy) == (None, [], None, None, None)
    assert [disk.name for disk in taken.disks] == ["sda"]
    assert taken.memory_total == 1000


def test_a_counter_that_went_back_is_no_rate() -> None:
    later = reading(SECOND, disks={"sda": DiskCounters(0, 0, 0)}, links={"eth0": LinkCounters(0, 200)})
    taken = sample(reading(0), later, Slow())
    assert (taken.disk_read, taken.disk_busy, taken.network_rx, taken.network_tx) == (None, None, None, 100)


def test_an_idle_tick_that_steps_back_is_none() -> None:
    before, now = CpuTimes(100, 0, 0, 800, 50, 0, 0, 0), CpuTimes(110, 0, 0, 890, 49, 0, 0, 0)
    found = shares(before, now)
    assert found is not None and (found.busy, found.iowait) == (10.0, 0.0)
    assert shares(now, now) is None


def test_the_fill_of_the_root_is_what_df_shows() -> None:
    taken = sample(None, reading(0), Slow(root=("/var", Usage(1000, 450, 450, 0, 0))))
    assert (taken.root_path, taken.root_total, taken.root_used, taken.root_use) == ("/var", 1000, 450, 50.0)
