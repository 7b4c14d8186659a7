"""The texts of a table's cells and where they stand; nothing of how they look."""

from collections.abc import Iterable, Sequence

from sutra_client.events import Key
from sutra_client.text import display, fit, width
from widgets.columns import Column, layout
from widgets.rows import Row

GUTTER = 1
"""Cells left of the first column, for the mark."""


class TableCells:
    """`placed` is (column index, x, width) of the columns that fit. Texts are kept for the rows that were asked for last."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)
        self.placed: list[tuple[int, int, int]] = []
        self._natural = [width(column.title) for column in self.columns]
        self._texts: dict[Key, list[str]] = {}

    def get(self, key: Key) -> list[str] | None:
        """The row's texts where they are kept."""
        return self._texts.get(key)

    def texts(self, key: Key, row: Row, keep: int) -> list[str]:
        """The row's texts, safe to show and not yet cut to width; about `keep` rows are kept."""
        texts = self._texts.get(key)
        if texts is None:
            if len(self._texts) >= keep:
                self._texts.clear()
            texts = self._texts[key] = self.read(row)
        return texts

    def read(self, row: Row) -> list[str]:
        return [display(column.format(getattr(row, column.name))) for column in self.columns]

    def forget(self, key: Key) -> None:
        self._texts.pop(key, None)

    def place(self, room: int) -> None:
        """Lay the columns out anew, in so many cells."""
        self._texts.clear()
        self.placed = layout(self.columns, self._natural, room - 2 * GUTTER)

    def narrow(self) -> None:
        """Columns are as wide as their titles until something is measured."""
        self._natural = [width(column.title) for column in self.columns]

    def measure(self, rows: Iterable[tuple[Key, Row]]) -> bool:
        """Widen columns for these rows; whether any column that could be wider is."""
        natural = self._natural[:]
        for key, row in rows:
            for index, cell in enumerate(self._texts.get(key) or self.read(row)):
                natural[index] = max(natural[index], min(self.columns[index].most, width(cell)))
        grown = natural != self._natural
        self._natural = natural
        return grown

    def gap(self, place: int) -> int:
        """Blank cells before the column at this place of `placed`."""
        return self.placed[place][1] + GUTTER - (self._end(place) if place else GUTTER)

    def titles(self) -> str:
        parts = [" " * GUTTER]
        for place, (index, _, size) in enumerate(self.placed):
            parts.append(" " * self.gap(place) + fit(self.columns[index].title, size, self.columns[index].right))
        return "".join(parts)

    def end(self) -> int:
        """Where the last column ends."""
        return self._end(len(self.placed)) if self.placed else GUTTER

    def _end(self, place: int) -> int:
        _, x, size = self.placed[place - 1]
        return GUTTER + x + size
