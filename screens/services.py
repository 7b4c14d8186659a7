"""Services: what the init system supervises, how it fares, and what the chosen one is about and wrote last."""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, ClassVar

import msgspec
from textual import work

from screens.list_pane import ListPane
from screens.pane import Call
from screens.shell import Shell
from screens.tail import LINES, Tail
from sutra_client import services_text as words
from sutra_client.actions import Action
from sutra_client.errors import SutraError
from sutra_client.events import Where
from sutra_client.gen.init import Detail, Init, Kind, Service
from sutra_client.gen.init_table import TYPES
from sutra_client.gen.logs import Logs
from sutra_client.json_text import Json
from sutra_client.text import NIL, day
from widgets.columns import Column, columns
from widgets.lines import Part
from widgets.prose import Paragraph, Prose, titled

_COUNTED = ["memory", "cpu", "tasks"]
_KINDS: tuple[tuple[str, list[Kind]], ...] = (
    ("service", [Kind.SERVICE]),
    ("timer", [Kind.TIMER]),
    ("socket", [Kind.SOCKET]),
    ("mount", [Kind.MOUNT, Kind.AUTOMOUNT, Kind.SWAP]),
    ("unit", list(Kind)),
)
"""(what one is called, kinds) of the lists to choose from."""
_SCOPES = ("system", "user", "")
"""Whose manager; empty for both."""
_SHOWN = ("enabled", "since", "memory", "cpu", "tasks", "restarts", "description")
_WIDTHS = (
    ("look", 1, 1),
    ("called", 20, 48),
    ("state", 10, 24),
    ("scope", 6, 6),
    ("since", 10, 10),
    ("memory", 6, 6),
    ("cpu", 6, 6),
    ("enabled", 8, 16),
    ("tasks", 5, 5),
    ("restarts", 8, 8),
    ("description", 16, 48),
)
"""(column, least, most) cells, what matters most first."""

Rated = tuple[int, str, str]
"""(urgency, name, what is shown): sorts the most urgent first, then by name."""


class Listed(msgspec.Struct, frozen=True):
    """A unit as it is listed."""

    scope: str
    name: str
    look: Rated
    called: str
    state: Rated
    since: int | None
    memory: int | None
    cpu: float | None
    tasks: int | None
    enabled: str | None
    restarts: int | None
    description: str | None
    tone: str
    unit: Service


