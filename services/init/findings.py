"""When services need attention: rules over the rows of any init system."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from sutra_client import events
from sutra_client.errors import SutraError
from sutra_client.gen.core import Finding, Severity
from sutra_client.gen.init import Active, Load, Service

LOOPS = 3
"""Restarts within WINDOW that make a loop."""
WINDOW = 600.0
"""Seconds."""
MOST_RESTARTS = 64
"""Kept of one service: a loop needs no more."""
_BROKEN = {Load.BAD_SETTING: "its definition has a mistake", Load.ERROR: "its definition could not be read"}


class Board:
    """Turns rows into findings; remembers the restarts of the last ten minutes that it saw, for a counter alone tells no rate."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counted: dict[events.Key, int] = {}
        self._restarts: dict[events.Key, deque[float]] = {}

    def judge(self, rows: Iterable[Service]) -> dict[events.Key, Finding]:
        """By key."""
        found: dict[events.Key, Finding] = {}
        seen: set[events.Key] = set()
        for row in rows:
            key: events.Key = (row.scope, row.name)
            seen.add(key)
            restarts = self._follow(key, row.restarts)
            for finding in _judged(row, restarts):
                found[finding.id,] = finding
        for known in (self._counted, self._restarts):
            for key in known.keys() - seen:
                del known[key]
        return found

    def wait(self) -> float | None:
        """Seconds until a loop may be over without any row changing."""
        oldest = min((times[0] for times in self._restarts.values() if times), default=None)
        return max(0.0, oldest + WINDOW - self._clock()) + 0.01 if oldest is not None else None

    def _follow(self, key: events.Key, counter: int | None) -> int:
        """Restarts that were seen within the window."""
        if counter is None:
            return 0
        before, self._counted[key] = self._counted.get(key, counter), counter
        times = self._restarts.get(key)
        if counter > before:
            times = self._restarts.setdefault(key, deque(maxlen=MOST_RESTARTS))
            times.extend([self._clock()] * min(counter - before, MOST_RESTARTS))
        while times and times[0] <= self._clock() - WINDOW:
            times.popleft()
        if times is not None and not times:
            del self._restarts[key]
        return len(times or ())


def lost(scope: str, error: SutraError) -> dict[events.Key, Finding]:
    """The manager cannot be asked: whatever is shown of its units is old."""
    finding = Finding(
        f"manager:{scope}", Severity.ERROR, f"{scope} manager", error.message,
        "Look at the console and the kernel's log; what is shown of its units is old until it answers.", "avyctl logs list",
    )  # fmt: skip
    return {(finding.id,): finding}


def _judged(row: Service, restarts: int) -> Iterator[Finding]:
    user = row.scope == "user"
    status = f"avyctl services status {'--scope user ' if user else ''}-- {_word(row.name)}"
    name = f"{row.name} (user)" if user else row.name
    at = f"{row.scope}:{row.name}"
    if restarts >= LOOPS:
        evidence = f"was restarted {restarts} times within 10 min" + (
            f", last result {row.result}" if row.result not in (None, "success") else ""
        )
        yield Finding(f"looping:{at}", Severity.ERROR, name, evidence, "Find out why it ends, or stop it.", status, None)
    if row.active == Active.FAILED:
        evidence = f"failed ({row.result})" if row.result not in (None, "success") else "failed"
        yield Finding(f"failed:{at}", Severity.ERROR, name, evidence, "See its log for the reason, then start it again.", status, row.since)
    if row.load == Load.MASKED and row.active == Active.ACTIVE:
        yield Finding(f"masked:{at}", Severity.WARNING, name, "runs though it is masked", "Stop it, or unmask it.", status, row.since)
    if row.load in _BROKEN:
        yield Finding(f"broken:{at}", Severity.WARNING, name, _BROKEN[row.load], "Correct its definition.", status)
    if row.sub == "down, want up":
        yield Finding(f"down:{at}", Severity.ERROR, name, "is down and should be up", "See its log for the reason.", status, row.since)


def _word(name: str) -> str:
    """As a shell takes it for one word."""
    return (
        name
        if name.replace("-", "a").replace(".", "a").replace("@", "a").replace("_", "a").isalnum()
        else "'" + name.replace("'", "'\\''") + "'"
    )
