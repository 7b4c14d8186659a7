"""Reads all processes of /proc, again and again, and reads of each only what may be different."""

import os
import time
from collections.abc import Callable, Iterable

from services.core.tree import Tree
from services.processes.entry import NOTHING, Entry, Facts
from services.processes.guarded import looker
from services.processes.stat import Stat, arguments, kilobytes, parse_cgroup, parse_io, parse_keys, parse_stat
from sutra_client import endpoint
from sutra_client.gen.processes import Process, State

YOUNG = 3
"""Readings in which a new process may still be about to execute its program."""
ROTATION = 30
"""Readings in which every process' arguments, group and owner are read again, a part in each."""
_SIZE = 4096
_LONGEST_ARGV = 65536
_SETTLED = 1_000_000
"""Microseconds by which the wall time of boot must move to be told anew."""


def boottime() -> int:
    """CLOCK_BOOTTIME in microseconds."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000


def wall() -> int:
    """Unix microseconds."""
    return time.time_ns() // 1000


class Scan:
    """Everything that was found, by pid. One caller at a time; it may be another thread than the one that made it."""

    def __init__(self, tree: Tree, clock: Callable[[], int] = boottime, now: Callable[[], int] = wall) -> None:
        self._proc = os.fsencode(tree.at(tree.proc))
        self._clock = clock
        self._wall = now
        self._privileged = os.geteuid() == 0
        self._turn = 0
        self._before = 0
        self._passwd: tuple[int, int] = (0, 0)
        self.entries: dict[int, Entry] = {}
        self.facts = Facts(self.entries, {}, os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE"))
        self.at = 0
        """The process whose memory is being read: if that never returns, this one is to blame."""
        self.mute: set[tuple[int, int]] = set()
        """Processes whose reading hung: their arguments and memory are asked for no more."""
        self.pss = False
        """Whether the costly field is read; see weigh()."""
        self.taken = 0
        """Boottime of the newest reading."""

    def read(self, only: Iterable[int] | None = None) -> None:
        """One reading of all processes, or of some; raises OSError when /proc cannot be listed."""
        self._before, self.taken = self.taken, self._clock()
        self._turn += 1
        self._set_facts()
        pids = list(only) if only is not None else [int(name) for name in os.listdir(self._proc) if name.isdigit()]
        found = set()
        for pid in pids:
            if self._look(pid):
                found.add(pid)
        looked = self.entries.keys() if only is None else self.entries.keys() & set(pids)
        for pid in looked - found:
            del self.entries[pid]
        for each in self.entries.values():
            if each.row is None:
                each.build(self.facts)  # not before: its parent may have come after it
        self.mute = {(pid, started) for pid, started in self.mute if (entry := self.entries.get(pid)) and entry.stat.started == started}

    def weigh(self, wanted: bool) -> None:
        """From the next reading on; what was read before is forgotten."""
        if self.pss != wanted:
            self.pss = wanted
            for entry in self.entries.values():
                entry.pss = entry.row = None

    def rows(self) -> list[Process]:
        """Of the newest reading; a row that is not different is the same object as before."""
        return [entry.row for entry in self.entries.values() if entry.row is not None]

    def _look(self, pid: int) -> bool:
        """Whether it lives."""
        line = self._file(pid, b"stat")
        entry = self.entries.get(pid)
        if entry is not None and line == entry.line:
            self._quiet(entry)
            return True
        read = parse_stat(line) if line else None
        if read is None:
            return False
        if entry is None or entry.stat.started != read.started:
            return self._meet(pid, line, read)
        renamed = entry.stat.name != read.name or entry.stat.state != read.state == State.ZOMBIE
        worked = read.ticks - entry.stat.ticks
        entry.cpu = self._share(worked, self._before)
        entry.follow(line, read, self.taken, self.facts.hertz)
        if renamed or entry.looks < YOUNG or self._due(pid):
            self._identify(entry)
        else:
            self._own(entry)
        if worked or entry.rates:
            self._rate(entry)
        if self.pss:
            self._weigh(entry)
        entry.looks += 1
        entry.build(self.facts)
        return True

    def _quiet(self, entry: Entry) -> None:
        """Nothing that the kernel tells of it in a line is different."""
        stale = entry.cpu or (entry.rates and any(entry.rates)) or (self.pss and entry.pss is None) or entry.row is None
        entry.cpu = 0.0
        if entry.rates is None and entry.io is not None:
            entry.rates, stale = (0, 0), True
        elif entry.rates and any(entry.rates):
            self._rate(entry)
        if self.pss and entry.pss is None:
            self._weigh(entry)
        if self._due(entry.pid):
            self._identify(entry)
            stale = True
        entry.looks += 1
        if stale:
            entry.build(self.facts)

    def _meet(self, pid: int, line: bytes, read: Stat) -> bool:
        entry = self.entries[pid] = Entry(pid, line, read, self.taken)
        self._identify(entry)
        self._rate(entry)
        if self.pss:
            self._weigh(entry)
        began = self.facts.micro(read.started)
        entry.cpu = self._share(read.ticks, began)
        entry.looks = 1
        return True

    def _share(self, ticks: int, since: int) -> float:
        """Percent of one processor, to a tenth."""
        took = self.taken - since
        return round(100_000_000 * ticks / self.facts.hertz / took, 1) if took > 0 and ticks > 0 else 0.0

    def _due(self, pid: int) -> bool:
        return (pid + self._turn) % ROTATION == 0

    def _identify(self, entry: Entry) -> None:
        self._own(entry, anew=True)
        argv: list[bytes] = entry.argv
        if entry.stat.kernel or entry.stat.state in NOTHING:
            argv = []
        elif self._readable(entry):
            argv = arguments(self._memory(entry.pid, b"cmdline", _LONGEST_ARGV))
        cgroup = None if entry.stat.kernel else parse_cgroup(self._file(entry.pid, b"cgroup"))
        entry.identify(argv, cgroup)

    def _own(self, entry: Entry, anew: bool = False) -> None:
        """The folder's owner is the effective user, whatever else is guarded."""
        try:
            owner = os.stat(b"%s/%d" % (self._proc, entry.pid))
        except OSError:
            return  # it ended meanwhile: the next reading tells
        if anew or (owner.st_uid, owner.st_gid) != (entry.uid, entry.gid):
            entry.uid, entry.gid = owner.st_uid, owner.st_gid
            # A service of root's has to ask itself what the kernel decides for others.
            entry.guarded = self._privileged and entry.uid != 0 and looker(b"%s/%d" % (self._proc, entry.pid)) != entry.uid

    def _readable(self, entry: Entry) -> bool:
        """What waits in the kernel may hold the lock of its memory, and whoever asks for that would wait too."""
        return entry.stat.state != State.BLOCKED and entry.key not in self.mute

    def _rate(self, entry: Entry) -> None:
        entry.rates = None
        if entry.stat.kernel or (not self._privileged and entry.uid != os.geteuid()):
            return
        counted = parse_io(self._file(entry.pid, b"io"))
        before, entry.io = entry.io, (*counted, self.taken) if counted else None
        if before and counted and self.taken > before[2]:
            took = self.taken - before[2]
            read, written = ((new - old) * 1_000_000 // took for new, old in zip(counted, before[:2], strict=True))
            entry.rates = (max(0, read), max(0, written))

    def _weigh(self, entry: Entry) -> None:
        if self._readable(entry) and not entry.stat.kernel and entry.stat.state not in NOTHING:
            entry.pss = kilobytes(parse_keys(self._memory(entry.pid, b"smaps_rollup", _SIZE)), b"Pss")

    def _memory(self, pid: int, name: bytes, limit: int) -> bytes:
        """A file that is read out of the process' own memory."""
        self.at = pid
        data = self._file(pid, name, limit)
        self.at = 0
        return data

    def _file(self, pid: int, name: bytes, limit: int = _SIZE) -> bytes:
        """Empty when it cannot be read: it ended, or is another's."""
        try:
            fd = os.open(b"%s/%d/%s" % (self._proc, pid, name), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return b""
        try:
            return os.read(fd, limit)
        except OSError:
            return b""
        finally:
            os.close(fd)

    def _set_facts(self) -> None:
        """Accounts when they are different, and when this boot was."""
        try:
            found = os.stat("/etc/passwd")
            passwd = found.st_mtime_ns, found.st_ino
        except OSError:
            passwd = (-1, 0)
        if passwd != self._passwd:
            self._passwd = passwd
            self.facts.accounts = {uid: name for name, uid in reversed(endpoint.accounts())}
        boot = self._wall() - self.taken
        if self.facts.boot is None or abs(boot - self.facts.boot) >= _SETTLED:
            self.facts.boot = boot
