"""Overview: is this host all right, and if not, why."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import ClassVar, cast

from textual import work
from textual.containers import Container
from textual.widget import Widget

from screens.pane import Clock, PaneScreen
from sutra_client import overview_text as words
from sutra_client.actions import Action
from sutra_client.errors import SutraError
from sutra_client.events import Changed, Removed, Samples, Snapshot, Stale, Unknown
from sutra_client.gen.core import Finding
from sutra_client.gen.system import Sample, Status, System
from sutra_client.glyphs import FULL, Glyphs
from sutra_client.plot import Buckets
from sutra_client.text import moment
from widgets.columns import Column
from widgets.lines import Lines, Part
from widgets.live_table import LiveTable
from widgets.note import Note
from widgets.panes_line import WIDE, Pane
from widgets.plot import Plot
from widgets.prose import Prose
from widgets.status_line import StatusLine

_CELL = 10_000_000
"""Microseconds that one cell of a plot stands for."""
_MINUTE = 60
PATIENCE = 0.05
"""Seconds that the first frame waits for the service at most."""
UNSAID = 0.3
"""Seconds of waiting that are not worth a word."""


class OverviewScreen(PaneScreen):
    """Takes the system service; holds subscriptions only while it is the screen that is seen."""

    KEY = "1"
    HELP = "overview"
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("open", "enter", "open", "all that is known about the finding under the cursor"),
        Action("open", "d", "open", "the same", shown=False),
    )
    DEFAULT_CSS = """
    OverviewScreen {
        & > #plots-gap, & > #title-gap { height: 1; }
        & > #findings { height: 1fr; layout: vertical; }
        & #details { margin-top: 1; max-height: 75%; }
        &.-wide > #findings { layout: horizontal; }
        &.-wide LiveTable { width: 3fr; }
        &.-wide #details { width: 2fr; margin: 0 0 0 2; max-height: 100%; }
        & > #machine { height: 2; margin-top: 1; margin-bottom: 1; }
    }
    """

    def __init__(
        self,
        system: System,
        you: str = "",
        panes: Sequence[Pane] = (),
        *,
        place: str = "",
        glyphs: Glyphs = FULL,
        clock: Clock = time.time,
    ) -> None:
        """`you` is who the service takes this client for, e.g. "root·admin"; `place` is where that service is."""
        super().__init__(panes, glyphs=glyphs, clock=clock)
        self._system = system
        self._you = you
        self._status: Status | None = None
        self._answered = asyncio.Event()
        self._sample: Sample | None = None
        self._findings_known = False
        self._opened = False
        self._place = place
        self._asked, self._overdue = 0.0, False
        self._errors: dict[str, SutraError] = {}
        self._stale: dict[str, Stale] = {}
        self._history = {name: Buckets(_CELL, Plot.CELLS) for name in ("cpu", "memory", "network", "disk")}

    def body(self) -> Iterable[Widget]:
        blocks = self.glyphs.blocks
        yield Note()
        yield Lines(id="plots-gap")
        yield Plot("cpu", blocks, 100.0, id="cpu")
        yield Plot("mem", blocks, 100.0, id="memory")
        yield Plot("net", blocks, id="network")
        yield Plot("disk", blocks, id="disk")
        yield Lines(id="title-gap")
        yield Lines([(("", ""),)], id="title")
        with Container(id="findings"):
            yield LiveTable(self._columns(), ("id",), tone=lambda row: words.tone(cast(Finding, row)), glyphs=self.glyphs, header=False)
            yield Prose(id="details")
        yield Lines(id="machine")

    async def on_mount(self) -> None:
        table = self.query_one(LiveTable)
        table.sort(lambda row: words.urgency(cast(Finding, row)), descending=True)
        table.focus()
        self._next_minute()
        # What a service that is well answers by now stands in the first frame already; painting it afterwards takes a fifth of the start.
        self.read_status()
        try:
            await asyncio.wait_for(self._answered.wait(), PATIENCE)
        except TimeoutError:
            pass  # it comes when it comes

    def on_screen_resume(self) -> None:
        self._asked, self._overdue = self.clock(), False
        self.set_timer(UNSAID, self._wait_no_longer)
        self.watch_samples()
        self.watch_findings()
        if self._status is None:
            self.read_status()

    def on_screen_suspend(self) -> None:
        self.workers.cancel_node(self)

    def on_resize(self) -> None:
        self._tell_details()

    def action_open(self) -> None:
        self._opened = True
        self._tell_details()

    def action_step_back(self) -> None:
        self._opened = False
        self._tell_details()

    def on_live_table_highlighted(self) -> None:
        self._tell_details()

    def on_live_table_chosen(self) -> None:
        self.action_open()

    @work(exclusive=True, group="status")
    async def read_status(self) -> None:
        """What a host is changes rarely: it is read again when the pane is opened and when the service is back."""
        try:
            self._status = await self._system.status()
        except SutraError as error:
            self._failed("status", error)
            return
        finally:
            self._answered.set()
        self._errors.pop("status", None)
        self._tell_note()
        self.query_one("#machine", Lines).show([((f" {line}", "dim"),) for line in words.machine(self._status)])
        self._tell_plots()
        self._tell()

    @work(exclusive=True, group="samples")
    async def watch_samples(self) -> None:
        try:
            async for event in self._system.samples(_CELL * Plot.cells(self.app.size.width)):
                match event:
                    case Samples(rows=rows):
                        self._back("samples")
                        self._take(rows)
                    case Stale():
                        self._went("samples", event)
                    case Unknown():
                        pass  # of a newer service; the screen shows what it knows
        except SutraError as error:
            self._failed("samples", error)

    @work(exclusive=True, group="findings")
    async def watch_findings(self) -> None:
        table = self.query_one(LiveTable)
        try:
            async for event in self._system.findings():
                match event:
                    case Snapshot(rows=rows, more=more):
                        self._back("findings")
                        table.load(rows, more)
                        self._findings_known = self._findings_known or not more
                    case Changed(rows=rows):
                        table.change(rows)
                    case Removed(keys=keys):
                        table.drop(keys)
                    case Stale():
                        self._went("findings", event)
                    case Unknown():
                        pass  # as above
                self._tell()
                self._tell_details()
        except SutraError as error:
            self._failed("findings", error)

    def _take(self, samples: Sequence[Sample]) -> None:
        for sample in samples:
            self._history["cpu"].add(sample.boottime, sample.cpu)
            self._history["memory"].add(sample.boottime, words.used_memory(sample))
            self._history["network"].add(sample.boottime, words.network_rate(sample))
            self._history["disk"].add(sample.boottime, words.disk_rate(sample))
            self._sample = sample
        self._tell_plots()
        self._tell()

    def _tell_plots(self) -> None:
        sample = self._sample
        if sample is None:
            return
        now = {
            "cpu": words.processor(sample, self.glyphs),
            "memory": words.memory(sample),
            "network": words.network(sample, self._status, self.glyphs),
            "disk": words.disk(sample),
        }
        for name, text in now.items():
            self.query_one(f"#{name}", Plot).tell(self._history[name].values, text)

    def _went(self, stream: str, event: Stale) -> None:
        self._stale[stream] = event
        self._tell_note()
        self._tell()

    def _back(self, stream: str) -> None:
        self._errors.pop(stream, None)
        if self._stale.pop(stream, None) and not self._stale:
            self.read_status()
        self.call_later(self._tell_note)

    def _wait_no_longer(self) -> None:
        self._overdue = True
        self._tell_note()

    def _failed(self, what: str, error: SutraError) -> None:
        self._errors[what] = error
        self._tell_note()

    def _tell_note(self) -> None:
        """An error stands until what failed is there; then what is old; then what is waited for."""
        note = self.query_one(Note)
        came = {"status": self._status is not None, "samples": self._sample is not None, "findings": self._findings_known}
        missing = [name for name, there in came.items() if not there]
        if self._errors:
            note.failed(next(iter(self._errors.values())))
        elif self._stale:
            stale = next(reversed(self._stale.values()))
            note.stale(stale.since, stale.reason, self.clock())
        elif missing and self._overdue:
            what = f"{', '.join(missing)} of " if len(missing) < len(came) else ""
            place = f" at {self._place}" if self._place else ""
            note.waiting(int(self._asked * 1e6), f"{what}the system service{place}", self.clock())
        else:
            note.clear()

    def _tell(self) -> None:
        """The status line and the title of the findings: both repaint only what reads differently."""
        rows = self.query_one(LiveTable).rows
        findings = [cast(Finding, rows.get(key)) for key in rows.keys(0, rows.total)] if self._findings_known else None
        glyph, state, tone = ("-", words.known(findings), "warning") if self._stale else words.health(findings, self.glyphs)
        host = self._status
        name, system = (host.hostname, host.os) if host else ("", "")
        left: list[Part] = [(name, "strong"), ("  ", ""), (system, ""), ("  ", ""), (f"{glyph} {state}", tone)]
        boottime = self._sample.boottime if self._sample else host.uptime if host else None
        right: list[Part] = [(f"  {words.uptime(boottime)}   {self._you}", ""), ("  ", ""), (words.clock(self.clock()), "strong")]
        self.query_one(StatusLine).tell(left, right)
        table = self.query_one(LiveTable)
        table.empty = "Nothing needs attention." if self._findings_known else "Not known yet."
        count = "" if findings is None or not findings else f"  {len(findings)}"
        self.query_one("#title", Lines).show([((" Needs attention", "strong"), (count, ""))])

    def _tell_details(self) -> None:
        table = self.query_one(LiveTable)
        finding = table.rows.get(table.cursor_key) if table.cursor_key is not None else None
        opened = self._opened or self.app.size.width >= WIDE
        lines = words.detail(cast(Finding, finding), self.clock()) if finding is not None and opened else []
        self.query_one("#details", Prose).tell([(" ", line) for line in lines])

    def _next_minute(self) -> None:
        self._tell()
        self.set_timer(_MINUTE - self.clock() % _MINUTE, self._next_minute)

    def _columns(self) -> tuple[Column, ...]:
        return (
            Column("severity", "", lambda severity: words.severity_glyph(str(severity), self.glyphs), least=1, most=1, priority=0),
            Column("object", "object", str, least=8, most=24, priority=1),
            Column("evidence", "evidence", str, least=12, most=80, priority=2),
            Column("since", "since", lambda since: moment(since, self.clock()) if isinstance(since, int) else "-", True, 8, 16, 3),
        )
