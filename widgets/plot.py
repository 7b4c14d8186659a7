"""One measured thing in one line: its name, a picture of the last minutes, and what it is now in words."""

from collections.abc import Sequence

from textual import events

from sutra_client.plot import sparkline
from widgets.lines import Lines

_NAME = 7
_NARROW, _WIDE = 20, 140
_ROOM_FOR_TEXT = 53


class Plot(Lines):
    """`top` is the value that fills the picture; without one it grows with what is seen."""

    DEFAULT_CSS = "Plot { height: 1; }"
    CELLS = _WIDE
    """Values that the widest picture shows."""

    def __init__(self, name: str, blocks: str, top: float | None = None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._name = name
        self._blocks = blocks
        self._top = top
        self._values: Sequence[float | None] = ()
        self._words = ""

    @staticmethod
    def cells(room: int) -> int:
        """How many values the picture shows in a line of so many cells."""
        return max(_NARROW, min(_WIDE, room - _NAME - _ROOM_FOR_TEXT))

    def tell(self, values: Sequence[float | None], words: str) -> None:
        """The values to picture, oldest first, and the newest in words."""
        self._values, self._words = values, words
        self._draw()

    def on_resize(self, event: events.Resize) -> None:
        self._draw()

    def _draw(self) -> None:
        cells = self.cells(self.size.width)
        picture = sparkline(self._values, cells, self._blocks, self._top)
        self.show([((f" {self._name:<{_NAME - 1}}", "dim"), (picture, "accent"), (f"  {self._words}", ""))])
