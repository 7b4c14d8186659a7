"""Services of avyos' init: its configuration, its definitions and the processes that it started.

/config/init.conf (ini) names in `services` those that are started with the host, in order; a definition is the file NAME.service of
/config/services, else of /avyos/config/services: lines `key = value`, keys in any case, # comments, `environment` one K=V a line. What its
own service manager would tell over Sutra today's avyos answers with "not implemented", so it is not asked.
"""

import os

from services.core import inotify
from services.core.tree import Tree, shown
from services.init.files import FileInit, Reading
from services.init.processes import Child, children, running
from sutra_client.gen.init import Active, Detail, Enabled, Kind, Load, Service

CONFIG = "/config/init.conf"
FOLDERS = ("/config/services", "/avyos/config/services")
SUFFIX = ".service"
PERIOD = 5.0
"""Seconds: nothing announces the processes of others."""
UNSEEN = [
    "Whether a service that does not run has failed, ended or was never started is unknown: its manager answers no questions yet.",
    "What a service uses of memory and processor is unknown: avyos makes no control groups.",
]


def probe(root: str = "/") -> tuple[bool, str]:
    """Fits on avyos, which is known by its init."""
    tree = Tree(root)
    if tree.exists("/avyos/cmd/init"):
        return True, "/avyos/cmd/init exists"
    return False, "this is not avyos: /avyos/cmd/init is absent"


def make(root: str = "/") -> FileInit:
    """The backend for the host below `root`."""
    tree = Tree(root)
    return FileInit("the services of avyos", lambda: read(tree), PERIOD)


def read(tree: Tree) -> Reading:
    """All definitions, the host's own before those of the system, each with its process."""
    tree.problems.clear()
    started = children(tree)
    wanted = parse(tree.read(CONFIG, "which services are started with the host") or b"").get("services", "").split()
    services: dict[str, Detail] = {}
    for folder in FOLDERS:
        for file in tree.names(folder):
            name = shown(file.removesuffix(SUFFIX))
            if not file.endswith(SUFFIX) or name in services:
                continue
            data = tree.read(f"{folder}/{file}")
            if data is not None:
                services[name] = _detail(name, f"{folder}/{file}", parse(data), name in wanted, started)
    watched = {tree.at(folder): inotify.ENTRIES | inotify.CLOSE_WRITE for folder in (*FOLDERS, "/config")}
    return Reading(services, [*UNSEEN, *sorted(set(tree.problems.values()))], watched)


def parse(data: bytes) -> dict[str, str]:
    """Key in lower case -> value; of a key that is there twice, the last one. Sections make no difference here."""
    keys: dict[str, str] = {}
    for line in shown(data).splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith("#"):
            keys[key.strip().lower()] = value.strip()
    return keys


def _detail(name: str, path: str, keys: dict[str, str], enabled: bool, started: list[Child] | None) -> Detail:
    command = [os.fsencode(word) for word in keys.get("command", "").split()]
    restart = keys.get("restart", "on-failure")
    child = running(command, started or []) if command else None
    down = "down, want up" if enabled and restart == "always" and keys.get("type", "daemon") == "daemon" else "not running"
    service = Service(
        name=name,
        scope="system",
        kind=Kind.SERVICE,
        active=None if started is None else Active.ACTIVE if child else Active.INACTIVE,
        sub=None if started is None else "running" if child else down,
        enabled=Enabled.ENABLED if enabled else Enabled.DISABLED,
        since=child.since if child else None,
        pid=child.pid if child else None,
        load=Load.LOADED if command else Load.BAD_SETTING,
        description=keys.get("description"),
    )
    return Detail(
        service=service,
        unseen=UNSEEN,
        path=os.fsencode(path),
        command=command,
        restart=restart,
        started=child.since if child else None,
        after=[word for part in keys.get("after", "").split(",") if (word := part.strip())],
        properties={key: keys[key] for key in ("type", "tty") if key in keys},
    )
