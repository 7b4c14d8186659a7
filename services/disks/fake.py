"""Disks that never change unless a test says so; not in the wheel."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from services.core.fake import Feed
from sutra_client import events
from sutra_client.gen.core import Finding, Severity
from sutra_client.gen.disks import Activity, Device, Kind, Mount, Sample, Status

NOW = 1_790_000_000_000_000
UPTIME = 12 * 86_400_000_000
G = 1 << 30
DEVICES = [
    Device("mmcblk0", Kind.DISK, 31_914_983_424, "179:0", False, False, protected="system", read=0, write=215_040, bus="mmc", model="SN128",
           rotational=False, wear=12.0, healthy=True),
    Device("mmcblk0p1", Kind.PARTITION, 536_870_912, "179:1", False, False, "mmcblk0", "vfat", "ESP", 96_636_764, 18.0, [b"/boot"],
           "system", 0, 0, uuid="8B11-7A9C", parents=["mmcblk0"]),
    Device("mmcblk0p2", Kind.PARTITION, 31_353_470_976, "179:2", False, False, "mmcblk0", "ext4", "root", 18_252_000_000, 61.0, [b"/"],
           "you are here", 0, 215_040, uuid="6d0c1c2a-52d1-4a9e-9d0f-2b6c8a3f4e51", parents=["mmcblk0"]),
    Device("nvme0n1", Kind.DISK, 1_000_204_886_016, "259:0", False, False, bus="nvme", model="Samsung SSD 980", serial="S64DNX0R",
           rotational=False, temperature=41.0, wear=3.0, healthy=True),
    Device("nvme0n1p1", Kind.PARTITION, 1_000_203_837_440, "259:1", False, False, "nvme0n1", "crypto_LUKS", parents=["nvme0n1"]),
    Device("sda", Kind.DISK, 15_376_318_464, "8:0", False, True, type="vfat", label="Ph\\xfcne", mounts=[b"/media/ph\xfcne"], bus="usb",
           hung=True),
]  # fmt: skip
MOUNTS = [
    Mount(b"/", "ext4", "/dev/mmcblk0p2", 27, False, False, "rw,relatime", "179:2", 29 * G, 17 * G, 11 * G, 61.0, 1_900_000, 1_500_000,
          "mmcblk0p2"),
    Mount(b"/boot", "vfat", "/dev/mmcblk0p1", 30, False, False, "rw,relatime", "179:1", 536_346_624, 96_636_764, 439_709_860, 18.0,
          device="mmcblk0p1"),
    Mount(b"/media/ph\xfcne", "vfat", "/dev/sda", 31, False, True, "rw,relatime", "8:0", device="sda",
          problem="it did not answer within 2 s"),
]  # fmt: skip
STATUS = Status(3, 1_047_496_187_904, [], 29 * G, 17 * G, 61.0)
FINDINGS = [
    Finding("hung:/media/ph\\xfcne", Severity.ERROR, "/media/ph\\xfcne", "it does not answer",
            "See whether its server or program runs; unmount it with umount -l if it is gone.", "avyctl disks mounts", NOW - 60_000_000),
]  # fmt: skip


class FakeDisks:
    """Implements the Protocol Disks. tell() reaches those who read a table stream."""

    def __init__(self, status: Status = STATUS, findings: list[Finding] = FINDINGS) -> None:
        self.unseen = status.unseen
        self.rows: dict[str, list[Any]] = {"devices": DEVICES, "mounts": MOUNTS, "findings": findings}
        """What each table begins with."""
        self._status = status
        self._feeds: dict[str, Feed[Any]] = {name: Feed() for name in self.rows}

    async def start(self, keep: bool = False) -> None:
        """Nothing to do."""

    async def stop(self) -> None:
        """Nothing to undo."""

    async def status(self) -> Status:
        return self._status

    def devices(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Device], None]:
        return self._table("devices")

    def mounts(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Mount], None]:
        return self._table("mounts")

    def findings(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Finding], None]:
        return self._table("findings")

    async def samples(self, since: int | None = None) -> AsyncGenerator[events.SamplesEvent[Sample], None]:
        """One, and then none."""
        yield events.Samples([Sample(UPTIME, NOW, [Activity(row.name, row.read, row.write, 3.0, 0.0, 12.5) for row in DEVICES[:3]])])
        await asyncio.Event().wait()

    def tell(self, table: str, event: events.TableEvent[Any]) -> None:
        """Something happens to the rows of a table."""
        self._feeds[table].send(event)

    def _table(self, name: str) -> AsyncGenerator[events.TableEvent[Any], None]:
        return self._feeds[name].follow(lambda: [events.Snapshot(self.rows[name])])
