"""What about the containers needs attention."""

import time
from collections import deque
from collections.abc import Iterator

from sutra_client.errors import SutraError
from sutra_client.gen.containers import Container, Health, State
from sutra_client.gen.core import Finding, Severity

OFTEN = 3
"""Restarts within WINDOW that make a loop."""
WINDOW = 300.0


class Restarts:
    """How often each container was restarted of late, as far as it was watched."""

    def __init__(self) -> None:
        self._seen: dict[str, deque[tuple[float, int]]] = {}

    def recent(self, rows: list[Container], now: float) -> dict[str, int]:
        """Restarts within the last WINDOW seconds by id; of containers that are gone nothing is kept."""
        found: dict[str, int] = {}
        for row in rows:
            if row.restarts is None:
                continue
            seen = self._seen.setdefault(row.id, deque(maxlen=64))
            if not seen or seen[-1][1] != row.restarts:
                seen.append((now, row.restarts))
            while len(seen) > 1 and now - seen[1][0] > WINDOW:
                seen.popleft()
            found[row.id] = max(0, row.restarts - seen[0][1])
        self._seen = {identity: seen for identity, seen in self._seen.items() if identity in found}
        return found


def judge(rows: list[Container], failed: list[SutraError], restarts: Restarts, now: float | None = None) -> Iterator[Finding]:
    """`failed` are engines that should answer and do not; `now` is monotonic."""
    recent = restarts.recent(rows, time.monotonic() if now is None else now)
    for error in failed:
        yield Finding(
            f"engine:{error.message}", Severity.WARNING, "container engine", error.message, error.hint, "avyctl containers engines"
        )
    for row in rows:
        yield from _one(row, recent.get(row.id, 0))


def _one(row: Container, recent: int) -> Iterator[Finding]:
    show = "avyctl containers list -o wide"
    if recent >= OFTEN or row.state == State.RESTARTING:
        times = f"restarted {recent} times within {WINDOW / 60:.0f} min" if recent else "being restarted"
        code = f", last exit code {row.exit_code}" if row.exit_code is not None else ""
        step = "Look at its log, or stop it until it is mended."
        yield Finding(f"loop:{row.id}", Severity.ERROR, row.name, f"{times}{code}", step, show, row.since)
    elif row.state == State.EXITED and row.exit_code and row.restart_policy:
        evidence = f"ended with exit code {row.exit_code}, though it is to be kept running ({row.restart_policy})"
        yield Finding(f"failed:{row.id}", Severity.ERROR, row.name, evidence, "Look at its log and start it again.", show, row.finished)
    if row.health == Health.UNHEALTHY and row.state == State.RUNNING:
        step = "Look at its log; its health check says what failed."
        yield Finding(f"unhealthy:{row.id}", Severity.ERROR, row.name, "its health check fails", step, show)
    if row.oom_killed:
        step = "Give it more memory, or find out what takes it."
        yield Finding(f"memory:{row.id}", Severity.WARNING, row.name, "its last run was ended for want of memory", step, show, row.finished)
