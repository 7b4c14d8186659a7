"""When the host needs attention, and when no longer."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from services.core.difference import difference
from services.core.kernel import Usage
from services.core.mounts import Mount, parse_mountinfo
from services.system import rules
from services.system.fake import sample
from services.system.findings import HOUR, Board, Kills, Rule, View, follow_kills
from sutra_client import events
from sutra_client.gen.core import Finding, Severity
from sutra_client.gen.system import ClockState, Sample, Temperature

CALM = sample(0)
GIB = 1 << 30


def with_sample(**changes: Any) -> Sample:
    return msgspec.structs.replace(CALM, **changes)


def view(taken: Sample | None = CALM, **changes: Any) -> View:
    calm = View(boottime=10 * HOUR, wall=1, cpus=4, sample=taken, clock=ClockState.SYNCHRONISED)
    return calm._replace(**changes) if changes else calm


def judged(rule: Rule, now: View) -> Finding | None:
    found = list(rule(None, now))
    assert len(found) <= 1
    return found[0] if found else None


def warm(value: float, high: float | None = 80.0, critical: float | None = 100.0) -> View:
    return view(with_sample(temperatures=[Temperature("cpu-thermal", "", value, high, critical)]))


def full(share: float, left: float | None = None, **changes: Any) -> View:
    usage = Usage(100 * GIB, int(share * GIB), int((100 - share) * GIB), 1000, 900)
    return view(usages={"/var": usage}, left={} if left is None else {"/var": left}, **changes)


def mounted(options: bytes, whole: bytes, source: bytes = b"/dev/sda1") -> Mount:
    return parse_mountinfo(b"1 0 8:1 / /data " + options + b" - ext4 " + source + b" " + whole)[0]


def test_a_calm_host_has_no_findings() -> None:
    board = Board(rules.RULES, rules.watched)
    assert board.judge(view(kills=Kills(0), mounts=(mounted(b"rw", b"rw"),), usages={"/": Usage(100, 60, 40, 10, 9)})) is False
    assert board.rows == {}


def test_a_host_that_tells_nothing_has_no_findings() -> None:
    board = Board(rules.RULES, rules.watched)
    nothing = Sample(boottime=1, time=1, cores=[], disks=[], links=[], temperatures=[], fans=[])
    for taken in (None, nothing):
        board.judge(View(boottime=1, wall=1, sample=taken))
        assert board.rows == {}


@pytest.mark.parametrize(
    ("now", "severity"),
    [
        (warm(79.9), None),
        (warm(80.0), Severity.WARNING),
        (warm(100.0), Severity.CRITICAL),
        (warm(95.0, high=None), Severity.WARNING),
        (warm(94.0, high=None), None),
        (warm(95.0, high=0.0), Severity.WARNING),
        (warm(120.0, high=None, critical=None), None),
    ],
)
def test_a_temperature_is_judged_by_its_own_limits(now: View, severity: Severity | None) -> None:
    finding = judged(rules.heat, now)
    assert (finding.severity if finding else None) == severity


def test_a_temperature_at_its_limit_does_not_flap() -> None:
    board = Board((rules.heat,), rules.watched)
    seen = []
    for value in (80.0, 79.0, 78.5, 77.0, 79.0):
        board.judge(warm(value))
        seen.append(bool(board.rows))
    assert seen == [True, True, True, False, False]


def test_throttling_and_low_voltage_are_told() -> None:
    found = list(rules.power(None, view(with_sample(throttled=True, undervoltage=True))))
    assert [finding.id for finding in found] == ["throttled", "undervoltage"]
    assert list(rules.power(None, view(with_sample(throttled=None, undervoltage=None)))) == []


@pytest.mark.parametrize(
    ("available", "stall", "severity"),
    [(4 * GIB // 10, 0.0, None), (GIB // 10, None, Severity.WARNING), (2 * GIB, 12.0, Severity.WARNING), (GIB // 10, 12.0, Severity.ERROR)],
)
def test_short_memory_is_told_by_what_is_left_and_who_waits(available: int, stall: float | None, severity: Severity | None) -> None:
    finding = judged(rules.memory, view(with_sample(memory_total=4 * GIB, memory_available=available), memory_stall=stall))
    assert (finding.severity if finding else None) == severity


def test_full_swap_counts_only_while_memory_is_short() -> None:
    roomy = with_sample(memory_total=4 * GIB, memory_available=2 * GIB, swap_total=GIB, swap_used=GIB)
    assert judged(rules.memory, view(roomy)) is None
    finding = judged(rules.memory, view(roomy, memory_stall=2.0))
    assert finding is not None and finding.id == "swap"


def test_a_kill_is_told_for_an_hour_and_only_if_it_was_watched() -> None:
    followed = follow_kills(None, 7, 0)
    assert followed == Kills(7)
    assert judged(rules.kills, view(kills=followed)) is None
    followed = follow_kills(followed, 9, 10 * HOUR)
    finding = judged(rules.kills, view(kills=followed, boottime=10 * HOUR + 300_000_000))
    assert finding is not None and finding.evidence == "the kernel killed 2 processes for want of memory, last 5 min ago"
    assert follow_kills(followed, 9, 11 * HOUR) == Kills(9)
    assert follow_kills(followed, None, 11 * HOUR) is None


@pytest.mark.parametrize(
    ("now", "severity", "evidence"),
    [
        (full(89.0), None, ""),
        (full(92.0, 6 * 3600), Severity.WARNING, "92 % full, full in about 6 h at this rate"),
        (full(98.0), Severity.ERROR, "98 % full"),
        (full(82.0, 2700), Severity.WARNING, "82 % full, full in about 45 min at this rate"),
        (full(82.0, 90_000), None, ""),
        (full(50.0, 600), None, ""),
        (full(91.0, 20 * 86_400), Severity.WARNING, "91 % full, full in about 20 d at this rate"),
        (full(89.0, active=frozenset({"full:/var"})), Severity.WARNING, "89 % full"),
    ],
)
def test_a_file_system_is_told_before_it_is_full(now: View, severity: Severity | None, evidence: str) -> None:
    finding = judged(rules.filling, now)
    assert (finding.severity if finding else None) == severity
    assert (finding.evidence if finding else "") == evidence


def test_a_file_system_without_free_inodes_is_full_too() -> None:
    finding = judged(rules.inodes, view(usages={"/": Usage(100, 10, 90, 1000, 20)}))
    assert finding is not None and finding.severity == Severity.ERROR
    assert judged(rules.inodes, view(usages={"/": Usage(100, 10, 90, 0, 0)})) is None


@pytest.mark.parametrize(
    ("mount", "changes", "why"),
    [
        (mounted(b"rw", b"rw"), {"written": frozenset({"/data"})}, None),
        (
            mounted(b"ro", b"ro,errors=remount-ro"),
            {"written": frozenset({"/data"})},
            "became read-only while it was in use, as it is set to",
        ),
        (mounted(b"rw", b"ro"), {"declared": frozenset({"/data"})}, "/etc/fstab wants it writable"),
        (mounted(b"rw", b"ro", b"composefs"), {"declared": frozenset({"/data"})}, None),
        (mounted(b"ro", b"ro,errors=remount-ro"), {}, None),
    ],
    ids=["writable", "remounted", "against fstab", "image root", "meant so"],
)
def test_a_file_system_that_lost_its_writability_is_told(mount: Mount, changes: dict[str, Any], why: str | None) -> None:
    finding = judged(rules.readonly, view(mounts=(mount,), **changes))
    assert (finding is None) if why is None else (finding is not None and why in finding.evidence)


@pytest.mark.parametrize(
    ("state", "severity"),
    [
        (ClockState.UNSET, Severity.ERROR),
        (ClockState.UNSYNCHRONISED, Severity.WARNING),
        (ClockState.SYNCHRONISED, None),
        (ClockState.UNKNOWN, None),
    ],
)
def test_a_clock_that_cannot_be_trusted_is_told(state: ClockState, severity: Severity | None) -> None:
    finding = judged(rules.clock, view(clock=state))
    assert (finding.severity if finding else None) == severity


@pytest.mark.parametrize(("loads", "told"), [((5.0, 4.5, 4.2), True), ((9.0, 9.0, 3.0), False), ((0.1, 4.5, 6.0), False)])
def test_overload_is_told_when_it_lasts_and_is_not_over(loads: tuple[float, float, float], told: bool) -> None:
    taken = with_sample(load1=loads[0], load5=loads[1], load15=loads[2])
    assert (judged(rules.load, view(taken)) is not None) == told


def at(wall: int) -> Callable[[float], View]:
    return lambda value: warm(value)._replace(wall=wall)


@pytest.mark.parametrize(
    ("before", "since"),
    [
        (None, None),
        (view(clock=ClockState.UNKNOWN), None),
        (view(clock=ClockState.SYNCHRONISED), 7),
    ],
    ids=["there at first", "not told before", "seen to begin"],
)
def test_a_finding_has_a_beginning_only_if_it_was_seen_to_begin(before: View | None, since: int | None) -> None:
    board = Board(rules.RULES, rules.watched)
    if before is not None:
        board.judge(before)
    for wall in (7, 8):
        board.judge(view(clock=ClockState.UNSYNCHRONISED, wall=wall))
        assert [finding.since for finding in board.rows.values()] == [since]


def test_a_clock_that_was_never_set_dates_nothing() -> None:
    board = Board(rules.RULES, rules.watched)
    board.judge(view(clock=ClockState.UNSET))
    board.judge(full(92.0, clock=ClockState.UNSET))
    board.judge(view(usages=full(50.0).usages, clock=ClockState.UNSET))
    board.judge(full(92.0, clock=ClockState.UNSET))
    assert [finding.since for finding in board.rows.values()] == [None, None]


@pytest.mark.parametrize(
    ("identity", "yes"),
    [("full:/var", True), ("inodes:/", False), ("readonly:/data", False), ("oom", False), ("temperature:x", False), ("load", True)],
)
def test_only_what_could_be_judged_was_watched(identity: str, yes: bool) -> None:
    assert rules.watched(full(50.0), identity) is yes
    assert not rules.watched(View(boottime=1, wall=1), identity)


def test_a_finding_keeps_the_time_it_was_first_seen_and_a_reader_gets_only_changes() -> None:
    board = Board((rules.heat, rules.power), rules.watched)
    assert not board.judge(at(4)(20.0))
    assert board.judge(at(5)(85.0))
    first = board.rows
    assert not board.judge(at(6)(85.0))
    assert board.judge(at(7)(86.0))
    (finding,) = board.rows.values()
    assert finding.since == 5
    assert difference(first, board.rows) == [events.Changed([finding])]
    before = board.rows
    assert board.judge(at(8)(20.0))
    assert difference(before, board.rows) == [events.Removed([("temperature:cpu-thermal",)])]
    assert difference(board.rows, board.rows) == []
