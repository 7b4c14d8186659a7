"""The overview in words: what the screen and line mode say about a host. Plain functions; strings from the host stay raw here."""

import time
from collections.abc import Sequence

from sutra_client.gen.core import Finding, Severity
from sutra_client.gen.system import Sample, Status
from sutra_client.glyphs import Glyphs
from sutra_client.text import NIL, amount, moment, scaled, span

BAD = (Severity.ERROR, Severity.CRITICAL)


def health(findings: Sequence[Finding] | None, glyphs: Glyphs) -> tuple[str, str, str]:
    """(glyph, words, tone): how the host is. None is not known yet."""
    if findings is None:
        return "-", "health not known", "dim"
    count = sum(finding.severity != Severity.INFO for finding in findings)
    if not count:
        return glyphs.ok, "healthy", "ok"
    bad = any(finding.severity in BAD for finding in findings)
    needs = "1 needs attention" if count == 1 else f"{count} need attention"
    return (glyphs.failed if bad else glyphs.attention), needs, "error" if bad else "warning"


def known(findings: Sequence[Finding] | None) -> str:
    """How the host was when its service was last heard of."""
    count = sum(finding.severity != Severity.INFO for finding in findings or ())
    return f"stale, {count} known" if count else "stale"


def uptime(boottime: int | None) -> str:
    """In the largest unit: it changes rarely enough to be looked at."""
    return f"up {span(boottime)}" if boottime is not None else ""


def clock(now: float) -> str:
    """Local wall time, minutes only."""
    return time.strftime("%H:%M", time.localtime(now))


def processor(sample: Sample, glyphs: Glyphs) -> str:
    words = [_share(sample.cpu)]
    if sample.load1 is not None:
        words.append("load " + " ".join(f"{load:.2f}" for load in (sample.load1, sample.load5, sample.load15) if load is not None))
    if sample.temperatures:
        words.append(f"{max(sensor.value for sensor in sample.temperatures):3.0f} {glyphs.degree}C")
    if sample.fans:
        words.append(f"fan {max(fan.speed for fan in sample.fans)} rpm")
    if sample.throttled:
        words.append("throttled")
    return "  ".join(words)


def memory(sample: Sample) -> str:
    words = [_share(used_memory(sample)), f"{_bytes(sample.memory_used)} of {_bytes(sample.memory_total)}"]
    if sample.swap_total:
        words.append(f"swap {_bytes(sample.swap_used)} of {_bytes(sample.swap_total)}")
    elif sample.swap_total == 0:
        words.append("no swap")
    if sample.pressure_memory is not None:
        words.append(f"pressure {sample.pressure_memory:.0f} %" if sample.pressure_memory >= 1 else "pressure none")
    return "  ".join(words)


def network(sample: Sample, status: Status | None, glyphs: Glyphs) -> str:
    """Rates, the first address, and what is down. The arrows' words are in the help."""
    words = [f"{_bytes(sample.network_rx):>5}{glyphs.down}{_bytes(sample.network_tx):>6}{glyphs.up}"]
    if status and status.addresses:
        first = next((address for address in status.addresses if ":" not in address.address), status.addresses[0])
        words.append(f"{first.link} {first.address}/{first.prefix}")
    down = [link.name for link in sample.links if link.up is False]
    if down:
        words.append(" ".join(down[:2]) + (f" +{len(down) - 2}" if len(down) > 2 else "") + " down")
    return "  ".join(words)


def used_memory(sample: Sample) -> float | None:
    """Percent."""
    return 100 * sample.memory_used / sample.memory_total if sample.memory_used is not None and sample.memory_total else None


def network_rate(sample: Sample) -> float | None:
    """Both ways together, B/s."""
    return None if sample.network_rx is None or sample.network_tx is None else sample.network_rx + sample.network_tx


def disk_rate(sample: Sample) -> float | None:
    """Read and written together, B/s."""
    return None if sample.disk_read is None or sample.disk_write is None else sample.disk_read + sample.disk_write


def disk(sample: Sample) -> str:
    words = [f"{_bytes(disk_rate(sample)):>5}/s"]
    if sample.root_use is not None:
        words.append(f"{sample.root_path or '/'} {sample.root_use:.0f} % of {_bytes(sample.root_total)}")
    if sample.disk_busy is not None:
        words.append(f"busy {sample.disk_busy:.0f} %")
    return "  ".join(words)


def machine(status: Status) -> list[str]:
    """What the host is made of, in two lines; what is not known is left out of a sentence that lists facts."""
    first = [
        status.board or status.virtualisation or "",
        status.architecture,
        f"Linux {status.kernel}",
        f"PID 1 {status.init_name or status.init}",
    ]
    second = [f"{status.cpus} cpus", f"family {status.kind}", f"clock {status.clock}", status.timezone or ""]
    if status.board and status.virtualisation:
        second.append(f"inside {status.virtualisation}")
    return ["  ".join(word for word in first if word), "  ".join(word for word in second if word)]


def severity_glyph(severity: str, glyphs: Glyphs) -> str:
    if severity in BAD:
        return glyphs.failed
    return glyphs.attention if severity == Severity.WARNING else glyphs.off


def urgency(finding: Finding) -> tuple[bool, float, str]:
    """What findings are sorted by, the worst highest, and of these the one that lasts longest."""
    severity = list(Severity).index(finding.severity) if finding.severity in list(Severity) else 0
    return (False, severity - (finding.since or 0) / 1e18, finding.id)


def tone(finding: Finding) -> str:
    """The tone that repeats the glyph."""
    if finding.severity in BAD:
        return "error"
    return "warning" if finding.severity == Severity.WARNING else ""


def detail(finding: Finding, now: float | None = None) -> list[str]:
    """The whole of a finding: what was seen and since when, and what to do."""
    since = f" since {moment(finding.since, now)}" if finding.since is not None else ""
    lines = [f"{finding.object}: {finding.severity}{since}: {finding.evidence}", finding.next]
    return [*lines, f"same as  {finding.command}"] if finding.command else lines


def _share(percent: float | None) -> str:
    return f"{percent:4.0f} %" if percent is not None else f"{NIL:>4} %"


def _bytes(value: float | None) -> str:
    if value is None:
        return NIL
    return scaled(value) if value >= 1024 else amount(value, "B")
