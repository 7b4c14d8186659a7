"""The panes Network, Disks and Boxes on a terminal in a real system: what comes and goes there is seen to come and go."""

from collections.abc import Iterator

import pytest

from boxes.box import Box
from ptys import Terminal

IMAGE = "localhost/avyctl-pane:1"
CONTAINERFILE = b'FROM scratch\nCOPY busybox /bin/busybox\nCMD ["/bin/busybox", "sleep", "1000"]\n'


def line_of(terminal: Terminal, name: str) -> str:
    """The line that begins with a name, after glyphs; "" where none does."""
    return next((line for line in terminal.screen.display if name in line.split()[:3]), "")


def until_gone(terminal: Terminal, text: str) -> None:
    terminal.read_until(lambda: not any(text in line for line in terminal.screen.display))


def leave(terminal: Terminal) -> None:
    terminal.type("q")
    terminal.seconds_to_end()
    assert terminal.code == 0


@pytest.mark.parametrize("term", ["xterm-256color", "linux"])
def test_a_link_and_its_address_come_and_go_on_the_screen(systemd_box: Box, term: str) -> None:
    with systemd_box.terminal(term=term) as terminal:
        terminal.read_until_shown("6 Net")
        terminal.type("6")
        terminal.read_until_shown("[6 Net]")
        terminal.read_until(lambda: " up " in line_of(terminal, "lo"))
        systemd_box.text("ip", "link", "add", "avp0", "type", "veth", "peer", "name", "avp1")
        try:
            terminal.read_until(lambda: " off " in line_of(terminal, "avp0"))
            systemd_box.text("ip", "address", "add", "198.51.100.7/24", "dev", "avp0")
            terminal.read_until(lambda: "198.51.100.7/24" in line_of(terminal, "avp0"))
            systemd_box.text("ip", "link", "set", "avp1", "up")
            systemd_box.text("ip", "link", "set", "avp0", "up")
            terminal.read_until(lambda: " up " in line_of(terminal, "avp0"))
            terminal.type("r")
            terminal.read_until(lambda: "avp0" in line_of(terminal, "198.51.100.0/24"))
            terminal.type("\x1b")
            terminal.read_until_shown("3 links")
            systemd_box.text("ip", "address", "delete", "198.51.100.7/24", "dev", "avp0")
            until_gone(terminal, "198.51.100.7/24")
        finally:
            systemd_box.text("ip", "link", "delete", "avp0")
        until_gone(terminal, "avp")
        leave(terminal)


def test_a_port_stands_below_its_bridge_on_the_screen(systemd_box: Box) -> None:
    with systemd_box.terminal() as terminal:
        terminal.read_until_shown("6 Net")
        terminal.type("6")
        terminal.read_until_shown(" lo ")
        systemd_box.text("ip", "link", "add", "avbr", "type", "bridge")
        try:
            systemd_box.text("ip", "link", "add", "avport", "type", "veth", "peer", "name", "avfar")
            systemd_box.text("ip", "link", "set", "avport", "master", "avbr")
            terminal.read_until_shown("└ avport")
            systemd_box.text("ip", "link", "set", "avport", "nomaster")
            until_gone(terminal, "└ avport")
        finally:
            systemd_box.run(["ip", "link", "delete", "avport"])
            systemd_box.text("ip", "link", "delete", "avbr")
        until_gone(terminal, "avbr")
        leave(terminal)


def test_a_loop_device_and_its_mount_come_and_go_on_the_screen(device_box: Box) -> None:
    device_box.text("truncate", "--size=16M", "/root/pane-disk")
    device_box.text("mkfs.ext4", "-q", "-L", "PANE", "/root/pane-disk")
    device_box.text("mkdir", "-p", "/mnt/pane")
    loop = ""
    with device_box.terminal(size=(100, 40)) as terminal:
        terminal.read_until_shown("7 Disks")
        terminal.type("7")
        terminal.read_until_shown("[7 Disks]")
        try:
            loop = device_box.text("losetup", "--find", "--show", "/root/pane-disk").strip()
            name = loop.removeprefix("/dev/")
            terminal.read_until(lambda: "16M" in line_of(terminal, name))
            device_box.text("mount", loop, "/mnt/pane")
            terminal.read_until(lambda: "/mnt/pane" in line_of(terminal, name) and "%" in line_of(terminal, name))
            device_box.text("umount", "/mnt/pane")
            terminal.read_until(lambda: "/mnt/pane" not in line_of(terminal, name))
        finally:
            device_box.run(["umount", "/mnt/pane"])
            if loop:
                device_box.text("losetup", "--detach", loop)
            device_box.text("rm", "/root/pane-disk")
        until_gone(terminal, name)
        leave(terminal)


@pytest.fixture
def box(systemd_box: Box) -> Iterator[Box]:
    """The box with an image in it and a folder of distros."""
    systemd_box.run(["podman", "build", "-q", "-t", IMAGE, "-f", "-", "/bin"], stdin=CONTAINERFILE, timeout=120, check=True)
    systemd_box.text("mkdir", "-p", "/linux")
    yield systemd_box
    systemd_box.run(["podman", "rm", "-f", "-t", "0", "pane-box"])
    systemd_box.run(["podman", "rmi", "-f", IMAGE])
    systemd_box.run(["rm", "-r", "/linux"])


def test_a_container_and_a_distro_come_and_go_on_the_screen(box: Box) -> None:
    with box.terminal(size=(100, 30)) as terminal:
        terminal.read_until_shown("5 Boxes")
        terminal.type("5")
        terminal.read_until_shown("0 distros")
        box.text("podman", "run", "-d", "--network=none", "--name=pane-box", IMAGE)
        terminal.read_until(lambda: "running" in line_of(terminal, "pane-box"))
        box.text("mkdir", "-p", "/linux/pane-rootfs/bin", "/linux/pane-rootfs/etc")
        terminal.read_until(lambda: "distro" in line_of(terminal, "pane-rootfs"))
        box.text("rm", "-r", "/linux/pane-rootfs")
        until_gone(terminal, "pane-rootfs")
        box.text("podman", "rm", "-f", "-t", "0", "pane-box")
        until_gone(terminal, "pane-box")
        leave(terminal)


def test_who_may_not_ask_the_engine_still_sees_the_distros(box: Box) -> None:
    box.text("mkdir", "-p", "/linux/pane-rootfs/bin")
    with box.terminal(user="rita", size=(100, 30)) as terminal:
        terminal.read_until_shown("5 Boxes")
        terminal.type("5")
        terminal.read_until(lambda: "distro" in line_of(terminal, "pane-rootfs"))
        terminal.read_until_shown("podman.sock")
        leave(terminal)


def test_without_folders_of_apps_the_pane_names_them(systemd_box: Box) -> None:
    with systemd_box.terminal() as terminal:
        terminal.read_until_shown("4 Apps")
        terminal.type("4")
        terminal.read_until_shown("/avyos/apps is absent")
        leave(terminal)
