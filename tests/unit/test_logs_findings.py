"""What in the kernel's log needs attention, and for how long."""

import pytest

from services.logs.fake import START, FakeLogs, record
from services.logs.findings import HOUR, Board
from services.logs.query import MOST_ANSWER, MOST_MESSAGE, bounded
from streams import Reading
from sutra_client.gen.logs import Priority


class Clock:
    def __init__(self) -> None:
        self.now = START / 1e6

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("message", "identity"),
    [
        ("I/O error, dev sda, sector 2048 op 0x0:(READ) flags 0x0", "io:sda"),
        ("blk_update_request: I/O error, dev mmcblk0, sector 8", "io:mmcblk0"),
        ("Buffer I/O error on dev dm-0, logical block 3", "io:dm-0"),
        ("EXT4-fs error (device vda1): ext4_lookup:1855: inode #2: comm ls: x", "filesystem:vda1"),
        ("BTRFS error (device sdb1: state EA): bdev errs", "filesystem:sdb1"),
        ("XFS (sdc1): Metadata corruption detected at xfs_agf", "filesystem:sdc1"),
        ("Out of memory: Killed process 912 (chromium) total-vm:1kB", "oom:chromium"),
        ("Memory cgroup out of memory: Killed process 7 (a) b) total", "oom:a"),
        ("EXT4-fs (vda): mounted filesystem", None),
        ("usb 1-1: new high-speed USB device", None),
        ("", None),
    ],
)
def test_few_patterns_and_each_means_that_something_broke(message: str, identity: str | None) -> None:
    board = Board(Clock())
    board.take([record(1, message, Priority.ERR, "kernel")])
    assert [finding.id for finding in board.judge().values()] == ([identity] if identity else [])


def test_what_is_an_hour_old_is_over() -> None:
    clock = Clock()
    board = Board(clock)
    board.take([record(number, "I/O error, dev sda, sector 8", Priority.ERR, "kernel") for number in (1, 2, 600)])
    [finding] = board.judge().values()
    assert finding.evidence == "I/O errors in the kernel's log within the last hour: 3"
    assert finding.since == START + 1_000_000
    clock.now += HOUR / 1e6 + 3
    [finding] = board.judge().values()
    assert finding.evidence.endswith(": 1")
    assert board.wait() == pytest.approx(597, abs=0.1)
    clock.now += 600
    assert (board.judge(), board.wait()) == ({}, None)


async def test_an_error_that_the_kernel_writes_becomes_a_finding() -> None:
    import time

    logs = FakeLogs([])
    now = (time.time_ns() // 1000 - START) // 1_000_000
    async with Reading(logs.findings(), "id") as reading:
        assert reading.rows == {}
        logs.source.lose(3)
        logs.source.write(record(now, "I/O error, dev sda, sector 8", Priority.ERR, "kernel"))
        logs.source.write(record(now, "I/O error, dev sdz, sector 8", Priority.ERR, "liar"))
        await reading.until(lambda: bool(reading.rows))
    assert set(reading.rows) == {("io:sda",)}


def test_an_answer_never_outgrows_its_frame() -> None:
    records = [record(number, "x" * MOST_MESSAGE) for number in range(1000)]
    kept = bounded(records, 1000)
    assert kept == records[-(MOST_ANSWER // MOST_MESSAGE) :]
    assert bounded(records[:3], 0) == []
