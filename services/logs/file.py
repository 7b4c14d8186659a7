"""Log files: those of a syslog daemon, of s6-log and of avyos' services, followed through rotation, truncation and removal."""

import os
import stat
from collections.abc import AsyncGenerator, Callable
from heapq import merge
from typing import NamedTuple, TypeVar

from services.core import inotify
from services.core.aside import Aside
from services.core.inotify import Inotify
from services.core.tree import Tree, shown
from services.logs.query import Query
from services.logs.reading import SourcedLogs
from services.logs.syslog import parse
from sutra_client import errors
from sutra_client.errors import SutraError
from sutra_client.gen.logs import Record

T = TypeVar("T")
FILES = ("/var/log/syslog", "/var/log/messages", "/run/log/current")
AVYOS = "/cache/log/services"
SUFFIX = ".log"
DEADLINE = 10.0
"""Seconds for one step of reading."""
CHUNK = 65_536
LONGEST = 65_536
"""Bytes of a line; what follows is another line."""
MOST_READ = 64 << 20
"""Bytes of one file that are searched backwards for records that fit."""


class Place(NamedTuple):
    """A log file, by its path here and on the host."""

    path: str
    named: str
    unit: str | None = None
    """The service that all of it is of."""


def probe(root: str = "/") -> tuple[bool, str]:
    """Fits where there is a log file that this user may read."""
    found, reasons = _places(Tree(root))
    if found:
        return True, f"{found[0].named} can be read" + (f", and {len(found) - 1} more" if found[1:] else "")
    return False, "no log file: " + ", ".join(reasons)


def make(root: str = "/") -> SourcedLogs:
    """The backend for the host below `root`."""
    return SourcedLogs(Files(_places(Tree(root))[0]))


def _places(tree: Tree) -> tuple[list[Place], list[str]]:
    """What can be read, and why the others cannot."""
    reasons = []
    for path in FILES:
        reason = _reason(tree.at(path))
        if not reason:
            return [Place(tree.at(path), path)], []
        reasons.append(f"{path} {reason}")
    names = [name for name in tree.names(AVYOS) if name.endswith(SUFFIX)]
    places = [Place(tree.at(f"{AVYOS}/{name}"), f"{AVYOS}/{shown(name)}", shown(name.removesuffix(SUFFIX))) for name in names]
    return [place for place in places if not _reason(place.path)], [*reasons, f"{AVYOS} has none"]


