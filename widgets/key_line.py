"""The last line: the keys of this screen, made from its actions."""

from collections.abc import Iterable, Sequence

from textual import events

from sutra_client.actions import Action, footer
from sutra_client.text import width
from widgets.lines import Lines, Part, between

Hint = tuple[str, str]
"""(key, label)."""


class KeyLine(Lines):
    """Keys that do not fit are in the help."""

    DEFAULT_CSS = "KeyLine { height: 1; }"

    def __init__(self, actions: Iterable[Action], *, filters: bool = False, above: bool = False, id: str | None = None) -> None:
        """`filters`: there is a list that `/` narrows. `above`: Esc goes back to another screen."""
        super().__init__(id=id)
        self._keys = footer(actions, filters, above)

    def on_resize(self, event: events.Resize) -> None:
        *left, last = fitting(self._keys, event.size.width)
        parts: list[Part] = []
        for key, label in left:
            parts += [(f" {key} ", "accent"), (f"{label}  ", "")]
        self.show([between(parts, [(f"{last[0]} ", "accent"), (f"{last[1]} ", "")], event.size.width)])


def fitting(hints: Sequence[Hint], cells: int) -> list[Hint]:
    """Whole hints only. The last, how to leave, always stays; the palette goes first, then the screen's own from their end, then help."""
    kept = list(hints)
    while len(kept) > 1 and sum(width(f" {key} {label}  ") for key, label in kept) - 2 > cells:
        palette = next((hint for hint in kept if hint[1] == "palette"), None)
        kept.remove(palette if palette else kept[-3] if len(kept) > 2 else kept[0])
    return kept
