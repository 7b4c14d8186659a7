"""The status of planted hosts: what they tell, and in words what they do not."""

import errno
import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from planted import NOW, PlantedKernel, age, plant
from services.core import addresses
from services.core.kernel import Discipline
from services.core.tree import Tree
from services.system.clock import timezone
from services.system.linux import LinuxSystem
from sutra_client.gen.system import Address, ClockState, HostSystem, InitSystem, Pressure

PI: dict[str, str | bytes] = {
    "/proc/stat": "cpu  1 1 1 1\n",
    "/proc/1/comm": "systemd\n",
    "/proc/meminfo": "MemTotal: 4000 kB\nMemAvailable: 3000 kB\nSwapTotal: 100 kB\nSwapFree: 40 kB\n",
    "/proc/loadavg": "0.12 0.20 0.18 1/345 12345\n",
    "/proc/sys/kernel/hostname": "rpi-0042\n",
    "/proc/sys/kernel/osrelease": "6.12.40\n",
    "/proc/sys/kernel/random/boot_id": "6d0c1c2a-52d1-4a9e-9d0f-2b6c8a3f4e51\n",
    "/proc/pressure/cpu": "some avg10=1.50 avg60=0.75 avg300=0.11 total=2598975\n",
    "/proc/pressure/memory": "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
    "/sys/devices/system/cpu/online": "0-2\n",
    "/sys/class/net/eth0/operstate": "up\n",
    "/sys/class/net/wlan0/operstate": "down\n",
    "/etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n',
    "/etc/localtime": "-> ../usr/share/zoneinfo/Europe/Berlin",
    "/run/systemd/sessions/1": "USER=ann\n",
}


def planted(root: Path, **more: str | bytes) -> tuple[LinuxSystem, PlantedKernel]:
    kernel = PlantedKernel()
    system = LinuxSystem(plant(root, {**PI, **more}), kernel)
    age(root, "/etc/os-release", NOW - 86_400)
    return system, kernel


async def test_a_board_tells_what_it_is(tmp_path: Path) -> None:
    system, kernel = planted(tmp_path)
    kernel.found = [
        Address("lo", "127.0.0.1", 8),
        Address("eth0", "192.168.7.42", 24),
        Address("eth0", "fe80::1", 64),
        Address("wlan0", "10.1.1.1", 8),
    ]
    status = await system.status()
    assert (status.hostname, status.os, status.os_version, status.kernel) == ("rpi-0042", "Debian GNU/Linux 12 (bookworm)", "12", "6.12.40")
    assert (status.kind, status.init, status.init_name, status.cpus) == (HostSystem.LINUX, InitSystem.SYSTEMD, "systemd", 3)
    assert (status.memory_total, status.memory_available, status.swap_used) == (4_096_000, 3_072_000, 61_440)
    assert (status.load1, status.load5, status.load15, status.users) == (0.12, 0.20, 0.18, 1)
    assert (status.clock, status.clock_error, status.timezone) == (ClockState.SYNCHRONISED, 5_000, "Europe/Berlin")
    assert (status.uptime, status.boot_time) == (kernel.now, kernel.wall_now - kernel.now)
    assert status.pressure == Pressure(1.5, 0.0, None)
    assert status.addresses == [Address("eth0", "192.168.7.42", 24)]
    assert status.unseen == []


async def test_a_bare_tree_is_unknown_and_never_zero(tmp_path: Path) -> None:
    kernel = PlantedKernel()
    kernel.quality = None
    status = await LinuxSystem(str(tmp_path), kernel).status()
    assert (status.hostname, status.os, status.cpus, status.clock) == ("planted", "Linux", 4, ClockState.UNKNOWN)
    unknown = (status.memory_total, status.load1, status.users, status.board, status.pressure, status.boot_id, status.os_source)
    assert set(unknown) == {None}
    assert status.unseen == [
        "Load is unknown: /proc/loadavg is absent.",
        "Memory is unknown: /proc/meminfo is absent.",
        "Process 1 is unknown: /proc/1/comm is absent.",
        "The boot id is unknown: /proc/sys/kernel/random/boot_id is absent.",
    ]


async def test_names_that_are_no_utf8_are_still_text(tmp_path: Path) -> None:
    system, _ = planted(tmp_path, **{"/proc/sys/kernel/hostname": b"b\xfcro\n", "/etc/os-release": b"PRETTY_NAME=\xff\x1b[2J\n"})
    status = await system.status()
    assert status.hostname == "b\\xfcro"
    assert status.os == "\\xff\x1b[2J"


