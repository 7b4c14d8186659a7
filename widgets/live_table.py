"""A table that lives: rows come, change and go by identity, and only the cells that changed and can be seen are painted again."""

import time
from collections.abc import Callable, Iterable, Sequence

from textual import events
from textual.binding import Binding
from textual.message import Message

from sutra_client import row_filter
from sutra_client.events import Key
from sutra_client.glyphs import FULL, Glyphs
from widgets import heat
from widgets.columns import Column
from widgets.haystacks import Haystacks
from widgets.rows import Rank, Row, Rows, rank
from widgets.table_cells import TableCells
from widgets.table_strips import TableStrips, first_text
from widgets.table_view import LOOKS, TableView

_MEASURED = 200
"""Rows looked at for the widths of columns."""
_SLICE = 0.008
"""Seconds that a filter works before keys have their turn."""


class LiveTable(TableView):
    """What screens talk to: the events of a table stream go in; order, filter, tree and marks are kept up; keys and the mouse work."""

    BINDINGS = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "edge(0)", "First", show=False),
        Binding("end", "edge(1)", "Last", show=False),
        Binding("left", "fold", "Fold", show=False),
        Binding("right", "unfold", "Unfold", show=False),
        Binding("space", "mark", "Mark", show=False),
        Binding("enter", "choose", "Open", show=False),
    ]
    COMPONENT_CLASSES = {f"live-table--{look}" for look in LOOKS}
    DEFAULT_CSS = """
    LiveTable {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size: 0 0;
        & > .live-table--header { text-style: bold; }
        & > .live-table--changed { text-style: bold; }
        & > .live-table--cursor { text-style: reverse; }
        & > .live-table--dim { text-style: dim; }
        & > .live-table--old { text-style: dim; }
    }
    """

    class Told(Message):
        """What a LiveTable says."""

        def __init__(self, table: "LiveTable") -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> "LiveTable":
            return self.table

    class Highlighted(Told):
        """The cursor went to another row, or to none."""

        def __init__(self, table: "LiveTable", key: Key | None) -> None:
            super().__init__(table)
            self.key = key

    class Chosen(Told):
        """Enter, or a click on the row under the cursor."""

        def __init__(self, table: "LiveTable", key: Key) -> None:
            super().__init__(table)
            self.key = key

    class Counted(Told):
        """Other rows are marked than before, or a filter has been through all rows."""

    class Sorted(Told):
        """The user chose another order."""

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
        """`tone` names the look of a row: error, warning, ok, accent, dim or none; it only repeats what a cell already says in words.
        `tree_column` is the column that shows branches in a tree, else the first one of texts.
        """
        super().__init__(columns, key, tone=tone, glyphs=glyphs, header=header, tree_column=tree_column, clock=clock, id=id)
        self._hay = Haystacks(columns, self.rows)
        self._wanted: row_filter.RowFilter | None = None

    # What the rows are

    def load(self, rows: Iterable[Row], more: bool = False) -> None:
        """A Snapshot: all rows, or with `more` a part of them that shows when the last part is there."""
        seen = self._sees_cursor()
        if not self.rows.load(rows, more):
            return
        self._old = False
        self._hot.clear()
        self._mark(self.marked & set(self.rows.all_keys()))
        self._cells.narrow()
        self._measure(self.rows.lines(0, _MEASURED))
        self._rearranged(seen)

    def change(self, rows: Iterable[Row]) -> None:
        """A Changed: rows that are new or different, whole."""
        window, seen = self._window(), self._sees_cursor()
        before, moved = self.rows.change(rows)
        visible = {line.key for line in window}
        for key, old in before.items():
            if old is not None and key in visible:
                self._change_cells(key, old)
            else:
                self._forget(key)
        if moved:
            self._lines_moved(window, seen)
        if before:
            self._widen()
            self._repaint_position()
        if self._hot and self._cooling is None:
            self._cooling = self.set_timer(heat.SECONDS, self._cool)

    def drop(self, keys: Iterable[Key]) -> None:
        """A Removed: keys of rows that are gone."""
        window, seen = self._window(), self._sees_cursor()
        gone = list(keys)
        moved = self.rows.remove(gone)
        self._mark(self.marked - set(gone))
        for key in gone:
            self._forget(key)
        if moved:
            self._lines_moved(window, seen)
        self._repaint_position()

    def lay_out(self, columns: Sequence[Column]) -> None:
        """Other columns, of the same rows. A filter goes on looking into the columns that it was made for."""
        self._cells = TableCells(columns, first_text(tuple(columns), self._tree_column))
        self._strips = TableStrips(self._cells, self._glyphs, self._style)
        self._hot.clear()
        self._measure(self.rows.lines(0, _MEASURED))
        self._rearranged()

    def begin(self, columns: Sequence[Column], key: tuple[str, ...]) -> None:
        """Rows of another kind from now on, none at first: in the order of arrival, no tree, unfiltered, the cursor at the top."""
        self.rows = Rows(key)
        self._hay = Haystacks(columns, self.rows)
        self._mark(set())
        self._sorted_by, self._wanted, self._moved = None, None, False
        self.lay_out(columns)

    # How they stand

    def sort_by(self, field: str, descending: bool = False) -> None:
        """Sort by a field, kept up while rows change; its column's title shows it."""
        self.rows.sort(lambda row: rank(getattr(row, field)), descending)
        self._sorted_by = (field, descending)
        self._rearranged()

    def sort(self, by: str | Callable[[Row], Rank] | None, descending: bool = False) -> None:
        """Sort by a field or a rank of rows; None is the order of arrival."""
        if isinstance(by, str):
            self.sort_by(by, descending)
            return
        self.rows.sort(by, descending)
        self._sorted_by = None
        self._rearranged()

    def sort_next(self, step: int = 1) -> None:
        """Sort by the column that is shown beside the sorted one; numbers from the largest down."""
        names = [self._cells.columns[index].name for index, _, _ in self._cells.placed]
        if names:
            here = names.index(self._sorted_by[0]) if self._sorted_by and self._sorted_by[0] in names else -1 if step > 0 else 0
            self._sort_by_column(self._cells.columns[self._cells.placed[(here + step) % len(names)][0]])

    def reverse_sort(self) -> None:
        """The other way round; nothing where no field is sorted by."""
        if self._sorted_by:
            self.sort_by(self._sorted_by[0], not self._sorted_by[1])
            self.post_message(self.Sorted(self))

    def filter(self, accepts: Callable[[Row], bool] | None) -> None:
        """Show only what `accepts`; rows are asked again when they change. A RowFilter over many rows takes effect after some slices of
        time, and `Counted` says so.
        """
        self._wanted = accepts if isinstance(accepts, row_filter.RowFilter) else None
        if self._wanted is not None:
            if self._hay.columns != self._wanted.fields:
                self._hay = Haystacks(self._wanted.fields, self.rows)
            self._search(self._wanted)
            return
        self._hay.clear()
        self.rows.filter(accepts)
        self._rearranged()

    def filter_text(self, words: str) -> None:
        """Filter by what was typed, "" shows all; raises SutraError INVALID, and then the filter before holds."""
        self.filter(row_filter.compile(words, self._cells.columns) if words.strip() else None)

    def as_tree(self, parent: Callable[[Row], Key | None] | None) -> None:
        """Show rows below their parents, siblings sorted; a row whose parent is not there is a root. None makes it flat again."""
        self.rows.arrange(parent)
        self._measure(self.rows.lines(0, _MEASURED))
        self._rearranged()

    def fold(self, key: Key, folded: bool) -> None:
        """Fold what is below a row of a tree away, or out."""
        if self.rows.folded(key) is not None:
            window, seen = self._window(), self._sees_cursor()
            self.rows.fold(key, folded)
            self._lines_moved(window, seen)
            self._repaint_position()
            self._widen()

    # What is chosen

    @property
    def chosen(self) -> list[Key]:
        """The marked rows in their order, also those that a filter hides; else the row under the cursor."""
        if self.marked:
            return [key for key in self.rows.sorted_keys() if key in self.marked]
        return [self.cursor_key] if self.cursor_key is not None else []

    def mark_all(self) -> None:
        """Mark the rows that are shown; those above what a filter found in a tree are not."""
        self._mark(self.marked | {line.key for line in self.rows.lines(0, len(self.rows)) if not line.context})

    def unmark_all(self) -> None:
        """Unmark the rows that are shown."""
        self._mark(self.marked - set(self.rows.keys(0, len(self.rows))))

    def watch_cursor_key(self, old: Key | None, new: Key | None) -> None:
        super().watch_cursor_key(old, new)
        self.post_message(self.Highlighted(self, new))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Outside a tree, left and right are the screen's."""
        return self.rows.is_tree if action in ("fold", "unfold") else True

    def on_click(self, event: events.Click) -> None:
        at = event.y - self._header + self.scroll_offset.y
        if event.y < self._header:
            if column := self._cells.title_at(event.x):
                self._sort_by_column(column)
        elif at < len(self.rows):
            again = self.rows.key_at(at) == self.cursor_key
            self._go(at)
            if again:
                self.action_choose()

    def action_move(self, lines: int) -> None:
        self._go(self._cursor_line + lines)

    def action_page(self, pages: int) -> None:
        self._go(self._cursor_line + pages * max(1, self._height() - 1))

    def action_edge(self, last: int) -> None:
        self._go(len(self.rows) - 1 if last else 0)

    def action_fold(self) -> None:
        """Fold, or go up to what the row is below."""
        key = self.cursor_key
        if key is not None and self.rows.folded(key) is False and not self.rows.filtered:
            self.fold(key, True)
        elif key is not None and (above := self.rows.above(key)) is not None and (line := self.rows.line(above)) is not None:
            self._go(line)

    def action_unfold(self) -> None:
        """Unfold, or go down to the first row below."""
        folded = self.rows.folded(self.cursor_key) if self.cursor_key is not None else None
        if folded and self.cursor_key is not None:
            self.fold(self.cursor_key, False)
        elif folded is False:
            self.action_move(1)

    def action_mark(self) -> None:
        if self.cursor_key is not None:
            self._mark(self.marked ^ {self.cursor_key})
            self.action_move(1)

    def action_choose(self) -> None:
        if self.cursor_key is not None:
            self.post_message(self.Chosen(self, self.cursor_key))

    def _sort_by_column(self, column: Column) -> None:
        same = self._sorted_by is not None and self._sorted_by[0] == column.name
        self.sort_by(column.name, not self._sorted_by[1] if same and self._sorted_by else column.right)
        self.post_message(self.Sorted(self))

    def _search(self, wanted: row_filter.RowFilter) -> None:
        """Go through the rows for a slice of time, then let keys have their turn; a newer filter ends this one."""
        if wanted is not self._wanted:
            return
        end = time.monotonic() + _SLICE
        if not self._hay.prepare(lambda: time.monotonic() < end or not self.is_running):
            self.call_later(self._search, wanted)
            return
        self.rows.filter(self._hay.accepts(wanted))
        self._rearranged()
        self.post_message(self.Counted(self))

    def _mark(self, keys: set[Key]) -> None:
        changed = self.marked ^ keys
        self.marked = keys
        for key in changed:
            self._strips.forget(key)
        if len(changed) == 1:
            self._repaint_row(*changed)
        elif changed:
            self.refresh()
        if changed:
            self._repaint_position()
            self.post_message(self.Counted(self))
