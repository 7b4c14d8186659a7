"""Units in systemd's terms: names, paths on the bus, and rows made of what ListUnits and ListUnitFiles answer."""

import re
from typing import Any

from msgspec.structs import replace

from sutra_client.gen.init import Active, Enabled, Kind, Load, Service

SYSTEM, USER = "system", "user"
UNIT_PATHS = "/org/freedesktop/systemd1/unit/"
MOST_NAME = 255
_NAME = re.compile(r"[A-Za-z0-9:_.\\@-]+")
_ESCAPED = re.compile(r"_([0-9a-f]{2})")
_UNSET = (1 << 64) - 1
INTERFACES = {
    kind: f"org.freedesktop.systemd1.{kind.value.capitalize()}"
    for kind in (
        Kind.SERVICE, Kind.SOCKET, Kind.TIMER, Kind.MOUNT, Kind.AUTOMOUNT, Kind.SWAP,
        Kind.TARGET, Kind.PATH, Kind.SLICE, Kind.SCOPE, Kind.DEVICE,
    )
}  # fmt: skip
GROUPED = frozenset((Kind.SERVICE, Kind.SOCKET, Kind.MOUNT, Kind.SWAP, Kind.SLICE, Kind.SCOPE))
"""Kinds that have control groups."""
IDLE = frozenset((Active.INACTIVE, Active.FAILED))

Listed = list[Any]
"""name, description, load, active, sub, following, path, job id, job type, job path: a(ssssssouso)."""


def kind_of(name: str) -> Kind:
    """By the suffix; what systemd never lists counts as a service."""
    suffix = name.rpartition(".")[2]
    return Kind(suffix) if suffix in Kind.__members__.values() else Kind.SERVICE


def full_name(name: str) -> str | None:
    """The unit that a person means; None for what cannot be a unit's name."""
    if name.rpartition(".")[2] not in Kind.__members__.values():
        name += ".service"
    return name if len(name) <= MOST_NAME and _NAME.fullmatch(name) else None


def name_at(path: str) -> str | None:
    """The unit at a path of the bus; None for other paths. Escapes are systemd's: an underscore and two hexadecimal digits a byte."""
    if not path.startswith(UNIT_PATHS):
        return None
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), path.removeprefix(UNIT_PATHS))


def row(scope: str, listed: Listed) -> Service:
    """The row of a loaded unit, as far as the list alone tells."""
    name, description, load, active, sub, _, _, _, job, _ = listed
    return Service(
        name=name, scope=scope, kind=kind_of(name), active=Active(active), sub=sub, load=Load(load), job=job or None,
        description=description if description != name else None,
    )  # fmt: skip


def mentioned(listed: Listed) -> bool:
    """A unit that is no more than a name in the definition of another."""
    return listed[2] == Load.NOT_FOUND and listed[3] == Active.INACTIVE and not listed[7]


def unloaded(scope: str, name: str, state: Enabled) -> Service:
    """The row of an installed unit that the manager has not looked at: nothing else is known of it."""
    return Service(name=name, scope=scope, kind=kind_of(name), active=Active.INACTIVE, enabled=state, load=Load.UNLOADED)


def microseconds(value: object) -> int | None:
    """A point in time; systemd writes 0 for never."""
    return value if isinstance(value, int) and 0 < value < _UNSET else None


def number(value: object) -> int | None:
    """A counter; systemd writes 2^64-1 for unset."""
    return value if isinstance(value, int) and 0 <= value < _UNSET else None


def filled(found: Service, told: dict[str, Any]) -> Service:
    """The row with what was asked for by property."""
    state = told.get("UnitFileState")
    return replace(
        found,
        enabled=Enabled(state) if state else found.enabled,
        since=microseconds(told.get("StateChangeTimestamp")),
        pid=told.get("MainPID") or None,
        restarts=number(told.get("NRestarts")),
        result=told.get("Result"),
    )


def own_unit(cgroup: str) -> tuple[str | None, str | None]:
    """(system's, user's) unit that a process is in, by its line of /proc/PID/cgroup."""
    parts = cgroup.strip().rpartition(":")[2].split("/")
    units = [part for part in parts if part.endswith((".service", ".scope"))]
    users = next((at for at, part in enumerate(units) if part.startswith("user@")), None)
    if users is None:
        return (units[-1] if units else None), None
    return units[users], (units[-1] if units[users + 1 :] else None)
