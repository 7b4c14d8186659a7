"""An init system with hand-held services, for tests and screens."""

import asyncio
from collections.abc import AsyncGenerator

from msgspec.structs import replace

from services.core.fake import Feed
from services.init.findings import Board
from sutra_client import errors, events
from sutra_client.errors import SutraError
from sutra_client.gen.core import Finding
from sutra_client.gen.init import Active, Detail, Enabled, Kind, Load, Service

HOUR = 3_600_000_000
START = 1_790_000_000_000_000


def service(
    name: str,
    active: Active = Active.ACTIVE,
    sub: str = "running",
    pid: int | None = None,
    memory: int | None = None,
    description: str = "",
    kind: Kind = Kind.SERVICE,
    enabled: Enabled | None = Enabled.ENABLED,
) -> Service:
    """One row; its state began an hour after the fake host did."""
    return Service(
        name=name,
        scope="system",
        kind=kind,
        active=active,
        sub=sub,
        enabled=enabled,
        since=START + HOUR,
        pid=pid,
        memory=memory,
        cpu=0.5 if memory is not None else None,
        tasks=2 if memory is not None else None,
        restarts=0,
        result="success" if active != Active.FAILED else "exit-code",
        load=Load.LOADED,
        description=description or None,
    )


SERVICES = [
    service("bridge.service", Active.FAILED, "failed", description="MQTT bridge to the plant"),
    service("cron.service", pid=412, memory=1_843_200, description="Regular background program processing daemon"),
    service("dbus.service", pid=398, memory=4_505_600, description="D-Bus System Message Bus", enabled=Enabled.STATIC),
    service("getty@tty1.service", pid=433, memory=606_208, description="Getty on tty1"),
    service("NetworkManager.service", pid=402, memory=18_350_080, description="Network Manager"),
    service("ssh.service", pid=420, memory=6_291_456, description="OpenBSD Secure Shell server"),
    service("bluetooth.service", Active.INACTIVE, "dead", description="Bluetooth service", enabled=Enabled.DISABLED),
    service("logrotate.timer", sub="waiting", description="Daily rotation of log files", kind=Kind.TIMER),
    service("ssh.socket", Active.INACTIVE, "dead", kind=Kind.SOCKET, enabled=Enabled.DISABLED),
]


class FakeInit:
    """Implements the Protocol Init; change() and vanish() reach those who read its streams."""

    def __init__(self, services: list[Service] = SERVICES, findings: list[Finding] | None = None) -> None:
        """`findings` are told instead of those that the rules find in its services."""
        self.unseen: list[str] = []
        self._services = {(service.scope, service.name): service for service in services}
        self._tables: dict[asyncio.Queue[events.TableEvent[Service]], tuple[frozenset[Kind], frozenset[str]]] = {}
        self._board = Board()
        self._judges: Feed[events.TableEvent[Finding]] = Feed()
        self._told = findings

    async def start(self, keep: bool = False) -> None:
        """Nothing to do."""

    async def stop(self) -> None:
        """Nothing to undo."""

    async def get(self, name: str, scope: str = "system") -> Detail:
        found = self._services.get((scope, name)) or self._services.get((scope, f"{name}.service"))
        if found is None:
            raise SutraError(errors.NOT_FOUND, f"services status {name}: there is no unit of that name")
        return Detail(
            service=found,
            unseen=[],
            path=b"/usr/lib/systemd/system/" + found.name.encode(),
            command=[b"/usr/sbin/" + found.name.partition(".")[0].encode(), b"-D", b"\xff"],
            restart="on-failure",
            exit_code=1 if found.active == Active.FAILED else None,
            documentation=[f"man:{found.name.partition('.')[0]}(8)"],
            requires=["sysinit.target", "system.slice"],
            after=["network.target", "sysinit.target"],
        )

    async def services(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS, kinds: list[Kind] | None = None
    ) -> AsyncGenerator[events.TableEvent[Service], None]:
        asked = frozenset(kinds) if kinds is not None else frozenset((Kind.SERVICE,)), frozenset(fields)
        queue: asyncio.Queue[events.TableEvent[Service]] = asyncio.Queue()
        self._tables[queue] = asked
        try:
            yield events.Snapshot([_asked(row, asked[1]) for row in self._services.values() if row.kind in asked[0]])
            while True:
                yield await queue.get()
        finally:
            del self._tables[queue]

    def findings(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Finding], None]:
        return self._judges.follow(lambda: [self._judged()])

    def change(self, row: Service) -> None:
        """A service is new or different."""
        self._services[row.scope, row.name] = row
        for queue, (kinds, fields) in self._tables.items():
            if row.kind in kinds:
                queue.put_nowait(events.Changed([_asked(row, fields)]))
        self._judge()

    def vanish(self, name: str, scope: str = "system") -> None:
        """A service is gone."""
        row = self._services.pop((scope, name))
        for queue, (kinds, _) in self._tables.items():
            if row.kind in kinds:
                queue.put_nowait(events.Removed([(scope, name)]))
        self._judge()

    def _judge(self) -> None:
        self._judges.send(self._judged())

    def _judged(self) -> events.Snapshot[Finding]:
        found = self._board.judge(self._services.values()).values()
        return events.Snapshot(list(found) if self._told is None else self._told)


def _asked(row: Service, fields: frozenset[str]) -> Service:
    return replace(row, **{name: None for name in ("memory", "cpu", "tasks") if name not in fields})
