"""The disks service against the kernel: tmpfs, loop devices and a FUSE mount that never answers, in mount namespaces of the tests' own."""

import asyncio
import fcntl
import json
import os
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from namespaces import mount, own_mounts, unmount
from services.disks.asking import Asking
from services.disks.linux import LinuxDisks
from sutra_client import events
from sutra_client.gen.disks import Kind

pytestmark = pytest.mark.needs("root")
LOOP_SET_FD, LOOP_CLR_FD, LOOP_CTL_GET_FREE = 0x4C00, 0x4C01, 0x4C82
ODD = b"a b\tc\nd\\e\xff\xe2\x80\xae"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[bytes]:
    """A folder whose mounts only this test sees."""
    with own_mounts():
        yield os.fsencode(tmp_path)


@pytest.fixture
async def disks(place: bytes) -> AsyncIterator[LinuxDisks]:
    backend = LinuxDisks(asking=Asking(deadline=0.3))
    yield backend
    await backend.stop()


class Seen:
    """The rows of a table stream as a reader has them."""

    def __init__(self, stream: Any, key: Callable[[Any], Any]) -> None:
        self._stream = stream
        self._key = key
        self._rows: dict[Any, Any] = {}

    async def until(self, holds: Callable[[dict[Any, Any]], bool]) -> dict[Any, Any]:
        """By what the test calls them."""
        async with asyncio.timeout(10):
            while not self._rows or not holds({self._key(row): row for row in self._rows.values()}):
                match await anext(self._stream):
                    case events.Snapshot(rows=rows):
                        self._rows = {self._wire(row): row for row in rows}
                    case events.Changed(rows=rows):
                        self._rows |= {self._wire(row): row for row in rows}
                    case events.Removed(keys=keys):
                        for key in keys:
                            del self._rows[key]
        return {self._key(row): row for row in self._rows.values()}

    def _wire(self, row: Any) -> tuple[Any]:
        return (row.id,) if hasattr(row, "id") else (row.name,)


def run(*words: str) -> bytes:
    return subprocess.run(words, capture_output=True, check=True).stdout


class Loop:
    """A loop device of the test's own on a file, detached at the end."""

    def __init__(self, file: Path) -> None:
        with open("/dev/loop-control", "rb") as control, open(file, "r+b") as backing:
            self.name = f"loop{fcntl.ioctl(control, LOOP_CTL_GET_FREE)}"
            self._device = open(f"/dev/{self.name}", "r+b", buffering=0)
            fcntl.ioctl(self._device, LOOP_SET_FD, backing.fileno())

    def close(self) -> None:
        fcntl.ioctl(self._device, LOOP_CLR_FD, 0)
        self._device.close()


async def test_a_mount_appears_with_its_size_and_vanishes(place: bytes, disks: LinuxDisks) -> None:
    target = place + b"/" + ODD
    os.mkdir(target)
    async with aclosing(disks.mounts()) as stream:
        seen = Seen(stream, lambda row: row.target)
        assert target not in await seen.until(lambda rows: True)
        mount(b"here", target, b"tmpfs", 0, b"size=64k")
        rows = await seen.until(lambda rows: target in rows and rows[target].size is not None)
        row = rows[target]
        assert (row.type, row.source, row.size, row.used, row.read_only, row.hung) == ("tmpfs", "here", 65536, 0, False, False)
        mount(b"here", target, b"tmpfs", 0x21, b"size=64k")  # MS_REMOUNT | MS_RDONLY
        await seen.until(lambda rows: rows[target].read_only)
        unmount(target)
        await seen.until(lambda rows: target not in rows)


async def test_a_mount_over_another_has_figures_of_its_own(place: bytes, disks: LinuxDisks) -> None:
    target = place + b"/twice"
    os.mkdir(target)
    mount(b"below", target, b"tmpfs", 0, b"size=64k")
    async with aclosing(disks.mounts()) as stream:
        seen = Seen(stream, lambda row: row.source)
        await seen.until(lambda rows: rows["below"].size == 65536)
        mount(b"above", target, b"tmpfs", 0, b"size=128k")
        rows = await seen.until(lambda rows: "above" in rows and rows["above"].size == 131072)
        assert rows["below"].size is None and rows["below"].problem == "another file system is mounted over it"
        unmount(target)
        await seen.until(lambda rows: "above" not in rows and rows["below"].size == 65536)


async def test_a_mount_that_never_answers_is_marked_and_delays_no_other(place: bytes, disks: LinuxDisks) -> None:
    dead, fine = place + b"/dead", place + b"/fine"
    os.mkdir(dead)
    os.mkdir(fine)
    fuse = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    try:
        mount(b"nobody", dead, b"fuse.silent", 0, b"fd=%d,rootmode=40000,user_id=0,group_id=0" % fuse)
        mount(b"here", fine, b"tmpfs")
        async with aclosing(disks.mounts()) as stream:
            rows = await Seen(stream, lambda row: row.target).until(lambda rows: fine in rows and rows[dead].hung)
        assert rows[dead].problem == "it did not answer within 0.3 s" and rows[dead].used is None
        assert rows[fine].size is not None and not rows[fine].hung and rows[b"/"].size is not None
        async with aclosing(disks.findings()) as stream:
            found = await Seen(stream, lambda row: row.object).until(lambda rows: os.fsdecode(dead) in rows)
        assert found[os.fsdecode(dead)].evidence == "it does not answer"
    finally:
        os.close(fuse)
        unmount(dead)


@pytest.mark.needs("mkfs.ext4")
async def test_a_loop_device_comes_with_its_file_system_and_goes(place: bytes, disks: LinuxDisks, tmp_path: Path) -> None:
    image, target = tmp_path / "image", place + b"/data"
    os.mkdir(target)
    image.write_bytes(b"")
    os.truncate(image, 4 << 20)
    run("mkfs.ext4", "-q", "-L", "lab", str(image))
    async with aclosing(disks.devices()) as stream:
        seen = Seen(stream, lambda row: row.name)
        await seen.until(lambda rows: True)
        loop = Loop(image)
        try:
            row = (await seen.until(lambda rows: loop.name in rows))[loop.name]
            assert (row.kind, row.size, row.file) == (Kind.LOOP, 4 << 20, os.fsencode(image))
            assert (row.type, row.label, row.mounts, row.protected) == ("ext4", "lab", [], None)
            mount(f"/dev/{loop.name}".encode(), target, b"ext4")
            row = (await seen.until(lambda rows: rows[loop.name].mounts == [target] and rows[loop.name].use is not None))[loop.name]
            assert row.used is not None and row.used < 4 << 20
            unmount(target)
            await seen.until(lambda rows: not rows[loop.name].mounts)
        finally:
            loop.close()
        await seen.until(lambda rows: loop.name not in rows)


@pytest.mark.needs("lsblk")
async def test_devices_agree_with_lsblk(disks: LinuxDisks) -> None:
    theirs = json.loads(run("lsblk", "-J", "-b", "-l", "-o", "NAME,MAJ:MIN,SIZE,RO,RM,MOUNTPOINTS"))["blockdevices"]
    async with aclosing(disks.devices()) as stream:
        rows = await Seen(stream, lambda row: row.name).until(lambda rows: True)
    theirs = [row for row in theirs if row["size"]]
    assert {row["name"] for row in theirs} == set(rows)
    for row in theirs:
        mine = rows[row["name"]]
        assert (mine.number, mine.size, mine.read_only, mine.removable) == (row["maj:min"], row["size"], row["ro"], row["rm"])
        assert set(mine.mounts) == {os.fsencode(point) for point in row["mountpoints"] if point}
