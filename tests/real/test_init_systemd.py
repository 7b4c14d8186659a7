"""Services of a real systemd: the list is systemctl's, and what happens is told by signals."""

import asyncio
import json
from typing import Any

import pytest

from boxes.box import Box
from services.init.systemd import SystemdInit
from streams import Reading, first
from sutra_client import errors, events
from sutra_client.errors import SutraError
from sutra_client.gen.core import Severity
from sutra_client.gen.init import Active, Enabled, Kind, Load, Service

pytestmark = pytest.mark.needs("box")
KEY = ("scope", "name")
CRASHING = "[Service]\nExecStart=/bin/sh -c 'exit 3'\nRestart=always\nRestartSec=100ms\n[Unit]\nStartLimitIntervalSec=0\n"


def backend(box: Box, **sockets: str) -> SystemdInit:
    return SystemdInit({"system": f"{box.root}/run/dbus/system_bus_socket", **sockets}, root=str(box.root))


async def run(box: Box, *argv: str) -> None:
    await asyncio.to_thread(box.run, argv, check=True)


def listed(box: Box, *words: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(box.text("systemctl", *words, "--output=json"))
    return rows


def row(reading: Reading, name: str) -> Service | None:
    found = reading.rows.get(("system", name))
    assert found is None or isinstance(found, Service)
    return found


async def test_the_list_is_what_systemctl_lists(systemd_box: Box) -> None:
    rows = {service.name: service for service in await first(backend(systemd_box).services())}
    units = {unit["unit"]: unit for unit in listed(systemd_box, "list-units", "--all", "--type=service")}
    files = {file["unit_file"]: file for file in listed(systemd_box, "list-unit-files", "--type=service")}
    real = {name for name, unit in units.items() if (unit["load"], unit["active"]) != ("not-found", "inactive")}
    own = {name for name, file in files.items() if "@." not in name and file["state"] != "alias"}
    assert len(real) > 20
    assert set(rows) == real | own
    for name in real:
        unit = units[name]
        assert (rows[name].load, rows[name].active, rows[name].sub) == (unit["load"], unit["active"], unit["sub"]), name
        assert rows[name].description in (unit["description"], None)
    assert {name: rows[name].enabled for name in own} == {name: files[name]["state"] for name in own}
    assert all(rows[name].load == Load.UNLOADED for name in own - set(units))


async def test_a_row_says_what_systemctl_show_says(systemd_box: Box) -> None:
    for service in await first(backend(systemd_box).services()):
        if service.name not in ("dbus.service", "ssh.service", "systemd-journald.service"):
            continue
        shown = systemd_box.text(
            "systemctl", "show", "--timestamp=us+utc", "-p", "MainPID,NRestarts,Result,UnitFileState,StateChangeTimestamp", service.name
        )
        told = dict(line.split("=", 1) for line in shown.splitlines())
        assert service.pid == int(told["MainPID"]) > 0
        assert (str(service.restarts), service.result, service.enabled) == (told["NRestarts"], told["Result"], told["UnitFileState"])
        assert service.since is not None
        assert told["StateChangeTimestamp"].endswith(f".{service.since % 1_000_000:06} UTC")


async def test_other_kinds_are_listed_when_asked_for(systemd_box: Box) -> None:
    rows = await first(backend(systemd_box).services(kinds=[Kind.TIMER, Kind.SLICE]))
    assert {service.kind for service in rows} == {Kind.TIMER, Kind.SLICE}
    timers = {unit["unit"] for unit in listed(systemd_box, "list-units", "--all", "--type=timer")}
    assert timers <= {service.name for service in rows}


async def test_a_unit_that_comes_changes_and_goes_is_told_without_asking(systemd_box: Box) -> None:
    async with Reading(backend(systemd_box).services(), *KEY) as reading:
        await run(systemd_box, "systemd-run", "--unit=visitor", "sleep", "1000")
        await reading.until(lambda: bool((found := row(reading, "visitor.service")) and found.pid))
        visitor = row(reading, "visitor.service")
        assert visitor is not None and visitor.active == Active.ACTIVE and visitor.enabled == Enabled.TRANSIENT
        assert systemd_box.text("systemctl", "show", "--value", "-p", "MainPID", "visitor").strip() == str(visitor.pid)
        await run(systemd_box, "systemctl", "stop", "visitor")
        await reading.until(lambda: row(reading, "visitor.service") is None)
        assert not any(isinstance(event, events.Snapshot) for event in reading.told[1:])


async def test_a_unit_that_fails_is_shown_failed_and_found(systemd_box: Box) -> None:
    init = backend(systemd_box)
    async with Reading(init.services(), *KEY) as reading, Reading(init.findings(), "id") as findings:
        await asyncio.to_thread(systemd_box.run, ["systemd-run", "--unit=broken", "/bin/sh", "-c", "exit 7"])
        await reading.until(lambda: bool((found := row(reading, "broken.service")) and found.active == Active.FAILED))
        broken = row(reading, "broken.service")
        assert broken is not None and (broken.result, broken.pid) == ("exit-code", None)
        await findings.until(lambda: ("failed:system:broken.service",) in findings.rows)
        finding = findings.rows["failed:system:broken.service",]
        assert (finding.severity, finding.evidence, finding.since) == (Severity.ERROR, "failed (exit-code)", broken.since)
        detail = await init.get("broken")
        assert (detail.exit_code, detail.exit_signal, detail.command[-1]) == (7, None, b"exit 7")
        await run(systemd_box, "systemctl", "reset-failed", "broken")
        await findings.until(lambda: ("failed:system:broken.service",) not in findings.rows)


async def test_a_service_that_crashes_again_and_again_is_found_looping(systemd_box: Box) -> None:
    unit = "/run/systemd/system/crashing.service"
    systemd_box.run(["tee", unit], stdin=CRASHING.encode(), check=True)
    async with Reading(backend(systemd_box).findings(), "id") as findings:
        try:
            await run(systemd_box, "systemctl", "daemon-reload")
            await run(systemd_box, "systemctl", "start", "--no-block", "crashing")
            await findings.until(lambda: ("looping:system:crashing.service",) in findings.rows)
        finally:
            await run(systemd_box, "systemctl", "stop", "crashing")
            await run(systemd_box, "rm", unit)
            await run(systemd_box, "systemctl", "daemon-reload")
            await asyncio.to_thread(systemd_box.run, ["systemctl", "reset-failed", "crashing"])


async def test_an_executed_anew_manager_begins_a_new_snapshot(systemd_box: Box) -> None:
    init = backend(systemd_box)
    async with Reading(init.services(), *KEY) as reading:
        before = set(reading.rows)
        await run(systemd_box, "systemctl", "daemon-reexec")
        await reading.until(lambda: any(isinstance(event, events.Snapshot) for event in reading.told[1:]))
        assert set(reading.rows) == before
        await run(systemd_box, "systemd-run", "--unit=later", "sleep", "1000")
        await reading.until(lambda: row(reading, "later.service") is not None)
        await run(systemd_box, "systemctl", "stop", "later")
        assert init.unseen == []


async def test_a_unit_in_detail(systemd_box: Box) -> None:
    init = backend(systemd_box)
    detail = await init.get("ssh")
    shown = systemd_box.text("systemctl", "show", "-p", "FragmentPath,ControlGroup,MainPID,Requires", "ssh")
    told = dict(line.split("=", 1) for line in shown.splitlines())
    assert detail.service.name == "ssh.service"
    assert detail.path == told["FragmentPath"].encode()
    assert detail.control_group == told["ControlGroup"].encode()
    assert str(detail.service.pid) == told["MainPID"]
    assert sorted(detail.requires) == sorted(told["Requires"].split())
    assert detail.command[0] == b"/usr/sbin/sshd"
    for name, code in (
        ("no-such-unit", errors.NOT_FOUND),
        ("a b", errors.INVALID),
        ("--force", errors.NOT_FOUND),
        ("x@.service", errors.INVALID),
    ):
        with pytest.raises(SutraError) as refused:
            await init.get(name)
        assert refused.value.code == code, name
    with pytest.raises(SutraError) as refused:
        await init.get("ssh", "user")
    assert refused.value.code == errors.NOT_FOUND


async def test_a_bus_that_goes_away_is_said_and_comes_back(fresh_box: Any) -> None:
    box: Box = fresh_box()
    init = backend(box)
    async with Reading(init.services(), *KEY) as reading, Reading(init.findings(), "id") as findings:
        # The socket unit would start it again at once: both go, as in an update of D-Bus.
        await run(box, "systemctl", "kill", "--signal=KILL", "dbus.service")
        await findings.until(lambda: ("manager:system",) in findings.rows)
        await reading.until(lambda: any(isinstance(event, events.Snapshot) for event in reading.told[1:]))
        await findings.until(lambda: ("manager:system",) not in findings.rows)
        assert row(reading, "dbus.service") is not None


async def test_one_shots_list_and_refuse(systemd_box: Box) -> None:
    done = await asyncio.to_thread(systemd_box.avyctl, "services", "list", "-o", "json")
    assert done.code == 0, done
    names = {service["name"] for service in json.loads(done.out)}
    assert {"ssh.service", "dbus.service"} <= names
    status = await asyncio.to_thread(systemd_box.avyctl, "services", "status", "ssh", "-o", "json", user="rita")
    assert status.code == 0, status
    assert json.loads(status.out)["service"]["active"] == "active"
    missing = await asyncio.to_thread(systemd_box.avyctl, "services", "status", "nothing-of-the-kind")
    assert missing.code == 4


async def test_a_user_sees_the_units_of_the_own_manager_too(systemd_box: Box) -> None:
    done = await asyncio.to_thread(
        systemd_box.avyctl, "services", "list", "--kinds", "slice", "--where", "scope=user", "-o", "json", user="otto"
    )
    assert done.code == 0, done
    rows = json.loads(done.out)
    assert {"app.slice", "-.slice"} & {service["name"] for service in rows}
    assert {service["scope"] for service in rows} == {"user"}


async def test_what_is_installed_is_read_from_the_folders_as_systemctl_reads_them(systemd_box: Box) -> None:
    kinds = [Kind.SERVICE, Kind.SOCKET, Kind.TIMER, Kind.TARGET, Kind.PATH, Kind.MOUNT]
    rows = {unit.name: unit.enabled for unit in await first(backend(systemd_box).services(kinds=kinds))}
    files = listed(systemd_box, "list-unit-files", "--type=service,socket,timer,target,path,mount")
    told = {file["unit_file"]: file["state"] for file in files if "@." not in file["unit_file"] and file["state"] != "alias"}
    assert len(told) > 100
    assert {name: rows[name] for name in told} == told