def _reason(path: str) -> str:
    """Why it cannot be read; empty when it can."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return "is no file"
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    except FileNotFoundError:
        return "is absent"
    except PermissionError:
        return "may not be read by this user"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return ""


class Tail:
    """One open file and how far it was read; all of it may hang, and is called beside the loop."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._fd = -1
        self._inode = 0
        self._at = 0
        self._rest = b""

    def open(self) -> bool:
        """At its beginning; whether there is such a file. Raises OSError for other reasons."""
        self.close()
        try:
            self._fd = os.open(self.place.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        found = os.fstat(self._fd)
        if not stat.S_ISREG(found.st_mode):
            self.close()
            raise OSError(0, "is no file", self.place.path)
        self._inode, self._at, self._rest = found.st_ino, 0, b""
        return True

    def newest(self, query: Query) -> list[Record]:
        """The last records that fit, and whatever is added later comes by added()."""
        if self._fd < 0:
            return []
        end = self._at = position = os.fstat(self._fd).st_size
        kept: list[Record] = []
        right = b""
        while position and len(kept) < query.lines and end - position < MOST_READ:
            size = min(CHUNK, position)
            position -= size
            right, *lines = (os.pread(self._fd, size, position) + right).split(b"\n")
            if len(right) > LONGEST:
                lines.insert(0, right)
                right = b""
            found = [self._record(line) for line in reversed(lines) if line]
            kept += [record for record in found if query.fits(record)]
            if query.since is not None and found and found[-1].time is not None and found[-1].time < query.since:
                return kept[: query.lines][::-1]
        if right and not position and query.fits(record := self._record(right)):
            kept.append(record)
        return kept[: query.lines][::-1]

    def added(self) -> list[Record]:
        """What was written since; from the beginning of a file that was cut short or took this one's place."""
        records = self._drain() if self._fd >= 0 else []
        try:
            now = os.stat(self.place.path)
        except FileNotFoundError:
            return records
        if self._fd < 0 or now.st_ino != self._inode:
            if self.open():
                records += self._drain()
        elif now.st_size < self._at:
            self._at, self._rest = 0, b""
            records += self._drain()
        return records

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _drain(self) -> list[Record]:
        records: list[Record] = []
        while data := os.pread(self._fd, CHUNK, self._at):
            self._at += len(data)
            *lines, self._rest = (self._rest + data).split(b"\n")
            if len(self._rest) > LONGEST:
                lines.append(self._rest)
                self._rest = b""
            records += [self._record(line) for line in lines if line]
        return records

    def _record(self, line: bytes) -> Record:
        return parse(line[:LONGEST], self.place.named, unit=self.place.unit)


class Files:
    """The log files of one host, merged by time."""

    def __init__(self, places: list[Place], deadline: float = DEADLINE) -> None:
        self.unseen = ["Priorities are unknown where the file does not write them: records without one meet no condition of priority."]
        self._places = places
        self._deadline = deadline
        self._asides: set[Aside] = set()

    async def stop(self) -> None:
        """Waits for a reading that ends soon."""
        for aside in list(self._asides):
            await aside.close()

    async def read(self, query: Query) -> list[Record]:
        """Raises SutraError DENIED, TIMEOUT, FAILED."""
        tails = [Tail(place) for place in self._places]
        aside = Aside("log files")
        self._asides.add(aside)
        try:
            return await self._beside(aside, lambda: _begin(tails, query))
        finally:
            await self._end(aside, tails)

    async def follow(self, query: Query) -> AsyncGenerator[list[Record] | int, None]:
        """By inotify, on the files and on the folders that they are replaced in."""
        tails = [Tail(place) for place in self._places]
        aside = Aside("log files")
        self._asides.add(aside)
        watcher = Inotify()
        try:
            for folder in {os.path.dirname(place.path) for place in self._places}:
                watcher.watch(folder, inotify.ENTRIES | inotify.MODIFY)
            yield await self._beside(aside, lambda: _begin(tails, query))
            names = {os.fsencode(os.path.basename(place.path)) for place in self._places}
            while happened := await watcher.events():
                if not any(event.name in names or event.mask & inotify.OVERFLOW for event in happened):
                    continue
                added = await self._beside(aside, lambda: [record for tail in tails for record in tail.added()])
                if fitting := [record for record in added if query.fits(record)]:
                    yield fitting
        finally:
            watcher.close()
            await self._end(aside, tails)

    async def _beside(self, aside: Aside, step: "Callable[[], T]") -> T:
        try:
            return await aside.run(self._deadline, step)
        except TimeoutError:
            message = f"reading {self._places[0].named}: the file system did not answer within {self._deadline:g} s"
            raise SutraError(errors.TIMEOUT, message, "look for a mount that hangs with `avyctl disks list`") from None
        except PermissionError as error:
            raise SutraError(errors.DENIED, f"reading {error.filename}: this user may not", "try as root") from error
        except OSError as error:
            raise SutraError(errors.FAILED, f"reading {error.filename or self._places[0].named}: {error.strerror}") from error

    async def _end(self, aside: Aside, tails: list[Tail]) -> None:
        await aside.close()
        self._asides.discard(aside)
        for tail in tails:
            tail.close()


def _begin(tails: list[Tail], query: Query) -> list[Record]:
    found = []
    for tail in tails:
        tail.open()
        found.append(tail.newest(query))
    records = list(merge(*found, key=lambda record: record.time or 0))
    return records[-query.lines :] if query.lines else []
