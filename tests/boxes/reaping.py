"""Boxes on this machine: a folder each, whose lock its keeper holds while it lives. One that nobody holds is taken away."""

import fcntl
import json
import os
import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from boxes import cgroups, image

LOCK = "nspawn-lock"
"""In a box's folder: where systemd-nspawn's own lock is, which it leaves when it is killed."""

DEVICE = "disk-device"
"""In a box's folder: the number of what its new files are on; an overlay has one more than its mount shows."""


def boxes() -> Path:
    place = image.folder() / "boxes"
    place.mkdir(exist_ok=True)
    return place


def claim(name: str) -> tuple[Path, int]:
    """A new box's folder, and the descriptor that holds its lock: whoever has it open keeps the box from being reaped."""
    with image.locked("boxes.lock"):
        folder = boxes() / name
        folder.mkdir()
        lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        return folder, lock


def reap() -> list[str]:
    """Ends boxes whose keeper was killed, with all they left on the machine; their names."""
    reaped = []
    with image.locked("boxes.lock"):
        for folder in sorted(boxes().iterdir()):
            with open(folder / "lock", "ab") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                _take_away(folder)
                reaped.append(folder.name)
    return reaped


def take_away(folder: Path) -> None:
    """Ends the box of that folder and removes what of it is on the machine: processes, loop devices, control groups, files."""
    with image.locked("boxes.lock"):  # else who reaps would meet a folder without a lock
        _take_away(folder)


def _take_away(folder: Path) -> None:
    name = folder.name
    detach_loops(folder)
    cgroups.end(name)
    with suppress(FileNotFoundError):
        shutil.rmtree(f"/run/systemd/nspawn/propagate/{name}")
    with suppress(FileNotFoundError):
        Path((folder / LOCK).read_text()).unlink()
    shutil.rmtree(folder)


def detach_loops(folder: Path) -> None:
    """Frees the loop devices that the box attached, those still mounted as soon as their mounts go. Its processes should still be there."""
    for loop in _loops(folder):
        subprocess.run(["losetup", "--detach", loop], check=False, capture_output=True)  # it may be gone by now


def _loops(folder: Path) -> list[str]:
    """Loop devices whose file is on a file system that only the box has: all boxes and the machine share their numbers."""
    own = {device for pid in cgroups.processes(folder.name) for device in _devices(pid)} - _devices(1)
    with suppress(FileNotFoundError):
        own.add((folder / DEVICE).read_text())
    listing = ["losetup", "--list", "--json", "--output", "NAME,BACK-MAJ:MIN"]
    text = subprocess.run(listing, capture_output=True, text=True, check=True).stdout
    found = json.loads(text)["loopdevices"] if text else []
    return [entry["name"] for entry in found if entry["back-maj:min"].strip() in own]


def _devices(pid: int) -> set[str]:
    """Numbers of the devices that are mounted where the process is."""
    with suppress(OSError):  # it is ending
        return set(re.findall(r"^\d+ \d+ (\d+:\d+) ", Path(f"/proc/{pid}/mountinfo").read_text(), re.MULTILINE))
    return set()
