"""`x`: every action of a screen with its key, and whether you may."""

from collections.abc import Sequence

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen

from sutra_client.actions import Action, shown_key
from sutra_client.glyphs import Glyphs
from widgets.columns import Column
from widgets.lines import Lines
from widgets.live_table import LiveTable


class Choice(msgspec.Struct, frozen=True):
    """One action as the list shows it; `refused` is why it may not be done, empty where it may."""

    name: str
    key: str
    label: str
    refused: str
    doc: str


class ActionListScreen(ModalScreen[str | None]):
    """Ends with the name of the chosen action, None when none was."""

    BINDINGS = [Binding("escape,x,q", "leave", "Back", show=False)]
    DEFAULT_CSS = """
    ActionListScreen {
        & > #title { height: 1; }
        & > #foot { dock: bottom; height: 1; }
        & > LiveTable { margin-top: 1; }
    }
    """

    def __init__(self, title: str, choices: Sequence[Choice], glyphs: Glyphs) -> None:
        super().__init__()
        self._title = title
        self._choices = list(choices)
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        yield Lines([((" Actions", "strong"), (f"  {self._title}", ""))], id="title")
        columns = (
            Column("key", "key", str, least=4, most=8, priority=0),
            Column("label", "action", str, least=8, most=24, priority=1),
            Column("refused", "you may", lambda refused: f"no: {refused}" if refused else "yes", least=6, most=30, priority=2),
            Column("doc", "what it does", str, least=12, most=100, priority=3),
        )
        yield LiveTable(columns, ("name",), tone=lambda row: "dim" if getattr(row, "refused", "") else "", glyphs=self._glyphs)
        yield Lines([((" enter ", "accent"), ("do it  ", ""), (" esc ", "accent"), ("back", ""))], id="foot")

    def on_mount(self) -> None:
        table = self.query_one(LiveTable)
        table.empty = "Nothing can be done here but to look."
        table.load(self._choices)
        table.focus()

    def on_live_table_chosen(self, event: LiveTable.Chosen) -> None:
        chosen = next(choice for choice in self._choices if (choice.name,) == event.key)
        if not chosen.refused:
            self.dismiss(chosen.name)

    def action_leave(self) -> None:
        self.dismiss(None)


def choices(actions: Sequence[Action]) -> list[Choice]:
    """Of the actions that a screen declares, one for each name with all of its keys."""
    found: dict[str, Choice] = {}
    for action in actions:
        known = found.get(action.name)
        keys = f"{known.key} {shown_key(action.key)}" if known else shown_key(action.key)
        found[action.name] = msgspec.structs.replace(known, key=keys) if known else Choice(action.name, keys, action.label, "", action.doc)
    return list(found.values())
