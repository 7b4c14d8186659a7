"""The texts that a filter looks into, made once a row and as time allows."""

from collections.abc import Callable, Iterator, Sequence

from sutra_client.events import Key
from sutra_client.row_filter import RowFilter, Searched, haystack
from widgets.rows import Row, Rows

_EACH = 32
"""Rows between two looks at the clock."""


class Haystacks:
    """`rows` are looked into; the haystacks of those that changed are made again when they are asked for."""

    def __init__(self, columns: Sequence[Searched], rows: Rows) -> None:
        self.columns = tuple(columns)
        self._rows = rows
        self._kept: dict[Key, tuple[Row, str]] = {}
        self._todo: Iterator[Key] | None = None

    def accepts(self, wanted: RowFilter) -> Callable[[Row], bool]:
        """Whether a row of the table passes."""
        return lambda row: wanted.passes(self.find(self._rows.identity(row), row), row)

    def find(self, key: Key, row: Row) -> str:
        kept = self._kept.get(key)
        if kept is None or kept[0] is not row:
            if len(self._kept) > 2 * self._rows.total + 1:
                self._kept.clear()
            kept = self._kept[key] = (row, haystack(row, self.columns))
        return kept[1]

    def prepare(self, more_time: Callable[[], bool]) -> bool:
        """Make those that are missing while there is time; whether all are there."""
        if self._todo is None:
            self._todo = iter(list(self._rows.all_keys()))
        for count, key in enumerate(self._todo):
            row = self._rows.get(key)
            if row is not None:
                self.find(key, row)
            if count % _EACH == 0 and not more_time():
                return False
        self._todo = None
        return True

    def clear(self) -> None:
        """Nothing is filtered, nothing need be kept."""
        self._kept.clear()
        self._todo = None
