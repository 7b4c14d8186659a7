"""Textual's DataTable on Textual's driver: `python -m bench.table_peer ROWS RATE some|all`; see bench.rows."""

import sys

from textual.app import App, ComposeResult
from textual.widgets import DataTable

from bench import rows


class Table(App[None]):
    def __init__(self, count: int, rate: float, everything: bool) -> None:
        super().__init__()
        self._rate = rate
        self._units = rows.make(count)
        self._turns = rows.turns(self._units, rate, everything)
        self._columns = rows.shown()

    def compose(self) -> ComposeResult:
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        for column in self._columns:
            table.add_column(column.title, key=column.name)
        for unit in self._units:
            table.add_row(*rows.texts(unit, self._columns), key=unit.name)
        table.focus()
        self.set_interval(1 / self._rate, self._turn)

    def _turn(self) -> None:
        table = self.query_one(DataTable)
        for before, after in next(self._turns):
            for column, old, new in zip(self._columns, rows.texts(before, self._columns), rows.texts(after, self._columns), strict=True):
                if old != new:
                    table.update_cell(after.name, column.name, new)


if __name__ == "__main__":
    Table(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3] == "all").run()
