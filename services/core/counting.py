"""How much a service is used: integers that its calls count up, read by nobody until somebody asks."""

from sutra_client.gen import core


class Count:
    """Calls of one member, or by one connection."""

    __slots__ = ("calls", "errors", "longest", "open", "ran", "took")

    def __init__(self) -> None:
        self.calls = 0
        self.errors = 0
        self.open = 0
        """Calls at work, or subscriptions that last."""
        self.ran = 0
        """Calls that had a task of their own and ended; `took` and `longest` are theirs alone."""
        self.took = 0.0
        self.longest = 0.0
        """Seconds, as `took`."""

    def over(self, seconds: float) -> None:
        """A call that had a task has ended."""
        self.open -= 1
        self.ran += 1
        self.took += seconds
        self.longest = max(self.longest, seconds)


def member(name: str, kind: str, count: Count, rate: float | None = None) -> core.MemberStatistics:
    """What is told of one method or stream."""
    ran = count.ran > 0
    mean, longest = (round(count.took / count.ran * 1e6), round(count.longest * 1e6)) if ran else (None, None)
    return core.MemberStatistics(name, kind, count.calls, count.errors, count.open, rate, mean, longest)


class Rates:
    """Calls a second between two looks at the same counts."""

    def __init__(self) -> None:
        self._then: float | None = None
        self._calls: dict[object, int] = {}

    def look(self, now: float, calls: dict[object, int]) -> dict[object, float | None]:
        """By key; None for what was not there at the last look. `now` is in seconds."""
        before, since = self._calls, self._then
        self._calls, self._then = calls, now
        if since is None or now <= since:
            return dict.fromkeys(calls)
        return {key: round((count - before[key]) / (now - since), 1) if key in before else None for key, count in calls.items()}
