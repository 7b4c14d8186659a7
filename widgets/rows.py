"""The rows of a live table: kept by identity, sorted, filtered and arranged as they change, and none of it drawn."""

from collections.abc import Callable, Collection, Iterable

import msgspec

from sutra_client.events import Key
from widgets.branches import Line, arrange
from widgets.ordering import Entry, Ordering, Rank, rank

__all__ = ["Line", "Rank", "Row", "Rows", "rank"]

Row = msgspec.Struct


class Rows:
    """`key` names the fields that make a row's identity. Without a sorting, rows stand in the order they came."""

    def __init__(self, key: tuple[str, ...]) -> None:
        self._key = key
        self._rows: dict[Key, Row] = {}
        self._entry: dict[Key, Entry] = {}
        self._all = Ordering()
        self._passed = self._all
        self._rejected: set[Key] = set()
        self._serial = 0
        self._part: list[Row] = []
        self._rank: Callable[[Row], Rank] | None = None
        self._accepts: Callable[[Row], bool] | None = None
        self._parent: Callable[[Row], Key | None] | None = None
        self._parents: dict[Key, Key | None] = {}
        self._collapsed: set[Key] = set()
        self._lines: list[Line] | None = None
        self._line: dict[Key, int] = {}
        self.descending = False

    def __len__(self) -> int:
        """Lines: rows that pass the filter, of a tree those that are not folded away and those above what passes."""
        return len(self._arranged()) if self._parent else len(self._passed.entries)

    @property
    def total(self) -> int:
        """Rows there are, filtered out or not."""
        return len(self._rows)

    @property
    def filtered(self) -> bool:
        return self._accepts is not None

    @property
    def is_tree(self) -> bool:
        return self._parent is not None

    def identity(self, row: Row) -> Key:
        return tuple([getattr(row, name) for name in self._key])

    def get(self, key: Key) -> Row | None:
        return self._rows.get(key)

    def all_keys(self) -> Collection[Key]:
        """Every row's key, filtered out or not."""
        return self._rows.keys()

    def sorted_keys(self) -> list[Key]:
        """Every row's key in the order of the sorting, filtered out or not."""
        return [entry[4] for entry in self._in_order(self._all)]

    def line_at(self, line: int) -> Line:
        if self._parent:
            return self._arranged()[line]
        entries = self._passed.entries
        return Line(entries[-1 - line if self.descending else line][4])

    def key_at(self, line: int) -> Key:
        return self.line_at(line).key

    def lines(self, first: int, count: int) -> list[Line]:
        """`count` lines, fewer at the end."""
        return [self.line_at(line) for line in range(max(0, first), min(first + count, len(self)))]

    def keys(self, first: int, count: int) -> list[Key]:
        """The keys of `count` lines, fewer at the end."""
        return [line.key for line in self.lines(first, count)]

    def line(self, key: Key) -> int | None:
        """Which line the row stands on; None where it is gone, filtered out or folded away."""
        if self._parent:
            self._arranged()
            return self._line.get(key)
        entry = self._entry.get(key)
        if entry is None or key in self._rejected:
            return None
        index = self._passed.index(entry)
        return len(self._passed.entries) - 1 - index if self.descending else index

    def restart(self) -> None:
        """A snapshot that had begun will not be completed: another begins."""
        self._part = []

    def load(self, rows: Iterable[Row], more: bool = False) -> bool:
        """Replace all rows; a snapshot in parts is taken over with its last one, and then this is True."""
        self._part.extend(rows)
        if more:
            return False
        self._rows = {self.identity(row): row for row in self._part}
        self._part = []
        self._collapsed &= self._rows.keys()
        self._serial = 0
        self._entry = {}
        self._order()
        return True

    def change(self, rows: Iterable[Row]) -> tuple[dict[Key, Row | None], bool]:
        """Take over new and changed rows: what each of them was before, and whether any line may read or stand differently."""
        before: dict[Key, Row | None] = {}
        for row in rows:
            key = self.identity(row)
            old = self._rows.get(key)
            if old != row:
                before.setdefault(key, old)
                self._rows[key] = row
        return before, self._place(before)

    def remove(self, keys: Iterable[Key]) -> bool:
        """Whether any line is gone."""
        gone = {key for key in keys if self._rows.pop(key, None) is not None}
        entries = [self._entry.pop(key) for key in gone]
        shown = [entry for entry in entries if entry[4] not in self._rejected]
        self._move(entries, [], shown, [])
        self._rejected -= gone
        self._collapsed -= gone
        for key in gone:
            self._parents.pop(key, None)
        if gone:
            self._lines = None
        return bool(shown) or (bool(gone) and self.is_tree)

    def sort(self, by: Callable[[Row], Rank] | None, descending: bool = False) -> None:
        """Rows of equal rank stay as they came, and what is unknown comes last, both ways."""
        self._rank = by
        self.descending = descending and by is not None
        self._order()

    def filter(self, accepts: Callable[[Row], bool] | None) -> None:
        self._accepts = accepts
        self._sift()

    def arrange(self, parent: Callable[[Row], Key | None] | None) -> None:
        """As a tree by each row's parent, or flat again."""
        self._parent = parent
        self._parents = {key: parent(row) for key, row in self._rows.items()} if parent else {}
        self._collapsed.clear()
        self._lines = None

    def above(self, key: Key) -> Key | None:
        """The row that this one stands below in the tree."""
        parent = self._parents.get(key)
        return parent if parent in self._rows and parent != key else None

    def folded(self, key: Key) -> bool | None:
        """Whether what is below the row is folded away; None where nothing is, or the rows are no tree."""
        line = self.line(key) if self._parent else None
        return None if line is None else self._arranged()[line].folded

    def fold(self, key: Key, folded: bool) -> None:
        (self._collapsed.add if folded else self._collapsed.discard)(key)
        self._lines = None

    def _in_order(self, ordering: Ordering) -> Iterable[Entry]:
        return reversed(ordering.entries) if self.descending else ordering.entries

    def _order(self) -> None:
        self._entry = {key: self._enter(key, row) for key, row in self._rows.items()}
        self._all = Ordering(self._entry.values())
        if self._parent:
            self._parents = {key: self._parent(row) for key, row in self._rows.items()}
        self._sift()

    def _sift(self) -> None:
        self._passed, self._rejected, self._lines = self._all, set(), None
        if self._accepts:
            self._rejected = {key for key, row in self._rows.items() if not self._accepts(row)}
            self._passed = Ordering()
            self._passed.entries = [entry for entry in self._all.entries if entry[4] not in self._rejected]

    def _enter(self, key: Key, row: Row) -> Entry:
        """Read backwards when descending, so that what is to be first is last, and the unknown and the later are before the others."""
        unknown, number, text = self._rank(row) if self._rank else (False, 0.0, "")
        old = self._entry.get(key)
        if old is None:
            self._serial += 1
        serial = abs(old[3]) if old else self._serial
        return (not unknown, number, text, -serial, key) if self.descending else (unknown, number, text, serial, key)

    def _place(self, before: dict[Key, Row | None]) -> bool:
        """Put the changed rows where they belong now."""
        out, into, hidden, shown = [], [], [], []
        bent = False
        for key in before:
            row = self._rows[key]
            old = self._entry.get(key)
            new = self._entry[key] = self._enter(key, row)
            was = old is not None and key not in self._rejected
            passes = self._accepts is None or self._accepts(row)
            (self._rejected.discard if passes else self._rejected.add)(key)
            if self._parent:
                parent = self._parent(row)
                bent = bent or key not in self._parents or parent != self._parents[key]
                self._parents[key] = parent
            if old == new and was == passes:
                continue
            if old != new:
                out += [old] if old else []
                into.append(new)
            hidden += [old] if was and old else []
            shown += [new] if passes else []
        self._move(out, into, hidden, shown)
        moved = bool(hidden or shown) or bent or (self.is_tree and bool(into))
        if moved:
            self._lines = None
        return moved

    def _move(self, out: list[Entry], into: list[Entry], hidden: list[Entry], shown: list[Entry]) -> None:
        self._all.move(out, into)
        if self._passed is not self._all:
            self._passed.move(hidden, shown)

    def _arranged(self) -> list[Line]:
        if self._lines is None:
            passed = self._rows.keys() - self._rejected if self._accepts else None
            self._lines = arrange([entry[4] for entry in self._in_order(self._all)], self._parents, passed, self._collapsed)
            self._line = {line.key: index for index, line in enumerate(self._lines)}
        return self._lines
