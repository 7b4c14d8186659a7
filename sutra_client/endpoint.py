"""Where a service is reached: which directories hold its socket, and which owners are trusted (sutra.md section 1)."""

import posix

from sutra_client.errors import UNAVAILABLE, SutraError

_SYSTEM = ("/cache/runtime", "/run/sutra")
_HINT = "`avyctl info` lists the endpoints; --embedded does without the service"
_KIND = 0o170000
_DIRECTORY = 0o040000
_LINK = 0o120000
_SOCKET = 0o140000


def find(service: str) -> str | None:
    """The path of the service's socket, its owners checked; None where none is and an embedded service may take its place.

    Raises SutraError UNAVAILABLE, with path and reason, for what is there and cannot be trusted, and for what $SUTRA_DIR lacks.
    """
    only = variable("SUTRA_DIR")
    for folder in looked_into():
        path = at(folder, service)
        if path is not None:
            return path
    if only:
        raise SutraError(UNAVAILABLE, f"{only}/{service}: no such service is to be seen in $SUTRA_DIR", _HINT)
    return None


def at(folder: str, service: str) -> str | None:
    """The path of the service's socket in this directory, None where it is not or not for us; raises as find()."""
    me = posix.geteuid()
    path = f"{folder}/{service}"
    state = _lstat(path)
    if state is None:
        return None
    holder = _lstat(folder)
    if holder is None:
        return None
    if me == 0 and holder.st_uid != 0 and not variable("SUTRA_DIR"):
        return None  # root trusts root's directories alone; a user's own, seen through sudo, is none of its business
    _check(folder, holder, _DIRECTORY, "directory", (0, me))
    if holder.st_mode & 0o022:
        raise SutraError(UNAVAILABLE, f"{folder}: others may write in this directory, and so replace its sockets", "chmod go-w it")
    _check(path, state, _SOCKET, "socket", owners(path, service))
    return path


def looked_into() -> list[str]:
    """The directories that count: $SUTRA_DIR alone where it is set."""
    only = variable("SUTRA_DIR")
    return [only] if only else directories()


def directories() -> list[str]:
    """All that are looked into, in order, when $SUTRA_DIR is not set."""
    own = variable("XDG_RUNTIME_DIR")
    return [*_SYSTEM, f"{own}/sutra"] if own.startswith("/") else list(_SYSTEM)


def own_directory() -> str:
    """Where this process would offer a service: $SUTRA_DIR, else the system's for root and the user's own for a user."""
    only = variable("SUTRA_DIR")
    if only:
        return only
    if posix.geteuid() == 0:
        return _SYSTEM[0] if _lstat(_SYSTEM[0]) is not None else _SYSTEM[1]
    own = variable("XDG_RUNTIME_DIR")
    if not own.startswith("/"):
        raise SutraError(UNAVAILABLE, "XDG_RUNTIME_DIR names no directory for this user's services", "name one in SUTRA_DIR")
    return f"{own}/sutra"


def owners(path: str, service: str) -> tuple[int, ...]:
    """Uids that a trusted socket at `path`, or a server behind it, may have: root, the directory's owner, the service's own account."""
    holder = _lstat(path.rpartition("/")[0] or "/")
    trusted = (0,) if holder is None else (0, holder.st_uid)
    state = _lstat(path)
    if state is not None and state.st_uid in trusted:
        return trusted
    account = _account("avyctl-" + service.rpartition(".")[2])
    return trusted if account is None else (*trusted, account)


def check_server(path: str, service: str, uid: int) -> None:
    """Raises SutraError UNAVAILABLE when the process that answers at `path` (SO_PEERCRED) is not one of its owners."""
    holder = _lstat(path.rpartition("/")[0] or "/")
    if uid == 0 or (holder is not None and uid == holder.st_uid):
        return
    if uid != _account("avyctl-" + service.rpartition(".")[2]):
        raise SutraError(UNAVAILABLE, f"{path}: the server runs as uid {uid}, which may not serve there", _HINT)


def check_socket(path: str) -> None:
    """Raises SutraError UNAVAILABLE when something else than a socket is there, which connecting would call a refusal."""
    try:
        state = posix.stat(path)
    except (OSError, ValueError):
        return  # connecting says why
    if state.st_mode & _KIND != _SOCKET:
        raise SutraError(UNAVAILABLE, f"{path} is no socket", _HINT)


def variable(name: str) -> str:
    """An environment variable without the os module; empty when it is not set."""
    return posix.environ.get(name.encode(), b"").decode("utf-8", "surrogateescape")


def _lstat(path: str) -> posix.stat_result | None:
    try:
        return posix.lstat(path)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None  # what cannot be seen, such as the runtime directory that sudo -u passed on, is not this user's
    except (OSError, ValueError) as error:
        raise SutraError(UNAVAILABLE, f"{path}: {getattr(error, 'strerror', None) or error}", _HINT) from None


def _check(path: str, state: posix.stat_result, kind: int, name: str, trusted: tuple[int, ...]) -> None:
    if state.st_mode & _KIND == _LINK:
        raise SutraError(UNAVAILABLE, f"{path} is a symbolic link, which is not followed", _HINT)
    if state.st_mode & _KIND != kind:
        raise SutraError(UNAVAILABLE, f"{path} is not a {name}", _HINT)
    if state.st_uid not in trusted:
        raise SutraError(UNAVAILABLE, f"{path} belongs to uid {state.st_uid}, not to root or you", _HINT)


def _account(name: str) -> int | None:
    return next((uid for known, uid in accounts() if known == name), None)


def accounts() -> list[tuple[str, int]]:
    """Names and uids of the local accounts; not by way of nss, whose modules can hang."""
    return _numbered("/etc/passwd")


def groups() -> list[tuple[str, int]]:
    """Names and gids of the local groups."""
    return _numbered("/etc/group")


def _numbered(path: str) -> list[tuple[str, int]]:
    """First and third column of a file such as /etc/passwd; empty where it cannot be read."""
    try:
        with open(path, "rb") as file:
            fields = [line.split(b":", 3) for line in file]
    except OSError:
        return []
    return [(line[0].decode("utf-8", "backslashreplace"), int(line[2])) for line in fields if len(line) > 2 and line[2].isdigit()]
