"""Parsers of /proc texts: bytes in, numbers out, no I/O. What a line does not hold is None or left out, never 0.

Formats: proc(5), Documentation/admin-guide/iostats.rst and Documentation/accounting/psi.rst of the kernel.
"""

from typing import NamedTuple

SECTOR = 512
"""Bytes of a sector in /proc/diskstats, whatever the disk's own."""
_CPU_FIELDS = 8


class CpuTimes(NamedTuple):
    """Ticks since boot; guest time is within user and nice."""

    user: int
    nice: int
    system: int
    idle: int
    iowait: int
    irq: int
    softirq: int
    steal: int


class Memory(NamedTuple):
    """Bytes."""

    total: int | None
    available: int | None
    cached: int | None
    swap_total: int | None
    swap_free: int | None

    @property
    def used(self) -> int | None:
        """Total less available, never below 0."""
        return _less(self.total, self.available)

    @property
    def swap_used(self) -> int | None:
        return _less(self.swap_total, self.swap_free)


def _less(whole: int | None, part: int | None) -> int | None:
    return max(0, whole - part) if whole is not None and part is not None else None


class Stall(NamedTuple):
    """Percent of the last 10 and 60 s in which some task waited."""

    ten: float
    sixty: float


class DiskCounters(NamedTuple):
    """Since the disk appeared: bytes, and milliseconds with a request in flight."""

    read: int
    written: int
    busy: int


class LinkCounters(NamedTuple):
    """Bytes since the link appeared."""

    rx: int
    tx: int


def parse_stat(text: bytes) -> tuple[CpuTimes | None, dict[int, CpuTimes]]:
    """All processors together, and each one that is online by its number."""
    whole: CpuTimes | None = None
    cores: dict[int, CpuTimes] = {}
    for line in text.split(b"\n"):
        if not line.startswith(b"cpu"):
            if whole is not None:
                break
            continue
        name, *values = line.split()
        times = _cpu_times(values)
        if times is None:
            continue
        if name == b"cpu":
            whole = times
        elif name[3:].isdigit():
            cores[int(name[3:])] = times
    return whole, cores


def _cpu_times(values: list[bytes]) -> CpuTimes | None:
    """Kernels before 2.6.11 end earlier than steal: what is missing did not exist, so it is 0 ticks."""
    try:
        ticks = [int(value) for value in values[:_CPU_FIELDS]]
    except ValueError:
        return None
    if len(ticks) < 4:
        return None
    return CpuTimes(*(ticks + [0] * (_CPU_FIELDS - len(ticks))))


def parse_meminfo(text: bytes) -> Memory:
    """`available` of a kernel before 3.14 is reckoned as free plus cached, as free(1) did."""
    found: dict[bytes, int] = {}
    for line in text.split(b"\n"):
        name, colon, rest = line.partition(b":")
        value = rest.split()
        if colon and value and value[0].isdigit():
            found[name] = int(value[0]) * (1024 if value[1:] == [b"kB"] else 1)
    parts = [found[name] for name in (b"Cached", b"Buffers", b"SReclaimable") if name in found]
    cached = sum(parts) if b"Cached" in found else None
    available = found.get(b"MemAvailable")
    if available is None and cached is not None and b"MemFree" in found:
        available = found[b"MemFree"] + cached
    return Memory(found.get(b"MemTotal"), available, cached, found.get(b"SwapTotal"), found.get(b"SwapFree"))


def parse_loadavg(text: bytes) -> tuple[float, float, float] | None:
    """Over 1, 5 and 15 minutes."""
    try:
        one, five, fifteen = (float(word) for word in text.split()[:3])
    except ValueError:
        return None
    return one, five, fifteen


def parse_pressure(text: bytes) -> Stall | None:
    """The `some` line."""
    for line in text.split(b"\n"):
        if line.startswith(b"some "):
            pairs = dict(word.split(b"=", 1) for word in line.split()[1:] if b"=" in word)
            try:
                return Stall(float(pairs[b"avg10"]), float(pairs[b"avg60"]))
            except (KeyError, ValueError):
                return None
    return None


def parse_diskstats(text: bytes) -> dict[str, DiskCounters]:
    """Every block device, partitions too, by its kernel name."""
    disks: dict[str, DiskCounters] = {}
    for line in text.split(b"\n"):
        words = line.split()
        if len(words) < 13:
            continue
        try:
            counters = DiskCounters(int(words[5]) * SECTOR, int(words[9]) * SECTOR, int(words[12]))
        except ValueError:
            continue
        disks[words[2].decode("utf-8", "backslashreplace")] = counters
    return disks


def parse_net_dev(text: bytes) -> dict[str, LinkCounters]:
    """Every link by its name; a name may hold anything but white space, colons too."""
    links: dict[str, LinkCounters] = {}
    for line in text.split(b"\n"):
        name, colon, rest = line.rpartition(b":")
        words = rest.split()
        if not colon or len(words) < 9:
            continue
        try:
            counters = LinkCounters(int(words[0]), int(words[8]))
        except ValueError:
            continue
        links[name.strip().decode("utf-8", "backslashreplace")] = counters
    return links


def parse_oom_kills(vmstat: bytes) -> int | None:
    """Processes killed for want of memory since boot; kernels before 4.13 do not count them."""
    for line in vmstat.split(b"\n"):
        if line.startswith(b"oom_kill "):
            value = line[9:].strip()
            return int(value) if value.isdigit() else None
    return None
