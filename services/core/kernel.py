"""The system calls that this service makes, in one object that a test can replace."""

import os
import time
from typing import NamedTuple

from services.core.addresses import read_addresses
from sutra_client.gen.system import Address

STA_UNSYNC = 0x0040
TIME_ERROR = 5
# struct timex of <sys/timex.h>: u32 modes, then longs offset, freq, maxerror, esterror, then int status.
_TIMEX_SIZE = 256


class Discipline(NamedTuple):
    """What the kernel knows of the quality of its wall clock."""

    synchronised: bool
    error: int | None
    """Bound of its error in microseconds, while synchronised."""


class Usage(NamedTuple):
    """How full a file system is; bytes and inodes."""

    total: int
    used: int
    available: int
    """What an unprivileged user may still write."""
    inodes: int
    """0 where the file system makes them as needed."""
    inodes_free: int

    @property
    def share(self) -> float:
        """Used of what an unprivileged user can have, in percent, as df reckons it."""
        whole = self.used + self.available
        return 100.0 * self.used / whole if whole else 0.0


class Kernel:
    """The running kernel."""

    def boottime(self) -> int:
        """CLOCK_BOOTTIME in microseconds."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000

    def wall(self) -> int:
        """Unix microseconds."""
        return time.time_ns() // 1000

    def identity(self) -> tuple[str, str, str]:
        """Host name, kernel release and machine."""
        found = os.uname()
        name = os.fsencode(found.nodename).decode("utf-8", "backslashreplace")
        return name, found.release, found.machine

    def cpus(self) -> int:
        """Processors that are online, by the C library."""
        return os.cpu_count() or 1

    def addresses(self) -> list[Address]:
        """All addresses of all links; raises OSError."""
        return read_addresses()

    def discipline(self) -> Discipline | None:
        """None where the kernel or a sandbox does not tell."""
        # Imported here: it costs two milliseconds, and only this needs it.
        import ctypes

        buffer = ctypes.create_string_buffer(_TIMEX_SIZE)
        try:
            result = ctypes.CDLL(None).adjtimex(buffer)
        except (OSError, AttributeError):
            return None
        if result < 0:
            return None
        word = ctypes.sizeof(ctypes.c_long)
        longs = (ctypes.c_long * 5).from_buffer(buffer)
        status = ctypes.c_int.from_buffer(buffer, 5 * word).value
        if result == TIME_ERROR or status & STA_UNSYNC:
            return Discipline(False, None)
        return Discipline(True, longs[3])

    def usage(self, path: bytes | str) -> Usage:
        """May sleep as long as the file system does; raises OSError."""
        found = os.statvfs(path)
        size = found.f_frsize or found.f_bsize
        return Usage(found.f_blocks * size, (found.f_blocks - found.f_bfree) * size, found.f_bavail * size, found.f_files, found.f_ffree)
