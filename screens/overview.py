"""Overview: is this host all right, and if not, why."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import ClassVar, cast

from textual import work
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
from widgets.panes_line import Pane
from widgets.plot import Plot
from widgets.status_line import StatusLine

_CELL = 10_000_000
"""Microseconds that one cell of a plot stands for."""
HISTORY = _CELL * Plot.CELLS
"""Microseconds of samples asked for at the start."""
_MINUTE = 60
PATIENCE = 0.05
"""Seconds that the first frame waits for the service at most."""


class OverviewScreen(PaneScreen):
    """Takes the system service; holds subscriptions only while it is the screen that is seen."""

    KEY = "1"
    HELP = "overview"
    ACTIONS: ClassVar[tuple[Action, ...]] = (Action("details", "d", "details", "all that is known about the finding under the cursor"),)
    DEFAULT_CSS = """
    OverviewScreen {
        & > #plots-gap, & > #title-gap { height: 1; }
        & > #details { margin-top: 1; }
        & > #machine { height: 2; margin-top: 1; margin-bottom: 1; }
    }
    """

    def __init__(
        self, system: System, you: str = "", panes: Sequence[Pane] = (), *, glyphs: Glyphs = FULL, clock: Clock = time.time
    ) -> None:
        """`you` is who the service takes this client for, e.g. "root·admin"."""
        super().__init__(panes, glyphs=glyphs, clock=clock)
        self._system = system
        self._you = you
        self._status: Status | None = None
        self._answered = asyncio.Event()
        self._sample: Sample | None = None
        self._findings_known = False
        self._detailed = False
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
        yield LiveTable(self._columns(), ("id",), tone=lambda row: words.tone(cast(Finding, row)), glyphs=self.glyphs, header=False)
        yield Lines(id="details")
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
        self.watch_samples()
        self.watch_findings()
        if self._status is None:
            self.read_status()

    def on_screen_suspend(self) -> None:
        self.workers.cancel_node(self)

    def action_details(self) -> None:
        self._detailed = not self._detailed
        self._tell_details()

    def on_live_table_highlighted(self) -> None:
        self._tell_details()

    def on_live_table_chosen(self) -> None:
        self.action_details()

    @work(exclusive=True, group="status")
    async def read_status(self) -> None:
        """What a host is changes rarely: it is read again when the pane is opened and when the service is back."""
        try:
            self._status = await self._system.status()
        except SutraError as error:
            self.query_one(Note).failed(error)
            return
        finally:
            self._answered.set()
        self.query_one("#machine", Lines).show([((f" {line}", "dim"),) for line in words.machine(self._status)])
        self._tell_plots()
        self._tell()

    @work(exclusive=True, group="samples")
    async def watch_samples(self) -> None:
        try:
            async for event in self._system.samples(HISTORY):
                match event:
                    case Samples(rows=rows):
                        self._back("samples")
                        self._take(rows)
                    case Stale():
                        self._went("samples", event)
                    case Unknown():
                        pass  # of a newer service; the screen shows what it knows
        except SutraError as error:
            self.query_one(Note).failed(error)

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
            self.query_one(Note).failed(error)

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
        self.query_one(Note).stale(event.since, event.reason, self.clock())
        self._tell()

    def _back(self, stream: str) -> None:
        if self._stale.pop(stream, None) and not self._stale:
            self.query_one(Note).clear()
            self.read_status()

    def _tell(self) -> None:
        """The status line and the title of the findings: both repaint only what reads differently."""
        rows = self.query_one(LiveTable).rows
        findings = [cast(Finding, rows.get(key)) for key in rows.keys(0, rows.total)] if self._findings_known else None
        glyph, state, tone = ("-", "stale", "warning") if self._stale else words.health(findings, self.glyphs)
        host = self._status
        name, system = (host.hostname, host.os) if host else ("", "")
        left: list[Part] = [(name, "strong"), ("  ", ""), (system, ""), ("  ", ""), (f"{glyph} {state}", tone)]
        boottime = self._sample.boottime if self._sample else host.uptime if host else None
        right: list[Part] = [(f"  {words.uptime(boottime)}   {self._you}  ", ""), (words.clock(self.clock()), "strong")]
        self.query_one(StatusLine).tell(left, right)
        table = self.query_one(LiveTable)
        table.empty = "Nothing needs attention." if self._findings_known else "Not known yet."
        count = "" if findings is None or not findings else f"  {len(findings)}"
        self.query_one("#title", Lines).show([((" Needs attention", "strong"), (count, ""))])

    def _tell_details(self) -> None:
        table = self.query_one(LiveTable)
        finding = table.rows.get(table.cursor_key) if table.cursor_key is not None else None
        lines = words.detail(cast(Finding, finding), self.clock()) if finding is not None and self._detailed else []
        self.query_one("#details", Lines).show([((f" {line}", ""),) for line in lines])

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
