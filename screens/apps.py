"""Apps: what is installed in folders of its own, and which of it runs."""

from collections.abc import AsyncIterator, Iterable, Sequence
from functools import partial
from typing import Any, ClassVar

import msgspec

from screens.list_pane import ListPane
from screens.pane import Call
from screens.shell import Shell
from sutra_client import apps_text as words
from sutra_client.actions import Action
from sutra_client.gen.apps import App, Apps
from sutra_client.json_text import Json
from sutra_client.text import value
from widgets.columns import Column
from widgets.lines import Part
from widgets.prose import Paragraph

_TEXT = partial(value, kind="string?")


class AppRow(msgspec.Struct, frozen=True):
    """An app as it is listed."""

    id: str
    source: str
    glyph: str
    name: str
    state: str
    version: str | None
    running: int | None
    size: int | None
    kind: str
    app: App


class AppsScreen(ListPane):
    """Takes the apps service."""

    NAME = "apps"
    TITLE = "Apps"
    KEY = ("id", "source")
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("open", "enter", "details", "manifest, folder and running instances of the app under the cursor"),
        Action("open", "d", "details", "the same", shown=False),
        Action("sizes", "s", "sizes", "how much space each takes, or not; reads every folder through"),
    )

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._apps: Apps = shell.services.client("apps")
        self._sizes = False

    def stream(self) -> AsyncIterator[Any]:
        return self._apps.apps(fields=self._fields())

    def columns(self) -> Sequence[Column]:
        glyphs = self.glyphs
        tones = {glyphs.ok: "ok", glyphs.failed: "error", glyphs.off: "dim"}
        found = [
            Column("glyph", "", str, least=1, most=1, priority=1, tone=lambda glyph: tones.get(str(glyph), "")),
            Column("name", "name", str, least=10, most=28, priority=0, grow=True),
            Column("state", "state", str, least=6, most=10, priority=2),
            Column("version", "version", _TEXT, least=5, most=12, priority=4),
            Column("size", "size", partial(value, kind="u64?", unit="B"), True, 6, 7, 3, kind="u64?", unit="B"),
            Column("kind", "kind", str, least=6, most=8, priority=6),
            Column("id", "id", str, least=12, most=40, priority=5, grow=True),
            Column("source", "in", str, least=5, most=32, priority=7),
        ]
        return [column for column in found if self._sizes or column.name != "size"]

    def summary(self, rows: Iterable[Any]) -> Sequence[Part]:
        return [(words.title([row.app for row in rows]), "")]

    def tone(self, row: Any) -> str:
        tone = words.tone(row.app)
        return "" if tone == "ok" else tone

    def detail(self, row: Any) -> Sequence[Paragraph]:
        return [(" ", line) for line in words.detail(row.app)]

    async def more(self, row: Any) -> Sequence[Paragraph]:
        app = await self._apps.get(row.id, row.source)
        return [(" ", line) for line in words.detail(msgspec.structs.replace(app, size=row.size))]

    def equivalent(self) -> Call:
        row = self.row
        if self._opened and row is not None:
            return "apps", "show", {"app": row.id, "source": row.source}
        args: dict[str, Json] = {"fields": list(self._fields())}
        return "apps", "list", args if self._sizes else {}

    def action_sizes(self) -> None:
        self._sizes = not self._sizes
        self.table.lay_out(self.columns())
        self.watch_list()

    def _fields(self) -> list[str]:
        return ["size"] if self._sizes else []

    def listed(self, row: Any) -> Any:
        app: App = row
        glyph, state = words.glyph(app, self.glyphs), words.state(app)
        return AppRow(app.id, app.source, glyph, app.name or app.id, state, app.version, app.running, app.size, str(app.kind), app)


SCREEN = AppsScreen
