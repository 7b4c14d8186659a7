"""Any stream of any service as a table: its columns come from the schema."""

from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import Any, ClassVar

import msgspec

from screens.list_pane import ListPane
from screens.pane import Call
from screens.shell import Shell
from sutra_client import json_text
from sutra_client.actions import Action
from sutra_client.anything import Anything
from sutra_client.events import Changed, Done, Lost, Progress, Records, Removed, Samples, Snapshot
from sutra_client.gen.core_table import ID as CORE
from sutra_client.json_text import Json
from sutra_client.schema import Entry, Field, Schema, nouns
from sutra_client.text import value
from widgets.columns import Column, columns
from widgets.prose import Paragraph

MOST_ROWS = 1000
"""Of samples and records, the newest are kept."""
_NUMBER = "__number"
_COUNT: Field = (_NUMBER, "u64", "", "", None, "#", "")


class StreamScreen(ListPane):
    """Rows of a table stream by their key; samples, records and progress in the order they came, numbered."""

    NAME = "sutra"
    ABOVE = True
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("open", "enter", "details", "every field of the row under the cursor"),
        Action("open", "d", "details", "the same", shown=False),
    )

    def __init__(self, shell: Shell, service: str, path: str, schema: Schema, entry: Entry, args: dict[str, Json]) -> None:
        """`schema` and `entry` say what the rows are like."""
        super().__init__(shell)
        self._service = service
        self._path = path
        self._schema = schema
        self._entry = entry
        self._args = args
        fields = list(schema.fields(entry[6]).values())
        self._fields = fields if entry[7] else [_COUNT, *fields]
        self.KEY = entry[7] or (_NUMBER,)
        self._wrap = msgspec.defstruct("Numbered", [(field[0], Any) for field in self._fields])
        self._count = 0
        self._kept: deque[int] = deque()

    def heading(self) -> str:
        return f"{self._service} {self._entry[2]}"

    def columns(self) -> Sequence[Column]:
        return columns(self._fields)

    def equivalent(self) -> Call | None:
        verb = next((verb for verb, each in self._schema.entries.items() if each is self._entry), "")
        return (self._schema.noun, verb, self._args) if self._schema.noun in nouns() else None

    def words(self) -> Sequence[str]:
        if self._schema.id == CORE:
            return ()  # monitor follows what a service adds to it
        args = [json_text.short(self._args)] if self._args else []
        return super().words() or ("monitor", self._path or self._service, self._entry[2], *args)

    async def stream(self) -> AsyncIterator[Any]:
        async with self.shell.services.anything(self._service, self._path) as opened:
            async for event in self._events(opened):
                match event:
                    case Samples(rows=rows) | Records(rows=rows):
                        for each in self._numbered(rows):
                            yield each
                    case Progress(state=row) | Done(result=row):
                        for each in self._numbered([row]):
                            yield each
                    case Lost(count=count):
                        self.say(f"{count} records were lost: this reader was slower than the log")
                    case _:
                        yield event

    def _events(self, opened: Anything) -> AsyncIterator[Any]:
        if self._schema.id == CORE:
            return getattr(opened.core, self._entry[2])()  # type: ignore[no-any-return]
        return opened.follow(self._entry[2], self._args)

    def _numbered(self, rows: Sequence[Any]) -> list[Any]:
        """As rows of a table that only grows at its end, and loses its oldest."""
        fresh = []
        for row in rows:
            self._count += 1
            self._kept.append(self._count)
            fresh.append(self._wrap(self._count, *(getattr(row, field[0]) for field in self._fields[1:])))
        gone = [self._kept.popleft() for _ in range(len(self._kept) - MOST_ROWS)]
        begin: list[Any] = [Snapshot([])] if self._count == len(rows) else []
        return [*begin, Changed(fresh), *([Removed([(number,) for number in gone])] if gone else [])]

    def detail(self, row: Any) -> Sequence[Paragraph]:
        """Every field, also those that no column has room for."""
        return [(f" {field[5] or field[0]} ", value(getattr(row, field[0]), field[1].rstrip("?"), field[3])) for field in self._fields]
