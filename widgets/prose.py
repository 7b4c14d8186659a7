"""Sentences that are broken into lines where the room ends: help and details."""

from collections.abc import Sequence

from textual import events

from sutra_client.text import clip, display, fit, width
from widgets.lines import Line, Lines

Paragraph = tuple[str, str]
"""(label, text): the label stands out, and every line of the text begins to its right."""
_LEAST = 8
_LONGEST_TITLE = 28


def titled(pairs: Sequence[tuple[str, str]]) -> list[Paragraph]:
    """(title, text) of facts, the titles in a column of their own; those that are too long are cut."""
    shown = [display(title) for title, _ in pairs]
    room = min(_LONGEST_TITLE, max(map(width, shown), default=0))
    return [(f" {fit(title, room)} ", text) for title, (_, text) in zip(shown, pairs, strict=True)]


class Prose(Lines):
    """`tell` takes paragraphs; it is as high as they are in its width."""

    def __init__(self, paragraphs: Sequence[Paragraph] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._paragraphs = paragraphs

    def tell(self, paragraphs: Sequence[Paragraph]) -> None:
        self._paragraphs = paragraphs
        if self.size.width:
            self.show(_folded(paragraphs, self.size.width))
        else:
            self.refresh(layout=True)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        return len(_folded(self._paragraphs, width))

    def on_resize(self, event: events.Resize) -> None:
        self.show(_folded(self._paragraphs, event.size.width))


def _folded(paragraphs: Sequence[Paragraph], cells: int) -> list[Line]:
    lines: list[Line] = []
    for label, text in paragraphs:
        label = display(label)
        for number, piece in enumerate(fold(display(text), cells - width(label) - 1)):
            lines.append(((" " * width(label) if number else label, "accent"), (piece, "")))
    return lines


def fold(text: str, cells: int) -> list[str]:
    """Lines of at most `cells`, broken between words where that is possible."""
    cells = max(_LEAST, cells)
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        if line.strip() and width(line) + 1 + width(word) > cells:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
        while width(line) > cells:
            piece = clip(line, cells, "")
            lines.append(piece)
            line = line[len(piece) :]
    return [*lines, line]
