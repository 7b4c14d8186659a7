"""What a process belongs to: a service, a container, an app, by the names that their managers give control groups.

systemd.unit(5) and the XDG desktop environments' names for units (app-LAUNCHER-ID-RANDOM.scope), podman's libpod-ID.scope, docker's
docker-ID.scope or /docker/ID, containerd's, CRI-O's, LXC's lxc.payload.NAME,
machined's machine-NAME.scope, snapd's snap.NAME.APP-UUID.scope.
"""

from typing import NamedTuple

_OCI = ("libpod-", "docker-", "cri-containerd-", "crio-")
_UNITS = (".service", ".scope", ".socket", ".mount", ".swap")
_SUPERVISORS = ("s6-supervise", "runsv")
_APPS = ("/apps/", "/avyos/apps/")
_SHORT = 12
"""Digits of a container's id that people see."""


class Belonging(NamedTuple):
    """None is what it does not belong to."""

    unit: str | None = None
    container: str | None = None
    app: str | None = None


def of_cgroup(path: str) -> Belonging:
    """By the path of a control group as /proc/PID/cgroup shows it."""
    parts = [part for part in path.split("/") if part]
    unit = container = app = None
    for index, part in enumerate(parts):
        container = _container(part, parts[index - 1] if index else "") or container
        if part.endswith(_UNITS):
            # A user's manager is a service whose own units lie below it; what a container runs within is the unit that holds it.
            unit = part if unit is None or unit.startswith("user@") else unit
            app = app or _app(part)
    return Belonging(_unescaped(unit), container, app)


def _container(part: str, parent: str) -> str | None:
    bare = part.removesuffix(".scope")
    for prefix in _OCI:
        if bare.startswith(prefix):
            return _id(bare.removeprefix(prefix))
    if parent in ("docker", "libpod", "libpod_parent") or parent.startswith(("kubepods", "pod")):
        return _id(bare.removeprefix("libpod-"))
    if part.startswith("lxc.payload."):
        return part.removeprefix("lxc.payload.")
    if parent == "lxc":
        return part
    if parent == "machine.slice" and part.startswith("machine-"):
        return _unescaped(bare.removeprefix("machine-"))
    if parent == "machine.slice" and part.startswith("systemd-nspawn@"):
        return _unescaped(part.removeprefix("systemd-nspawn@").removesuffix(".service"))
    return None


def _id(text: str) -> str | None:
    """None for what is no id, as of conmon's own groups."""
    return text[:_SHORT] if len(text) == 64 and not set(text) - set("0123456789abcdef") else None


def _app(part: str) -> str | None:
    name = _unescaped(part) or ""
    if part.startswith("snap.") and part.endswith(".scope"):
        return name.split(".")[1]
    if not part.startswith("app-"):
        return None
    bare, _, suffix = part.removeprefix("app-").rpartition(".")
    bare = bare.partition("@")[0] if suffix == "service" else bare.rpartition("-")[0]
    # Of LAUNCHER-ID: an escaped hyphen within either is \x2d, so the last part is the id.
    return _unescaped(bare.rpartition("-")[2]) or None


def _unescaped(name: str | None) -> str | None:
    """Without what systemd escapes in the names of units, as \\x2d for a hyphen."""
    if name is None or "\\x" not in name:
        return name
    head, *rest = name.split("\\x")
    data = head.encode()
    for part in rest:
        try:
            data += bytes.fromhex(part[:2]) + part[2:].encode()
        except ValueError:
            return name
    return data.decode("utf-8", "backslashreplace")


def of_program(argv: list[bytes]) -> str | None:
    """The app of an image whose apps are folders: /apps/ID/..."""
    if not argv:
        return None
    program = argv[0].decode("utf-8", "backslashreplace")
    for folder in _APPS:
        if program.startswith(folder):
            return program.removeprefix(folder).partition("/")[0] or None
    return None


def supervised(name: str, argv: list[bytes]) -> str | None:
    """The service that a supervisor process runs: its argument is the service's folder."""
    if name not in _SUPERVISORS or len(argv) < 2:
        return None
    return argv[1].decode("utf-8", "backslashreplace").rstrip("/").rpartition("/")[2] or None
