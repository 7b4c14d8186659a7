"""The mounts of this namespace by /proc/self/mountinfo, and which of them may be asked how full they are."""

from typing import NamedTuple

from services.core.mounts import LOCAL, unescaped
from services.core.tree import shown

EMPTY = frozenset(
    "proc sysfs devpts cgroup cgroup2 securityfs debugfs tracefs configfs pstore bpf mqueue hugetlbfs fusectl binfmt_misc autofs efivarfs"
    " rpc_pipefs nsfs selinuxfs sockfs pipefs devtmpfs".split()
)
"""Types that hold nothing to be filled; asking automounts would mount them."""
MOST = 1024
"""Mounts that are asked."""


class Mounted(NamedTuple):
    """One line of mountinfo."""

    id: int
    target: bytes
    number: str
    kind: str
    source: str
    root: bytes
    """Which folder of the file system is mounted."""
    options: str
    read_only: bool


def parse(text: bytes) -> list[Mounted]:
    """proc_pid_mountinfo(5), in mount order; lines that are none are left out."""
    found = []
    for line in text.split(b"\n"):
        front, separator, back = line.partition(b" - ")
        fields, rest = front.split(b" "), back.split(b" ")
        if not separator or len(fields) < 6 or len(rest) < 3 or not fields[0].isdigit():
            continue
        own, whole = fields[5].split(b","), rest[2].split(b",")
        options = dict.fromkeys([*own, *whole])
        read_only = b"ro" in options
        if read_only:
            options.pop(b"rw", None)
        number = int(fields[0])
        if number >= 1 << 32:
            continue
        found.append(
            Mounted(
                number,
                unescaped(fields[4]),
                shown(fields[2]),
                shown(rest[0]),
                shown(unescaped(rest[1])),
                unescaped(fields[3]),
                shown(b",".join(options)),
                read_only,
            )
        )
    return found


def askable(mounts: list[Mounted]) -> dict[bytes, int]:
    """Mount points to ask with the numbers of their mounts, local file systems first; of mounts over each other the one on top, which alone
    a path leads to.
    """
    top = {mount.target: mount for mount in mounts}
    wanted = [mount for mount in top.values() if mount.kind not in EMPTY and mount.target.startswith(b"/")]
    return {mount.target: mount.id for mount in sorted(wanted, key=lambda mount: mount.kind not in LOCAL)[:MOST]}
