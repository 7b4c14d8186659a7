"""Columns of a table: made from a generated field list, and laid out for a width."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from sutra_client import text

Field = tuple[str, str, str, str, object, str, str]
"""(name, type, doc, unit, default, title, flags) as the generated tables have it."""

_GAP = 2
_LONGEST = 1000
"""Cells that the content of a column that grows is measured up to."""
_NUMBERS = ("int", "u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "f32", "f64", "duration", "time")


class Column(NamedTuple):
    """One column. `least` and `most` bound its width in cells; the highest `priority` goes first where room is short.

    A column that `grows` takes what the others leave, as far as its content reaches. `tone` of a value is error, warning, ok, accent, dim
    or none, and only repeats what the cell says. `kind` and `unit` are those of the schema field, for filters.
    """

    name: str
    title: str
    format: Callable[[object], str]
    right: bool = False
    least: int = 1
    most: int = 40
    priority: int = 0
    grow: bool = False
    tone: Callable[[object], str] | None = None
    kind: str = ""
    unit: str = ""

    @property
    def widest(self) -> int:
        """Cells beyond which its content need not be measured."""
        return max(self.most, _LONGEST) if self.grow else self.most


def columns(fields: Iterable[Field], chosen: Sequence[str] = ()) -> tuple[Column, ...]:
    """The columns of a generated type: those not `wide`, or the `chosen` in their order; earlier ones matter more."""
    known = {field[0]: field for field in fields}
    names = chosen or [name for name, field in known.items() if "wide" not in field[6].split()]
    return tuple(_column(known[name], index) for index, name in enumerate(names))


def _column(field: Field, index: int) -> Column:
    name, kind, _, unit, _, title, _ = field
    bare = kind.rstrip("?")
    number = bare in _NUMBERS
    return Column(
        name=name,
        title=title or name.replace("_", " "),
        format=lambda value: text.value(value, bare, unit),
        right=number,
        least=8 if bare == "time" else 4 if number else 6,
        most=12 if number else 48,
        priority=index,
        kind=kind,
        unit=unit,
    )


def layout(all_columns: Sequence[Column], natural: Sequence[int], room: int) -> list[tuple[int, int, int]]:
    """(column index, x, width) of those that fit into `room` cells.

    `natural` is how wide each column's content is. Those with the most to give are narrowed first, down to `least`; where that is not
    enough, the columns that matter least are left out. What is left goes to the columns that grow, in their order.
    """
    shown = sorted(range(len(all_columns)), key=lambda index: all_columns[index].priority)
    widths = {index: max(all_columns[index].least, min(all_columns[index].most, natural[index])) for index in shown}
    while shown and sum(all_columns[index].least for index in shown) + _GAP * (len(shown) - 1) > room:
        shown.pop()
    excess = sum(widths[index] for index in shown) + _GAP * (len(shown) - 1) - room
    for index in sorted(shown, key=lambda index: widths[index] - all_columns[index].least, reverse=True):
        if excess > 0:
            given = min(excess, widths[index] - all_columns[index].least)
            widths[index] -= given
            excess -= given
    for index in shown:
        if excess < 0 and all_columns[index].grow:
            taken = min(-excess, max(0, natural[index] - widths[index]))
            widths[index] += taken
            excess += taken
    placed = []
    x = 0
    for index in sorted(shown):
        placed.append((index, x, widths[index]))
        x += widths[index] + _GAP
    return placed
