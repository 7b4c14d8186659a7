"""Services and logs on the screen of a booted systemd: what is done in the box is seen in it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from boxes.box import Box
from ptys import Terminal

pytestmark = pytest.mark.needs("box")


@contextmanager
def pane(box: Box, key: str, title: str, user: str = "root", size: tuple[int, int] = (120, 40)) -> Iterator[Terminal]:
    """avyctl in the box, its services embedded, at the pane of that key."""
    with box.terminal("--embedded", user=user, size=size) as terminal:
        terminal.read_until_shown("load")
        terminal.type(key)
        terminal.read_until_shown(title)
        yield terminal


def line(terminal: Terminal, text: str) -> str:
    """The first line that shows it, empty where none does."""
    return next((line for line in terminal.screen.display if text in line), "")


def until_gone(terminal: Terminal, text: str) -> None:
    terminal.read_until(lambda: not line(terminal, text))


def test_a_unit_that_starts_fails_and_goes_is_seen(systemd_box: Box) -> None:
    with pane(systemd_box, "3", "Services  ") as terminal:
        terminal.read_until_shown("failed   system")
        terminal.type("/guest\r")
        terminal.read_until_shown("/guest")
        systemd_box.run(["systemd-run", "--unit=guest", "/bin/sh", "-c", "echo guest says hello; exec sleep 1000"], check=True)
        terminal.read_until(lambda: "● " in line(terminal, "guest.service") and "running" in line(terminal, "guest.service"))
        terminal.read_until_shown("guest says hello")
        pid = systemd_box.text("systemctl", "show", "--value", "-p", "MainPID", "guest").strip()
        terminal.read_until(lambda: pid in line(terminal, "main process"))
        systemd_box.run(["systemctl", "kill", "--signal=KILL", "guest"], check=True)
        terminal.read_until(lambda: "✗ " in line(terminal, "guest.service") and "failed" in line(terminal, "guest.service"))
        terminal.read_until_shown("ended by signal 9")
        systemd_box.run(["systemctl", "reset-failed", "guest"], check=True)
        terminal.read_until(lambda: not any("guest.service" in shown for shown in terminal.screen.display[3:]))


def test_the_summary_counts_what_systemctl_counts(systemd_box: Box) -> None:
    units = json.loads(systemd_box.text("systemctl", "list-units", "--type=timer", "--all", "--output=json"))
    active = sum(unit["active"] == "active" for unit in units)
    with pane(systemd_box, "3", "Services  ") as terminal:
        terminal.type("K")
        terminal.read_until_shown(f"timers, {active} active, none failed   system")


def test_the_units_of_a_users_own_manager_are_seen_by_that_user(systemd_box: Box) -> None:
    with pane(systemd_box, "3", "Services  ", user="otto") as terminal:
        terminal.type("U")
        terminal.read_until_shown("failed   user")
        terminal.read_until_shown("dbus.service")
        until_gone(terminal, "systemd-journald")
        terminal.type("U")
        terminal.read_until_shown("failed   system and user")
        terminal.read_until_shown("systemd-journald")
        terminal.read_until(lambda: [line.split()[3:4] for line in terminal.screen.display[5:7]] == [["system"], ["user"]])


def test_records_are_seen_as_they_are_written(systemd_box: Box) -> None:
    with pane(systemd_box, "8", "Logs  ", size=(80, 24)) as terminal:
        terminal.read_until_shown(" in ")
        systemd_box.run(["logger", "--tag", "guest", "-p", "user.err", "--", "the guest complains"], check=True)
        terminal.read_until_shown("the guest complains")
        assert line(terminal, "the guest complains").split()[1:3] == ["err", "guest"]
        terminal.type("ppp")
        terminal.read_until_shown("warning and worse")
        systemd_box.run(["logger", "--tag", "guest", "-p", "user.info", "--", "the guest is content"], check=True)
        systemd_box.run(["logger", "--tag", "guest", "-p", "user.crit", "--", "the guest leaves"], check=True)
        terminal.read_until_shown("the guest leaves")
        assert not line(terminal, "the guest is content")
        terminal.type("\r")
        terminal.read_until_shown("came by")
        assert ["priority", "crit"] in [shown.split() for shown in terminal.screen.display]


def test_a_user_without_rights_sees_the_services_and_is_told_about_the_logs(systemd_box: Box) -> None:
    with pane(systemd_box, "3", "Services  ", user="rita", size=(80, 24)) as terminal:
        terminal.read_until_shown("dbus.service")
        terminal.type("8")
        terminal.read_until_shown("[8 Logs]")
        terminal.read_until(lambda: bool(line(terminal, "may not read") or line(terminal, "No record")))


def test_a_host_without_an_engine_explains_its_deployments(systemd_box: Box) -> None:
    with pane(systemd_box, "2", "Deployments", size=(80, 24)) as terminal:
        terminal.read_until_shown("OSTree")
        terminal.type("3")
        terminal.read_until_shown("dbus.service")
