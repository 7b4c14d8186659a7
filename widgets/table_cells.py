"""The texts of a table's cells and where they stand; nothing of how they look."""

from collections.abc import Iterable, Sequence

from sutra_client.events import Key
from sutra_client.text import display, fit, width
from widgets.branches import Line
from widgets.columns import Column, layout
from widgets.rows import Row

GUTTER = 1
"""Cells left of the first column, for the mark."""


class TableCells:
    """`placed` is (column index, x, width) of the columns that fit. Texts are kept for the rows that were asked for last.

    `tree` is the index of the column that shows what stands below what.
    """

    def __init__(self, columns: Sequence[Column], tree: int) -> None:
        self.columns = tuple(columns)
        self.tree = tree
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

    def measure(self, lines: Iterable[tuple[Line, Row]]) -> bool:
        """Widen columns for these rows; whether any column that could be wider is."""
        natural = self._natural[:]
        for line, row in lines:
            for index, cell in enumerate(self._texts.get(line.key) or self.read(row)):
                size = width(cell) + (len(line.guide) if index == self.tree else 0)
                if size > natural[index]:
                    natural[index] = min(self.columns[index].widest, size)
        natural = [max(size, before) for size, before in zip(natural, self._natural, strict=True)]
        grown = natural != self._natural
        self._natural = natural
        return grown

    def looks_other(self, index: int, before: Row, row: Row) -> bool:
        """Whether a column's tone of these two rows differs."""
        column = self.columns[index]
        return column.tone is not None and column.tone(getattr(before, column.name)) != column.tone(getattr(row, column.name))

    def gap(self, place: int) -> int:
        """Blank cells before the column at this place of `placed`."""
        return self.placed[place][1] + GUTTER - (self._end(place) if place else GUTTER)

    def titles(self, sorted_by: str = "", arrow: str = "") -> str:
        """The header; the arrow at the sorted column's title takes a cell of the gap, so that sorting moves nothing."""
        text = " " * GUTTER
        for index, x, size in self.placed:
            column = self.columns[index]
            title = fit(column.title, size, column.right)
            text += " " * (GUTTER + x - width(text))
            if column.name != sorted_by:
                text += title
            elif column.right:
                text = text[:-1] + fit(arrow + title.lstrip(), size + 1, right=True)
            else:
                text += fit(title.rstrip() + arrow, size + 1)
        return text

    def title_at(self, x: int) -> Column | None:
        """The column whose title, with the gap after it, is at this cell of the header."""
        found = None
        for index, start, _ in self.placed:
            if x >= GUTTER + start - (1 if self.columns[index].right else 0):
                found = self.columns[index]
        return found

    def end(self) -> int:
        """Where the last column ends."""
        return self._end(len(self.placed)) if self.placed else GUTTER

    def _end(self, place: int) -> int:
        _, x, size = self.placed[place - 1]
        return GUTTER + x + size
