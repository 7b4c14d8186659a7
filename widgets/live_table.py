"""A table that lives: rows come, change and go by identity, and only the cells that changed and can be seen are painted again."""

import time
from collections.abc import Callable, Iterable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer

from sutra_client import text
from sutra_client.events import Key
from sutra_client.glyphs import FULL, Glyphs
from sutra_client.text import fit
from widgets.columns import Column
from widgets.rows import Rank, Row, Rows, rank
from widgets.table_cells import GUTTER, TableCells

_HEADER = 1
_MEASURED = 200
"""Rows looked at for the widths of columns."""
_HOT_SECONDS = 1.0


class LiveTable(ScrollView, can_focus=True):
    """`tone` names the component class of a row (error, warning or none), which only repeats what a cell already says in words."""

    BINDINGS = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "edge(0)", "First", show=False),
        Binding("end", "edge(1)", "Last", show=False),
        Binding("space", "mark", "Mark", show=False),
        Binding("enter", "choose", "Open", show=False),
    ]
    COMPONENT_CLASSES = {
        "live-table--header",
        "live-table--cursor",
        "live-table--changed",
        "live-table--error",
        "live-table--warning",
        "live-table--empty",
    }
    DEFAULT_CSS = """
    LiveTable {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size: 0 0;
        & > .live-table--header { text-style: bold; }
        & > .live-table--changed { text-style: bold; }
        & > .live-table--cursor { text-style: reverse; }
    }
    """

    cursor_key: reactive[Key | None] = reactive(None, init=False, repaint=False)
    """The row that actions work on; it stays the same object wherever its line goes."""

    class Highlighted(Message):
        """The cursor went to another row, or to none."""

        def __init__(self, table: "LiveTable", key: Key | None) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> "LiveTable":
            return self.table

    class Chosen(Message):
        """Enter, or a click on the row under the cursor."""

        def __init__(self, table: "LiveTable", key: Key) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> "LiveTable":
            return self.table

    def __init__(
        self,
        columns: Sequence[Column],
        key: tuple[str, ...],
        *,
        tone: Callable[[Row], str] | None = None,
        glyphs: Glyphs = FULL,
        header: bool = True,
        clock: Callable[[], float] = time.monotonic,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.rows = Rows(key)
        self.marked: set[Key] = set()
        self.empty = ""
        self._cells = TableCells(columns)
        self._tone = tone
        self._glyphs = glyphs
        self._header = _HEADER if header else 0
        self._clock = clock
        self._strips: dict[Key, Strip] = {}
        self._styles: dict[str, Style] = {}
        self._hot: dict[tuple[Key, int], float] = {}
        self._cooling: Timer | None = None
        self._cursor_line = 0

    def load(self, rows: Iterable[Row], more: bool = False) -> None:
        """A Snapshot: all rows, or with `more` a part of them that shows when the last part is there."""
        if not self.rows.load(rows, more):
            return
        self._hot.clear()
        self._cells.narrow()
        self._measure(self.rows.keys(0, _MEASURED))
        self._repaint_all()

    def change(self, rows: Iterable[Row]) -> None:
        """A Changed: rows that are new or different, whole."""
        window = self._window()
        before, moved = self.rows.change(rows)
        visible = set(window)
        for key, old in before.items():
            if old is not None and key in visible:
                self._change_cells(key)
            else:
                self._forget(key)
        if moved:
            self._lines_moved(window)
        if before and self._measure(self._window()):
            self._repaint_all()
        if self._hot and self._cooling is None:
            self._cooling = self.set_timer(_HOT_SECONDS, self._cool)

    def drop(self, keys: Iterable[Key]) -> None:
        """A Removed: keys of rows that are gone."""
        window = self._window()
        gone = list(keys)
        moved = self.rows.remove(gone)
        self.marked.difference_update(gone)
        for key in gone:
            self._forget(key)
        if moved:
            self._lines_moved(window)

    def sort(self, by: str | Callable[[Row], Rank] | None, descending: bool = False) -> None:
        """Sort by a field or a rank of rows, kept up while rows change; None is the order of arrival."""
        self.rows.sort((lambda row: rank(getattr(row, by))) if isinstance(by, str) else by, descending)
        self._repaint_all()

    def filter(self, accepts: Callable[[Row], bool] | None) -> None:
        """Show only what `accepts`; rows are asked again when they change."""
        self.rows.filter(accepts)
        self._repaint_all()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y < self._header:
            return self._render_header(width)
        line = y - self._header + self.scroll_offset.y
        if line >= len(self.rows):
            note = self.empty if line == 0 else ""
            return Strip([Segment(fit(f" {text.display(note)}", width), self._style("live-table--empty"))], width)
        key = self.rows.key_at(line)
        strip = self._strips.get(key)
        if strip is None:
            if len(self._strips) >= self._kept():
                self._strips.clear()
            strip = self._strips[key] = self._render_row(key, width)
        return strip

    def watch_cursor_key(self, old: Key | None, new: Key | None) -> None:
        self._repaint_row(old)
        self._repaint_row(new)
        self._repaint_position()
        self.post_message(self.Highlighted(self, new))

    def on_resize(self, event: events.Resize) -> None:
        self._repaint_all()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles.clear()
        self._strips.clear()

    def on_focus(self) -> None:
        self._repaint_row(self.cursor_key)

    def on_blur(self) -> None:
        self._repaint_row(self.cursor_key)

    def on_click(self, event: events.Click) -> None:
        line = event.y - self._header + self.scroll_offset.y
        if event.y >= self._header and line < len(self.rows):
            again = self.rows.key_at(line) == self.cursor_key
            self._go(line)
            if again:
                self.action_choose()

    def action_move(self, lines: int) -> None:
        self._go(self._cursor_line + lines)

    def action_page(self, pages: int) -> None:
        self._go(self._cursor_line + pages * max(1, self._height() - 1))

    def action_edge(self, last: int) -> None:
        self._go(len(self.rows) - 1 if last else 0)

    def action_mark(self) -> None:
        if self.cursor_key is not None:
            self.marked ^= {self.cursor_key}
            self._repaint_row(self.cursor_key)
            self.action_move(1)

    def action_choose(self) -> None:
        if self.cursor_key is not None:
            self.post_message(self.Chosen(self, self.cursor_key))

    def _go(self, line: int) -> None:
        if not len(self.rows):
            self.cursor_key = None
            return
        self._cursor_line = max(0, min(line, len(self.rows) - 1))
        self.cursor_key = self.rows.key_at(self._cursor_line)
        self._show_cursor()

    def _show_cursor(self) -> None:
        top = self.scroll_offset.y
        if self._cursor_line < top:
            self.scroll_to(y=self._cursor_line, animate=False)
        elif self._height() and self._cursor_line >= top + self._height():
            self.scroll_to(y=self._cursor_line - self._height() + 1, animate=False)

    def _height(self) -> int:
        return max(0, self.size.height - self._header)

    def _window(self) -> list[Key]:
        return self.rows.keys(self.scroll_offset.y, self._height())

    def _follow_cursor(self) -> None:
        """The cursor's line is where its object is now; without the object it keeps the line."""
        line = self.rows.line(self.cursor_key) if self.cursor_key is not None else None
        if line is None:
            self._go(self._cursor_line)
        else:
            self._cursor_line = line
            self._show_cursor()

    def _lines_moved(self, before: list[Key]) -> None:
        self.virtual_size = Size(self.size.width, len(self.rows) + self._header)
        self._follow_cursor()
        after = self._window()
        for y in range(max(len(before), len(after))):
            if before[y : y + 1] != after[y : y + 1]:
                self.refresh(Region(0, y + self._header, self.size.width, 1))
        self._repaint_position()

    def _repaint_all(self) -> None:
        self._strips.clear()
        self._cells.place(self.size.width)
        self.virtual_size = Size(self.size.width, len(self.rows) + self._header)
        self._follow_cursor()
        self.refresh()

    def _repaint_row(self, key: Key | None) -> None:
        line = self.rows.line(key) if key is not None else None
        if key is None or line is None:
            return
        self._strips.pop(key, None)
        y = line - self.scroll_offset.y
        if 0 <= y < self._height():
            self.refresh(Region(0, y + self._header, self.size.width, 1))

    def _repaint_position(self) -> None:
        if self._header and len(self.rows) > self._height():
            self.refresh(Region(0, 0, self.size.width, 1))

    def _change_cells(self, key: Key) -> None:
        """Mark and repaint the cells of a visible row that read differently now."""
        row, line, old = self.rows.get(key), self.rows.line(key), self._cells.get(key)
        self._forget(key)
        if row is None or line is None or old is None:
            return
        new = self._cells.texts(key, row, self._kept())
        now = self._clock()
        for index, x, width in self._cells.placed:
            if old[index] != new[index]:
                self._hot[key, index] = now
                self.refresh(Region(GUTTER + x, line - self.scroll_offset.y + self._header, width, 1))

    def _forget(self, key: Key) -> None:
        self._strips.pop(key, None)
        self._cells.forget(key)

    def _cool(self) -> None:
        """Take the mark of change from cells that have had it long enough."""
        self._cooling = None
        now = self._clock()
        places = {index: (x, width) for index, x, width in self._cells.placed}
        for (key, index), since in list(self._hot.items()):
            if now - since < _HOT_SECONDS * 0.9:
                continue
            del self._hot[key, index]
            line = self.rows.line(key)
            self._strips.pop(key, None)
            if line is None or index not in places:
                continue
            y = line - self.scroll_offset.y
            if 0 <= y < self._height():
                self.refresh(Region(GUTTER + places[index][0], y + self._header, places[index][1], 1))
        if self._hot:
            self._cooling = self.set_timer(_HOT_SECONDS, self._cool)

    def _measure(self, keys: Iterable[Key]) -> bool:
        return self._cells.measure([(key, row) for key in keys if (row := self.rows.get(key)) is not None])

    def _kept(self) -> int:
        """How many rows' texts and strips are worth keeping: some screens of them."""
        return 4 * max(1, self.size.height)

    def _style(self, name: str) -> Style:
        if name not in self._styles:
            self._styles[name] = self.rich_style + self.get_component_rich_style(name, partial=True) if name else self.rich_style
        return self._styles[name]

    def _render_header(self, width: int) -> Strip:
        titles = self._cells.titles()
        position = f"{self._cursor_line + 1}/{len(self.rows)}" if len(self.rows) > self._height() else ""
        room = width - text.width(titles) - 1
        if room > len(position):
            titles += fit(position, room, right=True)
        return Strip([Segment(fit(titles, width), self._style("live-table--header"))], width)

    def _render_row(self, key: Key, width: int) -> Strip:
        row = self.rows.get(key)
        if row is None:
            return Strip.blank(width, self.rich_style)
        cells = self._cells.texts(key, row, self._kept())
        tone = self._tone(row) if self._tone else ""
        base = self._style(f"live-table--{tone}" if tone else "")
        if key == self.cursor_key and self.has_focus:
            base += self.get_component_rich_style("live-table--cursor", partial=True)
        segments = [Segment(self._glyphs.marked if key in self.marked else " ", base)]
        for place, (index, _, size) in enumerate(self._cells.placed):
            hot = (key, index) in self._hot
            style = base + self.get_component_rich_style("live-table--changed", partial=True) if hot else base
            segments.append(Segment(" " * self._cells.gap(place), base))
            segments.append(Segment(fit(cells[index], size, self._cells.columns[index].right), style))
        segments.append(Segment(" " * (width - self._cells.end()), base))
        return Strip(segments, width)
