"""What control groups count, read from their files: unified (v2), or the separate hierarchies of v1. A D-Bus daemon is not asked."""

import os
import time
from typing import NamedTuple

ROOT = "/sys/fs/cgroup"
MEMORY, CPU, TASKS = "memory", "cpu", "tasks"
COUNTED = frozenset((MEMORY, CPU, TASKS))
PERIOD = 2.0
"""Seconds between two readings."""
_LEAST = 0.5
"""Seconds over which a rate is worth telling."""


class Counts(NamedTuple):
    """What one group has used; None is not accounted here."""

    memory: int | None = None
    """Bytes."""
    cpu: int | None = None
    """Microseconds of processor time since the group was made."""
    tasks: int | None = None


class Groups:
    """Finds the hierarchies below a root once."""

    def __init__(self, root: str = "/") -> None:
        base = root.rstrip("/") + ROOT
        self._unified = next((at for at in (base, f"{base}/unified") if os.path.exists(f"{at}/cgroup.controllers")), None)
        self._base = base

    def counts(self, group: str) -> Counts:
        """Of one group by its path, e.g. /system.slice/ssh.service; a group that is gone counts nothing."""
        if not group or "/../" in f"{group}/":
            return Counts()
        found = self._of_v2(f"{self._unified}{group}") if self._unified else Counts()
        return Counts(
            found.memory if found.memory is not None else _number(f"{self._base}/memory{group}/memory.usage_in_bytes"),
            found.cpu if found.cpu is not None else _thousandth(f"{self._base}/cpuacct{group}/cpuacct.usage"),
            found.tasks if found.tasks is not None else _number(f"{self._base}/pids{group}/pids.current"),
        )

    def _of_v2(self, folder: str) -> Counts:
        used = None
        for line in _lines(f"{folder}/cpu.stat"):
            name, _, value = line.partition(b" ")
            if name == b"usage_usec" and value.isdigit():
                used = int(value)
        return Counts(_number(f"{folder}/memory.current"), used, _number(f"{folder}/pids.current"))


class Counters:
    """What the groups of a list have used, read anew after a period at the earliest, however often the list changes."""

    def __init__(self, groups: Groups) -> None:
        self._groups = groups
        self._rates = Rates()
        self._told: dict[str, dict[str, int | float | None]] = {}
        self._last: float | None = None

    def told(self, groups: set[str]) -> dict[str, dict[str, int | float | None]]:
        """Group -> field of a row -> value; a group that is new since the last reading is there from the next one on."""
        now = time.monotonic()
        if self._last is None or now - self._last >= PERIOD:
            self._last = now
            self._rates.keep(groups)
            self._told = {group: self._read(group) for group in groups}
        return self._told

    def wait(self) -> float:
        """Seconds until the next reading."""
        return max(0.0, (self._last or 0.0) + PERIOD - time.monotonic())

    def _read(self, group: str) -> dict[str, int | float | None]:
        used = self._groups.counts(group)
        return {MEMORY: used.memory, TASKS: used.tasks, CPU: self._rates.share(group, used.cpu)}


class Rates:
    """Processor time of groups as a share, from one reading to the next."""

    def __init__(self) -> None:
        self._before: dict[str, tuple[float, int, float | None]] = {}

    def share(self, group: str, used: int | None, now: float | None = None) -> float | None:
        """Percent of one processor since the reading before; None at first, and the last one known while that is too fresh."""
        if used is None:
            return None
        now = time.monotonic() if now is None else now
        then, before, last = self._before.get(group, (now, used, None))
        if group in self._before and now - then < _LEAST:
            return last
        share = 100.0 * (used - before) / 1e6 / (now - then) if now > then and used >= before else None
        self._before[group] = now, used, share
        return share

    def keep(self, groups: set[str]) -> None:
        """Forgets all others."""
        self._before = {group: known for group, known in self._before.items() if group in groups}


def _lines(path: str) -> list[bytes]:
    try:
        with open(path, "rb") as file:
            return file.read(65536).splitlines()
    except OSError:
        return []  # the controller is not on, or the group is gone: both mean not accounted


def _number(path: str) -> int | None:
    lines = _lines(path)
    return int(lines[0]) if lines and lines[0].isdigit() else None


def _thousandth(path: str) -> int | None:
    nanoseconds = _number(path)
    return nanoseconds // 1000 if nanoseconds is not None else None
