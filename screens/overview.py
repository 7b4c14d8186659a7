"""Overview: is this host all right, and if not, why; and what happened last."""

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial
from typing import ClassVar, cast

import msgspec
from textual import work
from textual.containers import Container
from textual.widget import Widget

from screens.pane import Call, PaneScreen
from screens.shell import Shell
from sutra_client import overview_text as words
from sutra_client.actions import Action
from sutra_client.errors import UNSUPPORTED, SutraError
from sutra_client.events import Changed, Removed, Samples, Snapshot, TableEvent
from sutra_client.gen.core import Finding, Severity
from sutra_client.gen.system import Sample
from sutra_client.plot import Buckets
from sutra_client.text import moment
from widgets.columns import Column
from widgets.lines import Lines, Part
from widgets.live_table import LiveTable
from widgets.panes_line import WIDE
from widgets.plot import Plot
from widgets.prose import Prose

_CELL = 10_000_000
"""Microseconds that one cell of a plot stands for."""
_HAPPENED = 4
"""How many of the newest things that happened are told."""
_OTHERS_SECONDS = 0.5
"""When the findings of the other services are asked for."""
PATIENCE = 0.05
"""Seconds that the first frame waits for the service at most."""


class Noted(msgspec.Struct, frozen=True):
    """A finding as it is listed: of which service, and the key of the pane that tells more."""

    stem: str
    id: str
    severity: Severity
    object: str
    evidence: str
    since: int | None
    pane: str
    finding: Finding


