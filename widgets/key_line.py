"""The last line: the keys of this screen, made from its actions."""

from collections.abc import Iterable

from textual import events

from sutra_client.actions import Action, footer
from widgets.lines import Lines, Part, between


class KeyLine(Lines):
    """Keys that do not fit are in the help."""

    DEFAULT_CSS = "KeyLine { height: 1; }"

    def __init__(self, actions: Iterable[Action], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._keys = footer(actions)

    def on_resize(self, event: events.Resize) -> None:
        left: list[Part] = []
        for key, label in self._keys[:-1]:
            left += [(f" {key} ", "accent"), (f"{label}  ", "")]
        key, label = self._keys[-1]
        self.show([between(left, [(f"{key} ", "accent"), (f"{label} ", "")], event.size.width)])
