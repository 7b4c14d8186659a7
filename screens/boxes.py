"""Boxes: the distros and containers of this host in one list."""

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, ClassVar

import msgspec
from textual import work

from screens.list_pane import ListPane
from screens.pane import Call, PaneScreen
from screens.shell import Shell
from sutra_client import containers_text, distro_text
from sutra_client.actions import Action
from sutra_client.errors import SutraError
from sutra_client.events import Changed, Key, Removed, Snapshot
from sutra_client.gen.containers import Container, Containers
from sutra_client.gen.distro import Distro, Rootfs
from sutra_client.kept import Kept
from sutra_client.text import NIL, moment, value
from widgets.columns import Column
from widgets.lines import Part
from widgets.note import Note
from widgets.prose import Paragraph

DISTRO, CONTAINER = "distro", "container"
_FIELDS = ["size"]
_TEXT = partial(value, kind="string?")


class BoxRow(msgspec.Struct, frozen=True):
    """A distro or a container as it is listed."""

    kind: str
    id: str
    glyph: str
    name: str
    state: str
    of: str | None
    """The system in it, or the image that it was made from."""
    size: int | None
    since: int | None
    place: str | None
    """The folder that holds it, or its ports."""
    box: Rootfs | Container


class BoxesScreen(ListPane):
    """Takes the distro and the containers service; each may be missing, refused or stale by itself."""

    NAME = "boxes"
    TITLE = "Boxes"
    KEY = ("kind", "id")
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("open", "enter", "details", "all that is known of the distro or container under the cursor"),
        Action("open", "d", "details", "the same", shown=False),
    )

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._distro: Distro = shell.services.client("distro")
        self._containers: Containers = shell.services.client("containers")
        self._kept: dict[str, Kept[Any]] = {DISTRO: Kept("name", "place"), CONTAINER: Kept("id")}
        self._by_name = {f"{kind}s": kept for kind, kept in self._kept.items()}

    def columns(self) -> Sequence[Column]:
        glyphs = self.glyphs
        tones = {glyphs.ok: "ok", glyphs.failed: "error", glyphs.attention: "warning", glyphs.off: "dim"}
        return (
            Column("glyph", "", str, least=1, most=1, priority=1, tone=lambda glyph: tones.get(str(glyph), "")),
            Column("name", "name", str, least=12, most=24, priority=0, grow=True),
            Column("kind", "kind", str, least=9, most=9, priority=3),
            Column("state", "state", str, least=8, most=12, priority=2),
            Column("of", "of", _TEXT, least=18, most=48, priority=4, grow=True),
            Column("size", "size", partial(value, kind="u64?", unit="B"), True, 6, 7, 5, kind="u64?", unit="B"),
            Column("since", "since", self._day, True, 8, 10, 6, kind="time?"),
            Column("place", "at", _TEXT, least=6, most=32, priority=7),
        )

    def summary(self, rows: Iterable[Any]) -> Sequence[Part]:
        distros, containers = (list(self._kept[kind].rows.values()) if self._kept[kind].complete else None for kind in (DISTRO, CONTAINER))
        told = [distro_text.title(distros), containers_text.title(containers)]
        return [("   ".join(words for words in told if words), "")]

    def tone(self, row: Any) -> str:
        tone = _words(row.box).tone(row.box)
        return "" if tone == "ok" else tone

    def detail(self, row: Any) -> Sequence[Paragraph]:
        return [(" ", line) for line in _words(row.box).detail(row.box, self.clock())]

    async def more(self, row: Any) -> Sequence[Paragraph]:
        box: Rootfs | Container
        if row.kind == DISTRO:
            box = await self._distro.get(row.box.name, row.box.place)
        else:
            box = await self._containers.get(row.box.id)
        return [(" ", line) for line in _words(box).detail(msgspec.structs.replace(box, size=row.size), self.clock())]

    def equivalent(self) -> Call:
        row = self.row
        if row is not None and self._opened:
            distro = {"name": row.box.name, "place": row.box.place} if row.kind == DISTRO else {"name": row.box.name}
            return ("distro" if row.kind == DISTRO else "containers"), "show", distro
        return ("distro" if row is not None and row.kind == DISTRO else "containers"), "list", {}

    def _day(self, time: object) -> str:
        """The time of today, else the date."""
        return moment(time, self.clock()).partition(" ")[0] if isinstance(time, int) else NIL

    # What comes

    @work(exclusive=True, group="list")
    async def watch_list(self) -> None:
        """Both lists, each as its service tells it."""
        streams = {DISTRO: self._distro.distros(fields=_FIELDS), CONTAINER: self._containers.containers(fields=_FIELDS)}
        async with asyncio.TaskGroup() as group:
            for kind, stream in streams.items():
                self._kept[kind].begin()
                group.create_task(self.follow(f"{kind}s", stream, partial(self._take_of, kind)))

    def _take_of(self, kind: str, event: Any) -> None:
        kept = self._kept[kind]
        if not kept.take(event):
            return
        match event:
            case Snapshot():
                event = Snapshot([self._row(box) for each in self._kept.values() for box in each.rows.values()])
            case Changed(rows=rows):
                event = Changed([self._row(box) for box in rows])
            case Removed(keys=keys):
                event = Removed([(kind, _id(key)) for key in keys])
        self.take(event)
        if self._stale:
            self.table.age(True)

    def came_back(self, stream: str) -> None:
        self.table.age(bool(self._stale))

    def failed(self, what: str, error: SutraError) -> None:
        """What the other service tells is none the older for it."""
        if what == "filter" or (what in self._by_name and self._by_name[what].rows):
            super().failed(what, error)
            return
        PaneScreen.failed(self, what, error)
        if not self._errors.keys().isdisjoint(self._by_name) and not self._complete:
            self.table.empty = ""

    def tell_note(self) -> None:
        """A sentence for each of the two that is not there, or not yet; at length only where nothing else is to be seen."""
        awaited = self.awaited(sorted(self._waiting)) if self._overdue else ""
        if len(self._errors) > 1 or (self._errors and (self._complete or awaited)):
            self.query_one(Note).several(list(self._errors.values()), int(self._asked * 1e6), awaited, self.clock())
        else:
            super().tell_note()

    def _row(self, box: Rootfs | Container) -> BoxRow:
        words = _words(box)
        glyph, state = words.glyph(box, self.glyphs), words.state(box)
        if isinstance(box, Rootfs):
            of = box.os if box.os is not None else box.os_id
            return BoxRow(DISTRO, _id((box.name, box.place)), glyph, box.name, state, of, box.size, box.changed, box.place, box)
        ports = " ".join(box.ports or []) or None
        return BoxRow(CONTAINER, box.id, glyph, box.name, state, box.image, box.size, box.since, ports, box)


def _words(box: Rootfs | Container) -> Any:
    return distro_text if isinstance(box, Rootfs) else containers_text


def _id(key: Key) -> str:
    """Of a container its id, of a distro its folder."""
    return "/".join(map(str, reversed(key)))


SCREEN = BoxesScreen
