"""One unit of systemd in detail, asked for over a connection of its own."""

import os
from typing import Any

from msgspec.structs import replace

from services.core.bus import Bus
from services.init import units
from services.init.cgroups import Groups
from services.init.manager import MANAGER, NAME, PATH, UNIT
from sutra_client import errors
from sutra_client.errors import SutraError
from sutra_client.gen.init import Active, Detail, Enabled, Kind, Load, Service

MOST_NAMES = 100
_PROPERTIES = (
    "ActiveEnterTimestamp", "ActiveExitTimestamp", "ConditionResult", "AssertResult", "NeedDaemonReload", "StartLimitBurst", "Type",
    "TimeoutStartUSec", "TimeoutStopUSec", "RestartUSec", "WatchdogUSec", "StatusText", "StatusErrno", "Slice", "Group", "DynamicUser",
    "NoNewPrivileges", "ProtectSystem", "ProtectHome", "PrivateTmp", "MemoryMax", "MemoryHigh", "TasksMax", "CPUUsageNSec", "IOReadBytes",
    "IOWriteBytes", "NextElapseUSecRealtime", "LastTriggerUSec", "Listen", "NAccepted", "NConnections", "Where", "What", "Options",
)  # fmt: skip
"""Of all that systemd tells, what people look for; those that a kind lacks are left out."""
_TIMES = frozenset(("ActiveEnterTimestamp", "ActiveExitTimestamp", "NextElapseUSecRealtime", "LastTriggerUSec"))


async def read(path: str, scope: str, asked: str, groups: Groups, you: str | None, deadline: float) -> Detail:
    """`path` is the bus's socket. Raises SutraError INVALID for what no unit can be called, NOT_FOUND, UNAVAILABLE."""
    name = units.full_name(asked)
    if name is None:
        raise SutraError(errors.INVALID, f"services status {asked}: that is no name of a unit", "letters, digits and :-_.\\@, at most 255")
    kind = units.kind_of(name)
    async with Bus(path, NAME, deadline) as bus:
        try:
            [at] = await bus.call(PATH, MANAGER, "LoadUnit", "s", [name])
        except SutraError as error:
            if error.code in (errors.UNAVAILABLE, errors.DENIED):
                raise
            raise SutraError(
                errors.INVALID, f"services status {asked}: {error.message}", "name it as `avyctl services list` does"
            ) from error
        unit = await bus.get_all(at, UNIT)
        own = await bus.get_all(at, units.INTERFACES[kind])
    if unit.get("LoadState") == Load.NOT_FOUND and unit.get("ActiveState") == Active.INACTIVE:
        raise SutraError(
            errors.NOT_FOUND, f"services status {asked}: there is no unit {name}", "`avyctl services list` shows those there are"
        )
    return _detail(scope, kind, unit, own, groups, you)


def _detail(scope: str, kind: Kind, unit: dict[str, Any], own: dict[str, Any], groups: Groups, you: str | None) -> Detail:
    killed = own.get("ExecMainCode") in (os.CLD_KILLED, os.CLD_DUMPED)
    exited = own.get("ExecMainCode") == os.CLD_EXITED
    both = {**unit, **own}
    unknown = (
        []
        if own.get("ControlGroup")
        else ["Its memory and tasks are unknown: it has no control group now."]
        if kind in units.GROUPED
        else []
    )
    return Detail(
        service=_service(scope, kind, unit, own, groups, you),
        unseen=unknown,
        path=_bytes(unit.get("FragmentPath")) or _bytes(unit.get("SourcePath")),
        drop_ins=[made for path in unit.get("DropInPaths", []) if (made := _bytes(path))],
        command=_command(own.get("ExecStart")),
        user=own.get("User") or None,
        restart=own.get("Restart"),
        exit_code=own.get("ExecMainStatus") if exited else None,
        exit_signal=own.get("ExecMainStatus") if killed else None,
        started=units.microseconds(own.get("ExecMainStartTimestamp")),
        control_group=_bytes(own.get("ControlGroup")),
        documentation=_names(unit.get("Documentation")),
        requires=_names(unit.get("Requires")),
        wants=_names(unit.get("Wants")),
        after=_names(unit.get("After")),
        required_by=_names(unit.get("RequiredBy")),
        triggered_by=_names(unit.get("TriggeredBy")),
        properties={name: text for name in _PROPERTIES if (text := _text(both.get(name), name in _TIMES)) is not None},
    )


def _service(scope: str, kind: Kind, unit: dict[str, Any], own: dict[str, Any], groups: Groups, you: str | None) -> Service:
    name, job = str(unit.get("Id")), unit.get("Job") or [0, "/"]
    listed = [
        name, unit.get("Description"), unit.get("LoadState"), unit.get("ActiveState"), unit.get("SubState"),
        "", "", job[0], "", "",
    ]  # fmt: skip
    told = {**unit, **own}
    found = units.filled(units.row(scope, listed), told)
    used = groups.counts(own.get("ControlGroup") or "")
    memory = used.memory if used.memory is not None else units.number(own.get("MemoryCurrent"))
    tasks = used.tasks if used.tasks is not None else units.number(own.get("TasksCurrent"))
    state = unit.get("UnitFileState")
    return replace(found, kind=kind, memory=memory, tasks=tasks, you=name == you, enabled=Enabled(state) if state else None)


def _bytes(path: object) -> bytes | None:
    """An empty path is systemd's word for none."""
    return path.encode("utf-8", "surrogateescape") if isinstance(path, str) and path else None


def _names(value: object) -> list[str]:
    return [str(name) for name in value[:MOST_NAMES]] if isinstance(value, list) else []


def _command(starts: object) -> list[bytes]:
    """Words of the first of ExecStart, a(sasbttttuii)."""
    if not isinstance(starts, list) or not starts:
        return []
    return [str(word).encode("utf-8", "surrogateescape") for word in starts[0][1]]


def _text(value: object, moment: bool) -> str | None:
    """A plain value as text; what is unset or empty is left out, and so is a moment that never was."""
    match value:
        case 0 if moment:
            return None
        case bool():
            return "yes" if value else "no"
        case int():
            return str(value) if 0 <= value < (1 << 64) - 1 else None
        case str():
            return value or None
        case list() if all(isinstance(pair, list) for pair in value):
            return ", ".join(" ".join(map(str, pair)) for pair in value) or None
    return None
