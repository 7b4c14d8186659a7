"""What both live tables show, and how it changes: the same rows, the same texts, the same turns."""

import random
from collections.abc import Iterator, Sequence

import msgspec

from widgets.columns import Column, columns

VISIBLE = 22
"""Rows that the lower of the two tables shows on 24 lines."""
CHANGING = 0.05
"""Share of the rows that change in a second."""
KEY = ("name",)
FIELDS = (
    ("name", "str", "", "", None, "", ""),
    ("state", "str", "", "", None, "", ""),
    ("cpu", "f64", "", "%", None, "", ""),
    ("memory", "u64", "", "B", None, "", ""),
    ("restarts", "u32", "", "", None, "", ""),
)


class Unit(msgspec.Struct, frozen=True, gc=False):
    """A service as a list of them would show it; `cpu` in per cent, `memory` in bytes."""

    name: str
    state: str
    cpu: float
    memory: int
    restarts: int


def make(count: int) -> list[Unit]:
    """Always the same rows."""
    return [
        Unit(f"unit-{number:05}.service", "running", number % 100 + 0.5, 1_000_000 * (number % 900 + 1), number % 7)
        for number in range(count)
    ]


def shown() -> tuple[Column, ...]:
    """Laid out within 80 cells."""
    return columns(FIELDS)


def texts(unit: Unit, of: Sequence[Column]) -> list[str]:
    """What stands in its cells."""
    return [column.format(getattr(unit, column.name)) for column in of]


def turns(units: list[Unit], rate: float, everything: bool) -> Iterator[list[tuple[Unit, Unit]]]:
    """What changes from one tick to the next, as (before, after), with `rate` ticks a second and without end.

    Two cells each of CHANGING of the rows a second; with `everything` one cell of every row that is seen.
    """
    chance = random.Random(7)
    due = 0.0
    while True:
        due += len(units) * CHANGING / rate
        count, due = int(due), due % 1
        changed = range(min(VISIBLE, len(units))) if everything else sorted(chance.sample(range(len(units)), count))
        pairs = []
        for index in changed:
            before = units[index]
            memory = before.memory if everything else 1_000_000 * chance.randrange(1, 900)
            units[index] = msgspec.structs.replace(before, cpu=(before.cpu + chance.uniform(1, 99)) % 100, memory=memory)
            pairs.append((before, units[index]))
        yield pairs
