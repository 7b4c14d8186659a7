"""Watching: rows are written as they change, until a line is typed."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from avyctl.line.listing import Listing
from avyctl.line.paper import Paper
from avyctl.line.reader import LineReader
from avyctl.line.source import CHANGED, REMOVED, SNAPSHOT, Change, Row
from sutra_client.tabular import Table

_BEGUN = "Watching, until Enter."


class Watch:
    """What becomes of the rows of a listing, whose filter holds. A change that shows in no column is not written."""

    def __init__(self, listing: Listing, key: tuple[str, ...], paper: Paper) -> None:
        """`key` names the fields that identify a row; rows without are records, all of which are written."""
        self._listing = listing
        self._key = key
        self._paper = paper
        self._told: dict[str, tuple[Row, str]] = {}
        """Each row that passed as it was last seen, and its line."""
        self._table: Table | None = None

    async def until_typed(self, changes: AsyncGenerator[Change, None], reader: LineReader) -> str | None:
        """The line that ended it, None for the end of input. Raises SutraError."""
        if not self._key:
            self._paper.say(_BEGUN)
        typed = asyncio.create_task(reader.line())
        telling = asyncio.create_task(self._tell(changes))
        try:
            await asyncio.wait((typed, telling), return_when=asyncio.FIRST_COMPLETED)
            if not typed.done():
                await telling  # which ends by an error alone
            return await typed
        finally:
            for task in (typed, telling):
                task.cancel()
            await asyncio.gather(typed, telling, return_exceptions=True)

    async def _tell(self, changes: AsyncGenerator[Change, None]) -> None:
        async with aclosing(changes) as happening:
            async for what, rows in happening:
                if what == SNAPSHOT:
                    self._begin(rows)
                elif what == REMOVED:
                    self._removed([self._name(row) for row in rows])
                elif rows:
                    self._write(rows, self._lines(what, rows))
                elif what != CHANGED:
                    self._paper.say(what)

    def _begin(self, rows: list[Row]) -> None:
        """The first time nothing is written; of a list that begins anew, after a broken connection, what differs."""
        if self._table is None:
            rows = [row for row in rows if self._listing.passes(row)]
            self._told = {self._name(row): (row, line) for row, line in zip(rows, self._lines(CHANGED, rows), strict=True)}
            self._paper.say(_BEGUN)
            return
        self._removed(list(self._told.keys() - {self._name(row) for row in rows}))
        self._write(rows, self._lines(CHANGED, rows))

    def _lines(self, what: str, rows: list[Row]) -> list[str]:
        if self._table is None:
            self._table = Table(self._listing.fields, marked=bool(what))
            self._table.measure(self._table.columns(list(rows), what), legend=False)
        return self._table.lines(self._table.columns(list(rows), what))

    def _write(self, rows: list[Row], lines: list[str]) -> None:
        for row, line in zip(rows, lines, strict=True):
            _, known = self._told.get(self._name(row), (row, ""))
            if line == known or not (known or self._listing.passes(row)):
                continue
            if self._key:
                self._told[self._name(row)] = row, line
            self._paper.say(line)

    def _removed(self, names: list[str]) -> None:
        gone = [row for name in names if (row := self._told.pop(name, (None, ""))[0]) is not None]
        self._paper.say(*self._lines(REMOVED, gone))

    def _name(self, row: Row) -> str:
        return repr([row.get(name) for name in self._key])
