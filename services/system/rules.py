"""When the host needs attention. Each rule is a pure function of the moment before and now; see findings.View."""

from collections.abc import Iterator

from services.core.mounts import LOCAL
from services.system.findings import View
from sutra_client.gen.core import Finding, Severity
from sutra_client.gen.system import ClockState, Temperature

FULL, VERY_FULL = 90.0, 97.0
"""Percent of a file system's bytes or inodes."""
RELEASE = 2.0
"""Percent or degrees by which a value must fall below its limit before the finding goes."""
NEAR = 5.0
"""Degrees below the critical temperature that count as high where the chip names no high one."""
SCARCE = 5.0
"""Percent of memory that is available."""
STALLED = 10.0
"""Percent of a minute in which some task waited for memory."""
SWAPPED = 80.0
"""Percent of swap in use."""
DAY = 86_400.0


def heat(before: View | None, now: View) -> Iterator[Finding]:
    """Sensors at their chip's own limits; one without limits is never judged."""
    for sensor in now.sample.temperatures if now.sample else ():
        name = f"{sensor.name} {sensor.label}".strip()
        identity = f"temperature:{name}"
        limit = _high(sensor)
        held = RELEASE if identity in now.active else 0.0
        if sensor.critical is not None and sensor.value >= sensor.critical:
            severity, edge = Severity.CRITICAL, f"critical at {sensor.critical:.0f}"
        elif limit is not None and sensor.value >= limit - held:
            severity, edge = Severity.WARNING, f"high from {limit:.0f}"
        else:
            continue
        evidence = f"{sensor.value:.0f} degC, {edge} degC"
        yield Finding(identity, severity, name, evidence, "Improve the cooling or lessen the load.", "avyctl system metrics")


def _high(sensor: Temperature) -> float | None:
    """Some chips call 0 what they do not know."""
    if sensor.high is not None and sensor.high > 0:
        return sensor.high
    return sensor.critical - NEAR if sensor.critical is not None and sensor.critical > NEAR else None


def power(before: View | None, now: View) -> Iterator[Finding]:
    """Throttling, and a supply voltage that is too low."""
    if now.sample is not None and now.sample.throttled:
        text = "the processor is slowed down because of heat or power"
        yield Finding("throttled", Severity.WARNING, "cpu", text, "Improve the cooling or the power supply.", "avyctl system metrics")
    if now.sample is not None and now.sample.undervoltage:
        text = "the supply voltage is too low"
        advice = "Use a stronger power supply or a shorter cable; data on disks is at risk."
        yield Finding("undervoltage", Severity.ERROR, "power", text, advice, "")


def memory(before: View | None, now: View) -> Iterator[Finding]:
    """Little left, tasks that wait for it, or swap nearly used up while memory is short."""
    sample = now.sample
    if sample is None or not sample.memory_total or sample.memory_available is None:
        return
    share = 100.0 * sample.memory_available / sample.memory_total
    waits = now.memory_stall or 0.0
    held = RELEASE if "memory" in now.active else 0.0
    if share < SCARCE + held or waits >= STALLED - held:
        evidence = f"{share:.0f} % available" + (f", tasks waited {waits:.0f} % of the last minute" if now.memory_stall is not None else "")
        severity = Severity.ERROR if share < SCARCE and waits >= STALLED else Severity.WARNING
        yield Finding("memory", severity, "memory", evidence, "Stop what uses most, or add memory or swap.", "")
    if not sample.swap_total or sample.swap_used is None:
        return
    used = 100.0 * sample.swap_used / sample.swap_total
    if used >= SWAPPED - (RELEASE if "swap" in now.active else 0.0) and (waits >= 1.0 or share < 2 * SCARCE):
        evidence = f"{used:.0f} % of swap used, {share:.0f} % of memory available"
        yield Finding("swap", Severity.WARNING, "swap", evidence, "Stop what uses most memory, or add swap.", "")


def kills(before: View | None, now: View) -> Iterator[Finding]:
    """The kernel killed processes for want of memory within the last hour."""
    if now.kills is None or not now.kills.seen:
        return
    minutes = (now.boottime - now.kills.last) // 60_000_000
    count = "1 process" if now.kills.seen == 1 else f"{now.kills.seen} processes"
    when = f"{minutes} min ago" if minutes else "just now"
    evidence = f"the kernel killed {count} for want of memory, last {when}"
    yield Finding("oom", Severity.ERROR, "memory", evidence, "See the kernel's log for which; limit or stop what grows.", "")


