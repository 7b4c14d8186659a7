"""A host with four containers that changes only when a test says so; not in the wheel."""

import asyncio
from collections.abc import AsyncGenerator

from msgspec.structs import replace

from services.containers.rules import Restarts, judge
from services.core.fake import Feed
from sutra_client import errors, events
from sutra_client.errors import SutraError
from sutra_client.gen.containers import Container, Engine, Health, State
from sutra_client.gen.core import Finding

NOW = 1_790_000_000_000_000
HOUR = 3_600_000_000
SOCKET = "/run/podman/podman.sock"


def container(letter: str, name: str, state: State, **more: object) -> Container:
    """One of the system's podman; its id is one letter, 64 times."""
    row = Container(
        id=letter * 64,
        name=name,
        state=state,
        uid=0,
        image=f"quay.io/example/{name}:latest",
        since=NOW - HOUR,
        ports=[],
        restarts=0,
        created=NOW - 24 * HOUR,
        names=[name],
        engine=f"podman {SOCKET}",
    )
    return replace(row, **more)


ROWS = [
    container("a", "web", State.RUNNING, health=Health.HEALTHY, ports=["8080->80/tcp"], pid=4711, started=NOW - HOUR),
    container("b", "api", State.RUNNING, health=Health.UNHEALTHY, pid=4712, started=NOW - HOUR, pod="shop"),
    container("c", "backup", State.EXITED, exit_code=1, restart_policy="on-failure", finished=NOW - HOUR),
    container("d", "old", State.EXITED, exit_code=0, finished=NOW - HOUR),
]
SIZES = {letter * 64: size for letter, size in zip("abcd", (12 << 20, 4 << 20, 1 << 30, 0), strict=True)}


class FakeContainers:
    """Implements the Protocol Containers. change() and remove() reach those who read its streams."""

    def __init__(self, rows: list[Container] = ROWS, findings: list[Finding] | None = None) -> None:
        """`findings` in place of those that follow from the rows."""
        self.unseen: list[str] = []
        self._rows: dict[events.Key, Container] = {(row.id,): row for row in rows}
        self._findings = findings
        self._tables: Feed[events.TableEvent[Container]] = Feed()

    async def start(self, keep: bool = False) -> None:
        """Nothing to do."""

    async def stop(self) -> None:
        """Nothing to undo."""

    async def get(self, name: str) -> Container:
        for row in self._rows.values():
            if name in (row.id, row.name):
                return row
        raise SutraError(errors.NOT_FOUND, f"no container {name}", "`avyctl containers list` names them all")

    async def engines(self) -> list[Engine]:
        return [Engine(SOCKET.encode(), "podman", "5.6.0", 0), Engine(b"/run/docker.sock", problem="/run/docker.sock is absent")]

    def containers(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Container], None]:
        sizes = SIZES if "size" in fields else {}
        return self._tables.follow(lambda: [events.Snapshot([replace(row, size=sizes.get(row.id)) for row in self._rows.values()])])

    async def findings(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Finding], None]:
        judged = judge(list(self._rows.values()), [], Restarts()) if self._findings is None else self._findings
        yield events.Snapshot(list(judged))
        await asyncio.Event().wait()

    def change(self, row: Container) -> None:
        """It is new or different."""
        self._rows[row.id,] = row
        self._tables.send(events.Changed([row]))

    def remove(self, identity: str) -> None:
        """It is gone."""
        del self._rows[identity,]
        self._tables.send(events.Removed([(identity,)]))
