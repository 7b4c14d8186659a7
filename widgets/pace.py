"""What may be sent when, on a line whose speed is known: answers to keys at once, all else at half the line's speed."""

import time
from collections.abc import Callable

from widgets.cells import Grid

_SLICE = 0.05
"""Seconds of line that one frame takes, about: a key waits no longer than this for the frame before its answer."""
_ANSWER, _TOGETHER = 0.25, 0.02
"""Seconds after a key in which the first that is drawn, and what comes together with it, counts as its answer."""
_SHARE = 0.5


class Pace:
    """`speed` is in bits/s, ten of which make a byte; 0 is a line without a limit."""

    def __init__(self, speed: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._bytes = speed / 10
        self._answering = float("-inf")
        self._rested = float("-inf")
        self._answers: set[int] = set()

    @property
    def most(self) -> int:
        """Bytes of one frame, about; 0 is no end."""
        return int(self._bytes * _SLICE)

    def key(self) -> None:
        """A key came: what is drawn next is its answer; what is left of earlier answers has its turn like everything else."""
        self._answering = self._clock() + _ANSWER
        self._answers.clear()

    def draw(self, grid: Grid, data: str) -> None:
        """`grid.feed(data)`, and remember the rows of an answer."""
        if not self._bytes or self._clock() > self._answering:
            grid.feed(data)
            return
        before, grid.dirty = grid.dirty, set()
        grid.feed(data)
        if grid.dirty:
            self._answers |= grid.dirty
            self._answering = min(self._answering, self._clock() + _TOGETHER)
        grid.dirty |= before

    def answers(self, grid: Grid) -> set[int]:
        """Rows that go first; empty where there is no answer left to paint."""
        self._answers &= grid.dirty
        return self._answers

    def rest(self) -> float:
        """Seconds until what answers no key may be sent."""
        return max(0.0, self._rested - self._clock()) if self._bytes else 0.0

    def sent(self, grid: Grid, size: int) -> None:
        """A frame of so many bytes of `grid` is on its way."""
        if self._answers:
            self._answers &= grid.dirty  # painted once: what changes again is no answer
        elif self._bytes:
            self._rested = self._clock() + size / self._bytes / _SHARE
