"""A host with four deployments that changes only when a test says so; not in the wheel."""

import asyncio
from collections.abc import AsyncGenerator

from msgspec.structs import replace

from services.core.fake import Feed
from services.core.files import of_findings
from services.deployments.summary import by_id, in_words, status
from sutra_client import errors, events
from sutra_client.errors import SutraError
from sutra_client.gen.core import Finding, Severity
from sutra_client.gen.deployments import Deployment, Engine, Health, Signature, Status, Unlocked

NOW = 1_790_000_000_000_000
DAY = 86_400_000_000


def deployment(index: int, letter: str, version: str, age: int, kernel: str, **more: object) -> Deployment:
    """One made `age` days ago; its checksum is one letter, 64 times."""
    row = Deployment(
        id=f"{letter * 64}.0",
        index=index,
        version=version,
        made=NOW - age * DAY,
        kernel=kernel,
        engine=Engine.OSTREE,
        stateroot="arkes",
        origin="arkes/system",
        checksum=letter * 64,
        subject=f"build of {version}",
        os="Arkes Arch Linux",
        unlocked=Unlocked.NONE,
        usable=True,
        signature=Signature.UNSIGNED,
        kernel_arguments=["root=LABEL=SYS_ROOT", "rw", "quiet"],
        path=f"/ostree/deploy/arkes/deploy/{letter * 64}.0".encode(),
    )
    row = replace(row, **more)
    return replace(row, state=in_words(row))


ROWS = [
    deployment(0, "a", "2026.11.19", 1, "6.12.41", staged=True, pending=True),
    deployment(1, "b", "2026.11.02", 18, "6.12.40", booted=True, health=Health.GOOD),
    deployment(2, "c", "2026.10.20", 31, "6.12.36", rollback=True, pinned=True, health=Health.GOOD),
    deployment(3, "d", "2026.10.01", 50, "6.12.31", health=Health.BAD),
]
SIZES = {f"{letter * 64}.0": size for letter, size in zip("abcd", (212 << 20, 2148 << 20, 340 << 20, 410 << 20), strict=True)}
FINDINGS = [
    Finding(
        "staged",
        Severity.INFO,
        "2026.11.19",
        "2026.11.19 is staged and takes over at the next reboot",
        "Reboot when it suits.",
        "avyctl deployments list -o wide",
        NOW - DAY,
    )
]


class FakeDeployments:
    """Implements the Protocol Deployments. change() and remove() reach those who read its streams."""

    def __init__(self, rows: list[Deployment] = ROWS, findings: list[Finding] = FINDINGS) -> None:
        self.unseen: list[str] = []
        self._rows = by_id(rows)
        self._findings = of_findings(findings)
        self._tables: Feed[events.TableEvent[Deployment]] = Feed()

    async def start(self, keep: bool = False) -> None:
        """Nothing to do."""

    async def stop(self) -> None:
        """Nothing to undo."""

    async def status(self) -> Status:
        return status(Engine.OSTREE, self._rows.values(), self.unseen)

    async def get(self, deployment: str) -> Deployment:
        if (deployment,) not in self._rows:
            raise SutraError(errors.NOT_FOUND, f"no deployment {deployment}", "`avyctl deployments list -o name` names them all")
        return self._rows[deployment,]

    def deployments(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Deployment], None]:
        sizes = SIZES if "size" in fields else {}
        return self._tables.follow(lambda: [events.Snapshot([replace(row, size=sizes.get(row.id)) for row in self._rows.values()])])

    async def findings(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Finding], None]:
        yield events.Snapshot(list(self._findings.values()))
        await asyncio.Event().wait()

    def change(self, row: Deployment) -> None:
        """It is new or different."""
        self._rows[row.id,] = row
        self._tables.send(events.Changed([row]))

    def remove(self, deployment: str) -> None:
        """It is gone."""
        del self._rows[deployment,]
        self._tables.send(events.Removed([(deployment,)]))
