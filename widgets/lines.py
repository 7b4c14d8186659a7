"""Lines of plain text in tones: what status, panes, keys, plots and notes are made of. Only a line that reads differently is painted."""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from sutra_client.text import clip, display, width

Part = tuple[str, str]
"""(text, tone); a tone is "" or one of strong, dim, ok, warning, error, accent."""
Line = tuple[Part, ...]

TONES = ("strong", "dim", "ok", "warning", "error", "accent")


def between(left: Sequence[Part], right: Sequence[Part], cells: int) -> Line:
    """`left`, and `right` at the other end; the left is cut when both do not fit."""
    room = cells - sum(width(text) for text, _ in right)
    parts: list[Part] = []
    for text, tone in left:
        cut = clip(text, max(0, room))
        room -= width(cut)
        parts.append((cut, tone))
    return (*parts, (" " * max(0, room), ""), *right)


class Lines(Widget):
    """`show` takes what is to be read; texts pass display() here, so that a caller cannot forget it."""

    COMPONENT_CLASSES = {f"lines--{tone}" for tone in TONES}
    DEFAULT_CSS = """
    Lines {
        height: auto;
        & > .lines--strong { text-style: bold; }
        & > .lines--dim { text-style: dim; }
        & > .lines--error { text-style: bold; }
    }
    """

    def __init__(self, lines: Sequence[Line] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: tuple[Line, ...] = _shown(lines)
        self._styles: dict[str, Style] = {}

    @property
    def text(self) -> str:
        """What is shown, without tones."""
        return "\n".join("".join(text for text, _ in line) for line in self._lines)

    def show(self, lines: Sequence[Line]) -> None:
        """Replace all lines; costs nothing where nothing changed."""
        before, self._lines = self._lines, _shown(lines)
        if len(before) != len(self._lines):
            self.refresh(layout=True)
            return
        for y, (old, new) in enumerate(zip(before, self._lines, strict=True)):
            if old != new:
                self.refresh(Region(0, y, self.size.width, 1))

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        room = self.size.width
        segments: list[Segment] = []
        for text, tone in self._lines[y] if y < len(self._lines) else ():
            cut = clip(text, room)
            room -= width(cut)
            segments.append(Segment(cut, self._style(tone)))
        segments.append(Segment(" " * room, self._style("")))
        return Strip(segments, self.size.width)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles.clear()

    def _style(self, tone: str) -> Style:
        if tone not in self._styles:
            self._styles[tone] = (
                self.rich_style + self.get_component_rich_style(f"lines--{tone}", partial=True) if tone else self.rich_style
            )
        return self._styles[tone]


def _shown(lines: Sequence[Line]) -> tuple[Line, ...]:
    return tuple(tuple((display(text), tone) for text, tone in line) for line in lines)
