"""When processes need attention. Each rule is a function of one reading and of how long things have been so; see Entry."""

from collections.abc import Callable, Iterable, Iterator

from services.core.tree import Tree, shown
from services.processes.entry import BUSY, Entry
from services.processes.scan import Scan
from sutra_client.gen.core import Finding, Severity
from sutra_client.gen.processes import State
from sutra_client.text import scaled, span

STUCK = 30_000_000
"""Microseconds in the kernel, without a tick of processor time, that count as stuck."""
PILE = 20
"""Zombies of one parent."""
FORGOTTEN = 600_000_000
"""Microseconds after which a single zombie counts."""
LONG = 600_000_000
"""Microseconds of a busy processor."""
MOST = 0.5
"""Share of the host's memory."""
WAITED = 1.0
"""Percent of the last minute in which some task waited for memory."""


def judge(tree: Tree, scan: Scan) -> dict[str, Finding]:
    """The present findings by id; their `since` is when this was first seen, not when it began."""
    entries = scan.entries.values()
    found = [*blocked(entries, scan), *zombies(scan.entries, scan), *busy(entries, scan), *memory(entries, scan, lambda: short(tree))]
    return {finding.id: finding for finding in found}


def called(entry: Entry) -> str:
    """A process as findings name it."""
    return f"{shown(entry.stat.name)} ({entry.pid})"


def show(pid: int) -> str:
    """The one-shot that tells more."""
    return f"avyctl processes show {pid}"


def blocked(entries: Iterable[Entry], scan: Scan) -> Iterator[Finding]:
    """Programs that wait in the kernel and cannot be woken; its own threads may do so by design."""
    for entry in entries:
        took = scan.taken - entry.still
        if entry.stat.state != State.BLOCKED or entry.stat.kernel or took < STUCK:
            continue
        evidence = f"waits in the kernel for {span(took)} and cannot be woken, not even to end"
        advice = "Look for the disk or network file system that it waits for; it goes on when that answers."
        yield Finding(
            f"blocked:{_id(entry)}", Severity.WARNING, called(entry), evidence, advice, show(entry.pid), _since(scan, entry.still)
        )


def zombies(entries: dict[int, Entry], scan: Scan) -> Iterator[Finding]:
    """By parent: ending a zombie is its parent's business alone."""
    children: dict[int, list[Entry]] = {}
    for entry in entries.values():
        if entry.stat.state == State.ZOMBIE:
            children.setdefault(entry.stat.ppid, []).append(entry)
    for ppid, dead in children.items():
        first = min(entry.still for entry in dead)
        parent = entries.get(ppid)
        if parent is None or (len(dead) < PILE and scan.taken - first < FORGOTTEN):
            continue
        some = "1 process" if len(dead) == 1 else f"{len(dead)} processes"
        evidence = f"{some} that it began ended, and it takes no note of them for {span(scan.taken - first)}"
        advice = "Restart it: its zombies then go to process 1, which clears them away."
        severity = Severity.WARNING if len(dead) >= PILE else Severity.INFO
        yield Finding(f"zombies:{_id(parent)}", severity, called(parent), evidence, advice, show(ppid), _since(scan, first))


def busy(entries: Iterable[Entry], scan: Scan) -> Iterator[Finding]:
    """At work, which may be right: it is told, not complained of."""
    for entry in entries:
        since, ticks = entry.busy
        took = scan.taken - since
        worked = scan.facts.micro(entry.stat.ticks - ticks)
        if took < LONG or worked < BUSY * took:
            continue
        evidence = f"used {100 * worked / took:.0f} % of a processor over the last {span(took)}"
        advice = "See whether it is meant to work that much."
        yield Finding(f"busy:{_id(entry)}", Severity.INFO, called(entry), evidence, advice, show(entry.pid), _since(scan, since))


def memory(entries: Iterable[Entry], scan: Scan, ask: Callable[[], tuple[int, float] | None]) -> Iterator[Finding]:
    """One process holds most of memory while others wait for it; `ask` tells total bytes and percent waited, None where unknown."""
    largest = max(entries, key=lambda entry: entry.stat.pages, default=None)
    known = ask() if largest is not None else None
    if largest is None or known is None:
        return
    total, waited = known
    size = largest.stat.pages * scan.facts.page
    if size <= MOST * total or waited < WAITED:
        return
    evidence = f"holds {scaled(size)} of {scaled(total)}, and tasks waited for memory {waited:.0f} % of the last minute"
    advice = "Limit or restart it, or add memory."
    yield Finding(f"memory:{_id(largest)}", Severity.WARNING, called(largest), evidence, advice, show(largest.pid))


def short(tree: Tree) -> tuple[int, float] | None:
    """Bytes of memory, and the share of the last minute in which some task waited for it; None where the kernel does not account it."""
    total = (tree.read(f"{tree.proc}/meminfo") or b"").partition(b"MemTotal:")[2].split(None, 1)
    waited = (tree.read(f"{tree.proc}/pressure/memory") or b"").partition(b"avg60=")[2].split(None, 1)
    try:
        return int(total[0]) * 1024, float(waited[0])
    except (IndexError, ValueError):
        return None


def _id(entry: Entry) -> str:
    return f"{entry.pid}:{entry.stat.started}"


def _since(scan: Scan, boottime: int) -> int | None:
    return scan.facts.boot + boottime if scan.facts.boot is not None else None
