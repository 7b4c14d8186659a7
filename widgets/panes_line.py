"""The second line: the panes there are, each with its key, and which of them this is."""

from collections.abc import Sequence
from typing import NamedTuple

from textual import events

from widgets.lines import Lines, Part

WIDE = 110
"""Columns from which there is room for full names, and for details beside a list."""


class Pane(NamedTuple):
    """One pane: its digit, its name where room is short, its full name, and what the program calls it."""

    key: str
    short: str
    full: str
    name: str


class PanesLine(Lines):
    """Full names from 110 columns."""

    DEFAULT_CSS = "PanesLine { height: 1; }"

    def __init__(self, panes: Sequence[Pane], current: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._panes = tuple(panes)
        self._current = current

    def on_resize(self, event: events.Resize) -> None:
        parts: list[Part] = []
        for pane in self._panes:
            here = pane.name == self._current
            if not (pane.key or here):
                continue  # reached by name
            label = f"{pane.key} {pane.full if event.size.width >= WIDE else pane.short}".strip()
            parts += [(" ", ""), (f"[{label}]" if here else label, "strong" if here else "dim")]
        self.show([tuple(parts)])
