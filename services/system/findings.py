"""What the findings rules see of the host at one moment, and the list of findings that they keep."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from services.core.kernel import Usage
from services.core.mounts import Mount
from sutra_client.events import Key
from sutra_client.gen.core import Finding
from sutra_client.gen.system import ClockState, Sample

HOUR = 3_600_000_000


class Kills(NamedTuple):
    """Processes that the kernel killed for want of memory while this was watched."""

    counter: int
    """Of the kernel, since boot."""
    seen: int = 0
    """Since watching began, or since an hour passed without one."""
    last: int = 0
    """Boottime of the newest, in microseconds."""


def follow_kills(before: Kills | None, counter: int | None, boottime: int) -> Kills | None:
    """The counter alone does not tell when; its rise while watched does."""
    if counter is None:
        return None
    if before is None or counter < before.counter:
        return Kills(counter)
    if counter > before.counter:
        return Kills(counter, before.seen + counter - before.counter, boottime)
    return before if boottime - before.last < HOUR else Kills(counter)


class View(NamedTuple):
    """The host at one moment."""

    boottime: int
    wall: int
    cpus: int = 1
    sample: Sample | None = None
    memory_stall: float | None = None
    """PSI some avg60 of memory in percent: steadier than the sample's."""
    kills: Kills | None = None
    mounts: tuple[Mount, ...] = ()
    usages: dict[str, Usage] = {}
    left: dict[str, float] = {}
    """Mount point -> seconds until full."""
    declared: frozenset[str] = frozenset()
    """Mount points that are to be writable by /etc/fstab."""
    written: frozenset[str] = frozenset()
    """Mount points that were writable at some time while watched."""
    clock: ClockState = ClockState.UNKNOWN
    active: frozenset[str] = frozenset()
    """Ids of the findings of the moment before: what is there already goes away a little later than it came."""


Rule = Callable[[View | None, View], Iterator[Finding]]
"""The moment before (None at first) and now -> findings, without `since`."""
Watched = Callable[[View, str], bool]
"""Whether what a finding of that id is about could be judged at that moment."""


class Board:
    """The present findings by key, each with the time it began where this was seen: what was there when watching began has none."""

    def __init__(self, rules: tuple[Rule, ...], watched: Watched) -> None:
        self._rules = rules
        self._watched = watched
        self._before: View | None = None
        self.rows: dict[Key, Finding] = {}

    def judge(self, view: View) -> bool:
        """Whether anything is different now."""
        view = view._replace(active=frozenset(finding.id for finding in self.rows.values()))
        found: dict[Key, Finding] = {}
        for rule in self._rules:
            for finding in rule(self._before, view):
                old = self.rows.get((finding.id,))
                found[finding.id,] = msgspec.structs.replace(finding, since=old.since if old else self._began(finding, view))
        different = found != self.rows
        self._before, self.rows = view, found
        return different

    def _began(self, finding: Finding, now: View) -> int | None:
        if self._before is None or now.clock == ClockState.UNSET or not self._watched(self._before, finding.id):
            return None
        return now.wall
