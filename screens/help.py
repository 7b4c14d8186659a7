"""Help for one pane: its keys and its text, to be scrolled and searched."""

import re
from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input

from sutra_client.actions import Action, help_lines
from widgets.prose import Paragraph, Prose

_LABELLED = re.compile(r"(\S+ {2,})(\S.*)")


class HelpScreen(ModalScreen[None]):
    """`text` is the pane's help file; each word of the search narrows keys and text to the lines that have it."""

    AUTO_FOCUS = ""
    BINDINGS = [
        Binding("escape,q,question_mark", "step_back", "Back", show=False),
        Binding("slash", "search", "Search", show=False),
        Binding("up,k", "scroll(-1)", "Up", show=False),
        Binding("down,j", "scroll(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown,space", "page(1)", "Page down", show=False),
        Binding("home", "edge(0)", "First", show=False),
        Binding("end", "edge(1)", "Last", show=False),
    ]
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
        yield Input(placeholder="arrows PgUp PgDn scroll, / searches, esc goes back", select_on_focus=False, compact=True)
        with VerticalScroll(can_focus=False):
            yield Prose(self._paragraphs(""))

    def on_input_changed(self, event: Input.Changed) -> None:
        self.query_one(Prose).tell(self._paragraphs(event.value))

    def on_input_submitted(self) -> None:
        self.set_focus(None)

    def action_step_back(self) -> None:
        """From the search to the text, from the text to the pane."""
        search = self.query_one(Input)
        if search.has_focus or search.value:
            search.value = ""
            self.set_focus(None)
        else:
            self.dismiss()

    def action_search(self) -> None:
        self.query_one(Input).focus()

    def action_scroll(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_page(self, pages: int) -> None:
        text = self.query_one(VerticalScroll)
        text.scroll_relative(y=pages * max(1, text.size.height - 1), animate=False)

    def action_edge(self, last: int) -> None:
        text = self.query_one(VerticalScroll)
        text.scroll_to(y=text.max_scroll_y if last else 0, animate=False)

    def _paragraphs(self, search: str) -> list[Paragraph]:
        keys = [(f" {key:<8}", what) for key, what in help_lines(self._actions, search)]
        found = [line for line in self._text.splitlines() if all(word in line.lower() for word in search.lower().split())]
        if not keys and not found:
            return [(" ", "nothing has all of these words")]
        return [*keys, ("", ""), *(_paragraph(line) for line in found)]


def _paragraph(line: str) -> Paragraph:
    labelled = _LABELLED.fullmatch(line)
    return (f" {labelled[1]}", labelled[2]) if labelled else (" ", line)
