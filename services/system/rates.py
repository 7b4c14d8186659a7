"""From two readings to one Sample: counters become shares and rates. Pure."""

from typing import NamedTuple

from msgspec.structs import replace

from services.core.kernel import Usage
from services.system.readings import CpuTimes, DiskCounters, LinkCounters, Memory, Stall
from services.system.sensors import Heat
from sutra_client.gen.system import DiskRate, LinkRate, Sample

LONGEST_STEP = 10_000_000
"""Microseconds between two readings beyond which the first is no baseline: the host was suspended, or this process was stopped."""
_HIGHEST = 1 << 63


class Reading(NamedTuple):
    """Everything that is read each second."""

    boottime: int
    time: int
    cpu: CpuTimes | None
    cores: dict[int, CpuTimes]
    load: tuple[float, float, float] | None
    memory: Memory
    pressure_cpu: Stall | None
    pressure_memory: Stall | None
    pressure_io: Stall | None
    disks: dict[str, DiskCounters]
    """Whole physical disks only."""
    links: dict[str, LinkCounters]
    """Links with hardware only."""


class Slow(NamedTuple):
    """What is read every few seconds, on a thread."""

    heat: Heat | None = None
    up: dict[str, bool | None] = {}
    """Link -> whether it is up."""
    root: tuple[str, Usage] | None = None
    """Mount point and how full."""


def sample(before: Reading | None, now: Reading, slow: Slow) -> Sample:
    """Without a baseline (`before` is None or too old) all rates are None and `cores` is empty."""
    if before is not None and not 0 < now.boottime - before.boottime <= LONGEST_STEP:
        before = None
    step = now.boottime - before.boottime if before is not None else 0
    disks = _disks(before.disks if before else {}, now.disks, step)
    links = _links(before.links if before else {}, now.links, slow.up, step)
    cpu = shares(before.cpu if before else None, now.cpu)
    return replace(
        _levels(now, slow),
        cores=_cores(before.cores if before else {}, now.cores),
        disks=disks,
        links=links,
        cpu=cpu.busy if cpu else None,
        cpu_user=cpu.user if cpu else None,
        cpu_nice=cpu.nice if cpu else None,
        cpu_system=cpu.system if cpu else None,
        cpu_iowait=cpu.iowait if cpu else None,
        cpu_irq=cpu.irq if cpu else None,
        cpu_steal=cpu.steal if cpu else None,
        disk_read=_total([disk.read for disk in disks]),
        disk_write=_total([disk.write for disk in disks]),
        disk_busy=max((disk.busy for disk in disks if disk.busy is not None), default=None),
        network_rx=_total([link.rx for link in links]),
        network_tx=_total([link.tx for link in links]),
    )


def _levels(now: Reading, slow: Slow) -> Sample:
    """What needs no baseline."""
    heat, memory, load = slow.heat, now.memory, now.load or (None, None, None)
    point, usage = slow.root or (None, None)
    return Sample(
        boottime=now.boottime,
        time=now.time,
        cores=[],
        disks=[],
        links=[],
        temperatures=heat.temperatures if heat else [],
        fans=heat.fans if heat else [],
        load1=load[0],
        load5=load[1],
        load15=load[2],
        memory_total=memory.total,
        memory_used=memory.used,
        memory_available=memory.available,
        memory_cached=memory.cached,
        swap_total=memory.swap_total,
        swap_used=memory.swap_used,
        pressure_cpu=now.pressure_cpu.ten if now.pressure_cpu else None,
        pressure_memory=now.pressure_memory.ten if now.pressure_memory else None,
        pressure_io=now.pressure_io.ten if now.pressure_io else None,
        throttled=heat.throttled if heat else None,
        undervoltage=heat.undervoltage if heat else None,
        root_total=usage.total if usage else None,
        root_used=usage.used if usage else None,
        root_use=round(usage.share, 1) if usage else None,
        root_path=point,
    )


class Shares(NamedTuple):
    """Percent of the processor time between two readings."""

    busy: float
    user: float
    nice: float
    system: float
    iowait: float
    irq: float
    steal: float


def shares(before: CpuTimes | None, now: CpuTimes | None) -> Shares | None:
    """Idle and iowait may step back by a tick or two, which counts as none."""
    if before is None or now is None:
        return None
    spent = [max(0, new - old) for old, new in zip(before, now, strict=True)]
    whole = sum(spent)
    if not whole:
        return None
    user, nice, system, idle, iowait, irq, softirq, steal = (100.0 * ticks / whole for ticks in spent)
    return Shares(*(round(share, 1) for share in (100.0 - idle - iowait, user, nice, system, iowait, irq + softirq, steal)))


def _cores(before: dict[int, CpuTimes], now: dict[int, CpuTimes]) -> list[float]:
    """A core that had no tick at all between the readings was idle; one that has just come online has no baseline and shows 0."""
    if not before:
        return []
    found = (shares(before.get(number), times) for number, times in sorted(now.items()))
    return [core.busy if core else 0.0 for core in found]


def _disks(before: dict[str, DiskCounters], now: dict[str, DiskCounters], step: int) -> list[DiskRate]:
    rates = []
    for name, counters in now.items():
        old = before.get(name)
        if old is None:
            rates.append(DiskRate(name))
            continue
        busy = counters.busy - old.busy
        share = min(100.0, round(100_000.0 * busy / step, 1)) if busy >= 0 else None
        rates.append(DiskRate(name, _rate(old.read, counters.read, step), _rate(old.written, counters.written, step), share))
    return rates


def _links(before: dict[str, LinkCounters], now: dict[str, LinkCounters], up: dict[str, bool | None], step: int) -> list[LinkRate]:
    rates = []
    for name, counters in now.items():
        old = before.get(name)
        if old is None:
            rates.append(LinkRate(name, up.get(name)))
        else:
            rates.append(LinkRate(name, up.get(name), _rate(old.rx, counters.rx, step), _rate(old.tx, counters.tx, step)))
    return rates


def _rate(before: int, now: int, step: int) -> int | None:
    """A second; None for a counter that went back: the device was replaced, or its counter is 32 bits wide and wrapped."""
    if now < before:
        return None
    rate = (now - before) * 1_000_000 // step
    return rate if rate < _HIGHEST else None


def _total(values: list[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
