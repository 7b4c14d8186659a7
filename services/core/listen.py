"""The sockets of the services: made here under a private name and renamed into place, or handed over by LISTEN_FDS."""

import os
import socket
import stat

from sutra_client import errors
from sutra_client.errors import SutraError

FIRST_FD = 3
"""sd_listen_fds(3): the first file descriptor that is handed over."""


def inherited() -> dict[str, socket.socket]:
    """Sockets by the names in LISTEN_FDNAMES, when LISTEN_PID says that they are for this process."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return {}
    names = os.environ.get("LISTEN_FDNAMES", "").split(":")
    sockets = {}
    for number in range(int(os.environ.get("LISTEN_FDS", "0"))):
        name = names[number] if number < len(names) else ""
        sockets[name.removesuffix(".socket")] = socket.socket(fileno=FIRST_FD + number)
    return sockets


def directory(path: str) -> None:
    """Makes sure of a 0755 directory of our own; raises SutraError when another could replace the sockets in it."""
    try:
        os.makedirs(path, 0o755, exist_ok=True)
        state = os.lstat(path)
    except OSError as error:
        raise SutraError(errors.UNAVAILABLE, f"{path}: {error.strerror}", "name another directory in SUTRA_DIR") from error
    if not stat.S_ISDIR(state.st_mode) or state.st_uid not in (0, os.geteuid()) or state.st_mode & 0o022:
        raise SutraError(errors.DENIED, f"{path} is not a directory that only root or you may write", "name another directory in SUTRA_DIR")


def endpoint(folder: str, service: str) -> socket.socket:
    """A listening socket at folder/service, that any local user may connect to; raises SutraError EXISTS when one answers there."""
    path = os.path.join(folder, service)
    if _answers(path):
        raise SutraError(
            errors.EXISTS, f"{path}: a service answers there already", "stop that one first, or name another directory in SUTRA_DIR"
        )
    private = os.path.join(folder, f".{service}.{os.getpid()}")
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _remove(private)
        listening.bind(private)
        os.chmod(private, 0o666)  # noqa: S103 - whoever connects is told apart by its credentials
        listening.listen(128)
        os.rename(private, path)
    except OSError as error:
        listening.close()
        _remove(private)
        raise SutraError(errors.UNAVAILABLE, f"{path}: {error.strerror or error}", "name another directory in SUTRA_DIR") from error
    return listening


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(path)
        except OSError:
            return False
        return True


def identity(path: str) -> tuple[int, int] | None:
    """Device and inode of what is at the path, so that a service removes its own socket and no later one's."""
    try:
        state = os.lstat(path)
    except OSError:
        return None
    return state.st_dev, state.st_ino


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
