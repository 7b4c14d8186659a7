"""What block devices did: /proc/diskstats, and the difference of two readings of it."""

import time
from collections.abc import Mapping
from typing import NamedTuple

from services.core.tree import Tree, shown
from services.disks.blocks import SECTOR
from sutra_client.gen.disks import Activity, Sample


class Count(NamedTuple):
    """Of one device since it came."""

    reads: int
    read: int
    """Sectors."""
    writes: int
    written: int
    busy: int
    """Milliseconds with a request in flight."""


class Counts(NamedTuple):
    """Of all devices at one moment."""

    boottime: int
    """Microseconds."""
    devices: Mapping[str, Count]


def read_counts(tree: Tree) -> Counts:
    """Devices that never did anything are left out."""
    now = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000
    return Counts(now, parse_diskstats(tree.read(f"{tree.proc}/diskstats", "what disks do") or b""))


def parse_diskstats(text: bytes) -> dict[str, Count]:
    """Documentation/admin-guide/iostats.rst."""
    found: dict[str, Count] = {}
    for line in text.split(b"\n"):
        columns = line.split()
        if len(columns) < 14 or not all(column.isdigit() for column in columns[3:14]):
            continue
        number = [int(column) for column in columns[3:14]]
        if any(number):
            found[shown(columns[2])] = Count(number[0], number[2], number[4], number[6], number[9])
    return found


def sample(before: Counts, now: Counts) -> Sample:
    """Nil for a device without a baseline, or one that counts anew."""
    seconds = (now.boottime - before.boottime) / 1e6
    rows = []
    for name, count in now.devices.items():
        old = before.devices.get(name)
        if old is None or seconds <= 0 or any(new < past for new, past in zip(count, old, strict=True)):
            rows.append(Activity(name))
            continue
        reads, read, writes, written, busy = ((new - past) / seconds for new, past in zip(count, old, strict=True))
        rows.append(Activity(name, round(read * SECTOR), round(written * SECTOR), min(100.0, busy / 10), reads, writes))
    return Sample(now.boottime, time.time_ns() // 1000, rows)
