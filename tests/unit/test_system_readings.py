"""The texts of /proc, of old and new kernels, and what is no such text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.system import readings
from services.system.facts import parse_ranges
from services.system.readings import CpuTimes, DiskCounters, LinkCounters, Memory, Stall

STAT_6_12 = b"""cpu  10132153 290696 3084719 46828483 16683 0 25195 175628 0 0
cpu0 1393280 32966 572056 13343292 6130 0 17875 23933 0 0
cpu3 1335498 28222 614536 13419352 3210 0 2112 50010 0 0
intr 1462898 0 9 0 0
ctxt 115315
btime 1751234567
"""
STAT_2_6_9 = b"cpu  100 20 30 4000\ncpu0 100 20 30 4000\nctxt 1\n"
MEMINFO_PI = b"""MemTotal:        3879728 kB
MemFree:          198820 kB
MemAvailable:    2405432 kB
Buffers:          104324 kB
Cached:          2034552 kB
SwapCached:            0 kB
SwapTotal:        102396 kB
SwapFree:          90108 kB
SReclaimable:      90000 kB
HugePages_Total:       0
"""
DISKSTATS_4_18 = b"""   7       0 loop0 51 0 2246 30 0 0 0 0 0 52 30 0 0 0 0
 179       0 mmcblk0 25223 9363 3421258 22909 4785 26409 1642408 3111 0 4364 26295 4728 53 55544 259
 179       1 mmcblk0p1 10 0 80 5 0 0 0 0 0 5 5
"""
NET_DEV = b"""Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    3193      29    0    0    0     0          0         0     3193      29    0    0    0     0       0          0
  eth0:328772086   11052    0    0    0     0          0         0   744583    7000    0    0    0     0       0          0
eth0:1: 7 1 0 0 0 0 0 0 9 1 0 0 0 0 0 0
"""


def test_processor_times_are_told_apart_by_kind_and_core() -> None:
    whole, cores = readings.parse_stat(STAT_6_12)
    assert whole == CpuTimes(10132153, 290696, 3084719, 46828483, 16683, 0, 25195, 175628)
    assert list(cores) == [0, 3]
    assert cores[3].steal == 50010


def test_a_kernel_that_knows_no_steal_is_read_too() -> None:
    whole, cores = readings.parse_stat(STAT_2_6_9)
    assert whole == CpuTimes(100, 20, 30, 4000, 0, 0, 0, 0)
    assert cores == {0: whole}


def test_memory_is_in_bytes() -> None:
    memory = readings.parse_meminfo(MEMINFO_PI)
    assert memory == Memory(3879728 * 1024, 2405432 * 1024, (2034552 + 104324 + 90000) * 1024, 102396 * 1024, 90108 * 1024)


def test_available_memory_of_an_old_kernel_is_free_and_cached() -> None:
    memory = readings.parse_meminfo(b"MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 10 kB\nCached: 200 kB\n")
    assert memory.available == 310 * 1024
    assert memory.swap_total is None


def test_load_is_three_means() -> None:
    assert readings.parse_loadavg(b"0.12 0.20 0.18 1/345 12345\n") == (0.12, 0.20, 0.18)


def test_pressure_is_that_of_some_tasks() -> None:
    text = b"some avg10=1.50 avg60=0.75 avg300=0.11 total=2598975\nfull avg10=9.00 avg60=9.00 avg300=9.00 total=1\n"
    assert readings.parse_pressure(text) == Stall(1.5, 0.75)


def test_disks_are_read_in_bytes_whatever_the_number_of_columns() -> None:
    disks = readings.parse_diskstats(DISKSTATS_4_18)
    assert disks["mmcblk0"] == DiskCounters(3421258 * 512, 1642408 * 512, 4364)
    assert set(disks) == {"loop0", "mmcblk0", "mmcblk0p1"}


def test_a_link_name_may_hold_a_colon_and_touch_its_numbers() -> None:
    assert readings.parse_net_dev(NET_DEV) == {
        "lo": LinkCounters(3193, 3193),
        "eth0": LinkCounters(328772086, 744583),
        "eth0:1": LinkCounters(7, 9),
    }


def test_a_link_name_that_is_no_utf8_is_still_valid_text() -> None:
    (name,) = readings.parse_net_dev(b"  et\xff: 1 0 0 0 0 0 0 0 2 0 0 0 0 0 0 0\n")
    assert name == "et\\xff"


def test_killed_processes_are_counted_where_the_kernel_does() -> None:
    assert readings.parse_oom_kills(b"pgfault 1\noom_kill 3\ndrop_pagecache 0\n") == 3
    assert readings.parse_oom_kills(b"pgfault 1\n") is None


@pytest.mark.parametrize(("text", "count"), [("0-3", 4), ("0,2-3,7", 4), ("0", 1), ("", 0), ("3-", 0), ("a-b", 0), ("0-3\n4", 0)])
def test_a_list_of_processors_is_counted(text: str, count: int) -> None:
    assert parse_ranges(text) == count


@given(
    st.binary(max_size=300)
    | st.sampled_from([STAT_6_12, MEMINFO_PI, DISKSTATS_4_18, NET_DEV]).flatmap(
        lambda text: st.builds(
            lambda start, end, middle: text[:start] + middle + text[end:],
            st.integers(0, len(text)),
            st.integers(0, len(text)),
            st.binary(max_size=20),
        )
    )
)
def test_garbage_is_never_an_exception(text: bytes) -> None:
    readings.parse_stat(text)
    readings.parse_meminfo(text)
    readings.parse_loadavg(text)
    readings.parse_pressure(text)
    readings.parse_oom_kills(text)
    for name in [*readings.parse_diskstats(text), *readings.parse_net_dev(text)]:
        name.encode()


def test_an_empty_text_is_unknown_and_not_zero() -> None:
    assert readings.parse_stat(b"") == (None, {})
    assert readings.parse_meminfo(b"") == Memory(None, None, None, None, None)
    assert readings.parse_loadavg(b"") is None
    assert readings.parse_pressure(b"") is None
    assert readings.parse_oom_kills(b"") is None
