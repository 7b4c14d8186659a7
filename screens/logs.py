"""Logs: what services and the kernel wrote, as they write it, the newest at the end."""

from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from functools import partial
from typing import Any, ClassVar

import msgspec
from textual.timer import Timer
from textual.widget import Widget

from screens.list_pane import ListPane
from screens.pane import Call
from screens.shell import Shell
from sutra_client import logs_text as words
from sutra_client.actions import Action
from sutra_client.events import Lost, Records
from sutra_client.gen.logs import Logs, Priority, Record
from sutra_client.json_text import Json
from sutra_client.plot import sparkline
from sutra_client.text import span, value
from widgets.columns import Column
from widgets.lines import Lines, Part
from widgets.prose import Paragraph, titled

FIRST = 1000
"""Records that a list begins with."""
KEPT = 4000
"""Records that are listed while the end is followed; of somebody who reads further up, twice as many are, so that nothing moves."""
_REDRAWN = 0.5
"""Seconds between two pictures of a log that is being written."""
_LEVELS = (None, Priority.INFO, Priority.NOTICE, Priority.WARNING, Priority.ERR, Priority.CRIT)
_TEXT = partial(value, kind="string?")


class LogRow(msgspec.Struct, frozen=True):
    """A record as it is listed; without one, a sentence about what is missing there."""

    number: int
    time: int | None
    priority: str | None
    source: str | None
    message: str
    unit: str | None
    pid: int | None
    tone: str
    record: Record | None


