"""What is seen of a live table: its window onto the rows, its cursor, and the lines that are painted again."""

import time
from collections.abc import Callable, Iterable, Sequence

from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer

from sutra_client import text
from sutra_client.events import Key
from sutra_client.glyphs import FULL, Glyphs
from widgets import heat
from widgets.branches import Line
from widgets.columns import Column
from widgets.heat import Heat
from widgets.rows import Row, Rows
from widgets.table_cells import GUTTER, TableCells
from widgets.table_strips import TableStrips, first_text

_HEADER = 1
LOOKS = ("header", "cursor", "changed", "error", "warning", "ok", "accent", "dim", "old", "empty")


class TableView(ScrollView, can_focus=True):
    """Whoever changes the rows says what moved or changed, and only that is painted."""

    cursor_key: reactive[Key | None] = reactive(None, init=False, repaint=False)
    """The row that actions work on; it stays the same object wherever its line goes."""

    follow_end = False
    """The cursor goes with the last row until the user moves it away, and again when the user has moved it there."""

    def __init__(
        self,
        columns: Sequence[Column],
        key: tuple[str, ...],
        *,
        tone: Callable[[Row], str] | None = None,
        glyphs: Glyphs = FULL,
        header: bool = True,
        tree_column: str = "",
        clock: Callable[[], float] = time.monotonic,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.rows = Rows(key)
        self.marked: set[Key] = set()
        self.empty = ""
        self._tree_column = tree_column
        self._cells = TableCells(columns, first_text(tuple(columns), tree_column))
        self._strips = TableStrips(self._cells, glyphs, self._style)
        self._tone = tone
        self._glyphs = glyphs
        self._header = _HEADER if header else 0
        self._clock = clock
        self._styles: dict[str, Style] = {}
        self._hot = Heat()
        self._cooling: Timer | None = None
        self._sorted_by: tuple[str, bool] | None = None
        self._old = False
        self._cursor_line = 0
        self._moved = False
        self._at_end = True
        self._position_shown = ""

    @property
    def sorted_by(self) -> tuple[str, bool] | None:
        """The field that rows are sorted by, and whether from the largest down; None where it is no field."""
        return self._sorted_by

    @property
    def follows(self) -> bool:
        """Whether the cursor goes with the last row now."""
        return self.follow_end and self._at_end

    @property
    def position(self) -> str:
        """Where the cursor is, of how many, and what is marked: `12/40 of 214`, `3 marked`."""
        shown = len(self.rows)
        parts = [f"{len(self.marked)} marked"] if self.marked else []
        if shown > self._height() or self.rows.filtered:
            of = f" of {self.rows.total}" if self.rows.filtered else ""
            parts.append(f"{min(self._cursor_line + 1, shown)}/{shown}{of}")
        return "  ".join(parts)

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y < self._header:
            self._position_shown = self.position
            field, descending = self._sorted_by or ("", False)
            titles = self._cells.titles(field, self._glyphs.down if descending else self._glyphs.up)
            return self._strips.header(titles, self._position_shown, width, bool(self.marked) or self.rows.filtered)
        at = y - self._header + self.scroll_offset.y
        if at >= len(self.rows):
            return self._strips.note(f" {text.display(self.empty)}" if at == 0 else "", width)
        line = self.rows.line_at(at)
        strip = self._strips.get(line)
        return strip if strip is not None else self._strips.keep(line, self._render_row(line, width), self._kept())

    def watch_cursor_key(self, old: Key | None, new: Key | None) -> None:
        self._repaint_row(old)
        self._repaint_row(new)
        self._repaint_position()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._widen()

    def on_resize(self, event: events.Resize) -> None:
        self._rearranged()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles.clear()
        self._strips.clear()

    def on_focus(self) -> None:
        self._repaint_row(self.cursor_key)

    def on_blur(self) -> None:
        self._repaint_row(self.cursor_key)

    def _go(self, line: int) -> None:
        self._moved = True
        self._at_end = line >= len(self.rows) - 1
        self._put_cursor(line)
        self._show_cursor()

    def _put_cursor(self, line: int) -> None:
        self._cursor_line = max(0, min(line, len(self.rows) - 1))
        self.cursor_key = self.rows.key_at(self._cursor_line) if len(self.rows) else None

    def _show_cursor(self) -> None:
        top = self.scroll_offset.y
        if self._cursor_line < top:
            self.scroll_to(y=self._cursor_line, animate=False, immediate=True)
        elif self._height() and self._cursor_line >= top + self._height():
            # forced: rows that have just come make it scrollable with the next layout only
            self.scroll_to(y=self._cursor_line - self._height() + 1, animate=False, immediate=True, force=True)

    def _height(self) -> int:
        return max(0, self.size.height - self._header)

    def _window(self) -> list[Line]:
        return self.rows.lines(self.scroll_offset.y, self._height())

    def _sees_cursor(self) -> bool:
        """Whether the cursor is in sight, or nowhere yet; a user who scrolled away from it is not scrolled back."""
        return self.cursor_key is None or any(line.key == self.cursor_key for line in self._window())

    def _follow_cursor(self, seen: bool) -> None:
        """The cursor's line is where its object is now; without the object it keeps the line. It stays in sight where it was `seen`.

        A cursor that nobody moved has no object of anybody's choice: it stays at the top, and so does what is read there.
        """
        line = self.rows.line(self.cursor_key) if self.cursor_key is not None and self._moved else None
        if self.follows:
            self._put_cursor(len(self.rows) - 1)
        elif line is None:
            self._put_cursor(self._cursor_line)
        else:
            self._cursor_line = line
        last = max(0, len(self.rows) - self._height())
        if seen:
            self._show_cursor()
        if self.scroll_offset.y > last:
            self.scroll_to(y=last, animate=False, immediate=True)

    def _lines_moved(self, before: list[Line], seen: bool) -> None:
        self.virtual_size = Size(self.size.width, len(self.rows) + self._header)
        self._follow_cursor(seen)
        after = self._window()
        for y in range(max(len(before), len(after))):
            if before[y : y + 1] != after[y : y + 1]:
                self.refresh(Region(0, y + self._header, self.size.width, 1))

    def _widen(self) -> None:
        """Make columns as wide as what is seen now needs."""
        if self._measure(self._window()):
            self._repaint_all()

    def _rearranged(self, seen: bool = True) -> None:
        """Any line may be anywhere now."""
        self.virtual_size = Size(self.size.width, len(self.rows) + self._header)
        self._follow_cursor(seen)
        self._repaint_all()

    def _repaint_all(self) -> None:
        self._strips.clear()
        self._cells.place(self.size.width)
        self.refresh()

    def _repaint_row(self, key: Key | None) -> None:
        line = self.rows.line(key) if key is not None else None
        if key is None or line is None:
            return
        self._strips.forget(key)
        self._repaint_cell(line, 0, self.size.width)

    def _repaint_cell(self, line: int, x: int, width: int) -> None:
        y = line - self.scroll_offset.y
        if 0 <= y < self._height():
            self.refresh(Region(x, y + self._header, width, 1))

    def _repaint_position(self) -> None:
        if self._header and self.position != self._position_shown:
            self.refresh(Region(0, 0, self.size.width, 1))

    def _change_cells(self, key: Key, before: Row) -> None:
        """Mark and repaint the cells of a visible row that read differently now; the whole row where it looks different."""
        row, line, old = self.rows.get(key), self.rows.line(key), self._cells.get(key)
        self._forget(key)
        if row is None or line is None:
            return
        if old is None or (self._tone and self._tone(before) != self._tone(row)):
            self._repaint_cell(line, 0, self.size.width)
        new = self._cells.texts(key, row, self._kept())
        now = self._clock()
        for index, x, width in self._cells.placed:
            if old is not None and old[index] != new[index]:
                self._hot.touch((key, index), now)
                self._repaint_cell(line, GUTTER + x, width)
            elif self._cells.looks_other(index, before, row):
                self._repaint_cell(line, GUTTER + x, width)

    def _forget(self, key: Key) -> None:
        self._strips.forget(key)
        self._cells.forget(key)

    def _cool(self) -> None:
        """Take the mark of change from cells that have had it long enough."""
        self._cooling = None
        places = {index: (x, width) for index, x, width in self._cells.placed}
        for key, index in self._hot.cool(self._clock()):
            self._strips.forget(key)
            line = self.rows.line(key)
            if line is not None and index in places:
                x, width = places[index]
                self._repaint_cell(line, GUTTER + x, width)
        if self._hot:
            self._cooling = self.set_timer(heat.SECONDS, self._cool)

    def _measure(self, lines: Iterable[Line]) -> bool:
        return self._cells.measure([(line, row) for line in lines if (row := self.rows.get(line.key)) is not None])

    def _kept(self) -> int:
        """How many rows' texts and strips are worth keeping: some screens of them."""
        return 4 * max(1, self.size.height)

    def _style(self, look: str) -> Style:
        if look not in self._styles:
            own = self.get_component_rich_style(f"live-table--{look}", partial=True) if look else self.rich_style
            self._styles[look] = own
        return self._styles[look]

    def _render_row(self, line: Line, width: int) -> Strip:
        row = self.rows.get(line.key)
        if row is None:
            return Strip.blank(width, self.rich_style)
        texts = self._cells.texts(line.key, row, self._kept())
        tone = self._tone(row) if self._tone else ""
        cursor = line.key == self.cursor_key and self.has_focus
        looks = (tone, "dim" if line.context else "", "old" if self._old else "", "cursor" if cursor else "")
        return self._strips.row(line, row, texts, tuple(filter(None, looks)), line.key in self.marked, self._hot, width)

    def age(self, old: bool) -> None:
        """Show the rows as old, until the next complete load."""
        if old != self._old:
            self._old = old
            self._strips.clear()
            self.refresh()
