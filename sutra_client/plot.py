"""Small pictures of numbers in one line of text, and what they are made from."""

from collections.abc import Sequence


class Buckets:
    """The largest value of each span of time, for the newest `count` spans. Spans are absolute: a picture of them only ever moves left."""

    def __init__(self, span: int, count: int) -> None:
        """`span` in the unit of the times that `add` gets."""
        self._span = span
        self._count = count
        self._newest = 0
        self._values: dict[int, float] = {}

    def add(self, time: int, value: float | None) -> None:
        """A time that goes back further than `count` spans is passed over."""
        bucket = time // self._span
        if bucket > self._newest:
            self._newest = bucket
            self._values = {number: kept for number, kept in self._values.items() if number > bucket - self._count}
        if value is not None and bucket > self._newest - self._count:
            self._values[bucket] = max(value, self._values.get(bucket, value))

    @property
    def values(self) -> list[float | None]:
        """One for each span, oldest first; None where nothing was measured."""
        return [self._values.get(number) for number in range(self._newest - self._count + 1, self._newest + 1)]


def sparkline(values: Sequence[float | None], cells: int, blocks: str, top: float | None = None) -> str:
    """The newest `cells` values, oldest first; a value that is not known is a space, and so is the time before the first.

    `top` is the value of a full block; without one the largest value shown is. `blocks` is a ramp from lowest to full.
    """
    shown = list(values)[-cells:] if cells > 0 else []
    most = top or max((value for value in shown if value is not None), default=0.0)
    steps = len(blocks)
    drawn = "".join(
        " " if value is None else blocks[0] if most <= 0 else blocks[min(steps - 1, int(max(0.0, value) / most * steps))] for value in shown
    )
    return " " * (cells - len(drawn)) + drawn


def bar(share: float | None, cells: int, full: str, empty: str) -> str:
    """A share in percent as so many cells; what is not known is a blank, and what is not nothing has a cell at least."""
    if share is None:
        return " " * cells
    filled = min(cells, max(round(share / 100 * cells), 1 if share > 0 else 0))
    return full * filled + empty * (cells - filled)
