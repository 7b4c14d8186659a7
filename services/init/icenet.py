"""Services of icenet-init: its definitions, read exactly as it reads them, and the processes that it started.

/etc/icenet/services/<name>, lines `key=value` without any space around them: exec (words parted by single spaces, no quotes), depends (one
name a line), respawn (`yes` and nothing else). Names that begin with a dot are passed over. It keeps no state that could be read.
"""

import os

from services.core import inotify
from services.core.tree import Tree, shown
from services.init.files import FileInit, Reading
from services.init.processes import Child, children, running
from sutra_client.gen.init import Active, Detail, Enabled, Kind, Load, Service

FOLDER = "/etc/icenet/services"
PERIOD = 5.0
"""Seconds: nothing announces the processes of others."""
LONGEST_LINE = 511
MOST_WORDS = 31
UNSEEN = [
    "Whether a service that does not run has failed, ended or was never started is unknown: icenet-init keeps no record.",
    "A service whose process became another program, as getty becomes login, is shown as not running.",
    "What a service uses of memory and processor is unknown: icenet-init makes no control groups.",
]


def probe(root: str = "/") -> tuple[bool, str]:
    """Fits where process 1 is icenet-init, or in an image that has its definitions."""
    tree = Tree(root)
    if tree.text(f"{tree.proc}/1/comm") == "icenet-init":
        return True, "process 1 is icenet-init"
    if root != "/" and tree.exists(FOLDER) and not tree.exists("/run/systemd/system"):
        return True, f"{FOLDER} exists in {root}"
    return False, "process 1 is not icenet-init"


def make(root: str = "/") -> FileInit:
    """The backend for the host below `root`."""
    tree = Tree(root)
    return FileInit("the services of icenet-init", lambda: read(tree), PERIOD)


def read(tree: Tree) -> Reading:
    """All definitions that name a program, each with its process."""
    tree.problems.clear()
    started = children(tree)
    services = {}
    for name in tree.names(FOLDER):
        data = tree.read(f"{FOLDER}/{name}") if name[0] != "." else None
        keys = parse(data) if data is not None else {}
        if keys.get("exec"):
            services[shown(name)] = _detail(name, keys, started)
    watched = {tree.at(FOLDER): inotify.ENTRIES | inotify.CLOSE_WRITE}
    return Reading(services, [*UNSEEN, *sorted(set(tree.problems.values()))], watched)


def parse(data: bytes) -> dict[str, list[bytes]]:
    """Key -> values in order; a line too long for icenet-init is two to it, of which the second has no known key."""
    keys: dict[str, list[bytes]] = {}
    for line in data.split(b"\n"):
        key, equals, value = line[:LONGEST_LINE].partition(b"=")
        if equals and not line.startswith(b"#") and key in (b"exec", b"depends", b"respawn"):
            keys.setdefault(key.decode(), []).append(value)
    return keys


def _detail(name: str, keys: dict[str, list[bytes]], started: list[Child] | None) -> Detail:
    command = [word for word in keys["exec"][-1].split(b" ") if word][:MOST_WORDS]
    respawn = keys.get("respawn", [b""])[-1] == b"yes"
    child = running(command, started or [])
    service = Service(
        name=shown(name),
        scope="system",
        kind=Kind.SERVICE,
        active=None if started is None else Active.ACTIVE if child else Active.INACTIVE,
        sub=None if started is None else "running" if child else "down, want up" if respawn else "not running",
        enabled=Enabled.ENABLED,
        since=child.since if child else None,
        pid=child.pid if child else None,
        load=Load.LOADED,
    )
    return Detail(
        service=service,
        unseen=UNSEEN,
        path=os.fsencode(f"{FOLDER}/{name}"),
        command=command,
        restart="always" if respawn else "no",
        started=child.since if child else None,
        after=[shown(value) for value in keys.get("depends", [])],
    )
