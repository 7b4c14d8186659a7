"""Changes of files and folders as the kernel tells them, inotify(7), without a poll.

ctypes stands in for a library: the packages that exist are unmaintained or bring a thread of their own, and three calls are all there is.
"""

import asyncio
import ctypes
import os
import struct
from collections import deque
from functools import cache
from typing import NamedTuple

MODIFY = 0x2
ATTRIB = 0x4
CLOSE_WRITE = 0x8
MOVED_FROM = 0x40
MOVED_TO = 0x80
CREATE = 0x100
DELETE = 0x200
DELETE_SELF = 0x400
MOVE_SELF = 0x800
OVERFLOW = 0x4000
"""Of an event alone: some were lost, so everything that is watched may have changed."""
IGNORED = 0x8000
"""Of an event alone: what was watched is gone, and the watch with it."""
ONLYDIR = 0x1000000
ENTRIES = CREATE | DELETE | MOVED_FROM | MOVED_TO
"""A folder gets, loses or renames an entry."""
MOST_WAITING = 4096
"""Events kept for a slow reader; beyond it they become one OVERFLOW."""

_HEADER = struct.Struct("iIII")
_FLAGS = os.O_NONBLOCK | os.O_CLOEXEC


class Event(NamedTuple):
    """Something happened to what `watch` watches."""

    watch: int
    mask: int
    name: bytes
    """The entry of a watched folder; empty when it is about what is watched itself."""


class Inotify:
    """One inotify instance on the running loop. Raises OSError where the host allows no more of them."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._fd = _checked(_libc().inotify_init1(_FLAGS), "inotify")
        self._waiting: deque[Event] = deque()
        self._rung = asyncio.Event()
        self._loop.add_reader(self._fd, self._read)

    def watch(self, path: str | bytes, mask: int) -> int:
        """Begins to watch a file or folder, or changes the mask of its watch; raises OSError."""
        return _checked(_libc().inotify_add_watch(self._fd, os.fsencode(path), mask), path)

    def forget(self, watch: int) -> None:
        """Of a watch that is gone already nothing is said."""
        _libc().inotify_rm_watch(self._fd, watch)

    async def events(self) -> list[Event]:
        """All that happened since the last time; waits until something did. An empty list: it was closed."""
        while not self._waiting and self._fd >= 0:
            self._rung.clear()
            await self._rung.wait()
        events = list(self._waiting)
        self._waiting.clear()
        return events

    def close(self) -> None:
        """Ends every watch; a second time does nothing."""
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1
            self._rung.set()

    def _read(self) -> None:
        try:
            data = os.read(self._fd, 65536)
        except BlockingIOError:
            return
        self._waiting.extend(parse(data))
        if len(self._waiting) > MOST_WAITING:
            self._waiting.clear()
            self._waiting.append(Event(-1, OVERFLOW, b""))
        self._rung.set()


def parse(data: bytes) -> list[Event]:
    """Events as read(2) gives them: struct inotify_event, one after the other."""
    events = []
    at = 0
    while at + _HEADER.size <= len(data):
        watch, mask, _, length = _HEADER.unpack_from(data, at)
        at += _HEADER.size
        events.append(Event(watch, mask, data[at : at + length].rstrip(b"\0")))
        at += length
    return events


@cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.inotify_add_watch.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_uint32)
    return libc


def _checked(result: int, subject: str | bytes) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), subject)
    return result
