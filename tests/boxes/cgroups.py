"""The control group of one box, in each hierarchy that systemd-nspawn writes to: what is in it can be ended as one."""

import os
import select
from contextlib import suppress
from pathlib import Path

_MIXED = [Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup/systemd")]


def hierarchies() -> list[Path]:
    """Version 2 first, which alone can kill a group; systemd's named one where the machine still mounts it."""
    return [place for place in _MIXED if place.is_dir()] or [Path("/sys/fs/cgroup")]


def _folders(name: str) -> list[Path]:
    return [place / f"avyctl-{name}" for place in hierarchies()]


def make(name: str) -> None:
    for folder in _folders(name):
        folder.mkdir()


def join(name: str) -> None:
    """Moves the calling process into it."""
    for folder in _folders(name):
        (folder / "cgroup.procs").write_text(str(os.getpid()))


def processes(name: str) -> list[int]:
    files = _folders(name)[0].rglob("cgroup.procs")
    return [int(line) for file in files for line in file.read_text().split()]


def end(name: str) -> None:
    """Kills all that is in it, whatever it does against that, and takes the group away once it is empty."""
    groups = _folders(name)
    with suppress(FileNotFoundError):
        (groups[0] / "cgroup.kill").write_text("1")
        _wait_empty(groups[0] / "cgroup.events")
    for group in groups:
        for folder, _, _ in os.walk(group, topdown=False):
            os.rmdir(folder)


def _wait_empty(events: Path) -> None:
    with events.open() as file:
        poll = select.poll()
        poll.register(file, select.POLLPRI)
        while "populated 1" in file.read():
            poll.poll(1000)
            file.seek(0)
