"""Why a pane is empty, old or wrong: said where it belongs, gone when it no longer holds."""

from sutra_client.errors import SutraError
from sutra_client.text import moment
from widgets.lines import Lines


class Note(Lines):
    """Takes no room while there is nothing to say."""

    def stale(self, since: int, reason: str, now: float | None = None) -> None:
        """The stream is down since unix microseconds; what is shown below is what was last known."""
        self.show([((" stale since ", "warning"), (moment(since, now), "warning"), (f", connecting again: {reason}", ""))])

    def waiting(self, since: int, what: str, now: float | None = None) -> None:
        """Nothing came yet of what was asked for at that time."""
        self.show([((" waiting since ", "warning"), (moment(since, now), "warning"), (f" for {what}", ""))])

    def failed(self, error: SutraError) -> None:
        """What went wrong, and what to do."""
        self.show([((" ", ""), (error.message, "error")), *([((f" {error.hint}", "dim"),)] if error.hint else [])])

    def clear(self) -> None:
        self.show([])
