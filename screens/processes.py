"""Processes: everything that runs, for whom, and what it uses."""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, ClassVar

from screens.list_pane import ListPane
from screens.pane import Call
from screens.shell import Shell
from sutra_client import processes_text as words
from sutra_client.actions import Action
from sutra_client.events import Changed, Key, Removed, Snapshot
from sutra_client.gen.processes import Process, Processes
from sutra_client.gen.processes_table import TYPES
from sutra_client.json_text import Json
from widgets.columns import Column, columns
from widgets.lines import Part
from widgets.prose import Paragraph

_SHOWN = ("pid", "user", "state", "cpu", "memory", "pss", "threads", "command", "unit", "container", "read", "write", "since")
_WIDTHS = (
    ("pid", 5, 10),
    ("command", 24, 24),
    ("cpu", 6, 6),
    ("memory", 6, 6),
    ("user", 6, 10),
    ("state", 8, 8),
    ("threads", 4, 4),
    ("pss", 6, 6),
    ("unit", 16, 24),
    ("container", 12, 16),
    ("read", 8, 8),
    ("write", 8, 8),
    ("since", 8, 16),
)
"""(column, least, most) cells, what matters most first; the last ones show only where there is room."""


class ProcessesScreen(ListPane):
    """Takes the processes service."""

    NAME = "processes"
    TITLE = "Processes"
    KEY = ("pid", "started")
    SORT = ("cpu", True)
    TREE = "command"
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("open", "enter", "details", "open files, sockets, limits and memory of the process under the cursor"),
        Action("open", "d", "details", "the same", shown=False),
        Action("tree", "t", "tree", "each process below its parent, or all in one list; left and right fold"),
        Action("kernel", "K", "kernel", "the kernel's own threads too, or not"),
        Action("exact", "p", "pss", "memory with shared pages divided among those who share them; costs much reading", shown=False),
        Action("environment", "v", "environment", "the environment of this process, where you may see it; again hides it", shown=False),
    )

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._processes: Processes = shell.services.client("processes")
        self._kernel = False
        self._exact = False
        self._tree = False
        self._environment: Key | None = None
        self._by_pid: dict[int, Key] = {}

    def stream(self) -> AsyncIterator[Any]:
        return self._processes.processes(fields=["pss"] if self._exact else [], kernel=self._kernel or None)

    def columns(self) -> Sequence[Column]:
        found = {column.name: column for column in columns(TYPES["Process"], _SHOWN)}
        for priority, (name, least, most) in enumerate(_WIDTHS):
            found[name] = found[name]._replace(priority=priority, least=least, most=most, grow=name == "command")
        if not self._exact:
            del found["pss"]
        return tuple(found.values())

    def summary(self, rows: Iterable[Any]) -> Sequence[Part]:
        return [(words.summary(rows), "")]

    def tone(self, row: Any) -> str:
        return words.tone(row)

    def detail(self, row: Any) -> Sequence[Paragraph]:
        return [(" ", line) for line in words.headline(row, self.clock())]

    async def more(self, row: Any) -> Sequence[Paragraph]:
        process: Process = row
        wanted = self._environment == (process.pid, process.started)
        details = await self._processes.get(process.pid, process.started, wanted or None)
        return [(" ", line) for line in words.detail(details, self.clock())]

    def equivalent(self) -> Call:
        if self._opened and self.row is not None:
            wanted = self._environment == self.table.cursor_key
            return "processes", "show", {"pid": self.row.pid} | ({"environment": True} if wanted else {})
        args: dict[str, Json] = {"kernel": True} if self._kernel else {}
        return "processes", "list", args | ({"fields": ["pss"]} if self._exact else {})

    def take(self, event: Any) -> None:
        match event:
            case Snapshot(rows=rows) | Changed(rows=rows):
                self._by_pid.update((row.pid, (row.pid, row.started)) for row in rows)
            case Removed(keys=keys):
                for key in keys:
                    if self._by_pid.get(int(key[0])) == key:
                        del self._by_pid[int(key[0])]
        super().take(event)

    def action_tree(self) -> None:
        self._tree = not self._tree
        self.table.as_tree(self._above if self._tree else None)

    def _above(self, row: Any) -> Key | None:
        return self._by_pid.get(row.ppid)

    def action_kernel(self) -> None:
        self._kernel = not self._kernel
        self.watch_list()

    def action_exact(self) -> None:
        self._exact = not self._exact
        self.table.lay_out(self.columns())
        self.watch_list()

    def action_environment(self) -> None:
        shown = self._opened and self._environment == self.table.cursor_key
        self._environment = None if shown else self.table.cursor_key
        self.action_open()


SCREEN = ProcessesScreen
