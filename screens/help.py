"""Help for one pane: its keys and its text, searchable by typing."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input

from sutra_client.actions import Action, help_lines
from widgets.lines import Line, Lines


class HelpScreen(ModalScreen[None]):
    """`text` is the pane's help file; each typed word narrows keys and text to the lines that have it."""

    BINDINGS = [Binding("escape", "dismiss", "Back", show=False)]
    DEFAULT_CSS = """
    HelpScreen {
        & > VerticalScroll { scrollbar-size: 0 0; }
    }
    """

    def __init__(self, actions: Sequence[Action], text: str) -> None:
        super().__init__()
        self._actions = actions
        self._text = text

    def compose(self) -> ComposeResult:
        yield Input(placeholder="type to search, esc to go back", select_on_focus=False, compact=True)
        with VerticalScroll(can_focus=False):
            yield Lines(self._lines(""))

    def on_input_changed(self, event: Input.Changed) -> None:
        self.query_one(Lines).show(self._lines(event.value))

    def _lines(self, search: str) -> list[Line]:
        keys: list[Line] = [((f" {key:<8}", "accent"), (what, "")) for key, what in help_lines(self._actions, search)]
        found = [line for line in self._text.splitlines() if all(word in line.lower() for word in search.lower().split())]
        if not keys and not found:
            return [((" nothing has all of these words", "dim"),)]
        return [*keys, (("", ""),), *(((f" {line}", ""),) for line in found)]
