"""A host with three apps that changes only when a test says so; not in the wheel."""

import asyncio
from collections.abc import AsyncGenerator

from msgspec.structs import replace

from services.core.fake import Feed
from sutra_client import errors, events
from sutra_client.errors import SutraError
from sutra_client.gen.apps import App, Kind
from sutra_client.gen.core import Finding, Severity

ROWS = [
    App(
        "dev.avyos.files",
        "/apps",
        Kind.FOLDER,
        "Files",
        "1.2",
        1,
        pids=[812],
        exec=b"/apps/dev.avyos.files/exec",
        path=b"/apps/dev.avyos.files",
    ),
    App("dev.avyos.edit", "/apps", Kind.FOLDER, "Edit", None, 0, problem="its program /apps/dev.avyos.edit/exec is not there", pids=[]),
    App("org.avy.Hello", "/var/lib/flatpak", Kind.FLATPAK, "Hello", "3.0", 0, branch="stable", architecture="x86_64", origin="flathub"),
]
SIZES = {"dev.avyos.files": 4 << 20, "dev.avyos.edit": 12 << 10, "org.avy.Hello": 120 << 20}


class FakeApps:
    """Implements the Protocol Apps. change() and remove() reach those who read its streams."""

    def __init__(self, rows: list[App] = ROWS, findings: list[Finding] | None = None) -> None:
        """`findings` in place of those that follow from the rows."""
        self.unseen: list[str] = []
        self._rows: dict[events.Key, App] = {(row.id, row.source): row for row in rows}
        self._findings = findings
        self._tables: Feed[events.TableEvent[App]] = Feed()

    async def start(self, keep: bool = False) -> None:
        """Nothing to do."""

    async def stop(self) -> None:
        """Nothing to undo."""

    async def get(self, app: str, source: str | None = None) -> App:
        for row in self._rows.values():
            if row.id == app and source in (None, row.source):
                return row
        raise SutraError(errors.NOT_FOUND, f"no app {app}", "`avyctl apps list` names them all")

    def apps(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[App], None]:
        sizes = SIZES if "size" in fields else {}
        return self._tables.follow(lambda: [events.Snapshot([replace(row, size=sizes.get(row.id)) for row in self._rows.values()])])

    async def findings(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Finding], None]:
        if self._findings is not None:
            yield events.Snapshot(self._findings)
            await asyncio.Event().wait()
        broken = [row for row in self._rows.values() if row.problem is not None]
        yield events.Snapshot(
            [
                Finding(f"broken:{row.source}/{row.id}", Severity.WARNING, row.id, row.problem or "", "Install it again.", "")
                for row in broken
            ]
        )
        await asyncio.Event().wait()

    def change(self, row: App) -> None:
        """It is new or different."""
        self._rows[row.id, row.source] = row
        self._tables.send(events.Changed([row]))

    def remove(self, app: str, source: str) -> None:
        """It is gone."""
        del self._rows[app, source]
        self._tables.send(events.Removed([(app, source)]))
