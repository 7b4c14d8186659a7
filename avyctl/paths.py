"""Where avyctl's files are: configuration, state and assets. The one-shot path imports this, so it needs `posix` alone."""

import posix

from sutra_client.endpoint import variable

VENDOR = "/usr/lib/avyctl"
HOST = "/etc/avyctl"


def config_files() -> list[str]:
    """Every configuration file that is there, the weakest first; root never reads one that is not root's."""
    files = _tomls(VENDOR)
    for folder in (HOST, user_config()):
        if folder and _owned(folder, folder != HOST):
            main = f"{folder}/avyctl.toml"
            files += ([main] if _owned(main, folder != HOST) else []) + _tomls(f"{main}.d")
    return files


def user_config() -> str:
    """The user's own configuration folder; empty where there is no home."""
    base = _base("XDG_CONFIG_HOME", ".config")
    return f"{base}/avyctl" if base else ""


def homeless() -> str:
    """Why there is no place for a user's own files."""
    return "HOME is no absolute path" if variable("HOME") else "no HOME"


def state() -> str:
    """Where operations, inverses and the audit are kept; empty where there is no place (sutra.md section 5, 10)."""
    if posix.geteuid() == 0:
        return "/cache/avyctl" if _owned("/cache/runtime", False) else "/var/lib/avyctl"
    base = _base("XDG_STATE_HOME", ".local/state")
    return f"{base}/avyctl" if base else ""


def assets() -> str:
    """The assets of this installation, or of the checkout that it runs from."""
    here = __file__.rpartition("/")[0]
    inside = f"{here}/assets"
    return inside if _owned(inside, False) else f"{here.rpartition('/')[0]}/assets"


def _base(name: str, below_home: str) -> str:
    own = variable(name)
    if own.startswith("/"):
        return own
    home = variable("HOME")
    return f"{home}/{below_home}" if home.startswith("/") else ""


def _owned(path: str, by_us: bool) -> bool:
    """Whether it is there, and, where that matters to root, root's."""
    try:
        owner = posix.stat(path).st_uid
    except (OSError, ValueError):
        return False
    return not by_us or owner == posix.geteuid() or posix.geteuid() != 0


def _tomls(folder: str) -> list[str]:
    try:
        names = sorted(posix.listdir(folder))
    except (OSError, ValueError):
        return []
    own = not folder.startswith((VENDOR, HOST))
    return [path for name in names if name.endswith(".toml") and _owned(path := f"{folder}/{name}", own)]
