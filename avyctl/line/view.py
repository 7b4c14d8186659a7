"""One list that was opened, and what can be done with it."""

from collections.abc import AsyncGenerator
from typing import Protocol

from avyctl.line.listing import Listing
from avyctl.line.paper import Paper
from avyctl.line.reader import LineReader
from avyctl.line.source import Change, Row
from avyctl.line.watch import Watch
from sutra_client.schema import Field, Schema


class Rows(Protocol):
    """Where a list comes from: source.Source, or the findings of all services. All that it awaits raises SutraError."""

    @property
    def title(self) -> str:
        """Between `avyctl` and the sign of the prompt."""

    @property
    def schema(self) -> Schema: ...
    @property
    def kind(self) -> str: ...
    @property
    def key(self) -> tuple[str, ...]: ...
    @property
    def fields(self) -> list[Field]: ...
    async def rows(self) -> list[Row]: ...
    async def detail(self, row: Row) -> list[str]: ...
    def changes(self) -> AsyncGenerator[Change, None]: ...


class View:
    """Everything is written as it is done; raises SutraError."""

    def __init__(self, source: Rows, paper: Paper) -> None:
        self.source = source
        self._paper = paper
        self._listing = Listing(source.schema, source.kind, source.fields)

    async def read(self) -> None:
        """What was there before stays where it fails."""
        self._listing.load(await self.source.rows())
        self.show()

    def show(self) -> None:
        """From the first page on, as it was read last."""
        self._paper.pages(self._listing.lines(self._paper.room))

    def filter(self, text: str, *, shown: bool = True) -> None:
        self._listing.filter_by(text)
        if shown:
            self.show()

    def sort(self, text: str) -> None:
        """`text` is a field, or its title, and perhaps `desc`."""
        name, _, last = text.rpartition(" ")
        descending = bool(name) and last == "desc"
        self._listing.sort_by(name.strip() if descending else text, descending)
        self.show()

    def row(self, word: str) -> Row | None:
        """The row of that number; None where there is none."""
        shown = self._listing.shown
        number = int(word[:9]) if word.isascii() and word.isdecimal() else 0
        return shown[number - 1] if 0 < number <= len(shown) else None

    async def detail(self, row: Row) -> None:
        self._paper.pages(await self.source.detail(row))

    async def watch(self, reader: LineReader) -> str | None:
        """The line that ended it; None at the end of input."""
        changes = self.source.changes()
        return await Watch(self._listing, self.source.key, self._paper).until_typed(changes, reader)
