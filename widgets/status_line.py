"""The first line of every screen: which host this is, how it is, and who you are on it."""

from collections.abc import Sequence

from textual import events

from sutra_client.text import clip, width
from widgets.lines import Lines, Part, between


class StatusLine(Lines):
    """`tell` takes what stands left and right; words without a tone give way where the line is short."""

    DEFAULT_CSS = "StatusLine { height: 1; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._sides: tuple[Sequence[Part], Sequence[Part]] = ((), ())

    def tell(self, left: Sequence[Part], right: Sequence[Part]) -> None:
        self._sides = (left, right)
        if self.size.width:
            shown_left, shown_right = _yielding(left, right, self.size.width - 2)
            self.show([between(shown_left, [*shown_right, (" ", "")], self.size.width)])

    def on_resize(self, event: events.Resize) -> None:
        self.tell(*self._sides)


def _yielding(left: Sequence[Part], right: Sequence[Part], room: int) -> tuple[list[Part], list[Part]]:
    """Plain words of the left give way first, then those of the right, last what has a tone; what separates them stays."""
    parts: list[Part] = [(" ", ""), *left, *right]
    excess = sum(width(text) for text, _ in parts[1:]) - room
    words = [index for index, (text, _) in enumerate(parts) if text.strip()]
    for index in sorted(words, key=lambda index: (bool(parts[index][1]), index > len(left), -width(parts[index][0]))):
        text, tone = parts[index]
        if excess > 0:
            parts[index] = (clip(text, max(0, width(text) - excess)), tone)
            excess -= width(text) - width(parts[index][0])
    return parts[: len(left) + 1], parts[len(left) + 1 :]
