"""The sockets of the services: made here under a private name and renamed into place, or handed over by LISTEN_FDS."""

import os
import socket
import stat

from sutra_client import errors
from sutra_client.errors import SutraError

FIRST_FD = 3
"""sd_listen_fds(3): the first file descriptor that is handed over."""
MOST_FDS = 64


def inherited() -> dict[str, socket.socket]:
    """Listening unix sockets by the names in LISTEN_FDNAMES, when LISTEN_PID says that they are for this process.

    Raises SutraError INVALID for what is no such socket.
    """
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return {}
    count = os.environ.get("LISTEN_FDS", "0")
    names = os.environ.get("LISTEN_FDNAMES", "").split(":")
    if not count.isdigit() or int(count) > MOST_FDS or (int(count) and len(set(names)) != int(count)):
        raise SutraError(errors.INVALID, f"LISTEN_FDS={count}, LISTEN_FDNAMES={':'.join(names)}: not one name for each socket")
    return {name.removesuffix(".socket"): _handed(FIRST_FD + number, name) for number, name in enumerate(names[: int(count)])}


def _handed(fd: int, name: str) -> socket.socket:
    try:
        state = os.fstat(fd)
        os.set_inheritable(fd, False)
        handed = socket.socket(fileno=fd) if stat.S_ISSOCK(state.st_mode) else None
    except OSError as error:
        raise SutraError(errors.INVALID, f"LISTEN_FDS: {name}, file descriptor {fd}: {error.strerror}") from None
    if handed is None or handed.family != socket.AF_UNIX or not handed.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        raise SutraError(errors.INVALID, f"LISTEN_FDS: {name}, file descriptor {fd}, is no unix socket that listens")
    return handed


def directory(path: str) -> None:
    """Makes sure of a 0755 directory of our own; raises SutraError when another could replace the sockets in it."""
    try:
        if not os.path.lexists(path):
            os.makedirs(path, 0o755)
            os.chmod(path, 0o755)  # noqa: S103 - whatever the umask: clients of other users have to see the sockets
        state = os.lstat(path)
    except OSError as error:
        raise SutraError(errors.UNAVAILABLE, f"{path}: {error.strerror}", "name another directory in SUTRA_DIR") from error
    if not stat.S_ISDIR(state.st_mode) or state.st_uid not in (0, os.geteuid()) or state.st_mode & 0o022:
        raise SutraError(errors.DENIED, f"{path} is not a directory that only root or you may write", "name another directory in SUTRA_DIR")


def endpoint(folder: str, service: str) -> socket.socket:
    """A listening socket at folder/service, that any local user may connect to; raises SutraError EXISTS when one answers there."""
    path = os.path.join(folder, service)
    _refuse_taken(path)
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


def _refuse_taken(path: str) -> None:
    """Only nothing, or a socket that nobody listens on, may be replaced."""
    try:
        state = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(state.st_mode):
        raise SutraError(errors.EXISTS, f"{path} is there and is no socket", "move it away, or name another directory in SUTRA_DIR")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(path)
        except (ConnectionRefusedError, FileNotFoundError):
            return
        except OSError:
            pass  # it is busy, or not for us: alive in any case
    raise SutraError(
        errors.EXISTS, f"{path}: a service answers there already", "stop that one first, or name another directory in SUTRA_DIR"
    )


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
