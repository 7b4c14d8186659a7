"""The host's files below a root, read so that nothing they hold or lack is an exception.

What could not be read is remembered in words, and forgotten as soon as it can be.
"""

import errno
import os

from services.core.inside import inside

AVYOS_PROC = "/cache/kernel/processes"
AVYOS_SYS = "/cache/kernel/sysfs"
LONGEST = 1 << 20
"""Bytes read of one file at most; nothing read here is longer on a sane host."""
_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ENODEV, errno.ENXIO, errno.ELOOP)


def shown(name: bytes | str) -> str:
    """A name of the host as valid UTF-8; bytes that are not are written in hexadecimal, after a backslash and an x."""
    raw = os.fsencode(name) if isinstance(name, str) else name
    return raw.decode("utf-8", "backslashreplace")


class Tree:
    """Paths are the host's own, absolute; `root` is put before them only where a file is opened."""

    def __init__(self, root: str = "/") -> None:
        self.root = root.rstrip("/")
        avyos = not self.exists("/proc/stat") and self.exists(AVYOS_PROC + "/stat")
        self.proc = AVYOS_PROC if avyos else "/proc"
        self.sys = AVYOS_SYS if avyos else "/sys"
        self.run = "/cache/runtime" if avyos else "/run"
        self.problems: dict[str, str] = {}
        """Path -> what cannot be seen because of it, a sentence."""

    def at(self, path: str, follow: bool = True) -> str:
        """Where a path of the host is for this process. Links are followed within `root`, the last one only with `follow`."""
        return inside(self.root, path, follow) if self.root else path

    def exists(self, path: str) -> bool:
        """False also for what may not be looked at."""
        try:
            os.stat(self.at(path))
        except (OSError, ValueError):
            return False
        return True

    def lack(self, path: str) -> str:
        """Why something is not there for this user, in words: absent, or not to be looked at; empty when it is there."""
        try:
            os.stat(self.at(path))
        except PermissionError:
            return f"{path} may not be looked at by this user"
        except (OSError, ValueError):
            return f"{path} is absent"
        return ""

    def read(self, path: str, wanted: str = "", limit: int = LONGEST) -> bytes | None:
        """At most `limit` bytes; None when it cannot be read. Absence is a problem only where `wanted` says what is missed by it."""
        try:
            data = self._slurp(path, limit)
        except (OSError, ValueError) as error:
            self.failed(path, wanted, error)
            return None
        self.problems.pop(path, None)
        return data

    def text(self, path: str, wanted: str = "") -> str | None:
        """One value, without what surrounds it; None also when that leaves nothing."""
        data = self.read(path, wanted)
        return shown(data.strip(b" \t\r\n\0")) or None if data is not None else None

    def number(self, path: str, wanted: str = "") -> int | None:
        """A whole decimal number."""
        text = self.text(path, wanted)
        if text is None:
            return None
        try:
            return int(text)
        except ValueError:
            self.garbage(path, wanted)
            return None

    def names(self, path: str) -> list[str]:
        """What a folder holds, sorted; empty when it cannot be listed."""
        try:
            found = os.listdir(self.at(path))
        except OSError as error:
            self.failed(path, "", error)
            return []
        self.problems.pop(path, None)
        return sorted(found)

    def link(self, path: str) -> str | None:
        """Where a symbolic link points, as it says."""
        try:
            return shown(os.readlink(self.at(path, follow=False)))
        except OSError:
            return None

    def modified(self, path: str) -> int | None:
        """Unix seconds of the last change of a file's content."""
        try:
            return int(os.stat(self.at(path)).st_mtime)
        except OSError:
            return None

    def garbage(self, path: str, wanted: str = "") -> None:
        """Notes that a file could be read and made no sense."""
        self.problems[path] = f"{_subject(wanted)}{path} holds something else than expected."

    def failed(self, path: str, wanted: str, error: OSError | ValueError) -> None:
        """Notes why a file could not be read; mere absence only where `wanted` says what is missed by it."""
        code = error.errno if isinstance(error, OSError) else errno.ENOENT
        if code in (errno.EACCES, errno.EPERM):
            self.problems[path] = f"{_subject(wanted)}{path} may not be read by this user."
        elif code not in _ABSENT:
            self.problems[path] = f"{_subject(wanted)}{path} cannot be read ({os.strerror(code or 0)})."
        elif wanted:
            self.problems[path] = f"{_subject(wanted)}{path} is absent."

    def _slurp(self, path: str, limit: int) -> bytes:
        # O_NONBLOCK: a FIFO in the place of a file must not hold up the reader.
        fd = os.open(self.at(path), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            data = chunk = os.read(fd, min(16384, limit))
            while chunk and len(data) < limit:
                chunk = os.read(fd, min(65536, limit - len(data)))
                data += chunk
            return data
        finally:
            os.close(fd)


def _subject(wanted: str) -> str:
    return f"{wanted[0].upper()}{wanted[1:]} is unknown: " if wanted else ""
