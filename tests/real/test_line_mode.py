"""Line mode in a booted system: what it lists is what the system's own tools say."""

import json
import re

from boxes.box import Box


def rows(shown: str) -> list[str]:
    """The numbered lines, without their numbers."""
    return re.findall(r"^ *\d+  (.*)$", shown, re.MULTILINE)


def answer(box: Box, *lines: str, user: str = "root") -> str:
    """What is written at the first prompt and after it."""
    done = box.avyctl("--line", user=user, stdin="".join(f"{line}\n" for line in lines).encode())
    assert (done.code, done.err) == (0, b"")
    shown = done.out.decode()
    assert all(char == "\n" or char.isprintable() for char in shown)
    return shown.partition("avyctl> ")[2]


def test_services_are_those_that_systemctl_lists(systemd_box: Box) -> None:
    units = json.loads(systemd_box.text("systemctl", "list-units", "--type=service", "--state=active", "--output=json"))
    listed = answer(systemd_box, "services state:active")
    names = {row.split()[0] for row in rows(listed)}
    assert {unit["unit"] for unit in units} <= names | {"user@0.service"}, "a session's own manager may come and go"
    told = answer(systemd_box, "services dbus.service", "1")
    assert systemd_box.text("systemctl", "show", "--property=FragmentPath", "--value", "dbus.service").strip() in told


def test_links_are_those_that_ip_lists(systemd_box: Box) -> None:
    links = json.loads(systemd_box.text("ip", "-json", "link"))
    assert {row.split()[0] for row in rows(answer(systemd_box, "network"))} == {link["ifname"] for link in links}


def test_a_record_of_the_journal_is_in_the_logs_and_nobody_without_the_right_reads_it(systemd_box: Box) -> None:
    systemd_box.text("systemd-cat", "--identifier=line-mode", "echo", "written for line mode")
    systemd_box.text("journalctl", "--sync")
    assert any("written for line mode" in row for row in rows(answer(systemd_box, "logs line-mode")))
    assert not any("written for line mode" in row for row in rows(answer(systemd_box, "logs line-mode", user="rita")))


def test_a_dumb_terminal_in_it_gets_lines(systemd_box: Box) -> None:
    with systemd_box.terminal(term="dumb") as terminal:
        terminal.read_until_shown("avyctl>")
        terminal.type("services dbus\n")
        terminal.read_until_shown("avyctl services>")
        assert any("1  dbus" in line for line in terminal.screen.display)
        terminal.type("quit\n")
        terminal.seconds_to_end()
        assert terminal.code == 0 and b"\x1b" not in terminal.received