class LogsScreen(ListPane):
    """Takes the logs service."""

    NAME = "logs"
    TITLE = "Logs"
    KEY = ("number",)
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("open", "enter", "details", "the whole message and every field of the record under the cursor"),
        Action("open", "d", "details", "the same", shown=False),
        Action("stricter", "p", "priority", "only what matters more; P goes back"),
        Action("looser", "P", "priority back", "also what matters less", shown=False),
        Action("unit", "u", "unit", "only what the unit of the record under the cursor wrote, and again: all units"),
        Action("newest", "f", "follow", "to the newest record, and on with what comes; moving up stays where you read"),
    )
    DEFAULT_CSS = """
    LogsScreen {
        & > #recent { height: 1; }
    }
    """

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._logs: Logs = shell.services.client("logs")
        self._level = 0
        self._unit: str | None = None
        self._listed: deque[LogRow] = deque()
        self._numbered = 0
        self._anew = True
        self._redrawing: Timer | None = None

    def stream(self) -> AsyncIterator[Any]:
        self._anew = True
        return self._logs.follow(lines=FIRST, priority=_LEVELS[self._level], unit=self._unit)

    def body(self) -> Iterable[Widget]:
        parts = iter(super().body())
        yield next(parts)
        yield Lines([(("", ""),)], id="recent")
        yield from parts

    async def on_mount(self) -> None:
        self.table.follow_end = True

    def columns(self) -> Sequence[Column]:
        return (
            Column("time", "time", self._when, least=8, most=14, priority=0, kind="time?"),
            Column("priority", "priority", _TEXT, least=4, most=8, priority=3),
            Column("source", "from", _TEXT, least=8, most=20, priority=2),
            Column("pid", "pid", partial(value, kind="u32?"), True, 5, 8, 5, kind="u32?"),
            Column("unit", "unit", _TEXT, least=24, most=24, priority=4),
            Column("message", "message", str, least=28, most=40, priority=1, grow=True),
        )

    def take(self, event: Any) -> None:
        """What was followed before a break comes again after it, so the list begins anew then."""
        match event:
            case Records(rows=rows):
                self._append([self._row(record) for record in rows])
            case Lost(count=count):
                self._append([self._row(None, words.lost(count))])
        self.tell_summary()

    def went(self, stream: str) -> None:
        super().went(stream)
        self._anew = True

    def summary(self, rows: Iterable[Any]) -> Sequence[Part]:
        level = _LEVELS[self._level]
        following = self.table.follows
        return [
            (f"{level} and worse" if level else "any priority", "" if level is None else "accent"),
            (f"   {self._unit or 'any unit'}", "" if self._unit is None else "accent"),
            (f"   follow {self.glyphs.ok if following else self.glyphs.off}", "ok" if following else "dim"),
        ]

    def nothing(self) -> str:
        level, unit = _LEVELS[self._level], self._unit
        what = f" of {unit}" if unit else ""
        return f"No record{what}{f' that is {level} or worse' if level else ''}. What comes will stand here."

    def tone(self, row: Any) -> str:
        listed: LogRow = row
        return listed.tone

    def detail(self, row: Any) -> Sequence[Paragraph]:
        record: Record | None = row.record
        if record is None:
            return [(" ", row.message)]
        return [*((" ", line) for line in words.message(record).split("\n")), ("", ""), *titled(words.detail(record))]

    def equivalent(self) -> Call:
        level = _LEVELS[self._level]
        args: dict[str, Json] = {"priority": str(level)} if level else {}
        return "logs", "list", args | ({"unit": self._unit} if self._unit else {})

    def on_live_table_highlighted(self) -> None:
        self.tell_summary()

    def on_resize(self) -> None:
        self._tell_recent()

    def action_stricter(self) -> None:
        self._look_at(min(self._level + 1, len(_LEVELS) - 1), self._unit)

    def action_looser(self) -> None:
        self._look_at(max(self._level - 1, 0), self._unit)

    def action_unit(self) -> None:
        row: LogRow | None = self.row
        unit = row.unit if row is not None and self._unit is None else None
        if unit is None and self._unit is None:
            self.say("of this record it is not known which unit wrote it")
        else:
            self._look_at(self._level, unit)

    def action_newest(self) -> None:
        self.table.action_edge(1)
        self.tell_summary()

    def action_sort_next(self, step: int) -> None:
        self.say("records stand in the order in which they came")

    def action_sort_reverse(self) -> None:
        self.action_sort_next(-1)

    def _look_at(self, level: int, unit: str | None) -> None:
        if (level, unit) != (self._level, self._unit):
            self._level, self._unit = level, unit
            self.tell_summary()
            self.watch_list()

    def _row(self, record: Record | None, said: str = "") -> LogRow:
        self._numbered += 1
        if record is None:
            return LogRow(self._numbered, None, None, None, said, None, None, "warning", None)
        message = " ".join(words.message(record).split("\n"))
        # of a log file the program's name stands for a unit
        unit = record.unit or (record.identifier if (record.transport or "").startswith("/") else None)
        source = record.identifier or record.unit
        return LogRow(self._numbered, record.time, record.priority, source, message, unit, record.pid, words.tone(record), record)

    def _append(self, rows: list[LogRow]) -> None:
        if self._anew:
            self._anew, self._complete = False, True
            self._listed = deque(rows)
            self.table.empty = self.nothing()
            self.table.load(rows)
            self._tell_recent()
            return
        self._listed.extend(rows)
        self.table.change(rows)
        excess = len(self._listed) - (KEPT if self.table.follows else 2 * KEPT)
        if excess > 0:
            self.table.drop([(self._listed.popleft().number,) for _ in range(excess)])
        if self._redrawing is None:
            self._redrawing = self.set_timer(_REDRAWN, self._tell_recent)

    def _tell_recent(self) -> None:
        """When the listed records were written, as a picture."""
        if self._redrawing is not None:
            self._redrawing.stop()
            self._redrawing = None
        times = [row.time for row in self._listed if row.time is not None]
        told = f"  {len(times)} in {span(max(times) - min(times))}" if times else ""
        counts = words.histogram(times, self.app.size.width - len(told) - 2)
        picture = sparkline(counts, len(counts), self.glyphs.blocks)
        self.query_one("#recent", Lines).show([((f" {picture}", "accent"), (told, "dim"))])

    def _when(self, moment: object) -> str:
        return words.when(moment if isinstance(moment, int) else None, self.clock())


SCREEN = LogsScreen
