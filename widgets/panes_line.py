"""The second line: the panes there are, each with its key, and which of them this is."""

from collections.abc import Sequence

from textual import events

from sutra_client.text import width
from widgets.lines import Lines, Part
from widgets.pane import Pane

WIDE = 110
"""Columns from which there is room for full names, and for details beside a list."""


class PanesLine(Lines):
    """Full names from 110 columns."""

    DEFAULT_CSS = "PanesLine { height: 1; }"

    def __init__(self, panes: Sequence[Pane], current: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._panes = tuple(panes)
        self._current = current

    def on_resize(self, event: events.Resize) -> None:
        wide = event.size.width >= WIDE
        parts: list[Part] = []
        for label, here in _fitting(self._panes, self._current, wide, event.size.width):
            parts += [(" ", ""), (label, "strong" if here else "dim")]
        self.show([tuple(parts)])


def _fitting(panes: Sequence[Pane], current: str, wide: bool, cells: int) -> list[tuple[str, bool]]:
    """Labels, and which is this pane's. Where room is short those farthest from it keep their key alone, then go; it always stays."""
    shown = [pane for pane in panes if pane.key or pane.name == current]  # the others are reached by name
    at = next((index for index, pane in enumerate(shown) if pane.name == current), 0)
    labels = {index: f"{pane.key} {pane.full if wide else pane.short}".strip() for index, pane in enumerate(shown)}
    labels[at] = f"[{labels[at]}]"
    farthest = sorted((index for index in labels if index != at), key=lambda index: -abs(index - at))
    for change in (lambda index: labels.update({index: shown[index].key}), labels.pop):
        for index in farthest:
            if sum(width(label) + 1 for label in labels.values()) > cells:
                change(index)
    return [(label, index == at) for index, label in labels.items()]
