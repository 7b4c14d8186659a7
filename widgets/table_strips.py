"""The lines of a live table as they are painted, made once and kept until something in them reads or looks different."""

from collections.abc import Callable, Container

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from sutra_client.events import Key
from sutra_client.glyphs import Glyphs
from sutra_client.text import fit, width
from widgets import branches
from widgets.branches import Line
from widgets.columns import Column
from widgets.heat import CellAt
from widgets.rows import Row
from widgets.table_cells import TableCells


class TableStrips:
    """`style` gives the table's own style for "" and what a component class adds to it for its name without the prefix."""

    def __init__(self, cells: TableCells, glyphs: Glyphs, style: Callable[[str], Style]) -> None:
        self._cells = cells
        self._glyphs = glyphs
        self._style = style
        self._kept: dict[Key, tuple[Line, Strip]] = {}
        marks = {
            branches.PIPE: glyphs.pipe,
            branches.BRANCH: glyphs.branch,
            branches.LAST: glyphs.last,
            branches.CLOSED: glyphs.closed,
            branches.OPENED: glyphs.opened,
        }
        self._guide = str.maketrans(marks)

    def get(self, line: Line) -> Strip | None:
        """The line's strip where it is kept and still stands in the same place of the tree."""
        kept = self._kept.get(line.key)
        return kept[1] if kept is not None and kept[0] == line else None

    def keep(self, line: Line, strip: Strip, most: int) -> Strip:
        """About `most` are kept."""
        if len(self._kept) >= most:
            self._kept.clear()
        self._kept[line.key] = (line, strip)
        return strip

    def forget(self, key: Key) -> None:
        self._kept.pop(key, None)

    def clear(self) -> None:
        self._kept.clear()

    def header(self, titles: str, position: str, cells: int, needed: bool) -> Strip:
        """The titles, and the position at the right end where there is room, or in any case where it is `needed`."""
        room = cells - width(titles.rstrip()) - 1
        if position and (room > len(position) or needed):
            titles = fit(titles.rstrip(), cells - len(position) - 1) + " " + position
        return Strip([Segment(fit(titles, cells), self._style("") + self._style("header"))], cells)

    def note(self, text: str, cells: int) -> Strip:
        """What stands where no row is."""
        return Strip([Segment(fit(text, cells), self._style("") + self._style("empty"))], cells)

    def row(
        self, line: Line, row: Row, texts: list[str], looks: tuple[str, ...], marked: bool, hot: Container[CellAt], cells: int
    ) -> Strip:
        """`looks` are the component classes of the whole row, in the order they are laid over each other."""
        base = self._style("")
        for look in looks:
            base += self._style(look)
        segments = [Segment(self._glyphs.marked if marked else " ", base)]
        for place, (index, _, size) in enumerate(self._cells.placed):
            column = self._cells.columns[index]
            text = texts[index]
            if line.guide and index == self._cells.tree:
                guide = line.guide
                if len(guide) + width(text) > size:
                    guide = guide[-max(2, size // 2) :]
                text = guide.translate(self._guide) + text
            style = base
            if column.tone and (tone := column.tone(getattr(row, column.name))):
                style += self._style(tone)
            if (line.key, index) in hot:
                style += self._style("changed")
            segments.append(Segment(" " * self._cells.gap(place), base))
            segments.append(Segment(fit(text, size, column.right), style))
        segments.append(Segment(" " * max(0, cells - self._cells.end()), base))
        return Strip(segments, cells)


def first_text(columns: tuple[Column, ...], name: str) -> int:
    """The index of the column of this name, else of the first that is not aligned right and can hold a text."""
    for index, column in enumerate(columns):
        if column.name == name or (not name and not column.right and column.most > 1):
            return index
    return 0
