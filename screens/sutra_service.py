"""One service by the interface that it serves: its methods and streams, whether you may use them, and how much they are used."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, ClassVar

import msgspec

from screens.list_pane import ListPane
from screens.shell import Shell
from screens.sutra_form import FormScreen
from screens.sutra_stream import StreamScreen
from sutra_client import command
from sutra_client.actions import Action
from sutra_client.anything import Anything
from sutra_client.errors import SutraError
from sutra_client.events import Changed, Snapshot, Stale
from sutra_client.gen.core import MemberStatistics, Permission
from sutra_client.schema import Entry, implied, of_module
from sutra_client.text import NIL, span
from widgets.columns import Column
from widgets.lines import Part
from widgets.prose import Paragraph


class Member(msgspec.Struct, frozen=True):
    """A method or stream as it is listed."""

    name: str
    verb: str
    kind: str
    role: str
    refused: str
    """Why you may not; empty where you may."""
    hint: str
    doc: str
    changes: bool
    calls: int = 0
    errors: int = 0
    open: int = 0
    rate: float | None = None
    mean: int | None = None


class SutraServiceScreen(ListPane):
    """Opened from the list of endpoints, by service and path."""

    NAME = "sutra"
    KEY = ("name",)
    ABOVE = True
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("use", "enter", "use", "fill in what the method needs and call it, or follow the stream"),
        Action("open", "d", "details", "what the schema says of it"),
        Action("peers", "p", "peers", "who is connected and how busy"),
    )

    def __init__(self, shell: Shell, service: str, path: str) -> None:
        super().__init__(shell)
        self._service = service
        self._path = path
        self._schema = of_module("core")
        self._entries: dict[str, Entry] = {}

    def heading(self) -> str:
        return self._service

    async def stream(self) -> AsyncIterator[Any]:
        """Permissions with numbers, once a second; both come from the service itself."""
        async with self.shell.services.anything(self._service, self._path) as opened:
            self._entries = {entry[2]: entry for entry in opened.schema.entries.values()}
            self._schema = opened.schema
            members = {may.name: self._member(may) for may in await opened.core.allowed()}
            yield Snapshot(list(members.values()))
            async for event in _numbers(opened):
                if isinstance(event, Stale):
                    yield event
                    continue
                rows = [_with(members[row.name], row) for row in event if row.name in members]
                members.update((row.name, row) for row in rows)
                yield Changed(rows)

    def _member(self, may: Permission) -> Member:
        entry = self._entries.get(may.name)
        refused = "" if may.allowed else may.reason or "not allowed"
        doc, flags = (entry[3], entry[8]) if entry else ("What every service answers.", "")
        return Member(may.name, may.verb, may.kind, may.role, refused, may.hint, doc, "changes" in flags.split())

    def columns(self) -> Sequence[Column]:
        return (
            Column("verb", "verb", str, least=8, most=24, priority=0),
            Column("kind", "kind", str, least=4, most=9, priority=1),
            Column("refused", "you may", lambda refused: f"no: {refused}" if refused else "yes", least=7, most=24, priority=2),
            Column("role", "role", str, least=6, most=8, priority=4),
            Column("calls", "calls", str, True, 5, 8, 3),
            Column("rate", "calls/s", lambda rate: f"{rate:.1f}" if isinstance(rate, float) else NIL, True, 7, 8, 3),
            Column("errors", "errors", str, True, 6, 8, 3),
            Column("doc", "what it does", str, least=16, most=100, priority=5),
        )

    def summary(self, rows: Iterable[Any]) -> Sequence[Part]:
        listed = list(rows)
        streams = sum(row.kind != "call" for row in listed)
        refused = sum(bool(row.refused) for row in listed)
        words = f"{len(listed) - streams} methods, {streams} streams"
        return [(words + (f", {refused} that you may not use" if refused else ""), "")]

    def tone(self, row: Any) -> str:
        return "dim" if row.refused else ""

    def detail(self, row: Any) -> Sequence[Paragraph]:
        entry = self._entries.get(row.name)
        lines: list[Paragraph] = [(" ", row.doc)]
        if row.refused:
            lines += [(" you may not ", row.refused), (" ", row.hint)]
        if entry is not None:
            lines.append((" usage ", command.usage(f"{self._schema.noun} {row.verb}", entry)))
            for field in (*implied(entry), *entry[5]):
                lines.append((f"   {field[0]} ", f"{field[1]}  {field[2]}"))
            lines.append((" gives ", entry[6] or "nothing"))
        if row.mean is not None:
            lines.append((" takes ", f"{span(row.mean)} on average"))
        return lines

    def words(self) -> Sequence[str]:
        return "sutra", self._path or self._service

    def choose(self) -> None:
        self.action_use()

    def action_use(self) -> None:
        row = self.row
        if row is None:
            return
        entry = self._entries.get(row.name)
        if row.refused:
            self.say(f"{row.verb}: {row.refused}. {row.hint}")
        elif entry is None:
            self.say(f"{row.name} is of every service; avyctl sutra, info and introspect show what it tells")
        elif row.kind == "call" or any("required" in field[6].split() for field in entry[5]):
            self.app.push_screen(FormScreen(self.shell, self._service, self._path, row.name))
        else:
            self.app.push_screen(StreamScreen(self.shell, self._service, self._path, self._schema, entry, {}))

    def action_peers(self) -> None:
        core = of_module("core")
        self.app.push_screen(StreamScreen(self.shell, self._service, self._path, core, core.entries["peers"], {}))


async def _numbers(opened: Anything) -> AsyncIterator[Any]:
    """Lists of MemberStatistics, or Stale; nothing where the service is older than they are."""
    try:
        async for event in opened.core.members():
            match event:
                case Snapshot(rows=rows) | Changed(rows=rows):
                    yield rows
                case Stale():
                    yield event
    except SutraError:
        await asyncio.Event().wait()


def _with(member: Member, row: MemberStatistics) -> Member:
    return msgspec.structs.replace(member, calls=row.calls, errors=row.errors, open=row.open, rate=row.rate, mean=row.mean)
