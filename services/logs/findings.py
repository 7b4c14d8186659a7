"""What in the kernel's records needs attention: few patterns, each of which says that something broke. See linux/block, fs and mm."""

import re
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import NamedTuple

from sutra_client import events
from sutra_client.gen.core import Finding, Severity
from sutra_client.gen.logs import Record

HOUR = 3_600_000_000
MOST = 2000
"""Records of the kernel that are looked at to begin with."""
_LONGEST = 1024
_KEPT = 1000
"""Times of one finding that are kept."""


class Pattern(NamedTuple):
    """What the kernel writes when something breaks; group 1 is the object."""

    rule: str
    form: re.Pattern[str]
    evidence: str
    """With the count before it."""
    advice: str
    search: str
    """A text by which `logs list` finds the records."""


_DISK = "Save what is on it, and look at its health."
_SYSTEM = "Save what is on it, then check the file system."
PATTERNS = (
    Pattern("io", re.compile(r"I/O error,? (?:on )?dev(?:ice)? ([\w-]+)"), "I/O errors", _DISK, "I/O error"),
    Pattern("filesystem", re.compile(r"EXT4-fs error \(device ([\w-]+)\)"), "errors of the file system", _SYSTEM, "EXT4-fs error"),
    Pattern("filesystem", re.compile(r"BTRFS (?:error|critical) \(device ([\w-]+)"), "errors of the file system", _SYSTEM, "BTRFS"),
    Pattern("filesystem", re.compile(r"XFS \(([\w-]+)\): .{0,80}(?:[Cc]orrupt|shut down)"), "errors of the file system", _SYSTEM, "XFS"),
    Pattern(
        "oom",
        re.compile(r"[Oo]ut of memory: Killed process \d+ \((.{1,16}?)\)"),
        "kills for want of memory",
        "Limit or stop what grows, or add memory.",
        "out of memory",
    ),
)


class Board:
    """Counts what matched within the last hour."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._times: dict[tuple[str, str], deque[int]] = {}
        self._patterns: dict[tuple[str, str], Pattern] = {}

    def take(self, records: Iterable[Record]) -> None:
        """Records of the kernel, in order."""
        for record in records:
            message = (record.message or "")[:_LONGEST]
            for pattern in PATTERNS:
                if found := pattern.form.search(message):
                    key = pattern.rule, found[1]
                    self._patterns[key] = pattern
                    self._times.setdefault(key, deque(maxlen=_KEPT)).append(record.time or self._now())
                    break

    def judge(self) -> dict[events.Key, Finding]:
        """By key."""
        oldest = self._now() - HOUR
        findings: dict[events.Key, Finding] = {}
        for key, times in list(self._times.items()):
            while times and times[0] <= oldest:
                times.popleft()
            if not times:
                del self._times[key], self._patterns[key]
                continue
            pattern, (rule, subject) = self._patterns[key], key
            count = f"{_KEPT} or more" if len(times) == _KEPT else str(len(times))
            evidence = f"{pattern.evidence} in the kernel's log within the last hour: {count}"
            command = f"avyctl logs list --text '{pattern.search}'"
            identity = f"{rule}:{subject}"
            findings[identity,] = Finding(identity, Severity.ERROR, subject, evidence, pattern.advice, command, times[0])
        return findings

    def wait(self) -> float | None:
        """Seconds until the first time is an hour old."""
        oldest = min((times[0] for times in self._times.values()), default=None)
        return max(0.0, (oldest + HOUR - self._now()) / 1e6) + 0.01 if oldest is not None else None

    def _now(self) -> int:
        return int(self._clock() * 1e6)
