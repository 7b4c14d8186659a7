"""What /proc tells of each process in a line: stat, status, cgroup and io (proc(5)), as bytes."""

from typing import NamedTuple

from services.core.tree import shown
from sutra_client.gen.processes import State

LETTERS = {
    b"R": State.RUNNING,
    b"S": State.SLEEPING,
    b"D": State.BLOCKED,
    b"Z": State.ZOMBIE,
    b"T": State.STOPPED,
    b"t": State.TRACED,
    b"I": State.IDLE,
    b"X": State.DEAD,
    b"x": State.DEAD,
    b"P": State.PARKED,
}
_KERNEL_THREAD = 0x00200000
"""PF_KTHREAD of linux/sched.h."""
_SERIAL = {166: ("ttyACM", 0), 188: ("ttyUSB", 0), 204: ("ttyAMA", 64), 229: ("hvc", 0)}
"""Majors of Documentation/admin-guide/devices.txt: name and the minor of the first."""


class Stat(NamedTuple):
    """One reading of /proc/PID/stat."""

    name: bytes
    state: State
    ppid: int
    tty: str | None
    kernel: bool
    ticks: int
    """Of processor time, user and system."""
    priority: int
    nice: int
    threads: int
    started: int
    virtual: int
    pages: int
    """Resident."""


def parse_stat(line: bytes) -> Stat | None:
    """None for what is no such line. A name may hold parentheses and newlines: the last `)` ends it."""
    head, closing, tail = line.rpartition(b")")
    fields = tail.split(None, 22)
    if not closing or len(fields) < 22:
        return None
    try:
        return Stat(
            head.partition(b"(")[2],
            LETTERS.get(fields[0], State.OTHER),
            int(fields[1]),
            terminal(int(fields[4])),
            bool(int(fields[6]) & _KERNEL_THREAD),
            int(fields[11]) + int(fields[12]),
            int(fields[15]),
            int(fields[16]),
            int(fields[17]),
            int(fields[19]),
            int(fields[20]),
            max(0, int(fields[21])),
        )
    except ValueError:
        return None


def terminal(device: int) -> str | None:
    """The kernel's number of a terminal as the name that people know: major in bits 8 to 19, minor in the others."""
    if device <= 0:
        return None
    major, minor = (device >> 8) & 0xFFF, (device & 0xFF) | ((device >> 12) & 0xFFF00)
    if 136 <= major <= 143:
        return f"pts/{(major - 136 << 8) + minor}"
    if major == 4:
        return f"tty{minor}" if minor < 64 else f"ttyS{minor - 64}"
    name, first = _SERIAL.get(major, ("", 0))
    return f"{name}{minor - first}" if name and minor >= first else f"{major}:{minor}"


def parse_cgroup(text: bytes) -> str | None:
    """The path in the unified hierarchy, else in systemd's; on a host that has both, the one that says more."""
    unified = named = None
    for line in text.split(b"\n"):
        number, _, rest = line.partition(b":")
        controllers, _, path = rest.partition(b":")
        if number == b"0" and not controllers:
            unified = shown(path)
        elif controllers == b"name=systemd":
            named = shown(path)
    return named if unified in (None, "/") and named else unified


def parse_keys(text: bytes) -> dict[bytes, bytes]:
    """`Name: value` lines, as of status, io and smaps_rollup."""
    pairs = (line.partition(b":") for line in text.split(b"\n"))
    return {name: value.strip() for name, colon, value in pairs if colon}


def parse_io(text: bytes) -> tuple[int, int] | None:
    """Bytes that reached or came from disks since it began."""
    found = parse_keys(text)
    try:
        return int(found[b"read_bytes"]), int(found[b"write_bytes"])
    except (KeyError, ValueError):
        return None


def kilobytes(found: dict[bytes, bytes], *names: bytes) -> int | None:
    """The sum of these `N kB` values in bytes; None where one is absent or no number."""
    total = 0
    for name in names:
        number = found.get(name, b"").removesuffix(b" kB")
        if not number.isdigit():
            return None
        total += int(number)
    return total * 1024


def arguments(text: bytes) -> list[bytes]:
    """Of /proc/PID/cmdline. A process that wrote over its arguments leaves one, padded."""
    stripped = text.rstrip(b"\0")
    if not stripped:
        return []
    # The last argument may be empty itself: only what wrote over its arguments ends in more than one NUL that counts for nothing.
    return stripped.split(b"\0") if b"\0" not in stripped else text.removesuffix(b"\0").split(b"\0")
