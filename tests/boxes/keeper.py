"""Holds one box: boots it, tells when it is up, and takes it away when it is told to or ends, or whoever asked for it is gone.

A program of its own (`unshare --mount python -m boxes.keeper FOLDER IMAGE devices|plain PATH...`), because a killed test run cleans up
nothing. Its mount namespace is where the box's disk is mounted, so that the machine sees no mount. Standard input is the caller's life
line; on standard output goes one line, the pid of the box's init or the reason why there is none.
"""

import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile

from boxes import cgroups, reaping

BOOT_LIMIT = 45.0
"""Seconds; a machine of two cores that does nothing else takes two."""

END_LIMIT = 5.0
"""Seconds that systemd-nspawn has to put its own things away once the box's init is dead."""

SETTINGS = (
    "--register=no --keep-unit --private-network --resolv-conf=off --timezone=off --link-journal=no --console=pipe --notify-ready=yes"
)


def main(folder: Path, image: str, devices: bool, bound: list[str]) -> None:
    """Returns when nothing of the box is left."""
    with ExitStack() as undo:
        undo.callback(reaping.take_away, folder)
        undo.callback(subprocess.run, ["umount", "--lazy", str(folder / "disk")], check=False)
        root = _overlay(folder, image)
        cgroups.make(folder.name)
        notices = undo.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        notices.bind(str(folder / "notify"))
        box = _boot(folder, root, devices, bound)
        ended = os.pidfd_open(box.pid)
        undo.callback(_end, folder, box, ended)
        pid = _wait_up(notices, ended)
        if not pid:
            sys.stdout.write(f"no box came up: {_console(folder)}\n")
            return
        undo.callback(_kill, pid, ended)
        if devices:
            _close_kernel(pid)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        select.select([0, ended], [], [])
        reaping.detach_loops(folder)


def _kill(init: int, ended: int) -> None:
    """Systemd-nspawn puts its own things away when the box's init dies, but not when it is killed itself."""
    if not select.select([ended], [], [], 0)[0]:
        os.kill(init, signal.SIGKILL)
        select.select([ended], [], [], END_LIMIT)


def _end(folder: Path, box: "subprocess.Popen[bytes]", ended: int) -> None:
    cgroups.end(folder.name)
    box.wait()
    os.close(ended)


def _overlay(folder: Path, image: str) -> Path:
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "box", disk], check=True)
    for name in ("upper", "work", "root"):
        (disk / name).mkdir()
    layers = f"lowerdir={image},upperdir={disk}/upper,workdir={disk}/work"
    subprocess.run(["mount", "-t", "overlay", "-o", layers, "box", disk / "root"], check=True)
    about = (disk / "root").stat()
    with TemporaryFile(dir=disk / "root") as new:
        device = os.fstat(new.fileno()).st_dev
    (folder / reaping.DEVICE).write_text(f"{os.major(device)}:{os.minor(device)}")
    (folder / reaping.LOCK).write_text(f"/run/systemd/nspawn/locks/inode-{about.st_dev}:{about.st_ino}")
    return disk / "root"


def _boot(folder: Path, root: Path, devices: bool, bound: list[str]) -> "subprocess.Popen[bytes]":
    """systemd-nspawn never lets a box have CAP_SYS_TIME, without which nothing inside can move the machine's clock."""
    command = [
        "systemd-nspawn",
        "--quiet",
        "--boot",
        f"--directory={root}",
        f"--machine={folder.name}",
        "--hostname=box",
        *SETTINGS.split(),
    ]
    command += ["--tmpfs=/var/lib/containers", *(f"--bind-ro={path}" for path in bound)]
    variables = {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1", "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "yes" if devices else "no"}
    variables |= {"PATH": os.environ["PATH"], "NOTIFY_SOCKET": str(folder / "notify")}
    with (folder / "console").open("wb") as console:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            env=variables,
            start_new_session=True,
            preexec_fn=lambda: cgroups.join(folder.name),  # noqa: PLW1509 - there is no second thread
        )


def _wait_up(notices: socket.socket, ended: int) -> int:
    """The pid of the box's init, once it says that all it has to start is started; 0 when it ends, or takes too long."""
    pid, deadline = 0, time.monotonic() + BOOT_LIMIT
    while (left := deadline - time.monotonic()) > 0:
        ready = select.select([notices.fileno(), ended, 0], [], [], left)[0]
        if notices.fileno() not in ready:
            return 0
        message = notices.recv(4096).decode()
        leader = re.search(r"^X_NSPAWN_LEADER_PID=(\d+)$", message, re.MULTILINE)
        pid = int(leader[1]) if leader else pid
        if pid and re.search(r"^READY=1$", message, re.MULTILINE):
            return pid
    return 0


def _close_kernel(pid: int) -> None:
    """udevd wants a /sys that can be written, and gets all of /proc with it: what would reach the machine is closed again."""
    steps = [["--bind", "/proc/sys/net", "/proc/sys/net"]]  # that of its own network namespace stays open
    for path in ("/proc/sys", "/proc/sysrq-trigger"):
        if os.path.exists(path):
            steps += [["--rbind", path, path], ["-o", "remount,bind,ro", path]]
    for words in steps:
        subprocess.run(["nsenter", "-t", str(pid), "-a", "mount", *words], check=True)


def _console(folder: Path) -> str:
    return (folder / "console").read_text(errors="backslashreplace")[-2000:].replace("\n", " | ")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "devices", sys.argv[4:])
