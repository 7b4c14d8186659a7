"""The second line: the panes there are, each with its key, and which of them this is."""

from collections.abc import Sequence
from typing import NamedTuple

from textual import events

from widgets.lines import Lines, Part

WIDE = 110
"""Columns from which there is room for full names, and for details beside a list."""


class Pane(NamedTuple):
    """One pane: its digit, its name where room is short, and its full name."""

    key: str
    short: str
    full: str


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
            name = pane.full if event.size.width >= WIDE else pane.short
            here = pane.key == self._current
            parts += [(" ", ""), (f"[{pane.key} {name}]" if here else f"{pane.key} {name}", "strong" if here else "dim")]
        self.show([tuple(parts)])
