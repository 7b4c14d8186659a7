"""Distros in folders: /linux as avyos has it, one or several, and the user's own. Read from files and from procfs."""

import os
from collections.abc import AsyncGenerator

from services.core import inotify
from services.core.files import FileTables, Found, of_findings
from services.core.programs import pids
from services.core.release import parse_release
from services.core.tree import Tree, shown
from sutra_client import errors, events
from sutra_client.errors import SutraError
from sutra_client.gen.core import Finding, Severity
from sutra_client.gen.distro import Rootfs

PERIOD = 2.0
"""Seconds between two looks at the processes."""
MOST = 256
MOST_PIDS = 64
RELEASES = ("/etc/os-release", "/usr/lib/os-release")
PACKAGES = ("/var/lib/dpkg/status", "/lib/apk/db/installed", "/var/lib/pacman/local", "/var/lib/rpm", "/usr/lib/sysimage/rpm", *RELEASES)
"""What package managers write last."""

Identity = tuple[int, int]


def places(root: str) -> list[str]:
    """The folders that are looked into; of another root only the system's."""
    home = os.environ.get("HOME", "").rstrip("/") if root == "/" else ""
    if not home:
        return ["/linux"]
    data = os.environ.get("XDG_DATA_HOME", "")
    data = data.rstrip("/") if data.startswith("/") else f"{home}/.local/share"
    return ["/linux", f"{home}/Linux", f"{data}/avyctl/linux"]


def probe(root: str = "/") -> tuple[bool, str]:
    """Fits where one of the folders is there."""
    tree = Tree(root)
    looked = places(root)
    found = [place for place in looked if tree.exists(place)]
    if found:
        return True, f"root file systems in {' and '.join(found)}"
    return False, f"no folder of distros: {', '.join(tree.lack(place) for place in looked)}"


def make(root: str = "/") -> "FolderDistros":
    """The backend for the host below `root`."""
    return FolderDistros(root)


class FolderDistros(FileTables[Rootfs]):
    """Implements the Protocol Distro."""

    def __init__(self, root: str = "/") -> None:
        super().__init__("the folders of distros", lambda: read(Tree(root), places(root)), PERIOD)

    async def get(self, name: str, place: str | None = None) -> Rootfs:
        """Raises SutraError NOT_FOUND, or INVALID where several have the name and no place was given."""
        rows = [row for row in (await self._now()).rows.values() if row.name == name and place in (None, row.place)]
        if not rows:
            raise SutraError(
                errors.NOT_FOUND, f"no distro {name}" + (f" in {place}" if place else ""), "`avyctl distro list` names them all"
            )
        if len(rows) > 1:
            raise SutraError(errors.INVALID, f"{name} is in {' and '.join(row.place for row in rows)}", "name one of them too")
        return rows[0]

    def distros(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Rootfs], None]:
        """`where` is the server's business."""
        return self._rows(fields)


def read(tree: Tree, looked: list[str]) -> Found[Rootfs]:
    """Sleeps as long as the file systems do."""
    found: list[tuple[str, str]] = []
    watched: dict[str, int] = {}
    for place in looked:
        watched[tree.at(place)] = inotify.ENTRIES
        found += _folders(tree, place)
    paths = [f"{place.rstrip('/')}/{name}" for place, name in found]
    roots, denied = _roots(tree) if found else ({}, 0)
    rows: dict[events.Key, Rootfs] = {}
    trees: dict[events.Key, str] = {}
    for (place, name), path in zip(found, paths, strict=True):
        row = _rootfs(tree, place, name, path, roots)
        rows[row.name, row.place] = row
        trees[row.name, row.place] = tree.at(path)
        watched[tree.at(f"{path}/etc")] = inotify.ENTRIES | inotify.CLOSE_WRITE
    unseen = sorted(tree.problems.values())
    if denied:
        unseen.append(f"The root of {denied} processes of other users may not be looked at: some may run in a distro.")
    findings = [_finding(row) for row in rows.values() if row.problem is not None]
    return Found(rows, of_findings(findings), unseen, watched, trees)


def _folders(tree: Tree, place: str) -> list[tuple[str, str]]:
    """(folder that holds it, name) of each root file system; a place with programs of its own is one itself."""
    if _has_programs(tree, place):
        parent, _, name = place.rpartition("/")
        return [(parent or "/", name)]
    return [(place, name) for name in tree.names(place)[:MOST] if os.path.isdir(tree.at(f"{place}/{name}"))]


def _has_programs(tree: Tree, path: str) -> bool:
    """By avyos' rule: installed means that there is a bin."""
    within = Tree(tree.at(path))
    return within.exists("/bin") or within.exists("/usr/bin")


def _rootfs(tree: Tree, place: str, name: str, path: str, roots: dict[Identity, list[int]] | None) -> Rootfs:
    # As its own programs see it: its links must not lead to the files of this host.
    within = Tree(tree.at(path))
    release = parse_release(next((data for file in RELEASES if (data := within.read(file)) is not None), b""))
    problem = None if _has_programs(tree, path) else "it has no /bin: an installation did not end, or it may not be read"
    written = next((seconds for file in PACKAGES if (seconds := within.modified(file)) is not None), None)
    identity, owner = _identity(within.root)
    running = None if roots is None else roots.get(identity, []) if identity else []
    return Rootfs(
        name=shown(name),
        place=shown(place),
        os=release.get("PRETTY_NAME") or release.get("NAME") or None,
        version=release.get("VERSION") or release.get("VERSION_ID") or None,
        processes=None if running is None else len(running),
        changed=written * 1_000_000 if written is not None else None,
        os_id=release.get("ID") or None,
        pids=None if running is None else running[:MOST_PIDS],
        owner=owner,
        problem=problem,
        path=os.fsencode(path),
    )


def _identity(path: str) -> tuple[Identity | None, int | None]:
    try:
        about = os.stat(path)
    except OSError:
        return None, None
    return (about.st_dev, about.st_ino), about.st_uid


def _roots(tree: Tree) -> tuple[dict[Identity, list[int]] | None, int]:
    """Processes by what their / is, and how many may not be looked at.

    By file, not by name: a process in a mount namespace of its own calls it / all the same.
    """
    if not tree.exists(f"{tree.proc}/stat"):
        return None, 0
    found: dict[Identity, list[int]] = {}
    denied = 0
    for pid in pids(tree):
        try:
            about = os.stat(tree.at(f"{tree.proc}/{pid}/root"))
        except PermissionError:
            denied += 1
        except OSError:
            continue  # it ended, or is a kernel thread
        else:
            found.setdefault((about.st_dev, about.st_ino), []).append(pid)
    return found, denied


def _finding(row: Rootfs) -> Finding:
    path = f"{row.place.rstrip('/')}/{row.name}"
    step = "Install it again, or remove its folder."
    return Finding(f"broken:{path}", Severity.WARNING, path, row.problem or "", step, "avyctl distro list -o wide")
