"""The children of process 1, which are the services of an init system that tells nothing itself."""

import os
from typing import NamedTuple

from services.core.tree import Tree

_START = 19
"""Index of starttime among the fields of /proc/PID/stat that follow the name, in clock ticks since boot."""


class Child(NamedTuple):
    """One process whose parent is process 1."""

    pid: int
    argv: list[bytes]
    since: int | None
    """Wall time of its start in microseconds, reckoned from the time of boot."""


def children(tree: Tree) -> list[Child] | None:
    """In the order of their numbers; None where there is no process table, as in an image. What others left behind is among them."""
    if not tree.exists(f"{tree.proc}/stat"):
        return None
    boot = _boot_time(tree)
    found = []
    for name in tree.names(tree.proc):
        if not name.isdigit():
            continue
        stat = tree.read(f"{tree.proc}/{name}/stat")
        argv = tree.read(f"{tree.proc}/{name}/cmdline")
        fields = stat.rpartition(b")")[2].split() if stat else []
        if len(fields) > _START and fields[1] == b"1" and fields[_START].isdigit() and argv:
            ticks = int(fields[_START])
            since = boot + ticks * 1_000_000 // os.sysconf("SC_CLK_TCK") if boot is not None else None
            found.append(Child(int(name), argv.rstrip(b"\0").split(b"\0"), since))
    return sorted(found)


def running(argv: list[bytes], among: list[Child]) -> Child | None:
    """The oldest that was started with these words; its name may have become the whole path."""
    return next((child for child in among if child.argv == argv), None)


def _boot_time(tree: Tree) -> int | None:
    for line in (tree.read(f"{tree.proc}/stat") or b"").splitlines():
        name, _, value = line.partition(b" ")
        if name == b"btime" and value.isdigit():
            return int(value) * 1_000_000
    return None
