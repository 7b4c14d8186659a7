"""The /proc files of each second, kept open and read in place: opening them anew would cost as much as reading them."""

import os

from services.core.kernel import Kernel
from services.core.tree import Tree
from services.system.rates import Reading
from services.system.readings import (
    DiskCounters,
    LinkCounters,
    parse_diskstats,
    parse_loadavg,
    parse_meminfo,
    parse_net_dev,
    parse_pressure,
    parse_stat,
)

_CHUNK = 1 << 16
# A /proc file of many records is handed out a page at a time; a shorter answer was the whole.
_PAGE = 3072
RESCAN = 60_000_000
"""Microseconds after which disks and links are looked at again: a name may have passed to another device."""


class Open:
    """One /proc file; opened at the first read, and again after a failure."""

    def __init__(self, tree: Tree, path: str, wanted: str = "") -> None:
        self._tree = tree
        self._path = path
        self._wanted = wanted
        self._fd = -1

    def read(self) -> bytes:
        """Empty when it cannot be read; the tree then knows why."""
        try:
            if self._fd < 0:
                self._fd = os.open(self._tree.at(self._path), os.O_RDONLY | os.O_CLOEXEC)
                self._tree.problems.pop(self._path, None)
            data = chunk = os.pread(self._fd, _CHUNK, 0)
            while len(chunk) >= _PAGE:
                chunk = os.pread(self._fd, _CHUNK, len(data))
                data += chunk
        except OSError as error:
            self._tree.failed(self._path, self._wanted, error)
            self.close()
            return b""
        return data

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class Counters:
    """Takes Readings."""

    def __init__(self, tree: Tree, kernel: Kernel) -> None:
        self._tree = tree
        self._kernel = kernel
        self._stat = Open(tree, f"{tree.proc}/stat", "processor time")
        self._meminfo = Open(tree, f"{tree.proc}/meminfo", "memory")
        self._loadavg = Open(tree, f"{tree.proc}/loadavg", "load")
        self._diskstats = Open(tree, f"{tree.proc}/diskstats", "disk activity")
        # Below self: on a host where /proc/net is a link, an open through it follows the thread, not the process.
        self._net_dev = Open(tree, f"{tree.proc}/self/net/dev", "network traffic")
        self._pressure = [Open(tree, f"{tree.proc}/pressure/{name}") for name in ("cpu", "memory", "io")]
        self._devices = Devices(tree)
        self._scanned = 0

    def read(self) -> Reading:
        boottime = self._kernel.boottime()
        if boottime - self._scanned >= RESCAN:
            self._devices = Devices(self._tree)
            self._scanned = boottime
        whole, cores = parse_stat(self._stat.read())
        cpu, memory, io = (parse_pressure(source.read()) for source in self._pressure)
        return Reading(
            boottime,
            self._kernel.wall(),
            whole,
            cores,
            parse_loadavg(self._loadavg.read()),
            parse_meminfo(self._meminfo.read()),
            cpu,
            memory,
            io,
            self._devices.disks(parse_diskstats(self._diskstats.read())),
            self._devices.links(parse_net_dev(self._net_dev.read())),
        )

    def close(self) -> None:
        for source in (self._stat, self._meminfo, self._loadavg, self._diskstats, self._net_dev, *self._pressure):
            source.close()


class Devices:
    """Which disks and links are real, by whether /sys shows a device behind them; each is looked up once."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._disks: dict[str, bool] = {}
        self._links: dict[str, bool] = {}

    def disks(self, found: dict[str, DiskCounters]) -> dict[str, DiskCounters]:
        """Whole disks; an eMMC's boot and replay-protected areas are no disks of their own."""
        return {name: counters for name, counters in found.items() if self._is_disk(name)}

    def links(self, found: dict[str, LinkCounters]) -> dict[str, LinkCounters]:
        """Where none has a device, as in a container, all but loopback."""
        real = {name: counters for name, counters in found.items() if self._is_link(name)}
        return real or {name: counters for name, counters in found.items() if name != "lo"}

    def _is_disk(self, name: str) -> bool:
        known = self._disks.get(name)
        if known is None:
            area = name.startswith("mmcblk") and ("boot" in name or "rpmb" in name)
            known = self._disks[name] = not area and self._tree.exists(f"{self._tree.sys}/block/{name}/device")
        return known

    def _is_link(self, name: str) -> bool:
        known = self._links.get(name)
        if known is None:
            known = self._links[name] = self._tree.exists(f"{self._tree.sys}/class/net/{name}/device")
        return known
