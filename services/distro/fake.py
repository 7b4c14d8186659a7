"""A host with two distros that changes only when a test says so; not in the wheel."""

import asyncio
from collections.abc import AsyncGenerator

from msgspec.structs import replace

from services.core.fake import Feed
from sutra_client import errors, events
from sutra_client.errors import SutraError
from sutra_client.gen.core import Finding, Severity
from sutra_client.gen.distro import Rootfs

ROWS = [
    Rootfs("alpine", "/linux", "Alpine Linux v3.22", "3.22.1", 2, os_id="alpine", pids=[4711, 4712], owner=0, path=b"/linux/alpine"),
    Rootfs(
        "debian", "/linux", None, None, 0, pids=[], owner=0, problem="it has no /bin: an installation did not end", path=b"/linux/debian"
    ),
]
SIZES = {"alpine": 9 << 20, "debian": 1 << 20}


class FakeDistro:
    """Implements the Protocol Distro. change() and remove() reach those who read its streams."""

    def __init__(self, rows: list[Rootfs] = ROWS, findings: list[Finding] | None = None) -> None:
        """`findings` in place of those that follow from the rows."""
        self.unseen: list[str] = []
        self._rows: dict[events.Key, Rootfs] = {(row.name, row.place): row for row in rows}
        self._findings = findings
        self._tables: Feed[events.TableEvent[Rootfs]] = Feed()

    async def start(self, keep: bool = False) -> None:
        """Nothing to do."""

    async def stop(self) -> None:
        """Nothing to undo."""

    async def get(self, name: str, place: str | None = None) -> Rootfs:
        for row in self._rows.values():
            if row.name == name and place in (None, row.place):
                return row
        raise SutraError(errors.NOT_FOUND, f"no distro {name}", "`avyctl distro list` names them all")

    def distros(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Rootfs], None]:
        sizes = SIZES if "size" in fields else {}
        return self._tables.follow(lambda: [events.Snapshot([replace(row, size=sizes.get(row.name)) for row in self._rows.values()])])

    async def findings(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Finding], None]:
        if self._findings is not None:
            yield events.Snapshot(self._findings)
            await asyncio.Event().wait()
        broken = [row for row in self._rows.values() if row.problem is not None]
        yield events.Snapshot(
            [
                Finding(f"broken:{row.place}/{row.name}", Severity.WARNING, row.name, row.problem or "", "Install it again.", "")
                for row in broken
            ]
        )
        await asyncio.Event().wait()

    def change(self, row: Rootfs) -> None:
        """It is new or different."""
        self._rows[row.name, row.place] = row
        self._tables.send(events.Changed([row]))

    def remove(self, name: str, place: str) -> None:
        """It is gone."""
        del self._rows[name, place]
        self._tables.send(events.Removed([(name, place)]))
