"""The kernel's own ring of records, /dev/kmsg (Documentation/ABI/testing/dev-kmsg): one read is one record.

`priority,sequence,microseconds,flags[,...];message`, then lines ` KEY=value`. The priority holds the facility above its lowest three bits;
bytes that cannot be printed are written as a backslash, an x and two hexadecimal digits. The clock is the monotonic one.
"""

import asyncio
import errno
import os
import re
import time
from collections import deque
from collections.abc import AsyncGenerator

from services.logs.query import Query, cut
from services.logs.reading import SourcedLogs
from sutra_client import errors
from sutra_client.errors import SutraError
from sutra_client.gen.logs import Priority, Record

DEVICE = "/dev/kmsg"
LONGEST = 16_384
"""Bytes of one record at most; the kernel makes none so long."""
AT_ONCE = 512
"""Records read before others get their turn."""
CLOCK_SET = 500_000
"""Microseconds of difference that are no mere inaccuracy of reading two clocks."""
_HEAD = re.compile(rb"(\d{1,10}),(\d{1,20}),(\d{1,20}),[^;]*;")
_ESCAPE = re.compile(rb"\\x([0-9a-f]{2})")
_PROGRAM = re.compile(r"([\w./@-]{1,64})(?:\[(\d{1,10})\])?: ")
_PRIORITIES = tuple(Priority)
UNSEEN = "What programs write to their logs is not seen: this host has neither a journal nor a log file that can be read."


def probe(root: str = "/") -> tuple[bool, str]:
    """Fits where the running kernel lets this user read its records."""
    if root != "/":
        return False, f"{DEVICE} tells of the running kernel, not of what is below {root}"
    try:
        os.close(os.open(DEVICE, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError as error:
        return False, f"{DEVICE} cannot be read: {_why(error)}"
    return True, f"{DEVICE} can be read"


def make(root: str = "/") -> SourcedLogs:
    """The backend for this host."""
    return SourcedLogs(Kmsg())


class Kmsg:
    """`path` is the device, or what a test puts in its place."""

    def __init__(self, path: str = DEVICE) -> None:
        self.unseen = [UNSEEN]
        self._path = path
        self._boot = _boot_id()
        self._drift = 0

    async def stop(self) -> None:
        """Each open device lives in its reader."""

    async def read(self, query: Query) -> list[Record]:
        """Raises SutraError DENIED, UNAVAILABLE, FAILED."""
        fd = self._open()
        try:
            kept: deque[Record] = deque(maxlen=query.lines)
            async for records, _ in self._stored(fd):
                kept.extend(record for record in records if query.fits(record))
            return list(kept)
        finally:
            os.close(fd)

    async def follow(self, query: Query) -> AsyncGenerator[list[Record] | int, None]:
        """What the kernel overwrote before it was read is lost, and counted by the gap in its numbers."""
        fd = self._open()
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        try:
            kept: deque[Record] = deque(maxlen=query.lines)
            last: int | None = None
            async for records, newest in self._stored(fd):
                kept.extend(record for record in records if query.fits(record))
                last = newest
            yield list(kept)
            loop.add_reader(fd, ready.set)
            while True:
                await ready.wait()
                ready.clear()
                async for records, newest in self._stored(fd):
                    if last is not None and newest - last > len(records):
                        yield newest - last - len(records)
                    last = newest
                    if fitting := [record for record in records if query.fits(record)]:
                        yield fitting
        finally:
            loop.remove_reader(fd)
            os.close(fd)

    def _open(self) -> int:
        try:
            return os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            code = errors.DENIED if error.errno in (errno.EPERM, errno.EACCES) else errors.UNAVAILABLE
            raise SutraError(code, f"reading the kernel's records: {self._path}: {_why(error)}") from error

    def _to_wall(self) -> int:
        """Microseconds from the monotonic clock to wall time: steady, so that a record keeps its time, until the clock is set."""
        drift = time.time_ns() // 1000 - time.monotonic_ns() // 1000
        if abs(drift - self._drift) > CLOCK_SET:
            self._drift = drift
        return self._drift

    async def _stored(self, fd: int) -> AsyncGenerator[tuple[list[Record], int], None]:
        """(records, number of the last one) until there is none for now."""
        drift = self._to_wall()
        while True:
            records: list[Record] = []
            newest, more = 0, True
            while more and len(records) < AT_ONCE:
                try:
                    data = os.read(fd, LONGEST)
                except BlockingIOError:
                    more = False
                    break
                except OSError as error:
                    if error.errno == errno.EPIPE:
                        continue  # overwritten: the next read gives the oldest there is, and the gap in the numbers tells
                    raise SutraError(errors.FAILED, f"reading the kernel's records: {self._path}: {_why(error)}") from error
                if not data:
                    more = False
                    break
                number, record = parse(data, drift, self._boot)
                newest = number
                records.append(record)
            if records:
                yield records, newest
            if not more:
                return
            await asyncio.sleep(0)


def parse(data: bytes, drift: int = 0, boot: str | None = None) -> tuple[int, Record]:
    """(number, record); `drift` leads from the monotonic clock to wall time, in microseconds. Raises SutraError FAILED for what is none."""
    head = _HEAD.match(data)
    if head is None:
        raise SutraError(errors.FAILED, "reading the kernel's records: what was read is none")
    priority, number, clock = (int(part) for part in head.groups())
    first, *others = data[head.end() :].rstrip(b"\n").split(b"\n")
    message = _plain(first)
    identifier, pid = "kernel", None
    if priority >> 3 and (found := _PROGRAM.match(message)):
        identifier, pid, message = found[1], int(found[2]) if found[2] else None, message[found.end() :]
    elif priority >> 3:
        identifier = ""
    pairs = (_plain(line.strip()).partition("=") for line in others)
    return number, Record(
        time=clock + drift,
        priority=_PRIORITIES[priority & 7],
        identifier=identifier or None,
        pid=pid,
        message=cut(message),
        boottime=clock,
        boot=boot,
        transport="kernel" if not priority >> 3 else "driver",
        cursor=f"kmsg:{number}",
        fields={key: value for key, equals, value in pairs if equals},
    )


def _plain(text: bytes) -> str:
    return _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), text).decode("utf-8", "backslashreplace")


def _boot_id() -> str | None:
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip().replace("-", "")
    except (OSError, UnicodeDecodeError):
        return None


def _why(error: OSError) -> str:
    if error.errno in (errno.EPERM, errno.EACCES):
        return "this user may not (kernel.dmesg_restrict is 1, which leaves it to root and CAP_SYSLOG)"
    return error.strerror or str(error)
