"""The command line at the foot of a screen: history by the arrows, completion by Tab."""

from collections.abc import Sequence

from textual.binding import Binding
from textual.message import Message
from textual.widgets import Input

from sutra_client.text import display


class Prompt(Input):
    """`history` is shared by all prompts, oldest first."""

    BINDINGS = [
        Binding("up", "earlier(-1)", "Earlier", show=False),
        Binding("down", "earlier(1)", "Later", show=False),
        Binding("tab", "complete", "Complete", show=False),
    ]

    class Asked(Message):
        """Tab: what could stand where the last word is?"""

        def __init__(self, prompt: "Prompt", line: str) -> None:
            super().__init__()
            self.prompt = prompt
            self.line = line

    class Entered(Message):
        """A whole line, not blank."""

        def __init__(self, line: str) -> None:
            super().__init__()
            self.line = line

    class Left(Message):
        """Esc, or an empty line."""

    def __init__(self, history: list[str], *, id: str | None = None) -> None:
        super().__init__(placeholder="NOUN VERB ...   tab completes, up goes back, esc leaves", select_on_focus=False, compact=True, id=id)
        self._history = history
        self._place = 0

    def ask(self) -> None:
        """Take the keys, for a new line."""
        self._place = len(self._history)
        self.value = ""
        self.focus()

    def offer(self, line: str, words: Sequence[str]) -> str:
        """Put what all candidates for the last word have in common; what there is to choose from is returned, for the person to read."""
        if self.value != line or not words:
            return "" if words else "nothing to complete"
        before = line[: len(line) - len(_last(line))]
        common = words[0] + " " if len(words) == 1 else _common(words)
        if len(before) + len(common) > len(line) or len(words) == 1:
            self.value = before + common
            self.cursor_position = len(self.value)
        return "" if len(words) == 1 else "  ".join(display(word) for word in words)

    def action_earlier(self, step: int) -> None:
        self._place = max(0, min(len(self._history), self._place + step))
        self.value = self._history[self._place] if self._place < len(self._history) else ""
        self.cursor_position = len(self.value)

    def action_complete(self) -> None:
        self.post_message(self.Asked(self, self.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        line = self.value.strip()
        if not line:
            self.post_message(self.Left())
            return
        if self._history[-1:] != [line]:
            self._history.append(line)
        self.post_message(self.Entered(line))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value == ":":
            self.post_message(self.Left())
            self.app.action_command_palette()


def _last(line: str) -> str:
    """The word that is being typed."""
    return line.rpartition(" ")[2]


def _common(words: Sequence[str]) -> str:
    """What all of them begin with."""
    first, last = min(words), max(words)
    same = next((index for index, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), min(len(first), len(last)))
    return first[:same]
