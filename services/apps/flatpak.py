"""Flatpaks, from the files of their installations and of their running instances; no program is run."""

import os

from services.apps.place import Place
from services.core import inotify, keyfile
from services.core.gvariant import decode, lookup
from services.core.tree import Tree, shown
from sutra_client.gen.apps import App, Kind

SYSTEM = "/var/lib/flatpak"
DEPLOY = "(ssasta{sv})"
"""origin, commit, subpaths, installed size (big-endian), metadata: flatpak's `deploy` file."""
MOST = 4096


def places(home: str) -> tuple[str, ...]:
    """The installations that are looked into; `home` is empty where there is none."""
    return (SYSTEM, f"{home}/.local/share/flatpak") if home else (SYSTEM,)


def read(tree: Tree, place: str, running: dict[str, list[int]] | None) -> Place:
    """Of each app the architecture and branch that is current; `running` is from instances()."""
    apps, watched = f"{place}/app", {tree.at(f"{place}/app"): inotify.ENTRIES}
    found = []
    for name in tree.names(apps)[:MOST]:
        current = tree.link(f"{apps}/{name}/current")
        watched[tree.at(f"{apps}/{name}")] = inotify.ENTRIES
        if current is not None:
            watched[tree.at(f"{apps}/{name}/current")] = inotify.ENTRIES
            found.append(_app(tree, place, name, current, running))
    return Place(found, watched)


def _app(tree: Tree, place: str, name: str, current: str, running: dict[str, list[int]] | None) -> App:
    folder = f"{place}/app/{name}/current/active"
    metadata = keyfile.parse(tree.read(f"{folder}/metadata") or b"")
    origin, told, version = _deployed(tree, folder)
    pids = None if running is None else running.get(shown(name), [])
    architecture, _, branch = current.rstrip("/").rpartition("/")
    runtime = keyfile.get(metadata, "Application", "runtime")
    command = keyfile.get(metadata, "Application", "command")
    return App(
        id=shown(name),
        source=shown(place),
        kind=Kind.FLATPAK,
        name=_desktop_name(tree, folder, name) or told,
        version=version,
        running=None if pids is None else len(pids),
        problem=_problem(tree, place, folder, metadata, runtime),
        pids=pids,
        exec=command.encode() if command else None,
        path=os.fsencode(folder),
        branch=branch or None,
        architecture=architecture.rpartition("/")[2] or None,
        runtime_ref=runtime,
        origin=origin,
    )


def _deployed(tree: Tree, folder: str) -> tuple[str | None, str | None, str | None]:
    """Remote, name and version."""
    data = tree.read(f"{folder}/deploy")
    if data is None:
        return None, None, None
    try:
        origin, _, _, _, metadata = decode(DEPLOY, data)
    except ValueError:
        return None, None, None
    return origin or None, lookup(metadata, "appdata-name", "s") or None, lookup(metadata, "appdata-version", "s") or None


def _desktop_name(tree: Tree, folder: str, name: str) -> str | None:
    entry = tree.read(f"{folder}/export/share/applications/{name}.desktop")
    return keyfile.get(keyfile.parse(entry), "Desktop Entry", "Name") if entry else None


def _problem(tree: Tree, place: str, folder: str, metadata: keyfile.Groups, runtime: str | None) -> str | None:
    if "Application" not in metadata:
        return "its metadata cannot be read" if tree.exists(folder) else "its folder is not there: an installation did not end"
    if runtime and "/../" not in f"/{runtime}/":
        installations = {place, SYSTEM}
        if not any(tree.exists(f"{other}/runtime/{runtime}/active") for other in installations):
            return f"its runtime {runtime} is not installed"
    return None


def instances(tree: Tree) -> dict[str, list[int]] | None:
    """App id -> a process of each running instance, oldest first; None where procfs is absent. Other users' may not be visible."""
    if not tree.exists(f"{tree.proc}/stat"):
        return None
    found: dict[str, list[int]] = {}
    for user in tree.names(f"{tree.run}/user"):
        place = f"{tree.run}/user/{user}/.flatpak"
        for instance in tree.names(place)[:MOST]:
            info = tree.read(f"{place}/{instance}/info")
            pid = (tree.read(f"{place}/{instance}/pid") or b"").strip()
            name = keyfile.get(keyfile.parse(info), "Application", "name") if info else None
            # What a crash left behind has a pid that is gone.
            if name and pid.isdigit() and len(pid) < 10 and tree.exists(f"{tree.proc}/{int(pid)}"):
                found.setdefault(name, []).append(int(pid))
    return {name: sorted(pids) for name, pids in found.items()}
