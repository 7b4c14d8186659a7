"""Our live table on our driver; see bench.rows."""

import os
import sys

from textual.app import App, ComposeResult

from bench import rows
from sutra_client import terminal
from widgets.driver import TerminalDriver
from widgets.live_table import LiveTable


class Table(App[None]):
    def __init__(self, count: int, rate: float, everything: bool) -> None:
        facts = terminal.look(sys.stdout.fileno(), os.environ)
        super().__init__(driver_class=type("Driver", (TerminalDriver,), {"facts": facts}))
        self._rate = rate
        self._units = rows.make(count)
        self._turns = rows.turns(self._units, rate, everything)

    def compose(self) -> ComposeResult:
        yield LiveTable(rows.shown(), rows.KEY)

    def on_mount(self) -> None:
        table = self.query_one(LiveTable)
        table.load(self._units)
        table.focus()
        self.set_interval(1 / self._rate, self._turn)

    def _turn(self) -> None:
        self.query_one(LiveTable).change([after for _, after in next(self._turns)])
