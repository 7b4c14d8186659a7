"""Where the rows of a list come from: one verb of one service, read by its schema."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

from sutra_client import equivalent, tabular
from sutra_client.anything import Anything
from sutra_client.command import Invocation
from sutra_client.errors import FAILED, TIMEOUT, UNAVAILABLE, UNSUPPORTED, SutraError
from sutra_client.events import Changed, Lost, Records, Removed, Snapshot, Stale
from sutra_client.json_text import Json
from sutra_client.schema import Entry, Field, Schema
from sutra_client.text import moment

Row = dict[str, Json]
_AGAIN = "try again; info tells what answers"
SNAPSHOT, CHANGED, REMOVED = "snapshot", "changed", "removed"
Change = tuple[str, list[Row]]
"""(one of these and the rows, or the keys of the removed; or "" and records of a log; or a sentence to be told, and nothing)."""


@asynccontextmanager
async def soon(what: str, seconds: float) -> AsyncIterator[asyncio.Timeout]:
    """Raises SutraError TIMEOUT when that is over."""
    try:
        async with asyncio.timeout(seconds) as limit:
            yield limit
    except TimeoutError:
        raise SutraError(TIMEOUT, f"{what}: nothing came within {seconds:g} s", _AGAIN) from None


def lists(schema: Schema, entry: Entry) -> bool:
    """Whether its answer is a list that ends: a table, or a call that answers with rows."""
    return entry[0] == "table" or (entry[0] == "call" and entry[6].startswith("[]") and bool(schema.fields(entry[6])))


class Source:
    """The list that a call asks for. Everything it awaits ends by itself after `seconds`, watching excepted."""

    def __init__(self, of: Anything, asked: Invocation, seconds: float) -> None:
        self.schema = asked.schema
        self.noun = asked.schema.noun
        self.verb = asked.verb
        self.kind = asked.entry[6].removeprefix("[]")
        """The type of its rows."""
        self.key = asked.entry[7]
        self._of = of
        self._asked = asked
        self._seconds = seconds

    @property
    def title(self) -> str:
        """The noun alone stands for its main list."""
        return self.noun if self.verb == "list" else f"{self.noun} {self.verb}"

    @property
    def fields(self) -> list[Field]:
        """The columns: what fits into a cell and is not `wide`."""
        return tabular.flat(self.schema, tabular.columns(self.schema, self.kind, [], wide=False))

    async def rows(self) -> list[Row]:
        """In the order of the service. Raises SutraError."""
        name, what = self._asked.entry[2], f"{self.noun} {self.verb}"
        async with soon(what, self._seconds):
            if self._asked.entry[0] == "call":
                return _objects(self._of.plain(name, await self._of.call(name, self._asked.args)))
            async with aclosing(self._follow(name, self._asked.args)) as events:
                async for event in events:
                    if isinstance(event, Snapshot):
                        return self._rows(name, event.rows)
                    if isinstance(event, Stale):
                        raise SutraError(UNAVAILABLE, f"{what}: {event.reason}", _AGAIN)
        raise SutraError(FAILED, f"{what}: the service ended the list before it began", _AGAIN)

    async def detail(self, row: Row) -> list[str]:
        """All about one row: what its service tells when asked for it, else what the row itself has. Raises SutraError."""
        asked = asking(self.schema, self.kind, row)
        if asked is None:
            return tabular.describe(self.schema, row, _known(row, self.schema.fields(self.kind)))
        verb, args = asked
        entry = self.schema.entries[verb]
        async with soon(f"{self.noun} {verb}", self._seconds):
            answer = self._of.plain(entry[2], await self._of.call(entry[2], args))
        lines = tabular.describe(self.schema, answer, _known(answer, self.schema.fields(entry[6])))
        return [*lines, "same as  " + equivalent.line(self.schema, verb, args)]

    async def changes(self) -> AsyncGenerator[Change, None]:
        """A table: its rows as "snapshot", then what happens to them. A call: what the log stream of the same rows says from now on.

        Raises SutraError, UNSUPPORTED where there is no such stream.
        """
        entry = self._watched()
        args = self._asked.args if entry is self._asked.entry else {}
        what = f"{self.noun} {self.verb}"
        async with soon(what, self._seconds) as limit, aclosing(self._follow(entry[2], args)) as events:
            if entry[0] == "log":
                limit.reschedule(None)  # it may be silent for as long as it likes
            async for event in events:
                limit.reschedule(None)
                change = self._change(entry[2], event)
                if change is not None:
                    yield change
        raise SutraError(FAILED, f"{what}: the service ended the stream", "watch again begins anew")

    def _change(self, name: str, event: Any) -> Change | None:
        match event:
            case Snapshot(rows=rows):
                return SNAPSHOT, self._rows(name, rows)
            case Changed(rows=rows) | Records(rows=rows):
                return CHANGED if isinstance(event, Changed) else "", self._rows(name, rows)
            case Removed(keys=keys):
                return REMOVED, [dict(zip(self.key, key, strict=False)) for key in keys]
            case Lost(count=count):
                return f"{count} records were lost here, because they came faster than they were read", []
            case Stale(reason=reason, since=since):
                return f"stale since {moment(since)}: {reason}", []
        return None

    def _watched(self) -> Entry:
        if self._asked.entry[0] == "table":
            return self._asked.entry
        for entry in self.schema.entries.values():
            if entry[0] == "log" and entry[6] == self.kind:
                return entry
        raise SutraError(UNSUPPORTED, f"{self.noun} {self.verb} answers once and cannot be watched", "r reads again")

    def _follow(self, name: str, args: dict[str, Json]) -> AsyncGenerator[Any, None]:
        return self._of.follow(name, args)  # type: ignore[return-value]  # what the connection makes is a generator

    def _rows(self, name: str, rows: list[Any]) -> list[Row]:
        return _objects([self._of.plain(name, row) for row in rows])


def asking(schema: Schema, kind: str, row: Row) -> tuple[str, dict[str, Json]] | None:
    """(verb, arguments) of the call that tells all about a row of this type: one that needs nothing but what identifies the row."""
    for verb, entry in schema.entries.items():
        if entry[0] != "call" or "changes" in entry[8].split() or not schema.fields(entry[6]) or entry[6].startswith("[]"):
            continue
        args = arguments(schema, entry, kind, row)
        needed = [field[0] for field in entry[5] if "required" in field[6].split()]
        if needed and all(name in args for name in needed):
            return verb, args
    return None


def arguments(schema: Schema, entry: Entry, kind: str, row: Row) -> dict[str, Json]:
    """Those arguments that a row of this type gives: by where their completion comes from, else by the name of a field of its key."""
    key = schema.key(kind)
    args: dict[str, Json] = {}
    for name, _, _, _, _, complete, flags in entry[5]:
        of, _, source = complete.partition(".")
        field = source if of == kind else name if not complete and name in key else ""
        value = row.get(field)
        if value is not None and ("required" in flags.split() or field in key):
            args[name] = value
    return args


def _known(row: Json, fields: dict[str, Field]) -> list[Field]:
    """What there is to read out."""
    of = row if isinstance(row, dict) else {}
    return [field for name, field in fields.items() if of.get(name) not in (None, [], {})]


def _objects(answer: Json) -> list[Row]:
    return [row for row in answer if isinstance(row, dict)] if isinstance(answer, list) else []
