"""Deployments: the versions of the system that this host can start, which of them runs, and what a reboot would make of it."""

from collections.abc import AsyncIterator, Iterable, Sequence
from functools import partial
from typing import Any, ClassVar

import msgspec
from textual import work

from screens.list_pane import ListPane
from screens.pane import Call
from screens.shell import Shell
from sutra_client import deployments_text as words
from sutra_client.actions import Action
from sutra_client.errors import SutraError
from sutra_client.gen.deployments import Deployment, Deployments, Status
from sutra_client.text import NIL, day, value
from widgets.columns import Column
from widgets.lines import Part
from widgets.prose import Paragraph

_ASKED = ["size"]
_TEXT = partial(value, kind="string?")


class DeploymentRow(msgspec.Struct, frozen=True):
    """A deployment as it is listed."""

    id: str
    glyph: str
    index: int | None
    version: str
    made: int | None
    state: str | None
    kernel: str | None
    size: int | None
    health: str | None
    origin: str | None
    deployment: Deployment


class DeploymentsScreen(ListPane):
    """Takes the deployments service."""

    NAME = "deployments"
    TITLE = "Deployments"
    KEY = ("id",)
    SORT = ("index", False)
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action(
            "open",
            "enter",
            "details",
            "origin, checksum and kernel arguments of the deployment under the cursor, and what a reboot would do",
        ),
        Action("open", "d", "details", "the same", shown=False),
    )

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._deployments: Deployments = shell.services.client("deployments")
        self._status: Status | None = None

    def stream(self) -> AsyncIterator[Any]:
        return self._deployments.deployments(fields=_ASKED)

    def columns(self) -> Sequence[Column]:
        glyphs = self.glyphs
        tones = {glyphs.ok: "ok", glyphs.failed: "error", glyphs.closed: "warning"}
        number = partial(value, kind="u32?")
        return (
            Column("glyph", "", str, least=1, most=1, priority=0, tone=lambda glyph: tones.get(str(glyph), "")),
            Column("index", "", number, True, 1, 4, 1, kind="u32?"),
            Column("version", "version", str, least=10, most=32, priority=2, grow=True),
            Column("made", "made", self._made, least=10, most=10, priority=5),
            Column("state", "state", _TEXT, least=8, most=32, priority=3),
            Column("kernel", "kernel", _TEXT, least=7, most=24, priority=4),
            Column("size", "size", partial(value, kind="u64?", unit="B"), True, 6, 6, 7, kind="u64?", unit="B"),
            Column("health", "health", _TEXT, least=6, most=8, priority=6),
            Column("origin", "from", _TEXT, least=24, most=48, priority=8),
        )

    def listed(self, row: Any) -> DeploymentRow:
        found: Deployment = row
        glyph = words.glyph(found, self.glyphs)
        health = found.health if found.health != "unknown" else None
        kept = (found.made, found.state, found.kernel, found.size, health, found.origin)
        return DeploymentRow(found.id, glyph, found.index, words.label(found), *kept, found)

    def subscribe(self) -> None:
        super().subscribe()
        self.read_status()

    def take(self, event: Any) -> None:
        super().take(event)
        self.read_status()

    @work(exclusive=True, group="status")
    async def read_status(self) -> None:
        """What the list is of, who changes it now, and what could not be read; the list itself says why there is none."""
        try:
            self._status = await self._deployments.status()
        except SutraError as error:
            self._status = None
            if self._complete:
                self.failed("what deploys this host", error)
            return
        self.answered("what deploys this host")
        self.tell_summary()

    def summary(self, rows: Iterable[Any]) -> Sequence[Part]:
        return [(words.title(self._status), "")]

    def nothing(self) -> str:
        return "There is no deployment."

    def tone(self, row: Any) -> str:
        tone = words.tone(row.deployment)
        return tone if tone == "error" else ""

    def detail(self, row: Any) -> Sequence[Paragraph]:
        rows = [other.deployment for key in self.table.rows.sorted_keys() if isinstance(other := self.table.rows.get(key), DeploymentRow)]
        unseen = self._status.unseen if self._status is not None else None
        return [(" ", line) for line in (*words.detail(row.deployment, rows, self.clock()), *(unseen or ()))]

    def equivalent(self) -> Call:
        row: DeploymentRow | None = self.row
        if self._opened and row is not None:
            return "deployments", "show", {"deployment": row.id}
        return "deployments", "list", {"fields": list(_ASKED)}

    def _made(self, made: object) -> str:
        return day(made, self.clock()) if isinstance(made, int) else NIL


SCREEN = DeploymentsScreen
