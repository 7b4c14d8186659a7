"""Processes made of files, for a Scan whose clock a test holds."""

import shutil
from pathlib import Path

from planted import plant
from services.core.tree import Tree
from services.processes.scan import Scan

STARTED = 500
SECOND = 1_000_000


def line(pid: int, name: bytes = b"cat", state: str = "S", ppid: int = 1, ticks: int = 0, started: int = STARTED, **more: int) -> bytes:
    """A line of stat; `more` are flags and pages."""
    fields = f"{state} {ppid} 0 0 0 -1 {more.get('flags', 0)} 0 0 0 0 {ticks} 0 0 0 20 0 1 0 {started} 4096000 {more.get('pages', 10)} 1 1"
    return b"%d (%s) %s\n" % (pid, name, fields.encode())


class Host:
    """Its processes, and the Scan that reads them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.now = 100 * SECOND
        self.put(1, line(1, b"init", ppid=0), b"/sbin/init\0", b"0::/init.scope\n")
        self.scan = Scan(Tree(str(root)), clock=lambda: self.now, now=lambda: 10**15 + self.now)

    def put(self, pid: int, stat: bytes, argv: bytes | None = None, cgroup: bytes | None = None) -> None:
        """A process begins or is different; arguments and group stay where they are not given."""
        files = {"stat": stat, "cmdline": argv, "cgroup": cgroup}
        plant(self.root, {f"/proc/{pid}/{name}": data for name, data in files.items() if data is not None})
        plant(self.root, {"/proc/stat": "btime 0\n"})

    def end(self, pid: int) -> None:
        shutil.rmtree(self.root / f"proc/{pid}")

    def read(self, after: float = 2.0) -> None:
        """A reading, so many seconds after the one before."""
        self.now += round(after * SECOND)
        self.scan.read()