async def test_garbage_and_folders_in_the_place_of_files_are_unknown(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    files = dict.fromkeys(("/proc/meminfo", "/proc/loadavg", "/sys/devices/system/cpu/online"), b"\0\xff\xfe garbage \n" * 99)
    system, _ = planted(tmp_path, **files, **{"/run/utmp": f"-> {tmp_path}/fifo", "/proc/device-tree/model/x": ""})
    status = await system.status()
    assert (status.memory_total, status.load1, status.cpus, status.board) == (None, None, 4, None)
    assert any("/proc/device-tree/model cannot be read (Is a directory)" in sentence for sentence in status.unseen)


async def test_what_is_denied_is_told_apart_from_what_is_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: Callable[..., int] = os.open

    def guarded(path: str, flags: int, *more: int) -> int:
        if str(path).endswith(("/proc/1/comm", "boot_id")):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return opened(path, flags, *more)

    system, _ = planted(tmp_path)
    monkeypatch.setattr(os, "open", guarded)
    status = await system.status()
    assert (status.init_name, status.boot_id) == (None, None)
    assert status.unseen == [
        "Process 1 is unknown: /proc/1/comm may not be read by this user.",
        "The boot id is unknown: /proc/sys/kernel/random/boot_id may not be read by this user.",
    ]
    monkeypatch.undo()
    assert (await system.status()).unseen == []


async def test_a_sandbox_without_netlink_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> list[Address]:
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")

    system, kernel = planted(tmp_path)
    monkeypatch.setattr(kernel, "addresses", refused)
    status = await system.status()
    assert status.addresses == []
    assert status.unseen == ["Addresses are unknown: netlink does not answer (Address family not supported by protocol)."]


@pytest.mark.parametrize(
    ("wall", "built", "quality", "state"),
    [
        (NOW, 0, Discipline(True, 1), ClockState.SYNCHRONISED),
        (NOW, 0, Discipline(False, None), ClockState.UNSYNCHRONISED),
        (NOW, 0, None, ClockState.UNKNOWN),
        (40, 0, Discipline(True, 1), ClockState.UNSET),
        (NOW - 200_000, NOW, Discipline(True, 1), ClockState.UNSET),
        (NOW - 40_000, NOW, Discipline(True, 1), ClockState.SYNCHRONISED),
    ],
    ids=["synchronised", "unsynchronised", "sandboxed", "1970", "before the build", "within a day of the build"],
)
async def test_the_clock_is_trusted_only_with_reason(
    wall: int, built: int, quality: Discipline | None, state: ClockState, tmp_path: Path
) -> None:
    system, kernel = planted(tmp_path)
    age(tmp_path, "/etc/os-release", built)
    kernel.wall_now, kernel.quality = wall * 1_000_000, quality
    assert (await system.status()).clock == state


def test_the_zone_is_where_local_time_is_set(tmp_path: Path) -> None:
    assert timezone(Tree(str(tmp_path))) == "UTC"
    assert timezone(Tree(plant(tmp_path / "a", {"/etc/timezone": "Asia/Kolkata\n"}))) == "Asia/Kolkata"
    assert timezone(Tree(plant(tmp_path / "b", {"/etc/localtime": b"TZif2"}))) is None


def message(kind: int, body: bytes) -> bytes:
    return struct.pack("=IHHII", 16 + len(body), kind, 2, 1, 0) + body + bytes(-len(body) % 4)


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def test_addresses_are_read_from_netlinks_own_bytes() -> None:
    v4 = (
        struct.pack("=BBBBI", 2, 24, 0, 0, 2)
        + attribute(1, bytes((10, 0, 0, 9)))
        + attribute(2, bytes((192, 168, 7, 42)))
        + attribute(3, b"eth0\0")
    )
    v6 = struct.pack("=BBBBI", 10, 64, 0, 0, 2) + attribute(1, bytes.fromhex("20010db8000000000000000000000042"))
    found: list[tuple[int, str, int]] = []
    assert not addresses.parse_dump(message(20, v4) + message(20, v6), found)
    assert addresses.parse_dump(message(3, bytes(4)), found)
    assert found == [(2, "192.168.7.42", 24), (2, "2001:db8::42", 64)]


@pytest.mark.parametrize(
    "datagram", [b"\1\0", bytes(64), message(20, b""), message(20, bytes(8) + b"\2\0\1\0"), message(20, bytes(12))[:20]]
)
def test_broken_netlink_messages_are_passed_over(datagram: bytes) -> None:
    found: list[tuple[int, str, int]] = []
    addresses.parse_dump(datagram, found)
    assert found == []


def test_the_kernels_refusal_is_an_error() -> None:
    with pytest.raises(PermissionError):
        addresses.parse_dump(message(2, struct.pack("=i", -errno.EPERM) + bytes(16)), [])
