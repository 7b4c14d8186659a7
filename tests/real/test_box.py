"""The boxes that real services are tested in: what is in them, who reaches it how, and that nothing of them stays or gets out."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus

from boxes import cgroups, image, reaping
from boxes.bound import PROJECT
from boxes.box import Box, NoBox

BUS = "org.freedesktop.DBus"


async def asked(box: Box, name: str, path: str, interface: str, member: str, body: tuple[str, ...] = ()) -> list[object]:
    """One call from the test's own process on the box's system bus."""
    bus = await MessageBus(bus_address=box.bus, bus_type=BusType.SYSTEM).connect()
    try:
        call = Message(destination=name, path=path, interface=interface, member=member, signature="s" * len(body), body=list(body))
        reply = await bus.call(call)
        assert reply.message_type is MessageType.METHOD_RETURN, reply.body
        return list(reply.body)
    finally:
        bus.disconnect()
        await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]


def gone(box: Box) -> bool:
    """Nothing of that box is on the machine: folder, processes, control groups."""
    groups = [place for place in cgroups.hierarchies() if list(place.glob(f"*{box.name}*"))]
    return not groups and not (reaping.boxes() / box.name).exists() and not os.path.exists(f"/proc/{box.pid}")


@pytest.mark.parametrize("kind", ["systemd_box", "device_box"])
def test_a_box_boots_without_a_failed_unit(kind: str, systemd_box: Box, device_box: Box) -> None:
    box = {"systemd_box": systemd_box, "device_box": device_box}[kind]
    assert box.text("systemctl", "is-system-running").strip() == "running"
    assert box.text("cat", "/proc/1/comm").strip() == "systemd"


async def test_its_system_bus_answers_a_test_from_outside(systemd_box: Box) -> None:
    manager = "org.freedesktop.systemd1"
    units = (await asked(systemd_box, manager, "/org/freedesktop/systemd1", f"{manager}.Manager", "ListUnits"))[0]
    assert isinstance(units, list)
    assert "dbus.socket" in {unit[0] for unit in units}
    inside = systemd_box.text("systemctl", "show", "--property=Version", "--value").strip()
    (version,) = await asked(
        systemd_box, manager, "/org/freedesktop/systemd1", f"{BUS}.Properties", "Get", (f"{manager}.Manager", "Version")
    )
    assert getattr(version, "value", None) == inside


async def test_polkit_answers(systemd_box: Box) -> None:
    (version,) = await asked(
        systemd_box,
        "org.freedesktop.PolicyKit1",
        "/org/freedesktop/PolicyKit1/Authority",
        f"{BUS}.Properties",
        "Get",
        ("org.freedesktop.PolicyKit1.Authority", "BackendName"),
    )
    assert getattr(version, "value", None) == "js"


@pytest.mark.parametrize(("user", "groups"), [("rita", set()), ("otto", {"sudo", "wheel"}), ("lena", {"adm"}), ("root", {"root"})])
def test_there_is_a_user_for_each_role(systemd_box: Box, user: str, groups: set[str]) -> None:
    assert systemd_box.run(["id", "-un"], user=user, check=True).out.decode().strip() == user
    assert set(systemd_box.run(["id", "-Gn"], user=user).out.decode().split()) == groups | {user}


def test_only_who_may_see_logs_reads_the_journal(systemd_box: Box) -> None:
    def lines(user: str) -> int:
        done = systemd_box.run(["journalctl", "--quiet", "--system", "--lines=3", "--output=json"], user=user)
        return len(done.out.splitlines())

    assert [lines(user) for user in ("rita", "lena", "otto", "root")] == [0, 3, 0, 3]


@pytest.mark.parametrize("user", ["root", "rita", "otto", "lena"])
def test_avyctl_runs_inside_as_every_user(systemd_box: Box, user: str) -> None:
    done = systemd_box.avyctl("system", "status", "-o", "json", user=user)
    assert done.code == 0, done.err
    status = json.loads(done.out)
    assert (status["hostname"], status["init_name"]) == ("box", "systemd")


def test_the_screen_runs_inside_on_a_terminal(systemd_box: Box) -> None:
    with systemd_box.terminal(user="otto") as terminal:
        terminal.read_until_shown("load")
        terminal.type("q")
        terminal.seconds_to_end()
    assert terminal.code == 0


def test_ssh_gives_a_session_with_a_terminal(systemd_box: Box) -> None:
    command = 'loginctl show-session "$XDG_SESSION_ID" --property=Name --property=Remote --property=TTY; tty'
    done = systemd_box.run(systemd_box.login("otto", command, tty=True))
    said = done.out.decode().split()
    assert {"Name=otto", "Remote=yes"} <= set(said), done
    assert said[-1].startswith("/dev/pts/")


def test_what_runs_inside_ends_with_the_command_that_entered(systemd_box: Box) -> None:
    sleeper = systemd_box.spawn(["sh", "-c", "echo $$; exec sleep 1000"], user="rita")
    assert sleeper.stdout is not None and sleeper.stdin is not None and sleeper.stderr is not None
    inner = int(sleeper.stdout.readline())
    assert (systemd_box.root / f"proc/{inner}").exists()
    sleeper.kill()
    sleeper.wait()
    assert sleeper.stdout.read() == b""  # its last writer is gone
    for pipe in (sleeper.stdin, sleeper.stdout, sleeper.stderr):
        pipe.close()


def test_networkmanager_manages_a_link_of_its_own_network(device_box: Box) -> None:
    device_box.run(["ip", "link", "add", "nmv0", "type", "veth", "peer", "name", "nmv1"], check=True)
    try:
        device_box.run(["ip", "link", "set", "nmv1", "up"], check=True)
        add = ["nmcli", "connection", "add", "type", "ethernet", "ifname", "nmv0", "con-name", "t", "ip4", "10.99.0.2/24"]
        device_box.run(add, check=True)
        device_box.run(["nmcli", "--wait", "20", "connection", "up", "t"], check=True)
        assert "10.99.0.2/24" in device_box.text("ip", "-brief", "address", "show", "nmv0")
        device_box.run(["nmcli", "connection", "delete", "t"], check=True)
    finally:
        device_box.run(["ip", "link", "delete", "nmv0"], check=True)


def test_udisks2_sees_a_loop_device_that_was_made_inside(device_box: Box) -> None:
    device_box.run(["truncate", "--size=16M", "/root/disk"], check=True)
    made = device_box.text("udisksctl", "loop-setup", "--no-user-interaction", "--file=/root/disk")
    loop = made.rstrip(".\n").rpartition(" ")[2]
    try:
        assert loop.startswith("/dev/loop")
        device_box.run(["mkfs.ext4", "-q", "-L", "BOX", loop], check=True)
        device_box.run(["udevadm", "settle"], check=True)
        assert "IdLabel:                    BOX" in device_box.text("udisksctl", "info", "--block-device", loop)
    finally:
        device_box.run(["udisksctl", "loop-delete", "--no-user-interaction", "--block-device", loop], check=True)


def test_podman_runs_a_container_and_answers_on_its_socket(systemd_box: Box) -> None:
    recipe = b'FROM scratch\nCOPY busybox /bin/busybox\nCMD ["/bin/busybox", "sleep", "100"]\n'
    systemd_box.run(["podman", "build", "-q", "-t", "busy", "-f", "-", "/bin"], stdin=recipe, check=True)
    systemd_box.run(["podman", "run", "-d", "--name", "t", "--network", "none", "busy"], check=True)
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(systemd_box.root / "run/podman/podman.sock"))
            client.sendall(b"GET /v4.0.0/libpod/containers/json HTTP/1.0\r\nHost: d\r\n\r\n")
            with client.makefile("rb") as answer:
                listed = json.loads(answer.read().partition(b"\r\n\r\n")[2])
        assert [(entry["Names"], entry["State"]) for entry in listed] == [(["t"], "running")]
    finally:
        systemd_box.run(["podman", "rm", "-f", "-t", "0", "t"], check=True)


@pytest.mark.parametrize("devices", [False, True])
def test_nothing_inside_moves_the_clock_or_writes_the_kernels_settings(devices: bool, systemd_box: Box, device_box: Box) -> None:
    box = device_box if devices else systemd_box
    before = time.time() - time.monotonic()
    assert box.run(["date", "--set", "2040-01-01"]).code != 0
    assert box.run(["sh", "-c", "echo 0 >/proc/sys/vm/swappiness"]).code != 0
    assert box.run(["sh", "-c", "echo b >/proc/sysrq-trigger"]).code != 0
    assert box.run(["timedatectl", "set-time", "2040-01-01 00:00:00"]).code != 0
    assert box.run(["timedatectl", "set-timezone", "Europe/Berlin"]).code == 0
    assert box.run(["timedatectl", "set-timezone", "Etc/UTC"]).code == 0
    assert abs(time.time() - time.monotonic() - before) < 60
    assert box.run(["sh", "-c", f"ls /dev/vda /dev/sda; touch {PROJECT}/bin/x"]).code != 0


def test_a_stopped_box_leaves_nothing_behind(fresh_box: Callable[..., Box]) -> None:
    box = fresh_box(devices=True)
    box.run(["truncate", "--size=16M", "/root/disk"], check=True)
    loop = box.text("losetup", "--find", "--show", "/root/disk").strip()
    box.run(["mkfs.ext4", "-q", loop], check=True)
    box.run(["mount", loop, "/mnt"], check=True)
    backing = Path(f"/sys/block/{loop.removeprefix('/dev/')}/loop/backing_file")
    assert backing.exists()
    box.stop()
    assert gone(box)
    assert not backing.exists() or "/root/disk" not in backing.read_text()


def test_a_box_ends_with_a_test_run_that_is_killed(systemd_box: Box) -> None:
    owner_code = "from boxes.box import Box\nbox = Box.start()\nprint(box.name, box.pid, box.keeper.pid, flush=True)\ninput()\n"
    env = {**os.environ, "PYTHONPATH": str(PROJECT / "tests")}
    owner = subprocess.Popen([sys.executable, "-c", owner_code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, text=True)
    assert owner.stdout is not None and owner.stdin is not None
    name, pid, keeper = owner.stdout.readline().split()
    owner.send_signal(signal.SIGKILL)
    owner.communicate()
    os.waitpid(int(keeper), 0)  # the run is the parent of what loses its own
    assert not (reaping.boxes() / name).exists()
    assert not os.path.exists(f"/proc/{pid}")


def test_a_box_whose_keeper_was_killed_too_is_taken_away_by_the_next_run(fresh_box: Callable[..., Box], systemd_box: Box) -> None:
    box = fresh_box()
    box.keeper.send_signal(signal.SIGKILL)
    box.keeper.wait()
    assert os.path.exists(f"/proc/{box.pid}")
    assert box.name in reaping.reap()
    os.waitpid(box.pid, 0)  # the run is the parent of what loses its own
    assert gone(box)
    assert systemd_box.text("true") == ""  # one that is held stays


def test_a_box_that_does_not_boot_says_why_and_is_gone(boxes_there: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = set(reaping.boxes().glob(f"b{os.getpid()}-*"))
    monkeypatch.setattr(image, "path", lambda: tmp_path)
    with pytest.raises(NoBox, match=r"no box came up: .*os-release"):
        Box.start()
    assert set(reaping.boxes().glob(f"b{os.getpid()}-*")) == before


def test_a_box_that_powers_itself_off_is_gone(fresh_box: Callable[..., Box]) -> None:
    box = fresh_box()
    box.run(["systemctl", "poweroff", "--no-block"], check=True)
    box.keeper.wait()
    assert gone(box)


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_a_machine_without_boxes_is_told_so_and_ci_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ci: str, code: int
) -> None:
    monkeypatch.setattr(image, "missing", lambda: "no root here")
    monkeypatch.setenv("CI", ci)
    assert image.main() == code
    assert capsys.readouterr().err == "*** NOT TESTED: no root here\n"


@pytest.mark.needs("root")
def test_a_recipe_that_changed_means_another_image(monkeypatch: pytest.MonkeyPatch) -> None:
    before = image.path()
    monkeypatch.setattr(image, "_suite", lambda: "another")
    assert image.path() != before