def filling(before: View | None, now: View) -> Iterator[Finding]:
    """Bytes that are nearly used up, or will be within a day at the observed rate."""
    for point, usage in now.usages.items():
        identity = f"full:{point}"
        held = RELEASE if identity in now.active else 0.0
        left = now.left.get(point)
        soon = left is not None and left < DAY and usage.share >= 80.0
        if usage.share < FULL - held and not soon:
            continue
        evidence = f"{int(usage.share)} % full" + (
            f", full in about {_span(left)} at this rate" if left is not None and left < 30 * DAY else ""
        )
        severity = Severity.ERROR if usage.share >= VERY_FULL else Severity.WARNING
        yield Finding(identity, severity, point, evidence, "Remove or move what is not needed.", "")


def inodes(before: View | None, now: View) -> Iterator[Finding]:
    """Inodes: the file system is full for new files though bytes are left."""
    for point, usage in now.usages.items():
        if not usage.inodes:
            continue
        identity = f"inodes:{point}"
        used = 100.0 * (usage.inodes - usage.inodes_free) / usage.inodes
        if used < FULL - (RELEASE if identity in now.active else 0.0):
            continue
        severity = Severity.ERROR if used >= VERY_FULL else Severity.WARNING
        yield Finding(identity, severity, point, f"{int(used)} % of its inodes used", "Remove small files that are not needed.", "")


def readonly(before: View | None, now: View) -> Iterator[Finding]:
    """File systems that should be writable and are not: they were seen writable, or /etc/fstab wants them so."""
    for mount in now.mounts:
        if mount.kind not in LOCAL or not (mount.frozen or mount.readonly):
            continue
        if mount.point in now.written:
            why = "became read-only while it was in use" + (", as it is set to on an error" if mount.remounts else "")
        elif mount.frozen and mount.point in now.declared and mount.source.startswith("/dev/"):
            why = "read-only, though /etc/fstab wants it writable"
        else:
            continue
        advice = "Look for errors of its disk in the kernel's log, check the file system, then remount it."
        yield Finding(f"readonly:{mount.point}", Severity.ERROR, mount.point, why, advice, "")


def clock(before: View | None, now: View) -> Iterator[Finding]:
    """Wall time that is wrong or may be."""
    if now.clock == ClockState.UNSET:
        text = "was never set: it shows a time before the system was built"
        advice = "Set the time, or give the host a time server; certificates and logs are wrong until then."
        yield Finding("clock", Severity.ERROR, "clock", text, advice, "avyctl system status")
    elif now.clock == ClockState.UNSYNCHRONISED:
        advice = "Start a time service, or check that it reaches its servers."
        yield Finding("clock", Severity.WARNING, "clock", "not synchronised", advice, "avyctl system status")


def load(before: View | None, now: View) -> Iterator[Finding]:
    """More work than processors, now and over the last quarter of an hour."""
    sample = now.sample
    if sample is None or sample.load1 is None or sample.load5 is None or sample.load15 is None:
        return
    if min(sample.load1, sample.load5, sample.load15) <= now.cpus:
        return
    evidence = f"load {sample.load1:.1f} {sample.load5:.1f} {sample.load15:.1f} on {now.cpus} processor{'s' if now.cpus > 1 else ''}"
    yield Finding("load", Severity.WARNING, "cpu", evidence, "See which processes run or wait for disks.", "")


def watched(view: View, identity: str) -> bool:
    """Whether the finding's object could be judged at that moment: only then its absence says that it began later."""
    rule, _, name = identity.partition(":")
    match rule:
        case "full" | "inodes":
            return name in view.usages
        case "readonly":
            return any(mount.point == name for mount in view.mounts)
        case "clock":
            return view.clock != ClockState.UNKNOWN
        case "oom":
            return view.kills is not None
    if view.sample is None or (rule == "throttled" and view.sample.throttled is None):
        return False
    if rule == "temperature":
        return any(f"{sensor.name} {sensor.label}".strip() == name for sensor in view.sample.temperatures)
    return True


def _span(seconds: float) -> str:
    """A duration in its one fitting unit."""
    if seconds < 5400:
        return f"{max(1, round(seconds / 60))} min"
    return f"{round(seconds / 3600)} h" if seconds < 2 * DAY else f"{round(seconds / DAY)} d"


RULES = (heat, power, memory, kills, filling, inodes, readonly, clock, load)
