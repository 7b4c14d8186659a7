"""Whom the kernel lets look into a process: ptrace(2), access mode checking, as far as one can tell from outside."""

import os

from services.core.tree import Tree
from services.processes.stat import parse_keys


def looker(folder: bytes) -> int:
    """Uid that may read the guarded files in /proc/PID, a `folder`, 0 where none may but root; a process that ended has none.

    Its files are root's when it may not be dumped. Its user and group must be those of whoever looks, who is taken to be in the group that
    his account names, and it must hold no capability that he does not.
    """
    try:
        owner = os.stat(folder + b"/environ").st_uid
        if owner == 0:
            return 0
        with open(folder + b"/status", "rb") as file:
            status = file.read()
    except OSError:
        return 0
    return owner if plain(status, owner, primary_groups().get(owner)) else 0


def plain(status: bytes, uid: int, gid: int | None) -> bool:
    """Whether a process is this user's and group's alone, without a capability, by its status."""
    found = parse_keys(status)
    uids, gids = found.get(b"Uid", b"").split()[:3], found.get(b"Gid", b"").split()[:3]
    return gid is not None and uids == [b"%d" % uid] * 3 and gids == [b"%d" % gid] * 3 and not found.get(b"CapPrm", b"1").strip(b"0")


def primary_groups() -> dict[int, int]:
    """Of the local accounts, by uid; not by way of nss, whose modules can hang."""
    try:
        with open("/etc/passwd", "rb") as file:
            lines = [line.split(b":", 4) for line in file]
    except OSError:
        return {}
    return {int(line[2]): int(line[3]) for line in lines if len(line) > 4 and line[2].isdigit() and line[3].isdigit()}


def hidden(tree: Tree) -> bool:
    """Whether users do not see each other's processes: procfs as process 1 has it mounted, by its option hidepid (proc(5))."""
    for line in (tree.read(f"{tree.proc}/1/mounts") or b"").split(b"\n"):
        fields = line.split(b" ")
        if len(fields) > 3 and fields[1:3] == [b"/proc", b"proc"]:
            options = dict(option.partition(b"=")[::2] for option in fields[3].split(b","))
            if options.get(b"hidepid", b"0") not in (b"0", b"off"):
                return True
    return False