class OverviewScreen(PaneScreen):
    """Takes the findings of all services, and the system service's samples."""

    NAME = "overview"
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("open", "enter", "open", "all that is known about the finding under the cursor"),
        Action("open", "d", "open", "the same", shown=False),
        Action("visit", "v", "visit", "the pane that the finding belongs to", shown=False),
    )
    DEFAULT_CSS = """
    OverviewScreen {
        & > #plots-gap, & > #title-gap { height: 1; }
        & > #findings { height: 1fr; layout: vertical; }
        & #details { margin-top: 1; max-height: 75%; }
        &.-wide > #findings { layout: horizontal; }
        &.-wide LiveTable { width: 3fr; }
        &.-wide #details { width: 2fr; margin: 0 0 0 2; max-height: 100%; }
        & > #happened { margin-top: 1; }
        & > #machine { height: 2; margin-top: 1; margin-bottom: 1; }
    }
    """

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._answered = asyncio.Event()
        self._sample: Sample | None = None
        self._opened = False
        self._unheard: dict[str, SutraError] = {}
        """What the findings of other services failed with."""
        self._history = {name: Buckets(_CELL, Plot.CELLS) for name in ("cpu", "memory", "network", "disk")}

    def body(self) -> Iterable[Widget]:
        blocks = self.glyphs.blocks
        yield Lines(id="plots-gap")
        yield Plot("cpu", blocks, 100.0, id="cpu")
        yield Plot("mem", blocks, 100.0, id="memory")
        yield Plot("net", blocks, id="network")
        yield Plot("disk", blocks, id="disk")
        yield Lines(id="title-gap")
        yield Lines([(("", ""),)], id="title")
        with Container(id="findings"):
            yield LiveTable(self._columns(), ("stem", "id"), tone=_tone, glyphs=self.glyphs, header=False)
            yield Prose(id="details")
        yield Lines(id="happened")
        yield Lines(id="machine")

    async def on_mount(self) -> None:
        table = self.query_one(LiveTable)
        table.sort(lambda row: words.urgency(cast(Noted, row).finding), descending=True)
        table.focus()
        # What a service that is well answers by now stands in the first frame already; painting it afterwards takes a fifth of the start.
        self.read_status()
        try:
            await asyncio.wait_for(self._answered.wait(), PATIENCE)
        except TimeoutError:
            pass  # it comes when it comes

    def subscribe(self) -> None:
        self.watch_samples()
        if self.shell.host.status is None:
            self.read_status()

    def equivalent(self) -> Call:
        return "system", "status", {}

    def refocus(self) -> None:
        self.query_one(LiveTable).focus()

    def on_resize(self) -> None:
        self._tell_details()
        self._tell_happened()

    def action_open(self) -> None:
        self._opened = True
        self._tell_details()

    def action_visit(self) -> None:
        noted = self._under_cursor()
        pane = next((pane for pane in self.shell.panes if noted and pane.key == noted.pane), None)
        if pane is None or pane.name == self.NAME:
            self.say("no other pane tells more of it; enter shows what to do" if noted else "nothing needs attention")
        else:
            self.app.call_later(self.app.run_action, f"pane('{pane.name}')")

    def action_step_back(self) -> None:
        self._opened = False
        self._tell_details()

    def on_live_table_highlighted(self) -> None:
        self._tell_details()

    def on_live_table_chosen(self) -> None:
        self.action_open()

    @work(exclusive=True, group="status")
    async def read_status(self) -> None:
        """What a host is changes rarely: it is read again when the service is back."""
        self._waiting.add("status")
        try:
            status = await self._system.status()
        except SutraError as error:
            self.failed("status", error)
            return
        finally:
            self._answered.set()
        self.shell.host.met(status)
        self.answered("status")
        self.query_one("#machine", Lines).show([((f" {line}", "dim"),) for line in words.machine(status)])
        self._tell_plots()
        self.tell_host()

    @work(exclusive=True, group="samples")
    async def watch_samples(self) -> None:
        await self.follow("samples", self._system.samples(_CELL * Plot.cells(self.app.size.width)), self._take)

    def watch_host(self) -> None:
        """The system service at once; the others when the screen stands, as starting them takes longer than painting it."""
        first, *others = self.shell.stems
        self.watch_findings(first)
        self.set_timer(_OTHERS_SECONDS, lambda: self.is_current and [self.watch_findings(stem) for stem in others])

    @work
    async def watch_findings(self, stem: str) -> None:
        name = "findings" if stem == self.shell.stems[0] else f"findings of {stem}"
        await self.follow(name, self.shell.services.client(stem).findings(), partial(self._heard, stem))

    def failed(self, what: str, error: SutraError) -> None:
        if what.startswith("findings of "):
            self.answered(what)  # why, its pane explains
            self._unheard[what] = error
            self._tell_title()
            return
        super().failed(what, error)
        self._tell_staleness()

    def went(self, stream: str) -> None:
        self._tell_staleness()

    def came_back(self, stream: str) -> None:
        if not self._stale:
            self.read_status()
        self._tell_staleness()

    def awaited(self, streams: list[str]) -> str:
        place = self.shell.services.place("system")
        own = ("status", "samples", "findings")
        what = f"{', '.join(name for name in own if name in streams)} of " if not set(own) <= set(streams) else ""
        others = [name for name in streams if name not in own]
        return ", ".join([*([f"{what}the system service{f' at {place}' if place else ''}"] if set(own) & set(streams) else []), *others])

    def _tell_staleness(self) -> None:
        waiting = self._overdue and not self.heard_host and self.shell.host.findings is not None
        self.shell.host.stale = bool(self._stale) or waiting
        self.tell_host()

    def _heard(self, stem: str, event: TableEvent[Finding]) -> None:
        host = self.shell.host
        self._unheard.pop(f"findings of {stem}", None)
        if stem == self.shell.stems[0] and not self.heard_host:
            self.heard_host = True
            self._tell_staleness()
        before = host.keys(stem)
        host.heard(stem, event, self.clock())
        table = self.query_one(LiveTable)
        match event:
            case Snapshot(more=False):
                table.drop([(stem, *key) for key in before - host.keys(stem)])
                table.change([self._noted(stem, finding) for finding in host.of(stem)])
            case Changed(rows=rows):
                table.change([self._noted(stem, finding) for finding in rows])
            case Removed(keys=keys):
                table.drop([(stem, *key) for key in keys])
        self._tell_title()
        self._tell_details()
        self._tell_happened()
        self.tell_host()

    def _noted(self, stem: str, finding: Finding) -> Noted:
        pane = self.shell.pane_of(stem)
        return Noted(stem, finding.id, finding.severity, finding.object, finding.evidence, finding.since, pane.key if pane else "", finding)

    def _take(self, event: Samples[Sample]) -> None:
        for sample in event.rows:
            self._history["cpu"].add(sample.boottime, sample.cpu)
            self._history["memory"].add(sample.boottime, words.used_memory(sample))
            self._history["network"].add(sample.boottime, words.network_rate(sample))
            self._history["disk"].add(sample.boottime, words.disk_rate(sample))
            self._sample = sample
        self._tell_plots()
        self.tell_host()

    def _tell_plots(self) -> None:
        sample = self._sample
        if sample is None:
            return
        now = {
            "cpu": words.processor(sample, self.glyphs),
            "memory": words.memory(sample),
            "network": words.network(sample, self.shell.host.status, self.glyphs),
            "disk": words.disk(sample),
        }
        for name, text in now.items():
            self.query_one(f"#{name}", Plot).tell(self._history[name].values, text)

    def _tell_title(self) -> None:
        table = self.query_one(LiveTable)
        known = self.shell.host.findings
        table.empty = "Not known yet." if known is None else "Nothing needs attention."
        # A part that this host does not have can need no attention; of one that cannot be asked nobody knows.
        stems = [what.removeprefix("findings of ") for what, error in self._unheard.items() if error.code != UNSUPPORTED]
        parts = dict.fromkeys(pane.short for pane in map(self.shell.pane_of, stems) if pane)
        unheard = f"   not known of {', '.join(parts)}" if parts else ""
        title = [(" Needs attention", "strong"), (f"  {len(known)}" if known else "", ""), (unheard, "warning")]
        self.query_one("#title", Lines).show([tuple(title)])

    def _tell_happened(self) -> None:
        """As many lines as the newest things take; none where the screen is too low for them."""
        happened = self.shell.host.happened()[:_HAPPENED] if self.app.size.height >= 24 else []
        lines: list[Sequence[Part]] = [((" Just happened", "strong"),)] if happened else []
        times = [moment(time, self.clock()) for time, _, _ in happened]
        for when, (_, object_, what) in zip(times, happened, strict=True):
            lines.append(((f" {when:<{max(map(len, times))}}  ", "dim"), (f"{object_}  ", ""), (what, "")))
        self.query_one("#happened", Lines).show([tuple(line) for line in lines])

    def _under_cursor(self) -> Noted | None:
        table = self.query_one(LiveTable)
        row = table.rows.get(table.cursor_key) if table.cursor_key is not None else None
        return row if isinstance(row, Noted) else None

    def _tell_details(self) -> None:
        noted = self._under_cursor()
        opened = self._opened or self.app.size.width >= WIDE
        lines = words.detail(noted.finding, self.clock()) if noted is not None and opened else []
        self.query_one("#details", Prose).tell([(" ", line) for line in lines])

    def _columns(self) -> tuple[Column, ...]:
        return (
            Column("severity", "", lambda severity: words.severity_glyph(str(severity), self.glyphs), least=1, most=1, priority=0),
            Column("object", "object", str, least=8, most=24, priority=1),
            Column("evidence", "evidence", str, least=12, most=80, priority=2),
            Column("since", "since", lambda since: moment(since, self.clock()) if isinstance(since, int) else "-", True, 8, 16, 4),
            Column("pane", "", str, least=1, most=1, priority=3),
        )


def _tone(row: object) -> str:
    return words.tone(cast(Noted, row).finding)


SCREEN = OverviewScreen
