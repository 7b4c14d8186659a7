"""A list pane with several lists, one seen at a time; and what other streams of its service tell of the row under the cursor."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, NamedTuple

from textual import work
from textual.widgets import Input

from screens.list_pane import ListPane
from screens.pane import Call, PaneScreen
from screens.shell import Shell
from sutra_client.errors import SutraError
from sutra_client.events import Key
from sutra_client.json_text import Json
from sutra_client.kept import Kept
from sutra_client.text import NIL, value
from widgets.columns import Column, Field, columns
from widgets.lines import Part
from widgets.prose import Paragraph

Place = tuple[str, int, int]
"""(column, least, most) cells."""


class Listing(NamedTuple):
    """One of a pane's lists."""

    title: str
    counted: tuple[str, str]
    """What one row is, and several are."""
    verb: str
    """Of the one-shot that lists the same."""
    key: tuple[str, ...]
    """The fields that identify a row."""
    fields: tuple[Field, ...] = ()
    """Of the rows, as generated; empty for a list that its pane lays out itself."""
    places: tuple[Place, ...] = ()
    """The columns, what matters most first; they stand in the order of the fields."""


class ManyLists(ListPane):
    """A subclass declares LISTINGS, of which the first is seen first, and gives `rows_of` each; its verbs are those of one noun."""

    LISTINGS: ClassVar[Mapping[str, Listing]] = {}

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self.shown = next(iter(self.LISTINGS))
        self.status: Any = None
        """What `ask_status` answered last."""
        self.kept: Mapping[str, Kept[Any]] = {}
        """What the streams of `beside` told, by their names."""
        self._beside_of: Key | None = None

    # What a subclass says

    def rows_of(self, listing: str) -> AsyncIterator[Any]:
        """The table stream of that list."""
        raise NotImplementedError

    def own_columns(self) -> Sequence[Column]:
        """Of a list that the pane lays out itself."""
        return ()

    def above(self, row: Any) -> Key | None:
        """In the first list, the row that this one stands below."""
        return None

    def beside(self, row: Any) -> Mapping[str, tuple[AsyncIterator[Any], tuple[str, ...]]]:
        """The table streams that tell more of a row of the first list, and the fields that identify their rows."""
        return {}

    async def ask_status(self) -> Any:
        """What the summary tells besides the rows. Raises SutraError."""
        raise NotImplementedError

    # What a list pane asks

    @property
    def listing(self) -> Listing:
        return self.LISTINGS[self.shown]

    @property
    def is_first(self) -> bool:
        return self.shown == next(iter(self.LISTINGS))

    def heading(self) -> str:
        return self.listing.title

    def stream(self) -> AsyncIterator[Any]:
        return self.rows_of(self.shown)

    def columns(self) -> Sequence[Column]:
        return _laid_out(self.listing) if self.listing.fields else self.own_columns()

    def summary(self, rows: Iterable[Any]) -> Sequence[Part]:
        count = sum(1 for _ in rows)
        return [(f"{count} {self.listing.counted[count != 1]}", "")]

    def detail(self, row: Any) -> Sequence[Paragraph]:
        return all_facts(row, self.listing.fields)

    async def more(self, row: Any) -> Sequence[Paragraph]:
        key = self.table.rows.identity(row)
        if self.is_first and key != self._beside_of:
            self._beside_of = key
            self.watch_beside(row)
        return self.detail(row)

    def equivalent(self) -> Call:
        row = self.row
        if self._opened and row is not None:
            where: list[Json] = [[name, "=", getattr(row, name)] for name in self.listing.key]
            return self.NAME, self.listing.verb, {"where": where}
        return self.NAME, self.listing.verb, {}

    def subscribe(self) -> None:
        self._beside_of = None  # its streams ended when the pane was covered
        super().subscribe()

    async def on_mount(self) -> None:
        self.table.as_tree(self.above)

    def turn_to(self, listing: str) -> None:
        """That list in place of this one, or from it back to the first."""
        self.forget(self.heading(), *self.kept)
        self.shown = next(iter(self.LISTINGS)) if listing == self.shown else listing
        self._complete = self._opened = False
        self._beside_of = self._told = None
        self.workers.cancel_group(self, "beside")
        self.query_one("#filter", Input).value = ""
        self.remove_class("-filtering")
        self.table.begin(self.columns(), self.listing.key)
        self.table.empty = "Not known yet."
        self.table.as_tree(self.above if self.is_first else None)
        self.tell_note()
        self.tell_summary()
        self.refocus()
        self.watch_list()

    def action_step_back(self) -> None:
        """Esc goes back to the first list when nothing else is left to close."""
        if self._opened or self.filtered or self.is_first:
            super().action_step_back()
        else:
            self.turn_to(self.shown)

    @work(exclusive=True, group="status")
    async def read_status(self) -> None:
        """Ask anew for what the summary tells."""
        try:
            self.status = await self.ask_status()
        except SutraError as error:
            self.failed("status", error)
            return
        self.answered("status")
        self.tell_summary()

    def came_back(self, stream: str) -> None:
        if stream == self.heading():
            self.read_status()

    def went(self, stream: str) -> None:
        if stream == self.heading():
            super().went(stream)

    def overdue(self) -> None:
        if self.heading() in self._waiting:
            super().overdue()

    def failed(self, what: str, error: SutraError) -> None:
        if what in (self.heading(), "filter"):
            super().failed(what, error)
        else:
            PaneScreen.failed(self, what, error)  # the list is no older for it

    def forget(self, *streams: str) -> None:
        """They are followed no more, so nothing about them is worth a note."""
        for name in streams:
            self._errors.pop(name, None)
            self._stale.pop(name, None)
            self._waiting.discard(name)

    @work(exclusive=True, group="beside")
    async def watch_beside(self, row: Any) -> None:
        """What else is known of that row, for as long as the cursor is on it."""
        streams = self.beside(row)
        self.kept = {name: Kept(*key) for name, (_, key) in streams.items()}
        async with asyncio.TaskGroup() as group:
            for name, (stream, _) in streams.items():
                group.create_task(self.follow(name, stream, partial(self._take_beside, self.kept[name])))

    def _take_beside(self, kept: Kept[Any], event: Any) -> None:
        if kept.take(event):
            self._tell_detail()

    def rows_beside(self, name: str) -> list[Any]:
        """What the stream of that name told of the row under the cursor."""
        return list(self.kept[name].rows.values()) if name in self.kept else []


def _laid_out(listing: Listing) -> Sequence[Column]:
    chosen = {name: (priority, least, most) for priority, (name, least, most) in enumerate(listing.places)}
    names = [field[0] for field in listing.fields if field[0] in chosen]
    found = []
    for column in columns(listing.fields, names):
        priority, least, most = chosen[column.name]
        found.append(column._replace(priority=priority, least=least, most=most, grow=not column.right))
    return found


def all_facts(row: Any, fields: Iterable[Field]) -> Sequence[Paragraph]:
    """Every field that is known, a line each."""
    told = [(field[5] or field[0].replace("_", " "), value(getattr(row, field[0]), field[1].rstrip("?"), field[3])) for field in fields]
    most = max((len(title) for title, _ in told), default=0)
    return [(f" {title:<{most}} ", text) for title, text in told if text not in ("", NIL)]
