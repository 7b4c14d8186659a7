"""Disks of planted hosts, and hosts where something is absent, denied, hung or garbage."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planted import plant
from services.core.probing import choose
from services.core.tree import Tree
from services.disks import activity, notices
from services.disks import mounts as mountinfo
from services.disks.asking import Asking
from services.disks.blocks import read_blocks
from services.disks.linux import LinuxDisks
from services.disks.probe import Probing
from services.disks.rules import Judge, View
from services.disks.state import Answers, State, device_rows, read_swaps
from sutra_client import errors, events
from sutra_client.errors import SutraError
from sutra_client.gen.core import Severity
from sutra_client.gen.disks import Device, Kind

PLACES = {"mmcblk0": "devices/platform/soc/mmc_host/mmc0/block/mmcblk0", "sda": "devices/pci0/ata1/host0/block/sda",
          "dm-0": "devices/virtual/block/dm-0", "md0": "devices/virtual/block/md0", "loop3": "devices/virtual/block/loop3",
          "ram0": "devices/virtual/block/ram0", "loop4": "devices/virtual/block/loop4"}  # fmt: skip
PLACES |= {"mmcblk0p1": PLACES["mmcblk0"] + "/mmcblk0p1", "mmcblk0p2": PLACES["mmcblk0"] + "/mmcblk0p2",
           "mmcblk0p10": PLACES["mmcblk0"] + "/mmcblk0p10", "sda1": PLACES["sda"] + "/sda1"}  # fmt: skip


def block(name: str, size: int, number: str, **files: str) -> dict[str, str]:
    """What sysfs has of one device; `__` in a name stands for a slash."""
    path = f"/sys/{PLACES[name]}"
    plain = {f"{path}/size": f"{size}\n", f"{path}/dev": f"{number}\n", f"{path}/ro": "0\n", f"{path}/removable": "0\n"}
    plain[f"/sys/class/block/{name}"] = f"-> ../../{PLACES[name]}"
    return plain | {f"{path}/{file.replace('__', '/')}": text for file, text in files.items()}


HOST: dict[str, str | bytes] = {
    **block("mmcblk0", 62333952, "179:0", device__life_time="0x02 0x09", device__pre_eol_info="0x01", device__name="SN128",
            queue__rotational="0"),
    **block("mmcblk0p1", 1048576, "179:1", partition="1"),
    **block("mmcblk0p2", 61236248, "179:2", partition="2"),
    **block("mmcblk0p10", 2048, "179:10", partition="10"),
    **block("sda", 1000, "8:0", device__model="Disk  \x1b[31m", device__ioerr_cnt="0x3", queue__rotational="1",
            device__hwmon__hwmon2__temp1_input="41000"),
    **block("sda1", 900, "8:1", partition="1"),
    **block("dm-0", 800, "253:0", dm__name="secret", dm__uuid="CRYPT-LUKS2-x", slaves__sda1=""),
    **block("md0", 700, "9:0", md__degraded="1"),
    **block("loop3", 80, "7:3", loop__backing_file="/srv/a b\n"),
    **block("loop4", 0, "7:4"),
    **block("ram0", 80, "1:0"),
    "/sys/fs/ext4/mmcblk0p2/errors_count": "3\n",
    "/run/udev/data/b179:1": "S:x\nE:ID_FS_TYPE=vfat\nE:ID_FS_LABEL_ENC=Ph\\xc3\\xbcne\\x20\\x1b\nE:ID_FS_UUID=8B11-7A9C\nE:BROKEN\n",
    "/run/udev/data/b8:1": "E:ID_FS_TYPE=crypto_LUKS\n",
    "/proc/self/mountinfo": b"27 1 179:2 / / rw,relatime - ext4 /dev/mmcblk0p2 rw\n30 27 179:1 / /boot ro - vfat /dev/mmcblk0p1 rw\n"
    b"31 27 0:41 / /data rw - btrfs /dev/mapper/secret rw\nbroken\n",
    "/proc/swaps": "Filename Type Size Used Priority\n/dev/mmcblk0p10 partition 1000 250 -2\nbroken\n",
    "/proc/diskstats": " 179 0 mmcblk0 10 0 100 0 5 0 50 0 0 20 0\n",
}  # fmt: skip


async def rows_of(stream: AsyncIterator[Any]) -> dict[Any, Any]:
    async with aclosing(stream) as events_of:  # type: ignore[type-var]
        event = await asyncio.wait_for(anext(events_of), 10)
    assert isinstance(event, events.Snapshot)
    return {row.name if hasattr(row, "name") else row.id: row for row in event.rows}


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[LinuxDisks]:
    backend = LinuxDisks(plant(tmp_path, HOST))
    yield backend
    await backend.stop()


async def test_a_board_is_shown_as_a_tree(host: LinuxDisks) -> None:
    rows = await rows_of(host.devices())
    assert list(rows) == ["loop3", "md0", "mmcblk0", "mmcblk0p1", "mmcblk0p2", "mmcblk0p10", "sda", "sda1", "dm-0"]
    disk, boot, root, crypt = rows["mmcblk0"], rows["mmcblk0p1"], rows["mmcblk0p2"], rows["dm-0"]
    assert (disk.kind, disk.bus, disk.model, disk.wear, disk.healthy) == (Kind.DISK, "mmc", "SN128", 90.0, True)
    assert (boot.type, boot.label, boot.uuid, boot.parent) == ("vfat", "Phüne \x1b", "8B11-7A9C", "mmcblk0")
    assert (root.type, root.mounts, root.protected, disk.protected) == ("ext4", [b"/"], "you are here", "system")
    assert (crypt.kind, crypt.parent, crypt.mapped_name, crypt.mounts) == (Kind.CRYPT, "sda1", "secret", [b"/data"])
    assert (rows["sda"].temperature, rows["sda"].rotational, rows["sda"].bus, rows["sda"].protected) == (41.0, True, "ata", None)
    assert rows["loop3"].file == b"/srv/a b"


async def test_swap_in_use_is_the_systems(host: LinuxDisks) -> None:
    swap = (await rows_of(host.devices()))["mmcblk0p10"]
    assert (swap.type, swap.mounts, swap.use, swap.protected) == ("swap", [b"[SWAP]"], 25.0, "system")


async def test_what_is_worn_noted_or_missing_is_a_finding(host: LinuxDisks) -> None:
    found = await rows_of(host.findings())
    assert set(found) == {"worn:mmcblk0", "fs-errors:mmcblk0p2", "degraded:md0"}
    assert found["worn:mmcblk0"].severity == Severity.WARNING and "90 %" in found["worn:mmcblk0"].evidence


async def test_a_planted_hosts_file_systems_are_never_asked(host: LinuxDisks) -> None:
    mounts = await rows_of(host.mounts())
    assert all(mount.size is None and not mount.hung for mount in mounts.values())
    assert (mounts[30].read_only, mounts[30].options) == (True, "ro")


def test_a_host_without_sysfs_has_no_disks_to_show(tmp_path: Path) -> None:
    with pytest.raises(SutraError) as refused:
        choose("dev.avyctl.disks", "0", ("services.disks.linux",), str(tmp_path))
    assert refused.value.code == errors.UNSUPPORTED and "/sys/class/block is absent" in refused.value.message


async def test_what_may_not_be_read_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: str) -> bytes:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("services.disks.probe.read_head", denied)
    monkeypatch.setattr(notices, "UEVENTS", 99)  # no such netlink protocol
    backend = LinuxDisks()
    async with aclosing(backend.devices()) as stream:
        await anext(stream)
        assert any("kernel's events cannot be had" in sentence for sentence in backend.unseen)
        assert any("may not be read by this user" in sentence for sentence in backend.unseen)
    await backend.stop()


async def test_a_device_that_hangs_costs_only_its_content(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    released = threading.Event()

    def hangs(path: str) -> bytes:
        released.wait(20)
        return b""

    monkeypatch.setattr("services.disks.probe.read_head", hangs)
    monkeypatch.setattr("services.disks.probe.DEADLINE", 0.05)
    probing = Probing(Tree())
    found = await probing.fill(read_blocks(Tree(plant(tmp_path, HOST))))
    assert [device.content.type for device in found if device.name == "mmcblk0p1"] == ["vfat"]
    assert probing.unseen and all("does not answer" in sentence for sentence in probing.unseen)
    released.set()
    await probing.stop()


WORKERS = {
    "garbage": "import sys\nfor line in sys.stdin: print('\\x00 what', flush=True)",
    "ended": "",
    "silent": "import sys\nfor line in sys.stdin: pass",
    "refusing": "import sys\nfor line in sys.stdin: print('E 13', flush=True)",
}


@pytest.mark.parametrize(
    ("worker", "said", "hung"),
    [("garbage", "made no sense", False), ("ended", "made no sense", False), ("silent", "did not answer", True),
     ("refusing", "Permission denied", False)],
)  # fmt: skip
async def test_a_worker_that_fails_is_replaced_and_its_mount_says_why(worker: str, said: str, hung: bool) -> None:
    asking = Asking([sys.executable, "-IS", "-c", WORKERS[worker]], deadline=3.0 if worker != "silent" else 0.2)
    rung: list[None] = []
    await asking.ask({b"/a": 1, b"/b": 2}, True, lambda: rung.append(None))
    assert all(said in asking.problems[path] for path in (b"/a", b"/b")) and not asking.known
    assert set(asking.hung) == ({b"/a", b"/b"} if hung else set())
    assert rung
    await asking.ask({b"/b": 2}, True, lambda: None)
    assert set(asking.problems) == {b"/b"}
    await asking.stop()


async def test_a_worker_that_cannot_be_started_is_said() -> None:
    asking = Asking(["/nonexistent/python"])
    await asking.ask({b"/": 1}, True, lambda: None)
    assert "could not be started" in asking.problems[b"/"]
    await asking.stop()


@given(st.binary(max_size=300))
def test_garbage_in_procfs_is_never_an_exception(text: bytes) -> None:
    for mount in mountinfo.parse(text + b"\n9 9 9:9 / " + text + b" rw - x y rw\n"):
        mount.source.encode()
    activity.parse_diskstats(text + b"\n 1 1 x " + text)


async def test_garbage_in_sysfs_leaves_rows_out(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        **block("sda", 1000, "8:0", device__life_time="what 0xzz", device__ioerr_cnt="\xff"),
        "/sys/class/block/sdb/size": b"\xff\xfe",
        "/sys/class/block/sdc/size": "-5\n",
        "/run/udev/data/b8:0": b"E:ID_FS_LABEL_ENC=\\xzz\\xff\xff\nE:=\nE:ID_FS_TYPE=\n",
        "/proc/self/mountinfo": b"\0\xff",
        "/proc/swaps": b"\xff",
    }
    backend = LinuxDisks(plant(tmp_path, files))
    rows = await rows_of(backend.devices())
    assert list(rows) == ["sda"] and rows["sda"].wear is None and rows["sda"].type is None
    assert rows["sda"].label.encode()
    assert read_swaps(Tree(str(tmp_path))) == ()
    await backend.stop()


def test_requests_count_as_failed_only_while_watched(tmp_path: Path) -> None:
    [disk] = [device for device in read_blocks(Tree(plant(tmp_path, HOST))) if device.name == "sda"]
    judge = Judge()
    first = judge.rows(View((disk,), (), judge.watch([disk])), 5)
    worse = disk._replace(io_errors=7)
    later = judge.rows(View((worse,), (), judge.watch([worse])), 6)
    assert not first
    assert later["io-errors:sda"].evidence == "4 requests failed" and later["io-errors:sda"].since == 6


def test_rates_need_a_baseline() -> None:
    before = activity.Counts(0, {"sda": activity.Count(1, 2, 3, 4, 500)})
    now = activity.Counts(1_000_000, {"sda": activity.Count(2, 4, 3, 8, 750), "sdb": activity.Count(1, 1, 1, 1, 1)})
    sda, sdb = activity.sample(before, now).devices
    assert (sda.read, sda.write, sda.busy, sda.reads) == (1024, 2048, 25.0, 1.0)
    assert (sdb.read, sdb.busy) == (None, None)


def test_no_answer_is_no_figure() -> None:
    assert device_rows(State((), (), ()), Answers({}, {}, [])) == {}
    assert Device("x", Kind.DISK, 1, "1:1", False, False).use is None
