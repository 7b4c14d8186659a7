"""Lines of text that are longer and more than a screen holds: they scroll both ways, and new ones can arrive at any time."""

from collections import deque

from rich.segment import Segment
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from sutra_client.text import clip, display, width

MOST_LINES = 10_000
"""Older ones are dropped, and that is said in the first line."""
_STEP = 8


class TextView(ScrollView, can_focus=True):
    """Stays at the end while the end is in sight. Texts pass display() here."""

    BINDINGS = [
        Binding("up,k", "go(0, -1)", "Up", show=False),
        Binding("down,j", "go(0, 1)", "Down", show=False),
        Binding("left,h", f"go(-{_STEP}, 0)", "Left", show=False),
        Binding("right,l", f"go({_STEP}, 0)", "Right", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown,space", "page(1)", "Page down", show=False),
        Binding("home", "edge(0)", "First", show=False),
        Binding("end", "edge(1)", "Last", show=False),
    ]
    DEFAULT_CSS = "TextView { height: 1fr; scrollbar-size: 0 0; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self._dropped = 0
        self._widest = 0

    @property
    def lines(self) -> list[str]:
        return list(self._lines)

    def add(self, lines: list[str]) -> None:
        """Lines as they came, without their ends."""
        if not lines:
            return
        at_end = self.scroll_offset.y >= len(self._lines) - self.size.height
        first = len(self._lines) == 0
        shown = [display(line.expandtabs()) for line in lines]
        self._dropped += max(0, len(self._lines) + len(shown) - MOST_LINES)
        self._lines.extend(shown)
        self._widest = max(self._widest, *(width(line) for line in shown))
        self.virtual_size = Size(self._widest, len(self._lines))
        if at_end and not first:
            self.scroll_to(y=len(self._lines), animate=False)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        left, top = self.scroll_offset
        line = self._lines[top + y] if top + y < len(self._lines) else ""
        if self._dropped and top + y == 0:
            line = f"({self._dropped} earlier lines are not kept)"
        shown = clip(_from(line, left), self.size.width)
        return Strip([Segment(shown + " " * (self.size.width - width(shown)), self.rich_style)], self.size.width)

    def action_go(self, x: int, y: int) -> None:
        self.scroll_relative(x=x, y=y, animate=False)

    def action_page(self, pages: int) -> None:
        self.scroll_relative(y=pages * max(1, self.size.height - 1), animate=False)

    def action_edge(self, last: int) -> None:
        self.scroll_to(x=0, y=self.max_scroll_y if last else 0, animate=False)

    def watch_scroll_x(self, old: float, new: float) -> None:
        super().watch_scroll_x(old, new)
        self.refresh(Region(0, 0, *self.size))


def _from(line: str, cells: int) -> str:
    """What is left of a line after its first cells; a wide character that is cut becomes a space."""
    if line.isascii():
        return line[cells:]
    used = 0
    for index, char in enumerate(line):
        if used >= cells:
            return " " * (used - cells) + line[index:]
        used += width(char)
    return ""
