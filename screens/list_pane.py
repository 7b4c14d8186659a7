"""A pane that is a list with details: it filters, sorts, marks and follows one table stream. Most panes are this."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, ClassVar

from textual import events, work
from textual.containers import Container, Horizontal
from textual.widget import Widget
from textual.widgets import Input

from screens.pane import PaneScreen
from screens.shell import Shell
from sutra_client.errors import SutraError
from sutra_client.events import Changed, Key, Removed, Snapshot
from widgets.columns import Column
from widgets.details import Details
from widgets.lines import Lines, Part, between
from widgets.live_table import LiveTable
from widgets.panes_line import WIDE
from widgets.prose import Paragraph, Prose

_SETTLED = 0.15
"""Seconds that the cursor rests on a row before its details are asked for."""


class ListPane(PaneScreen):
    """A subclass says what it lists: `stream`, `columns`, `summary`, `tone`, `about`; and the details of a row, in `detail` at once or
    asked for in `more`.
    """

    FILTERS = True
    KEY: tuple[str, ...] = ()
    """The fields that identify a row."""
    TITLE: ClassVar[str] = ""
    TREE: ClassVar[str] = ""
    """The column that shows branches, where the list can be a tree."""
    SORT: ClassVar[tuple[str, bool]] = ("", False)
    """The field that the list is sorted by at first, and whether from the largest down; "" is the order of arrival."""
    DEFAULT_CSS = """
    ListPane {
        & > #summary { height: 1; margin-top: 1; }
        & > #filtering { display: none; height: 1; }
        &.-filtering > #filtering { display: block; }
        & #slash { width: 2; }
        & > #list { height: 1fr; layout: vertical; }
        & #rule { display: none; height: 1; }
        & #rule.-shown { display: block; }
        &.-wide > #list { layout: horizontal; }
        &.-wide #rule { display: none; }
        &.-wide LiveTable { width: 3fr; }
        &.-wide Details { width: 2fr; margin: 0 0 0 2; max-height: 100%; display: block; }
    }
    """

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._opened = False
        self._complete = False
        self._told: Key | None = None

    # What a subclass says

    def stream(self) -> AsyncIterator[Any]:
        """The table stream that is listed; taken anew each time the pane comes to sight."""
        raise NotImplementedError

    def columns(self) -> Sequence[Column]:
        """The columns of the list, from the generated fields as a rule."""
        raise NotImplementedError

    def listed(self, row: Any) -> Any:
        """The row as the list has it, with the same key: for cells that tell more than one field."""
        return row

    def summary(self, rows: Iterable[Any]) -> Sequence[Part]:
        """The list in a few words, beside its title."""
        return ()

    def tone(self, row: Any) -> str:
        """error, warning, dim or none; it only repeats what a cell says."""
        return ""

    def detail(self, row: Any) -> Sequence[Paragraph]:
        """What the row itself tells."""
        return ()

    async def more(self, row: Any) -> Sequence[Paragraph]:
        """What has to be asked for; takes the place of `detail` when it is there. Raises SutraError."""
        return self.detail(row)

    def heading(self) -> str:
        """What stands before the summary."""
        return self.TITLE

    # The screen

    def body(self) -> Iterable[Widget]:
        yield Lines([(("", ""),)], id="summary")
        with Horizontal(id="filtering"):
            yield Lines([((" /", "accent"),)], id="slash")
            yield Input(placeholder="word  !word  field:word  field>5   enter keeps, esc clears", id="filter", compact=True)
        with Container(id="list"):
            yield LiveTable(self.columns(), self.KEY, tone=self.tone, glyphs=self.glyphs, tree_column=self.TREE)
            yield Lines([(("", ""),)], id="rule")
            with Details():
                yield Prose(id="detail")

    @property
    def row(self) -> Any:
        """The row under the cursor, or None."""
        key = self.table.cursor_key
        return self.table.rows.get(key) if key is not None else None

    @property
    def filtered(self) -> bool:
        return bool(self.query_one("#filter", Input).value) or self.query_one("#filter", Input).has_focus

    @property
    def table(self) -> LiveTable:
        return self.query_one(LiveTable)

    async def on_mount(self) -> None:
        if self.SORT[0]:
            self.table.sort_by(*self.SORT)
        self.table.empty = "Not known yet."
        self.table.focus()

    def subscribe(self) -> None:
        self.watch_list()
        if self.table.cursor_key is not None:
            self._tell_detail()

    @work(exclusive=True, group="list")
    async def watch_list(self) -> None:
        """The list as its service tells it, until the pane is hidden."""
        self.table.rows.restart()
        await self.follow(self.heading(), self.stream(), self.take)

    def take(self, event: Any) -> None:
        """One event of the list."""
        match event:
            case Snapshot(rows=rows, more=more):
                self.table.load(map(self.listed, rows), more)
                if not more:
                    self._complete = True
                    self.table.age(False)
            case Changed(rows=rows):
                self.table.change(map(self.listed, rows))
            case Removed(keys=keys):
                self.table.drop(keys)
        self.tell_summary()
        if not self._shows_details():
            return
        key = self.table.cursor_key
        if isinstance(event, Changed) and key is not None and any(self.table.rows.identity(row) == key for row in event.rows):
            self._tell_detail()

    def nothing(self) -> str:
        """What an empty list means."""
        return "There are none."

    def went(self, stream: str) -> None:
        self.table.rows.restart()
        self.table.age(True)

    def overdue(self) -> None:
        if self._complete:
            self.table.age(True)

    def failed(self, what: str, error: SutraError) -> None:
        self.table.age(True)
        self.table.empty = ""
        super().failed(what, error)

    def tell_summary(self) -> None:
        """Title and summary left, the filter that is in force right; the table itself says how many rows pass and are marked."""
        left: list[Part] = [(f" {self.heading()}", "strong"), ("  ", "")]
        if self._complete:
            rows = self.table.rows
            left += self.summary(row for key in rows.all_keys() if (row := rows.get(key)) is not None)
        right: list[Part] = []
        text = self.query_one("#filter", Input).value
        if self._complete:
            self.table.empty = "Nothing passes the filter; esc shows all again." if text and self.table.rows.total else self.nothing()
        if text and not self.has_class("-filtering"):
            right.append((f"  /{text}", "accent"))
        self.query_one("#summary", Lines).show([between(left, [*right, (" ", "")], self.app.size.width)])

    def on_resize(self) -> None:
        self.tell_summary()
        self._tell_detail()

    # Keys

    def on_key(self, event: events.Key) -> None:
        """While a filter is typed the arrows move in the list."""
        if self.query_one("#filter", Input).has_focus and event.key in ("up", "down", "pageup", "pagedown"):
            event.stop()
            step = -1 if event.key.endswith("up") else 1
            self.table.action_page(step) if "page" in event.key else self.table.action_move(step)

    def action_filter(self) -> None:
        """`/`: filter as you type."""
        self.add_class("-filtering")
        self.query_one("#filter", Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        try:
            self.table.filter_text(event.value)
        except SutraError as error:
            self.failed("filter", error)
            return
        self._errors.pop("filter", None)
        self.tell_note()
        self.tell_summary()

    def on_input_submitted(self) -> None:
        self.remove_class("-filtering")
        self.tell_summary()
        self.table.focus()

    def action_sort_next(self, step: int) -> None:
        self.table.sort_next(step)

    def action_sort_reverse(self) -> None:
        self.table.reverse_sort()

    def action_open(self) -> None:
        """The details below the list, where there is no room beside it; there the keys scroll."""
        self._opened = True
        self._tell_detail()
        self.query_one(Details).focus()

    def refocus(self) -> None:
        self.table.focus()

    def action_step_back(self) -> None:
        """From the details to the list, from the filter to the whole list, and from there to the screen that this one was opened from."""
        if self.ABOVE and not self._opened and not self.filtered:
            self.dismiss()
            return
        if self.filtered and not self._opened:
            self.query_one("#filter", Input).value = ""
            self.remove_class("-filtering")
        self._opened = False
        self._tell_detail()
        self.table.focus()

    def on_live_table_counted(self) -> None:
        self.tell_summary()

    def on_live_table_highlighted(self) -> None:
        self._tell_detail()

    def on_live_table_chosen(self) -> None:
        self.choose()

    def choose(self) -> None:
        """Enter on a row."""
        self.action_open()

    def _shows_details(self) -> bool:
        return self._opened or self.app.size.width >= WIDE

    def _tell_detail(self) -> None:
        details = self.query_one(Details)
        details.set_class(self._opened, "-shown")
        rule = self.query_one("#rule", Lines)
        rule.set_class(self._opened, "-shown")
        words = f" {self.glyphs.rule * 2} esc closes, arrows scroll "
        rule.show([((words.ljust(self.app.size.width - 1, self.glyphs.rule), "dim"),)])
        if self._shows_details():
            self.read_detail(self.table.cursor_key)

    @work(exclusive=True, group="detail")
    async def read_detail(self, key: Key | None) -> None:
        """What the row tells at once, then what its service tells of it when the cursor has come to rest."""
        shown = self.query_one("#detail", Prose)
        row = self.table.rows.get(key) if key is not None else None
        if row is None:
            shown.tell([])
            return
        if key != self._told:
            self.query_one(Details).scroll_home(animate=False)
            shown.tell(self.detail(row))
            self._told = key
            await asyncio.sleep(_SETTLED)
        try:
            shown.tell(await self.more(row))
        except SutraError as error:
            shown.tell([*self.detail(row), ("", ""), (" ", error.message), (" ", error.hint)])
