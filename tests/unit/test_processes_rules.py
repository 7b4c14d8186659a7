"""When processes need attention, and when they do not."""

from pathlib import Path

import pytest

from processes_planted import Host, line
from services.core.tree import Tree
from services.processes.rules import judge, memory
from sutra_client.gen.core import Finding, Severity


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def found(host: Host) -> dict[str, Finding]:
    return judge(Tree(str(host.root)), host.scan)


def test_a_program_that_waits_in_the_kernel_for_half_a_minute_is_told(host: Host) -> None:
    host.put(7, line(7, b"rsync", state="D"), b"rsync\0")
    host.put(8, line(8, b"jbd2", state="D", flags=0x00200000))
    host.read()
    since = host.now
    host.read(29)
    assert found(host) == {}
    host.read(2)
    [finding] = found(host).values()
    assert (finding.id, finding.severity, finding.object) == ("blocked:7:500", Severity.WARNING, "rsync (7)")
    assert finding.since == 10**15 + since and "31s" in finding.evidence and finding.command == "avyctl processes show 7"


def test_a_program_that_got_something_done_meanwhile_is_not_stuck(host: Host) -> None:
    host.put(7, line(7, state="D"), b"a\0")
    host.read()
    for ticks in range(1, 5):
        host.put(7, line(7, state="D", ticks=ticks))
        host.read(20)
    assert found(host) == {}


def test_zombies_that_pile_up_are_told_with_their_parent(host: Host) -> None:
    host.put(50, line(50, b"forker"), b"forker\0")
    for pid in range(100, 119):
        host.put(pid, line(pid, b"sh", state="Z", ppid=50))
    host.read()
    assert found(host) == {}
    host.put(119, line(119, b"sh", state="Z", ppid=50))
    host.read()
    [finding] = found(host).values()
    assert finding.id == "zombies:50:500" and finding.object == "forker (50)" and "20 processes" in finding.evidence


def test_one_zombie_is_told_when_it_is_forgotten(host: Host) -> None:
    host.put(50, line(50, b"forker"), b"forker\0")
    host.put(100, line(100, b"sh", state="Z", ppid=50))
    host.read()
    host.read(599)
    assert found(host) == {}
    host.read(2)
    [finding] = found(host).values()
    assert finding.severity == Severity.INFO and finding.evidence.startswith("1 process that")


def test_a_processor_busy_for_ten_minutes_is_told_until_it_rests(host: Host) -> None:
    hertz = host.scan.facts.hertz
    host.put(7, line(7), b"a\0")
    host.read()
    for minute in range(1, 12):
        host.put(7, line(7, ticks=minute * 58 * hertz))
        host.read(60)
    [finding] = found(host).values()
    assert finding.id == "busy:7:500" and finding.severity == Severity.INFO and "97 %" in finding.evidence
    host.read(120)
    assert found(host) == {}


def test_a_process_that_works_now_and_then_is_not_busy(host: Host) -> None:
    hertz = host.scan.facts.hertz
    host.put(7, line(7), b"a\0")
    host.read()
    for minute in range(1, 16):
        host.put(7, line(7, ticks=minute * 40 * hertz))
        host.read(60)
    assert found(host) == {}


@pytest.mark.parametrize(("known", "told"), [((100_000, 5.0), 1), ((100_000, 0.5), 0), ((1 << 30, 50.0), 0), (None, 0)])
def test_most_of_memory_in_one_process_counts_while_others_wait_for_it(host: Host, known: tuple[int, float] | None, told: int) -> None:
    host.put(7, line(7, pages=20), b"a\0")
    host.read()
    assert len(list(memory(host.scan.entries.values(), host.scan, lambda: known))) == told


def test_memory_and_waiting_are_what_the_kernel_says(host: Host) -> None:
    host.put(7, line(7, pages=1000), b"a\0")
    (host.root / "proc/meminfo").write_text("MemTotal:       4096 kB\n")
    host.read()
    assert found(host) == {}
    (host.root / "proc/pressure").mkdir()
    (host.root / "proc/pressure/memory").write_text("some avg10=0.00 avg60=12.50 avg300=0.00 total=0\n")
    [finding] = found(host).values()
    assert finding.id == "memory:7:500" and "12 %" in finding.evidence
