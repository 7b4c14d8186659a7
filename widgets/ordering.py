"""What rows are sorted by, and a list kept in that order while many of its entries move."""

from bisect import bisect_left, insort
from collections.abc import Iterable
from math import isnan
from re import Match
from re import compile as pattern

from sutra_client.events import Key
from sutra_client.text import value as shown

Rank = tuple[bool, float, str]
"""What rows are sorted by: unknown last, then the number, then the text."""
Entry = tuple[bool, float, str, int, Key]
"""A rank, the row's place among equals, and the row."""

_DIGITS = pattern("[0-9]+")
_UNKNOWN: Rank = (True, 0.0, "")
_LONGEST = 256
"""Characters of a text that decide its place."""
_FEW = 32
"""Moves that are made one by one; more are worth sorting anew, by how many entries there are."""


def rank(value: object) -> Rank:
    """Where a field's value stands among others of its field: numbers by size, texts without case and with their numbers by size."""
    if isinstance(value, str):
        return (False, 0.0, natural(str(value)))
    if isinstance(value, (int, float)):
        return _UNKNOWN if isinstance(value, float) and isnan(value) else (False, value, "")
    if value is None:
        return _UNKNOWN
    return (False, 0.0, natural(shown(value, "")))


def natural(text: str) -> str:
    """A text that sorts as people count: `eth2` before `eth10`, `B` with `b`."""
    text = text[:_LONGEST].casefold()
    return _DIGITS.sub(_counted, text)


def _counted(digits: Match[str]) -> str:
    number = digits.group().lstrip("0")
    return f"{len(number):03}{number}"


class Ordering:
    """Entries sorted upwards."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries = sorted(entries)

    def index(self, entry: Entry) -> int:
        return bisect_left(self.entries, entry)

    def move(self, gone: Iterable[Entry], come: Iterable[Entry]) -> None:
        """Take `gone` out, all of which are there, and `come` in."""
        out, into = list(gone), list(come)
        if len(out) + len(into) > _FEW + len(self.entries) // 32:
            left = {entry[4] for entry in out}
            self.entries = [entry for entry in self.entries if entry[4] not in left]
            self.entries += into
            self.entries.sort()
            return
        for entry in out:
            del self.entries[bisect_left(self.entries, entry)]
        for entry in into:
            insort(self.entries, entry)
