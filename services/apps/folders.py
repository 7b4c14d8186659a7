"""avyos' apps: a folder with a manifest.json each, in /avyos/apps, /apps and the user's ~/Applications."""

import os

import msgspec

from services.apps.place import Place
from services.core import inotify
from services.core.programs import Program, within
from services.core.tree import Tree, shown
from sutra_client.gen.apps import App, Kind

ROOTS = ("/avyos/apps", "/apps")
PATH = ("/cmd", "/avyos/cmd", "/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin")
"""Where a program without a slash is looked for, besides $PATH."""
MOST = 4096
ICONS = ("icon.svg", "icon.png")


class Manifest(msgspec.Struct):
    """What is read of manifest.json; all of it may be missing."""

    id: str = ""
    name: str = ""
    exec: str = ""
    version: str = ""


def places(home: str) -> tuple[str, ...]:
    """The folders that are looked into; `home` is empty where there is none."""
    return (*ROOTS, f"{home}/Applications") if home else ROOTS


def read(tree: Tree, place: str, running: list[Program] | None, taken: set[str]) -> Place:
    """`taken` are the ids of the places before this one; those found here join it. Folders without a manifest are no apps."""
    found, watched = [], {tree.at(place): inotify.ENTRIES}
    for name in tree.names(place)[:MOST]:
        folder = f"{place}/{name}"
        if not os.path.isdir(tree.at(folder)):
            continue
        watched[tree.at(folder)] = inotify.ENTRIES | inotify.CLOSE_WRITE
        if os.path.lexists(tree.at(f"{folder}/manifest.json")):
            found.append(_app(tree, place, name, running, taken))
    taken.update(app.id for app in found)
    return Place(found, watched)


def _app(tree: Tree, place: str, name: str, running: list[Program] | None, taken: set[str]) -> App:
    folder = f"{place}/{name}"
    manifest, problem = _manifest(tree, folder)
    program = _program(tree, folder, manifest.exec) if not problem else None
    if not problem and program is None:
        problem = f"its program {manifest.exec or f'{shown(folder)}/exec'} is not there"
    if not problem and manifest.id and manifest.id != shown(name):
        problem = f"its manifest says that its id is {manifest.id}"
    pids = None if running is None else [each.pid for each in running if _belongs(each, os.fsencode(folder))]
    icon = next((f"{folder}/{icon}" for icon in ICONS if tree.exists(f"{folder}/{icon}")), None)
    return App(
        id=shown(name),
        source=shown(place),
        kind=Kind.FOLDER,
        name=manifest.name or None,
        version=manifest.version or None,
        running=None if pids is None else len(pids),
        problem=problem or None,
        shadowed=shown(name) in taken,
        pids=pids,
        exec=os.fsencode(program) if program else None,
        icon=os.fsencode(icon) if icon else None,
        path=os.fsencode(folder),
    )


def _manifest(tree: Tree, folder: str) -> tuple[Manifest, str]:
    """It, and what is wrong with it."""
    path = f"{folder}/manifest.json"
    data = tree.read(path)
    if data is None:
        return Manifest(), "its manifest cannot be read"
    try:
        return msgspec.json.decode(data, type=Manifest), ""
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        return Manifest(), f"its manifest is not valid: {error}"


def _program(tree: Tree, folder: str, named: str) -> str | None:
    """The rule of avyos: `exec` in the folder by default, a name with a slash is looked for in the folder, one without in PATH."""
    if "\0" in named:
        return None
    if not named or "/" in named:
        path = named if named.startswith("/") else f"{folder}/{named or 'exec'}"
        return path if tree.exists(path) else None
    folders = PATH if tree.root else (*os.environ.get("PATH", "").split(":"), *PATH)
    return next((f"{place}/{named}" for place in folders if place.startswith("/") and tree.exists(f"{place}/{named}")), None)


def _belongs(program: Program, folder: bytes) -> bool:
    """Started from the folder, by an interpreter too, or within it, as avyos starts apps."""
    return within(program.exe, folder) or program.cwd == folder or any(within(word, folder) for word in program.words[:2])
