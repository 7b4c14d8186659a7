"""Services that s6 supervises, from what each s6-supervise keeps in its service folder.

supervise/status (s6 2.x, s6_svstatus_pack, big endian): TAI64N of the last change and of readiness (12 bytes each), pid (8), from 2.13 on
the process group (8), the wait status of the last process (2) and flags (1): 1 paused, 2 finishing, 4 wanted up, 8 ready.
"""

import os
import struct
from typing import NamedTuple

from services.core import inotify
from services.core.tree import Tree, shown
from services.init.files import FileInit, Reading
from sutra_client.gen.init import Active, Detail, Enabled, Kind, Load, Service

SCANNED = ("/run/service", "/run/s6/services", "/var/run/service")
"""Folders that s6-svscan is commonly started on."""
LIVE = "/run/s6-rc"
PERIOD = 10.0
"""Seconds: a service folder that appears is noticed by its event; this is for folders that may not be watched."""
_STATUS = {35: struct.Struct(">QIQIQHB"), 43: struct.Struct(">QIQIQ8xHB")}
_TAI = (1 << 62) + 37
"""Unix time 0, with the leap seconds of skalibs' own table."""
_PAUSED, _FINISHING, _WANTED, _READY = 1, 2, 4, 8


class Status(NamedTuple):
    """What supervise/status says."""

    changed: int
    """Unix microseconds."""
    pid: int
    wait_status: int
    flags: int


def parse_status(data: bytes) -> Status | None:
    """None for what is not in one of the two layouts."""
    layout = _STATUS.get(len(data))
    if layout is None:
        return None
    seconds, nanoseconds, _, _, pid, wait_status, flags = layout.unpack(data)
    if seconds < _TAI or nanoseconds >= 10**9 or pid >= 1 << 31:
        return None
    return Status((seconds - _TAI) * 1_000_000 + nanoseconds // 1000, pid, wait_status, flags)


def probe(root: str = "/") -> tuple[bool, str]:
    """Fits where s6-svscan has a folder that it scans."""
    scanned = _scanned(Tree(root))
    if scanned is None:
        return False, f"s6 does not run: none of {', '.join(SCANNED)} is scanned by s6-svscan"
    return True, f"s6-svscan scans {scanned}"


def make(root: str = "/") -> FileInit:
    """The backend for the host below `root`."""
    tree = Tree(root)
    return FileInit("what s6 supervises", lambda: read(tree), PERIOD)


def read(tree: Tree) -> Reading:
    """All service folders, instances of instanced ones included."""
    scanned = _scanned(tree) or SCANNED[0]
    tree.problems.clear()
    folders = {name: f"{scanned}/{name}" for name in tree.names(scanned) if name[0] != "."}
    watched = {tree.at(scanned): inotify.ENTRIES}
    for name, folder in list(folders.items()):
        if tree.exists(f"{folder}/instance"):
            folders.update({f"{name}/{each}": f"{folder}/instance/{each}" for each in tree.names(f"{folder}/instance") if each[0] != "."})
            watched[tree.at(f"{folder}/instance")] = inotify.ENTRIES
    watched.update({tree.at(f"{folder}/supervise"): inotify.MOVED_TO for folder in folders.values()})
    services = {shown(name): _detail(tree, shown(name), folder) for name, folder in folders.items()}
    unseen = ["What a service uses of memory and processor is unknown: s6 puts services into no control groups."]
    if tree.exists(LIVE):
        unseen.append(f"One-shot services of s6-rc are left out: which of them are up is told by {LIVE} only with its compiled database.")
    return Reading(services, [*unseen, *sorted(set(tree.problems.values()))], watched)


def _detail(tree: Tree, name: str, folder: str) -> Detail:
    place = f"{folder}/supervise/status"
    data = tree.read(place, f"the state of {name}")
    status = parse_status(data) if data is not None else None
    if data is not None and status is None:
        tree.garbage(place, f"the state of {name}")
    supervised = data is not None or tree.exists(f"{folder}/supervise")
    exit_code, exit_signal = _ended(status)
    return Detail(
        service=_service(tree, name, folder, status, supervised),
        unseen=[sentence for path, sentence in tree.problems.items() if path == place],
        path=os.fsencode(f"{folder}/run"),
        restart="always",
        exit_code=exit_code,
        exit_signal=exit_signal,
        started=status.changed if status and status.pid else None,
        properties={"ready": "yes" if status.flags & _READY else "no"} if status else {},
    )


def _service(tree: Tree, name: str, folder: str, status: Status | None, supervised: bool) -> Service:
    active, sub = _state(status) if status else (None, None)
    enabled = None
    if not (tree.link(folder) or "").startswith(LIVE):
        enabled = Enabled.DISABLED if tree.exists(f"{folder}/down") else Enabled.ENABLED
    return Service(
        name=name,
        scope="system",
        kind=Kind.SERVICE,
        active=active,
        sub=sub,
        enabled=enabled,
        since=status.changed if status else None,
        pid=status.pid or None if status else None,
        result=_result(status),
        load=Load.LOADED if supervised else Load.UNLOADED,
    )


def _state(status: Status) -> tuple[Active, str]:
    if status.flags & _FINISHING:
        return Active.DEACTIVATING, "finishing"
    if status.pid and status.flags & _PAUSED:
        return Active.ACTIVE, "paused"
    if status.pid:
        return (Active.ACTIVE, "running") if status.flags & _WANTED else (Active.DEACTIVATING, "running, want down")
    return (Active.ACTIVATING, "down, want up") if status.flags & _WANTED else (Active.INACTIVE, "down")


def _ended(status: Status | None) -> tuple[int | None, int | None]:
    """(exit code, signal) of the last process; s6 keeps them only while the next one does not run."""
    if status is None or status.pid:
        return None, None
    if os.WIFSIGNALED(status.wait_status):
        return None, os.WTERMSIG(status.wait_status)
    return os.WEXITSTATUS(status.wait_status), None


def _result(status: Status | None) -> str | None:
    exit_code, exit_signal = _ended(status)
    if exit_signal is not None:
        return "signal"
    return None if exit_code is None else "exit-code" if exit_code else "success"


def _scanned(tree: Tree) -> str | None:
    """s6-svscan makes .s6-svscan in the folder that it scans."""
    return next((folder for folder in SCANNED if tree.exists(f"{folder}/.s6-svscan")), None)
