"""One systemd manager, the system's or a user's, followed by its signals over D-Bus: nothing is polled.

Signals only say that something may be different; what is told is then asked for anew, so that a row never mixes two moments.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from services.core.bell import Bell
from services.core.bus import Bus
from services.core.pump import as_error
from services.core.reader import Reader
from services.init import units
from services.init.unit_files import UnitFiles
from sutra_client.errors import UNAVAILABLE, SutraError
from sutra_client.gen.init import Enabled, Kind, Service

NAME = "org.freedesktop.systemd1"
PATH = "/org/freedesktop/systemd1"
MANAGER = "org.freedesktop.systemd1.Manager"
UNIT = "org.freedesktop.systemd1.Unit"
RULES = (f"sender='{NAME}',path_namespace='{PATH}'", f"sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='{NAME}'")
GATHER = 0.02
"""Seconds in which signals are gathered: a start is a dozen of them."""
GRACE = 2.0
"""Seconds for a manager to come to its bus: the user's is started by the first who connects."""
RETRY = (0.25, 0.5, 1.0, 2.0, 5.0)
"""Seconds between attempts to reach a bus that went away; the last one repeats."""
AT_ONCE = 32
"""Questions under way at a time."""
EAGER = 512
"""Units whose properties are asked for before the first rows are told; those of the others follow."""
_URGENCY = {"failed": 0, "activating": 1, "active": 2}


