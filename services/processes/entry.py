"""One process between two readings: what was read of it, and the row that this makes."""

from collections.abc import Mapping

from services.core.tree import shown
from services.processes import belonging
from services.processes.belonging import Belonging
from services.processes.stat import Stat
from sutra_client.gen.processes import Process, State

NOTHING = State.ZOMBIE, State.DEAD
"""States of what has ended: there is nothing in it to read."""
LONGEST = 4096
"""Bytes of its arguments that a row shows."""
BUSY = 0.9
"""Share of a processor from which a process counts as busy."""
_ANCESTORS = 8
"""Generations above a process among which its supervisor is looked for."""


class Entry:
    """Held by a Scan for as long as the process lives."""

    __slots__ = (
        "argv",
        "belongs",
        "busy",
        "cgroup",
        "cpu",
        "gid",
        "guarded",
        "io",
        "line",
        "looks",
        "pid",
        "pss",
        "rates",
        "row",
        "stat",
        "still",
        "uid",
    )

    def __init__(self, pid: int, line: bytes, read: Stat, now: int) -> None:
        self.pid = pid
        self.line = line
        self.stat = read
        self.uid = 0
        self.gid = 0
        self.argv: list[bytes] = []
        self.cgroup: str | None = None
        self.belongs = Belonging()
        self.guarded = True
        """Whether its own user may not look into it either."""
        self.cpu = 0.0
        self.io: tuple[int, int, int] | None = None
        """Bytes read, bytes written, and the boottime of that reading."""
        self.rates: tuple[int, int] | None = None
        self.pss: int | None = None
        self.looks = 0
        """Readings so far in which it was found."""
        self.still = now
        """Boottime since which it has been in the same state and has done nothing."""
        self.busy = (now, read.ticks)
        """Boottime and ticks since which it has kept a processor busy."""
        self.row: Process | None = None

    @property
    def key(self) -> tuple[int, int]:
        return self.pid, self.stat.started

    def identify(self, argv: list[bytes], cgroup: str | None) -> None:
        """What a process is called and belongs to."""
        self.argv = argv
        if cgroup != self.cgroup or not self.looks:
            self.cgroup = cgroup
            self.belongs = belonging.of_cgroup(cgroup) if cgroup else Belonging()

    def unit(self, entries: Mapping[int, "Entry"]) -> str | None:
        """By control group, else by a supervisor among its ancestors."""
        if self.belongs.unit is not None:
            return self.belongs.unit
        parent = entries.get(self.stat.ppid)
        for _ in range(_ANCESTORS):
            if parent is None or parent.pid == 1:
                return None
            found = belonging.supervised(shown(parent.stat.name), parent.argv)
            if found is not None:
                return found
            parent = entries.get(parent.stat.ppid)
        return None

    def command(self) -> str:
        """One line for people."""
        if not self.argv or self.stat.kernel:
            return f"[{shown(self.stat.name)}]"
        return shown(b" ".join(self.argv)[:LONGEST])

    def build(self, facts: "Facts") -> Process:
        """The present row: the same object as before where nothing in it is different."""
        read = self.stat
        own = self.rates if not self.guarded else None
        row = Process(
            self.pid,
            facts.user(self.uid),
            read.state,
            self.cpu,
            read.pages * facts.page,
            read.threads,
            self.command(),
            shown(read.name),
            self.uid,
            self.gid,
            read.ppid,
            read.started,
            read.kernel,
            read.priority,
            read.nice,
            read.virtual,
            facts.micro(read.ticks),
            facts.boot + facts.micro(read.started) if facts.boot is not None else None,
            read.tty,
            own[0] if own else None,
            own[1] if own else None,
            None if self.guarded else self.pss,
            self.cgroup,
            self.unit(facts.entries),
            self.belongs.container,
            self.belongs.app or belonging.of_program(self.argv),
        )
        if self.row is None or row != self.row:
            self.row = row
        return self.row

    def follow(self, line: bytes, read: Stat, now: int, hertz: int) -> None:
        """A later reading, which is not the one before."""
        old, self.stat, self.line = self.stat, read, line
        if read.state != old.state or read.ticks != old.ticks:
            self.still = now
        since, ticks = self.busy
        if not now > since or (read.ticks - ticks) * 1_000_000 < BUSY * (now - since) * hertz:
            self.busy = (now, read.ticks)


class Facts:
    """What all rows of a reading share."""

    def __init__(self, entries: Mapping[int, Entry], accounts: Mapping[int, str], hertz: int, page: int) -> None:
        self.entries = entries
        self.page = page
        self.hertz = hertz
        self.boot: int | None = None
        """Wall time of boot, unix microseconds; None while the clock was never set."""
        self.accounts = accounts

    def user(self, uid: int) -> str:
        return self.accounts.get(uid) or str(uid)

    def micro(self, ticks: int) -> int:
        return ticks * 1_000_000 // self.hertz
