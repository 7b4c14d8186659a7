"""Apps from files: avyos' folders and flatpaks, with the processes that run from them."""

import os
from collections.abc import AsyncGenerator

from services.apps import flatpak, folders
from services.apps.place import Place
from services.core.files import FileTables, Found, of_findings
from services.core.programs import programs
from services.core.tree import Tree
from sutra_client import errors, events
from sutra_client.errors import SutraError
from sutra_client.gen.apps import App, Kind
from sutra_client.gen.core import Finding, Severity

PERIOD = 2.0
"""Seconds between two looks at the processes."""


def probe(root: str = "/") -> tuple[bool, str]:
    """Fits where one of the folders is there."""
    tree = Tree(root)
    places = [*folders.places(home(root)), *(f"{place}/app" for place in flatpak.places(home(root)))]
    found = [place for place in places if tree.exists(place)]
    if found:
        return True, f"apps in {' and '.join(found)}"
    return False, f"no folder of apps: {', '.join(tree.lack(place) for place in places)}"


def make(root: str = "/") -> "FileApps":
    """The backend for the host below `root`."""
    return FileApps(root)


def home(root: str) -> str:
    """The user's own folder; of another root it is nobody's."""
    return os.environ.get("HOME", "").rstrip("/") if root == "/" else ""


class FileApps(FileTables[App]):
    """Implements the Protocol Apps."""

    def __init__(self, root: str = "/") -> None:
        super().__init__("the folders of apps", lambda: read(Tree(root), home(root)), PERIOD)

    async def get(self, app: str, source: str | None = None) -> App:
        """Raises SutraError NOT_FOUND, or INVALID where it is installed in several places and none was named."""
        rows = [row for row in (await self._now()).rows.values() if row.id == app and source in (None, row.source)]
        counting = [row for row in rows if not row.shadowed] if source is None else rows
        if not counting:
            raise SutraError(errors.NOT_FOUND, f"no app {app}" + (f" in {source}" if source else ""), "`avyctl apps list` names them all")
        if len(counting) > 1:
            raise SutraError(
                errors.INVALID, f"{app} is installed in {' and '.join(row.source for row in counting)}", "name one of them too"
            )
        return counting[0]

    def apps(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[App], None]:
        """`where` is the server's business."""
        return self._rows(fields)


def read(tree: Tree, own: str) -> Found[App]:
    """`own` is the user's home, empty where there is none."""
    wanted = any(tree.exists(place) for place in folders.places(own))
    running = list(programs(tree)) if wanted and tree.exists(f"{tree.proc}/stat") else None
    taken: set[str] = set()
    places: list[Place] = [folders.read(tree, place, running, taken) for place in folders.places(own)]
    instances = flatpak.instances(tree)
    places += [flatpak.read(tree, place, instances) for place in flatpak.places(own)]
    rows: dict[events.Key, App] = {(app.id, app.source): app for place in places for app in place.apps}
    watched = {path: mask for place in places for path, mask in place.watched.items()}
    trees = {key: tree.at(os.fsdecode(app.path)) for key, app in rows.items() if app.path is not None}
    found = [_broken(app) for app in rows.values() if app.problem is not None]
    return Found(rows, of_findings(found), sorted(tree.problems.values()), watched, trees)


def _broken(app: App) -> Finding:
    place = f"{app.source}/{app.id}"
    step = "Install it again, or `flatpak repair`." if app.kind == Kind.FLATPAK else "Mend its manifest or remove its folder."
    return Finding(f"broken:{place}", Severity.WARNING, place, app.problem or "", step, "avyctl apps list -o wide")