class Manager:
    """`rows` and `groups` are kept while it is started; `bell` is rung at each change of them, and of `error`."""

    def __init__(self, scope: str, path: str, bell: Bell, root: str, deadline: float) -> None:
        self.scope = scope
        self.rows: dict[str, Service] = {}
        self.groups: dict[str, str] = {}
        """Unit -> its control group, for units that are at work and of kinds that are wanted."""
        self.error: SutraError | None = None
        """Why `rows` are old, or none."""
        self.read = 0
        """How often everything was read: with each a reader's rows begin anew."""
        self.filled: set[Kind] = set()
        """Kinds whose properties are in `rows`."""
        self.listed: set[Kind] = set()
        """Kinds of which installed units are in `rows`."""
        self._path = path
        self._root = root
        self._bell = bell
        self._deadline = deadline
        self._kinds: set[Kind] = set()
        self._installed: set[Kind] = set()
        self._loaded: dict[str, units.Listed] = {}
        self._files = UnitFiles([])
        self._told: dict[str, dict[str, Any]] = {}
        self._dirty: set[str] = set()
        self._all = False
        self._owned = True
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def want(self, kinds: Iterable[Kind], installed: bool) -> None:
        """Properties of units of these kinds are asked for too, from now on; with `installed` also which are installed and enabled."""
        if installed and not self._installed.issuperset(kinds):
            self._installed.update(kinds)
            self._all = True
        new = set(kinds) - self._kinds
        self._kinds |= new
        self._dirty.update(name for name in self._loaded if units.kind_of(name) in new)
        self._wake.set()

    def start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _run(self) -> None:
        failures = 0
        while True:
            read = self.read
            try:
                async with Bus(self._path, NAME, self._deadline) as bus:
                    await self._follow(bus)
            except Exception as error:  # noqa: BLE001 - whatever it is, the rows are old from here on, and it is tried again
                self.error = as_error(error)
            failures = 0 if self.read > read else failures + 1
            self._bell.ring()
            await asyncio.sleep(RETRY[min(failures, len(RETRY) - 1)])

    async def _follow(self, bus: Bus) -> None:
        """Raises SutraError when the bus is lost or the manager does not answer; signals are asked for before the lists."""
        await bus.listen(self._signal, *RULES)
        self._all, self._owned = True, await bus.owned()
        bus.when_gone(self._wake.set)
        while bus.connected:
            self._wake.clear()
            if self._owned and (self._all or self._dirty):
                await self._update(bus)
                continue
            try:
                async with asyncio.timeout(None if self._owned or self.error else GRACE):
                    await self._wake.wait()
            except TimeoutError:
                self._left()
            await asyncio.sleep(GATHER)
        raise SutraError(UNAVAILABLE, f"the {self.scope} manager's bus at {self._path} went away", "it is tried again")

    def _signal(self, path: str, interface: str, member: str, body: list[Any]) -> None:
        if member == "NameOwnerChanged":
            self._owned = bool(body[2])
            self._all = self._all or self._owned
            if not self._owned:
                self._left()
        elif member in ("UnitNew", "UnitRemoved"):
            self._dirty.add(str(body[0]))
        elif member in ("JobNew", "JobRemoved"):
            self._dirty.add(str(body[2]))
        elif member == "UnitFilesChanged" or (member == "Reloading" and not body[0]):
            self._all = True
        elif (name := units.name_at(path)) is not None:
            self._dirty.add(name)
        else:
            return
        self._wake.set()

    def _left(self) -> None:
        self.error = SutraError(UNAVAILABLE, f"the {self.scope} manager is not on its bus at {self._path}", "it is waited for")
        self._bell.ring()

    async def _update(self, bus: Bus) -> None:
        """Reads what is dirty, or everything."""
        everything, self._all = self._all, False
        names, self._dirty = self._dirty, set()
        kinds, installed = set(self._kinds), set(self._installed)
        if everything:
            await bus.call(PATH, MANAGER, "Subscribe")
            self._files = await self._unit_files(bus)
            [listed] = await bus.call(PATH, MANAGER, "ListUnits")
            self._loaded = {unit[0]: unit for unit in listed}
            names = set(self._loaded)
            self._told = {name: told for name, told in self._told.items() if name in names}
        else:
            [listed] = await bus.call(PATH, MANAGER, "ListUnitsByPatterns", "asas", [[], sorted(names)])
            for name in names:
                self._loaded.pop(name, None)
                self._told.pop(name, None)
            self._loaded.update((unit[0], unit) for unit in listed if unit[0] in names)
        asked = sorted((name for name in names if name in self._loaded and self._wanted(name)), key=self._urgency)
        await self._ask(bus, asked[:EAGER])
        self.filled |= kinds
        self.listed |= installed if everything else set()
        self._tell(everything)
        if asked[EAGER:]:
            await self._ask(bus, asked[EAGER:])
            self._tell(False)

    async def _unit_files(self, bus: Bus) -> UnitFiles:
        folders = await bus.get(PATH, MANAGER, "UnitPath") if self._installed else []
        reader = Reader("systemd's unit files", lambda: UnitFiles([str(folder) for folder in folders], self._root))
        try:
            return await reader()
        finally:
            await reader.close()

    def _wanted(self, name: str) -> bool:
        return units.kind_of(name) in self._kinds and not units.mentioned(self._loaded[name])

    def _urgency(self, name: str) -> tuple[int, str]:
        return _URGENCY.get(self._loaded[name][3], 3), name

    def _tell(self, everything: bool) -> None:
        rows: dict[str, Service] = {}
        for name, listed in self._loaded.items():
            if not units.mentioned(listed):
                made = units.row(self.scope, listed)
                made = replace(made, enabled=self._files.state(name)) if made.kind in self._installed else made
                rows[name] = units.filled(made, self._told[name]) if name in self._told else made
        for name, state in self._files.installed().items():
            if name not in rows and state != Enabled.TRANSIENT:  # gone with the last who needed it, whatever was read of it before
                rows[name] = units.unloaded(self.scope, name, state)
        self.rows = {name: old if (old := self.rows.get(name)) == new else new for name, new in sorted(rows.items())}
        self.groups = {name: group for name in rows if (group := self._told.get(name, {}).get("ControlGroup"))}
        self.error = None
        self.read += everything
        self._bell.ring()

    async def _ask(self, bus: Bus, names: list[str]) -> None:
        """Asks for the properties that the list lacks, many at a time; a unit that is gone by now has none. Raises SutraError."""
        turn = asyncio.Semaphore(AT_ONCE)

        async def one(name: str) -> None:
            async with turn:
                self._told[name] = await self._properties(bus, name)

        try:
            async with asyncio.TaskGroup() as group:
                for name in names:
                    group.create_task(one(name))
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None

    async def _properties(self, bus: Bus, name: str) -> dict[str, Any]:
        listed = self._loaded[name]
        kind, path, idle = units.kind_of(name), listed[6], listed[3] in units.IDLE
        own = units.INTERFACES[kind]
        asked = [(UNIT, "StateChangeTimestamp")]
        if kind in self._installed and self._files.state(name) is None:
            asked.append((UNIT, "UnitFileState"))  # made since the folders were read, as transient units are
        if kind is Kind.SERVICE:
            asked += [(own, "Result"), (own, "NRestarts")]
        if not idle and kind is Kind.SERVICE:
            asked.append((own, "MainPID"))
        if not idle and kind in units.GROUPED:
            asked.append((own, "ControlGroup"))
        told: dict[str, Any] = {}
        try:
            for interface, member in asked:
                told[member] = await bus.get(path, interface, member)
        except SutraError as error:
            if error.code == UNAVAILABLE:
                raise
        return told
