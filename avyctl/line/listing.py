"""A list on paper: rows that pass a filter, sorted, each with the number by which it is asked for."""

from avyctl.line.source import Row
from sutra_client import row_filter
from sutra_client.errors import INVALID, SutraError
from sutra_client.json_text import Json
from sutra_client.schema import Field, Schema
from sutra_client.suggest import unknown
from sutra_client.tabular import GAP, Table
from widgets.columns import columns


class Listing:
    """Numbers are those of `shown`, from 1; they stay until the list is read, filtered or sorted again."""

    def __init__(self, schema: Schema, kind: str, fields: list[Field]) -> None:
        self.shown: list[Row] = []
        self.filter = ""
        self.fields = fields
        self._passes = row_filter.compile("", ())
        self._rows: list[Row] = []
        self._all = schema.fields(kind)
        self._order: tuple[str, bool] | None = None

    def load(self, rows: list[Row]) -> None:
        self._rows = rows
        self._arrange()

    def filter_by(self, text: str) -> None:
        """Raises SutraError INVALID; what was in force then stays. Empty takes the filter away."""
        self._passes = row_filter.compile(text, columns(self.fields))
        self.filter = text
        self._arrange()

    def sort_by(self, name: str, descending: bool) -> None:
        """By a field of the rows, shown or not, by its name or title; empty is the order of the service. Raises SutraError INVALID."""
        if not name:
            self._order = None
        else:
            names = {title or field: field for field, _, _, _, _, title, _ in self._all.values()} | {field: field for field in self._all}
            if name not in names:
                raise SutraError(INVALID, *unknown("field to sort by", name, names))
            self._order = names[name], descending
        self._arrange()

    def passes(self, row: Row) -> bool:
        return self._passes(row)

    def lines(self, room: int) -> list[str]:
        """Titles, then numbered rows. A column in which nothing is known of any row is left out."""
        digits = max(len(str(len(self.shown))), 2)
        fields = [field for field in self.fields if any(row.get(field[0]) not in (None, []) for row in self.shown)]
        table = Table(fields, max(room - digits - GAP, 1) if room else 0)
        cells = table.columns(list(self.shown))
        table.measure(cells, legend=True)
        lines = [f"{number:{digits}}{'':{GAP}}{line}" for number, line in enumerate(table.lines(cells), 1)]
        return [f"{'':{digits + GAP}}{table.legend()}", *lines, *self._count()] if lines else self._count()

    def _count(self) -> list[str]:
        if not self._rows:
            return ["There are none."]
        if self.filter:
            return [f"{len(self.shown) or 'none'} of {len(self._rows)} pass the filter {self.filter}"]
        return []

    def _arrange(self) -> None:
        self.shown = [row for row in self._rows if self._passes(row)]
        if self._order is None:
            return
        name, descending = self._order
        known = sorted((row for row in self.shown if row.get(name) is not None), key=lambda row: _rank(row[name]), reverse=descending)
        self.shown = [*known, *(row for row in self.shown if row.get(name) is None)]


def _rank(value: Json) -> tuple[float, str]:
    """Numbers by their size, all else by its text."""
    return (float(value), "") if isinstance(value, int | float) else (0.0, str(value).casefold())
