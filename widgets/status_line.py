"""The first line of every screen: which host this is, how it is, and who you are on it."""

from collections.abc import Sequence

from textual import events

from sutra_client.text import clip, width
from widgets.lines import Lines, Part, between


class StatusLine(Lines):
    """`tell` takes what stands left and right; the left gives way where the line is short."""

    DEFAULT_CSS = "StatusLine { height: 1; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._sides: tuple[Sequence[Part], Sequence[Part]] = ((), ())

    def tell(self, left: Sequence[Part], right: Sequence[Part]) -> None:
        self._sides = (left, right)
        if self.size.width:
            self.show([between(_yielding(left, right, self.size.width - 2), [*right, (" ", "")], self.size.width)])

    def on_resize(self, event: events.Resize) -> None:
        self.tell(*self._sides)


def _yielding(left: Sequence[Part], right: Sequence[Part], room: int) -> list[Part]:
    """Plain words give way first, what has a tone last."""
    parts: list[Part] = [(" ", ""), *left]
    excess = sum(width(text) for text, _ in (*left, *right)) - room
    for index in sorted(range(1, len(parts)), key=lambda index: (bool(parts[index][1]), -width(parts[index][0]))):
        text, tone = parts[index]
        if excess > 0:
            parts[index] = (clip(text, max(0, width(text) - excess)), tone)
            excess -= width(text) - width(parts[index][0])
    return parts
