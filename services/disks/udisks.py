"""What UDisks2 knows of drives where it runs: SMART and its like, which need rights that this process may lack. It is never started."""

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from services.core.tree import Tree, shown
from sutra_client.errors import SutraError

NAME = "org.freedesktop.UDisks2"
ROOT = "/org/freedesktop/UDisks2"
BLOCKS = f"{ROOT}/block_devices/"
DRIVE, ATA, NVME, BLOCK = (f"{NAME}.{name}" for name in ("Drive", "Drive.Ata", "NVMe.Controller", "Block"))
DEADLINE = 2.0
AGAIN = 300.0
"""Seconds before a bus that failed is tried again."""
ZERO = 273.15
"""degC are K less this."""
WARNINGS = {
    "spare": "its spare blocks run out",
    "temperature": "it is too hot or too cold",
    "degraded": "it is degraded",
    "readonly": "it takes no more data",
    "volatile_mem": "its memory's backup power failed",
    "pmr_readonly": "its memory is read-only",
}


class Drive(NamedTuple):
    """Of one disk; None for what it does not say."""

    model: str | None = None
    serial: str | None = None
    temperature: float | None = None
    wear: float | None = None
    healthy: bool | None = None
    failing: str | None = None
    """What fails, in words."""


class Udisks:
    """Asked anew at each refresh(); the answers stay until the next."""

    def __init__(self, tree: Tree, socket: str | None = None, deadline: float = DEADLINE) -> None:
        self.drives: Mapping[str, Drive] = {}
        """Disk -> what UDisks2 says of it."""
        self.unseen: list[str] = []
        self._tree = tree
        self._socket = socket or f"{tree.run}/dbus/system_bus_socket"
        self._deadline = deadline
        self._failed = -AGAIN

    async def refresh(self) -> None:
        """Raises nothing: why nothing was learned is said in `unseen`, and not where no bus or UDisks2 runs."""
        if self._tree.root or not self._tree.exists(self._socket) or time.monotonic() - self._failed < AGAIN:
            return
        from services.core.bus import Bus  # a host without a bus does without the library

        self.unseen = []
        try:
            async with Bus(self._socket, NAME, self._deadline) as bus:
                if not await bus.owned():
                    self.drives = {}
                    return
                [objects] = await bus.call(ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")
                wears = {path: await _wear(bus, path) for path, of in objects.items() if NVME in of}
        except (SutraError, ValueError, AttributeError) as problem:
            self._failed = time.monotonic()
            self.drives = {}
            said = problem.message if isinstance(problem, SutraError) else "what it answers is none of its objects"
            self.unseen = [f"What UDisks2 knows of the disks' health is unknown: {said}."]
            return
        self.drives = drives_of(objects, wears)


async def _wear(bus: Any, path: str) -> float | None:
    """Percent of its life by the controller's own log; None where it gives none."""
    try:
        [values] = await bus.call(path, NVME, "SmartGetAttributes", "a{sv}", [{}])
    except SutraError:
        return None  # a controller without a log
    found = values.get("percent_used")
    return float(found) if isinstance(found, int) else None


def drives_of(objects: Mapping[str, Mapping[str, Mapping[str, Any]]], wears: Mapping[str, float | None]) -> dict[str, Drive]:
    """Disk -> drive, from the managed objects; partitions, whose drive is their disk's, are left out."""
    found = {}
    for path, interfaces in objects.items():
        drive = interfaces.get(BLOCK, {}).get("Drive")
        if not path.startswith(BLOCKS) or f"{NAME}.Partition" in interfaces or not isinstance(drive, str) or drive not in objects:
            continue
        device = interfaces[BLOCK].get("Device")
        name = shown(bytes(device).rstrip(b"\0")).rpartition("/")[2] if isinstance(device, bytes | list) else ""
        if name:
            found[name] = _drive(objects[drive], wears.get(drive))
    return found


def _drive(interfaces: Mapping[str, Mapping[str, Any]], wear: float | None) -> Drive:
    known, ata, nvme = (interfaces.get(name, {}) for name in (DRIVE, ATA, NVME))
    words = f"{known.get('Vendor') or ''} {known.get('Model') or ''}".strip()
    drive = Drive(words or None, known.get("Serial") or None, wear=wear)
    if ata.get("SmartUpdated"):
        bad = ata.get("SmartNumBadSectors")
        text = "SMART says that it fails" + (f", {bad} bad sectors" if isinstance(bad, int) and bad > 0 else "")
        fails = bool(ata.get("SmartFailing"))
        return drive._replace(temperature=_degrees(ata), healthy=not fails, failing=text if fails else None)
    if nvme.get("SmartUpdated"):
        warnings = [WARNINGS.get(word, str(word)) for word in nvme.get("SmartCriticalWarning") or ()]
        return drive._replace(temperature=_degrees(nvme), healthy=not warnings, failing=", ".join(warnings) or None)
    return drive


def _degrees(smart: Mapping[str, Any]) -> float | None:
    kelvin = smart.get("SmartTemperature")
    return round(kelvin - ZERO, 1) if isinstance(kelvin, int | float) and kelvin > 0 else None
