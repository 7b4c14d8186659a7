"""The barrier for text that reaches a widget of Textual's without display(): no control character leaves a widget's line."""

from rich.cells import split_graphemes
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from widgets.cells import plain_cells


class Harmless(LineFilter):
    """Leaves out what has no width and puts what is harmless for what has, so that columns stay where they are."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [
            segment if segment.text.isprintable() else Segment(_harmless(segment.text), segment.style, segment.control)
            for segment in segments
        ]


def _harmless(text: str) -> str:
    return "".join("".join(plain_cells(text[start:end], cells)) for start, end, cells in split_graphemes(text)[0] if cells)
