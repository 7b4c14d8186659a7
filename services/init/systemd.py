"""Services of systemd, the system's manager and the user's, over D-Bus (org.freedesktop.systemd1); no systemctl is run."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from msgspec.structs import replace

from services.core.bell import Bell
from services.core.difference import difference
from sutra_client import errors, events
from sutra_client.errors import SutraError
from sutra_client.gen.core import Finding
from sutra_client.gen.init import Detail, Kind, Service

if TYPE_CHECKING:
    from services.init.cgroups import Counters
    from services.init.manager import Manager

BOOTED = "/run/systemd/system"
SYSTEM_BUS = "/run/dbus/system_bus_socket"
_JUDGED = frozenset(Kind) - {Kind.DEVICE}


def probe(root: str = "/") -> tuple[bool, str]:
    """Fits where systemd is the init system and a bus to ask it is there."""
    if not os.path.isdir(root.rstrip("/") + BOOTED):
        return False, f"systemd does not run: {BOOTED} is absent"
    if root != "/":
        return False, "systemd is asked over D-Bus, which is not done for another root"
    if not os.path.exists(SYSTEM_BUS):
        return False, f"systemd runs, but there is no D-Bus to ask it: {SYSTEM_BUS} is absent"
    return True, f"{BOOTED} exists, and {SYSTEM_BUS} to ask systemd"


def make(root: str = "/") -> "SystemdInit":
    """The backend for this host, with the user's manager where there is one."""
    sockets = {"system": SYSTEM_BUS}
    user = os.environ.get("XDG_RUNTIME_DIR", "") + "/bus"
    if os.path.isabs(user) and os.path.exists(user) and os.path.isdir(os.path.dirname(user) + "/systemd"):
        sockets["user"] = user
    return SystemdInit(sockets)


class SystemdInit:
    """Implements the Protocol Init. `sockets` are the buses' by scope; connected only while a stream is read or a call lasts."""

    def __init__(self, sockets: dict[str, str], root: str = "/", deadline: float = 5.0) -> None:
        self._sockets = sockets
        self._root = root
        self._deadline = deadline
        self._managers: list[Manager] = []
        self._bell = Bell()
        self._readers = 0
        self._yours: dict[str, str | None] | None = None

    @property
    def unseen(self) -> list[str]:
        """Which manager cannot be asked now, and why."""
        return [f"Units of the {manager.scope} manager: {manager.error.message}." for manager in self._managers if manager.error]

    async def start(self, keep: bool = False) -> None:
        """Nothing is followed before somebody reads: systemd keeps no history that would be missed."""

    async def stop(self) -> None:
        """Streams that are still read raise UNAVAILABLE."""
        managers, self._managers = self._managers, []
        for manager in managers:
            await manager.stop()
        self._bell.ring()

    async def get(self, name: str, scope: str = "system") -> Detail:
        """Raises SutraError INVALID, NOT_FOUND, UNAVAILABLE."""
        from services.init.cgroups import Groups
        from services.init.detail import read

        if scope not in self._sockets:
            message = f"services status {name}: there is no {scope} manager to ask"
            raise SutraError(errors.NOT_FOUND, message, f"scope is one of {' '.join(self._sockets)}")
        return await read(self._sockets[scope], scope, name, Groups(self._root), self._you(scope), self._deadline)

    async def services(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS, kinds: list[Kind] | None = None
    ) -> AsyncGenerator[events.TableEvent[Service], None]:
        """Counters are read every 2 s, from control groups, and only while `fields` names one."""
        from services.init.cgroups import COUNTED, Counters, Groups

        wanted = frozenset(kinds) if kinds is not None else frozenset((Kind.SERVICE,))
        counted = COUNTED & set(fields)
        counters = Counters(Groups(self._root)) if counted else None
        async with self._needed(wanted, True) as managers:
            told: dict[events.Key, Service] | None = None
            read: list[int] = []
            while True:
                rung = self._bell.next()
                self._check(managers)
                if all((manager.filled >= wanted and manager.listed >= wanted) or manager.error for manager in managers):
                    rows = self._rows(managers, wanted)
                    if counters is not None:
                        _count(rows, managers, counted, counters)
                    now = [manager.read for manager in managers]
                    for event in [events.Snapshot(list(rows.values()))] if told is None or now != read else difference(told, rows):
                        yield event
                    told, read = rows, now
                try:
                    async with asyncio.timeout(counters.wait() if counters is not None and told is not None else None):
                        await rung.wait()
                except TimeoutError:
                    continue

    async def findings(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Finding], None]:
        """Failed units of every kind; a manager that went away is a finding itself."""
        from services.init.findings import Board, lost

        board = Board()
        async with self._needed(_JUDGED, False) as managers:
            told: dict[events.Key, Finding] | None = None
            while True:
                rung = self._bell.next()
                self._check(managers)
                if all(manager.filled >= _JUDGED or manager.error for manager in managers):
                    found = board.judge(row for manager in managers for row in manager.rows.values())
                    for manager in managers:
                        if manager.error is not None:
                            found.update(lost(manager.scope, manager.error))
                    for event in [events.Snapshot(list(found.values()))] if told is None else difference(told, found):
                        yield event
                    told = found
                try:
                    async with asyncio.timeout(board.wait()):
                        await rung.wait()
                except TimeoutError:
                    continue

    def _rows(self, managers: "list[Manager]", wanted: frozenset[Kind]) -> dict[events.Key, Service]:
        rows: dict[events.Key, Service] = {}
        for manager in managers:
            you = self._you(manager.scope)
            for name, row in manager.rows.items():
                if row.kind in wanted:
                    rows[manager.scope, name] = replace(row, you=True) if name == you else row
        return rows

    def _check(self, managers: "list[Manager]") -> None:
        """Raises SutraError where no rows can come: the first attempt failed, or this stops."""
        if managers is not self._managers:
            raise SutraError(errors.UNAVAILABLE, "the service stops", "try again when it is back")
        if managers[0].error is not None and not managers[0].read:
            raise managers[0].error

    @asynccontextmanager
    async def _needed(self, kinds: frozenset[Kind], installed: bool) -> "AsyncIterator[list[Manager]]":
        from services.init.manager import Manager

        self._readers += 1
        if not self._managers:
            self._managers = [Manager(scope, path, self._bell, self._root, self._deadline) for scope, path in self._sockets.items()]
        managers = self._managers
        for manager in managers:
            manager.want(kinds, installed)
            manager.start()
        try:
            yield managers
        finally:
            self._readers -= 1
            if not self._readers and managers is self._managers:
                await self.stop()

    def _you(self, scope: str) -> str | None:
        from services.init.units import own_unit

        if self._yours is None:
            try:
                with open("/proc/self/cgroup", encoding="utf-8", errors="backslashreplace") as file:
                    lines = [line for line in file if line.startswith("0::") or ":name=systemd:" in line]
            except OSError:
                lines = []
            system, user = own_unit(lines[-1]) if lines else (None, None)
            self._yours = {"system": system, "user": user}
        return self._yours.get(scope)


def _count(rows: dict[events.Key, Service], managers: "list[Manager]", counted: frozenset[str], counters: "Counters") -> None:
    told = counters.told({group for manager in managers for group in manager.groups.values()})
    for manager in managers:
        for name, group in manager.groups.items():
            row = rows.get((manager.scope, name))
            if row is not None and group in told:
                rows[manager.scope, name] = replace(row, **{field: told[group][field] for field in counted})
