"""Disks: what they are divided into, how full that is and where it is mounted; or the mounts alone."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import msgspec

from screens.many_lists import Listing, ManyLists
from screens.shell import Shell
from sutra_client import disks_text as words
from sutra_client.actions import Action
from sutra_client.events import Key
from sutra_client.gen.disks import Device, Disks, Mount, Status
from sutra_client.gen.disks_table import TYPES
from sutra_client.kept import Kept
from sutra_client.plot import bar
from sutra_client.text import NIL, value
from widgets.columns import Column, columns
from widgets.lines import Part
from widgets.prose import Paragraph

_CELLS = 10
"""Of the bar that shows how full something is."""
_BYTES, _RATE, _TEXT = partial(value, kind="u64?", unit="B"), partial(value, kind="u64?", unit="B/s"), partial(value, kind="string?")
_MOUNTS = "mounts of the device"


class DeviceRow(msgspec.Struct, frozen=True):
    """A device as it is listed."""

    name: str
    type: str
    use: float | None
    size: int
    mounted: str
    label: str | None
    read: int | None
    write: int | None
    device: Device


class DisksScreen(ManyLists):
    """Takes the disks service."""

    NAME = "disks"
    TITLE = "Disks"
    KEY = ("name",)
    TREE = "name"
    LISTINGS: ClassVar[Mapping[str, Listing]] = {
        "devices": Listing("Disks", ("device", "devices"), "list", ("name",)),
        "mounts": Listing("Mounts", ("mount", "mounts"), "mounts", ("id",)),
    }
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("open", "enter", "details", "file system, label, model, health and rates of the device under the cursor"),
        Action("open", "d", "details", "the same", shown=False),
        Action("mounts", "m", "mounts", "all mounts in place of the devices, and back"),
    )

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._disks: Disks = shell.services.client("disks")
        self._devices: Kept[Device] = Kept("name")

    def rows_of(self, listing: str) -> AsyncIterator[Any]:
        if listing == "mounts":
            return self._disks.mounts()
        self._devices.begin()
        return self._disks.devices(fields=words.RATE_FIELDS)

    def own_columns(self) -> Sequence[Column]:
        used = Column("use", "used", self._used, least=_CELLS + 6, most=_CELLS + 6, priority=2, kind="f64?", unit="%")
        if self.is_first:
            return (
                Column("name", "device", str, least=13, most=32, priority=0),
                Column("type", "type", str, least=7, most=14, priority=1),
                used,
                Column("size", "size", _BYTES, True, 6, 7, 4, kind="u64", unit="B"),
                Column("mounted", "mounted", str, least=14, most=40, priority=3, grow=True),
                Column("label", "label", _TEXT, least=16, most=20, priority=5),
                Column("read", "reads", _RATE, True, 7, 7, 6, kind="u64?", unit="B/s"),
                Column("write", "writes", _RATE, True, 7, 7, 7, kind="u64?", unit="B/s"),
            )
        found = {column.name: column for column in columns(TYPES["Mount"], ("target", "type", "size", "available", "source"))}
        return (
            found["target"]._replace(title="mounted", least=16, most=40, grow=True, priority=0),
            found["type"]._replace(least=5, most=12, priority=1),
            used,
            found["size"]._replace(least=6, most=7, priority=3),
            found["available"]._replace(title="free", least=6, most=7, priority=5),
            found["source"]._replace(least=8, most=24, priority=4),
        )

    def above(self, row: Any) -> Key | None:
        return (row.device.parent,) if row.device.parent is not None else None

    def summary(self, rows: Iterable[Any]) -> Sequence[Part]:
        if not self.is_first:
            return super().summary(rows)
        return [(words.summary([row.device for row in rows], self.status, self.glyphs), "")]

    def tone(self, row: Any) -> str:
        return words.tone(row.device if isinstance(row, DeviceRow) else row)

    def beside(self, row: Any) -> Mapping[str, tuple[AsyncIterator[Any], tuple[str, ...]]]:
        return {_MOUNTS: (self._disks.mounts([("device", "=", row.name)]), self.LISTINGS["mounts"].key)}

    def detail(self, row: Any) -> Sequence[Paragraph]:
        if isinstance(row, Mount):
            return [(" ", line) for line in words.about(row)]
        mounts = self.rows_beside(_MOUNTS) if self._beside_of == (row.name,) else []
        return [(" ", line) for line in words.detail(row.device, mounts, self.glyphs)]

    # What comes

    def subscribe(self) -> None:
        super().subscribe()
        self.read_status()

    async def ask_status(self) -> Status:
        return await self._disks.status()

    def take(self, event: Any) -> None:
        complete = self.is_first and self._devices.take(event)
        super().take(event)
        if complete:  # whether a container is locked shows in what stands on it
            self.table.change([self._listed(device) for device in self._devices.rows.values() if device.type == words.LUKS])

    def listed(self, row: Any) -> Any:
        return self._listed(row) if isinstance(row, Device) else row

    def _listed(self, device: Device) -> DeviceRow:
        kind = words.kind(device, list(self._devices.rows.values()))
        mounted = words.places(device)
        return DeviceRow(device.name, kind, device.use, device.size, mounted, device.label, device.read, device.write, device)

    def _used(self, use: object) -> str:
        if not isinstance(use, float):
            return NIL
        return f"{bar(use, _CELLS, self.glyphs.bar, self.glyphs.space)} {use:3.0f} %"

    # Keys

    def action_mounts(self) -> None:
        self.turn_to("mounts")


SCREEN = DisksScreen
