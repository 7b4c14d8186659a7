"""The last lines that a unit wrote, for its details."""

from collections import deque
from collections.abc import Sequence
from typing import Any

from sutra_client import logs_text as words
from sutra_client.errors import SutraError
from sutra_client.events import Lost, Records, Stale
from sutra_client.gen.logs import Record
from sutra_client.text import clip
from widgets.prose import Paragraph

LINES = 5
_LONGEST = 140
"""Characters of a line that are shown; the logs have all of it."""


class Tail:
    """Takes the events of a followed log. What goes wrong with the log is a line of it."""

    def __init__(self, reason: str = "") -> None:
        """`reason` is why there are no lines, where that is known from the start."""
        self._records: deque[Record] = deque(maxlen=LINES)
        self._reason = reason
        self._known = False
        self._anew = True

    def take(self, event: Any) -> None:
        """What was followed before a break comes again after it."""
        match event:
            case Records(rows=rows):
                if self._anew:
                    self._records.clear()
                self._records.extend(rows)
                self._known, self._anew, self._reason = True, False, ""
            case Stale(reason=reason):
                self._anew, self._reason = True, f"not followed at the moment: {reason}"
            case Lost(count=count):
                self._reason = f"{count} lines were too fast to be read"

    def failed(self, error: SutraError) -> None:
        """There will be no more lines."""
        self._reason = error.message

    def paragraphs(self) -> Sequence[Paragraph]:
        """Nothing as long as nothing is known."""
        lines = [(f" {words.clock(record)[:8]} ", clip(words.message(record).partition("\n")[0], _LONGEST)) for record in self._records]
        if self._reason:
            lines.append((" log      ", self._reason))
        elif self._known and not lines:
            lines.append((" log      ", "it has written nothing"))
        return lines
