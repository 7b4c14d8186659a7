"""The rows of a live table: kept by identity, sorted and filtered as they change, and none of it drawn."""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable

import msgspec

from sutra_client.events import Key

Row = msgspec.Struct
Rank = tuple[bool, float, str]
"""What rows are sorted by: unknown last, then the number, then the text."""
Entry = tuple[Rank, int, Key]


def rank(value: object) -> Rank:
    """Where a field's value stands among others of its field."""
    if value is None:
        return (True, 0.0, "")
    if isinstance(value, (int, float)):
        return (False, float(value), "")
    return (False, 0.0, str(value).casefold())


class Rows:
    """`key` names the fields that make a row's identity. Without a sorting, rows stand in the order they came."""

    def __init__(self, key: tuple[str, ...]) -> None:
        self._key = key
        self._rows: dict[Key, Row] = {}
        self._entries: list[Entry] = []
        self._entry: dict[Key, Entry] = {}
        self._serial = 0
        self._part: list[Row] = []
        self._rank: Callable[[Row], Rank] | None = None
        self._accepts: Callable[[Row], bool] | None = None
        self.descending = False

    def __len__(self) -> int:
        """Rows that pass the filter."""
        return len(self._entries)

    @property
    def total(self) -> int:
        """Rows there are, filtered out or not."""
        return len(self._rows)

    def identity(self, row: Row) -> Key:
        return tuple(getattr(row, name) for name in self._key)

    def get(self, key: Key) -> Row | None:
        return self._rows.get(key)

    def key_at(self, line: int) -> Key:
        return self._entries[-1 - line if self.descending else line][2]

    def keys(self, first: int, count: int) -> list[Key]:
        """The keys of `count` lines, fewer at the end."""
        return [self.key_at(line) for line in range(max(0, first), min(first + count, len(self._entries)))]

    def line(self, key: Key) -> int | None:
        """Which line the row stands on; None where it is gone or filtered out."""
        entry = self._entry.get(key)
        if entry is None:
            return None
        index = bisect_left(self._entries, entry)
        return len(self._entries) - 1 - index if self.descending else index

    def load(self, rows: Iterable[Row], more: bool = False) -> bool:
        """Replace all rows; a snapshot in parts is taken over with its last one, and then this is True."""
        self._part.extend(rows)
        if more:
            return False
        self._rows = {self.identity(row): row for row in self._part}
        self._part = []
        self._arrange()
        return True

    def change(self, rows: Iterable[Row]) -> tuple[dict[Key, Row | None], bool]:
        """Take over new and changed rows: what each of them was before, and whether any line moved."""
        before: dict[Key, Row | None] = {}
        moved = False
        for row in rows:
            key = self.identity(row)
            old = self._rows.get(key)
            if old == row:
                continue
            before[key] = old
            self._rows[key] = row
            moved = self._place(key, row) or moved
        return before, moved

    def remove(self, keys: Iterable[Key]) -> bool:
        """Whether any line is gone."""
        moved = False
        for key in keys:
            self._rows.pop(key, None)
            moved = self._drop(key) or moved
        return moved

    def sort(self, by: Callable[[Row], Rank] | None, descending: bool = False) -> None:
        self._rank = by
        self.descending = descending
        self._arrange()

    def filter(self, accepts: Callable[[Row], bool] | None) -> None:
        self._accepts = accepts
        self._arrange()

    def _arrange(self) -> None:
        self._entry = {}
        for key, row in self._rows.items():
            if self._accepts is None or self._accepts(row):
                self._serial += 1
                self._entry[key] = (self._rank(row) if self._rank else (False, 0.0, ""), self._serial, key)
        self._entries = sorted(self._entry.values())

    def _place(self, key: Key, row: Row) -> bool:
        old = self._entry.get(key)
        if self._accepts is not None and not self._accepts(row):
            return self._drop(key)
        place = self._rank(row) if self._rank else (False, 0.0, "")
        if old is not None and old[0] == place:
            return False
        self._drop(key)
        if old is None:
            self._serial += 1
        entry = (place, old[1] if old else self._serial, key)
        self._entry[key] = entry
        insort(self._entries, entry)
        return True

    def _drop(self, key: Key) -> bool:
        entry = self._entry.pop(key, None)
        if entry is None:
            return False
        del self._entries[bisect_left(self._entries, entry)]
        return True
