"""Why a pane is empty, old or wrong: said where it belongs, gone when it no longer holds."""

from collections.abc import Sequence

from textual import events

from sutra_client.errors import UNSUPPORTED, SutraError
from sutra_client.text import display, moment
from widgets.lines import Line, Lines, Part
from widgets.prose import fold


class Note(Lines):
    """Takes no room while there is nothing to say; what is longer than a line is folded, never cut."""

    DEFAULT_CSS = "Note { max-height: 50%; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._said: Sequence[Part] = ()

    def stale(self, since: int, reason: str, now: float | None = None) -> None:
        """The stream is down since unix microseconds; what is shown below is what was last known."""
        self._say([(f"stale since {moment(since, now)}, connecting again: {reason}", "warning")])

    def waiting(self, since: int, what: str, now: float | None = None) -> None:
        """Nothing came yet of what was asked for at that time."""
        self._say([_waits(since, what, now)])

    def failed(self, error: SutraError) -> None:
        """What went wrong, and what to do."""
        self._say([(error.message, "error"), (error.hint, "dim")])

    def explained(self, error: SutraError) -> None:
        """Why there is nothing to show on this host: one line for each thing that was looked for, and what would make it work."""
        self._say([*((part.strip(), "") for part in error.message.split(";")), (error.hint, "dim")])

    def several(self, problems: Sequence[SutraError], since: int, awaited: str, now: float | None = None) -> None:
        """Of several services each one's own: what this host does not have is explained, in one sentence; what went wrong is an error.

        Those in `awaited`, empty for none, said nothing since then.
        """
        waits = [_waits(since, awaited, now)] if awaited else []
        self._say([*(part for error in problems for part in _told(error)), *waits])

    def clear(self) -> None:
        self._say([])

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        return len(self._folded(width))

    def on_resize(self, event: events.Resize) -> None:
        self._say(self._said)

    def _say(self, paragraphs: Sequence[Part]) -> None:
        self._said = paragraphs
        self.show(self._folded(self.size.width or self.app.size.width))

    def _folded(self, cells: int) -> list[Line]:
        return [((" ", ""), (piece, tone)) for text, tone in self._said if text for piece in fold(display(text), cells - 2)]


def _told(error: SutraError) -> list[Part]:
    return [(error.message, "" if error.code == UNSUPPORTED else "error"), (error.hint, "dim")]


def _waits(since: int, what: str, now: float | None) -> Part:
    return f"waiting since {moment(since, now)} for {what}", "warning"