class ServicesScreen(ListPane):
    """Takes the services of the init system, and the logs service for what the chosen unit wrote."""

    NAME = "services"
    TITLE = "Services"
    KEY = ("scope", "name")
    SORT = ("state", False)
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("open", "enter", "details", "how the unit under the cursor is started, what it needs, how it ended and what it wrote last"),
        Action("open", "d", "details", "the same", shown=False),
        Action("kinds", "K", "kinds", "services, timers, sockets, mounts or all units, one after the other"),
        Action("scope", "U", "user", "the units of the system, those of your own manager, or both"),
    )

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._init: Init = shell.services.client("init")
        self._logs: Logs = shell.services.client("logs")
        self._kind = 0
        self._scope = 0
        self._found: Detail | None = None
        self._written = Tail()
        self._followed: tuple[str, str] | None = None

    def stream(self) -> AsyncIterator[Any]:
        return self._init.services(where=self._where(), fields=_COUNTED, kinds=_KINDS[self._kind][1])

    def columns(self) -> Sequence[Column]:
        found = {column.name: column for column in columns(TYPES["Service"], _SHOWN)}
        found["look"] = Column("look", "", _shown, tone=lambda rated: "ok" if _shown(rated) == self.glyphs.ok else "")
        found["called"] = Column("called", "name", str, grow=True)
        found["state"] = Column("state", "state", _shown)
        found["scope"] = Column("scope", "scope", str)
        found["since"] = found["since"]._replace(format=self._since)
        if _SCOPES[self._scope]:
            del found["scope"]
        sized = enumerate(each for each in _WIDTHS if each[0] in found)
        named = {name: found[name]._replace(priority=priority, least=least, most=most) for priority, (name, least, most) in sized}
        return tuple(named.values())

    def listed(self, row: Any) -> Listed:
        unit: Service = row
        glyph, state, tone = words.state(unit, self.glyphs)
        urgency = words.urgency(unit)
        return Listed(
            unit.scope,
            unit.name,
            (urgency, unit.name, glyph),
            f"{unit.name}  (you)" if unit.you else unit.name,
            (urgency, unit.name, state if unit.job is None else f"{state}, {unit.job}"),
            unit.since,
            unit.memory,
            unit.cpu,
            unit.tasks,
            unit.enabled,
            unit.restarts,
            unit.description,
            tone if tone != "ok" else "",
            unit,
        )

    def summary(self, rows: Iterable[Any]) -> Sequence[Part]:
        told = words.summary([row.unit for row in rows], _KINDS[self._kind][0])
        return [(told, ""), (f"   {_SCOPES[self._scope] or 'system and user'}", "dim")]

    def nothing(self) -> str:
        what = f"No {_KINDS[self._kind][0]} of "
        if _SCOPES[self._scope] == "user":
            return what + "your own manager: where one runs, $XDG_RUNTIME_DIR names the folder of its bus."
        return what + "this host is known to its init system."

    def tone(self, row: Any) -> str:
        listed: Listed = row
        return listed.tone

    def detail(self, row: Any) -> Sequence[Paragraph]:
        return titled(words.detail(Detail(row.unit, [])))

    async def more(self, row: Any) -> Sequence[Paragraph]:
        key = (row.scope, row.name)
        if key != self._followed:
            self._followed = key
            self._written = Tail("" if row.scope == "system" else "the log cannot be asked for units of a user's manager")
            self.follow_log(row)
        self._found = None
        self._found = await self._init.get(row.name, row.scope)
        return self._paragraphs(self._found)

    @work(exclusive=True, group="log")
    async def follow_log(self, row: Listed) -> None:
        """The unit's last lines and what it writes while its details are seen; a log that fails is no harm to the details."""
        written = self._written
        if row.scope != "system":
            return
        try:
            async for event in self._logs.follow(lines=LINES, unit=row.name):
                written.take(event)
                self._tell_written()
        except SutraError as error:
            written.failed(error)
            self._tell_written()

    def subscribe(self) -> None:
        self._followed = None
        super().subscribe()

    def equivalent(self) -> Call:
        row: Listed | None = self.row
        if self._opened and row is not None:
            named: dict[str, Json] = {"name": row.name}
            return "services", "status", named | ({"scope": row.scope} if row.scope != "system" else {})
        args: dict[str, Json] = {"fields": list(_COUNTED)}
        if self._kind:
            args["kinds"] = [str(kind) for kind in _KINDS[self._kind][1]]
        if where := self._where():
            args["where"] = [list(term) for term in where]
        return "services", "list", args

    def action_kinds(self) -> None:
        self._kind = (self._kind + 1) % len(_KINDS)
        self.watch_list()

    def action_scope(self) -> None:
        self._scope = (self._scope + 1) % len(_SCOPES)
        self.table.lay_out(self.columns())
        self.watch_list()

    def action_step_back(self) -> None:
        super().action_step_back()
        if not self._shows_details():
            self._followed = None
            self.workers.cancel_group(self, "log")

    def _where(self) -> Where:
        return [("scope", "=", _SCOPES[self._scope])] if _SCOPES[self._scope] else []

    def _since(self, since: object) -> str:
        return day(since, self.clock()) if isinstance(since, int) else NIL

    def _tell_written(self) -> None:
        if self._found is not None and self.table.cursor_key == self._followed and self._shows_details():
            self.query_one("#detail", Prose).tell(self._paragraphs(self._found))

    def _paragraphs(self, found: Detail) -> Sequence[Paragraph]:
        lines = titled(words.detail(found))
        return [*lines[: words.HEAD], *self._written.paragraphs(), *lines[words.HEAD :]]


def _shown(rated: object) -> str:
    return rated[2] if isinstance(rated, tuple) else NIL


SCREEN = ServicesScreen
