"""A program that shows a hostile string in every widget, one string at each press of `n`. Argument: the project's root."""

import sys
from collections.abc import Iterable

sys.path.insert(0, sys.argv[1])
sys.path.insert(0, sys.argv[1] + "/tests")

import msgspec
from textual.app import App, ComposeResult, SystemCommand
from textual.screen import Screen
from textual.widgets import Input

from hostile import STRINGS
from screens.help import HelpScreen
from sutra_client.actions import Action
from sutra_client.errors import SutraError
from widgets.columns import Column
from widgets.driver import TerminalDriver
from widgets.key_line import KeyLine
from widgets.lines import Lines
from widgets.live_table import LiveTable
from widgets.note import Note
from widgets.pane import Pane
from widgets.panes_line import PanesLine
from widgets.plot import Plot
from widgets.prose import Prose
from widgets.status_line import StatusLine


class Row(msgspec.Struct):
    name: str
    text: str
    end: str


class HostileScreen(App[None]):
    """Each cell between two that are known: `|` must stand in one column, whatever is left of it."""

    BINDINGS = [("n", "next"), ("h", "help"), ("q", "quit"), ("t", "toast"), ("p", "command_palette"), ("i", "input")]
    CSS = """
    LiveTable { height: 8; }
    Prose { height: 2; }
    Input { height: 1; }
    """
    shown = -1

    @property
    def string(self) -> str:
        return list(STRINGS.values())[self.shown]

    def compose(self) -> ComposeResult:
        yield StatusLine()
        yield PanesLine([Pane("1", string[:40], string[:40], string[:40]) for string in list(STRINGS.values())[:4]], "1")
        yield Note()
        yield Plot("cpu", "▁▂▃▄▅▆▇█", 100.0)
        yield Lines(id="lines")
        hostile = next(iter(STRINGS.values()))
        columns = [Column("name", "name", str, least=6, most=6), Column("text", hostile, str, least=20, most=20), Column("end", "end", str)]
        yield LiveTable(columns, ("name",))
        yield LiveTable([Column("name", hostile, str)], ("name",), id="none")
        yield Prose()
        yield Input(compact=True)
        yield KeyLine([Action("next", "n", next(iter(STRINGS.values()))[:20], "next")])

    def on_mount(self) -> None:
        self.query_one(LiveTable).focus()

    def action_next(self) -> None:
        self.shown += 1
        text = self.string
        number = str(self.shown)
        self.query_one(StatusLine).tell([(text, "strong"), (" ", "")], [(number, "ok")])
        self.query_one(Note).failed(SutraError("FAILED", text, text))
        self.query_one(Plot).tell([1.0, None, 50.0], text)
        self.query_one("#lines", Lines).show([((text, "error"), (text, "")), ((f"shown {number} ", ""),)])
        self.query_one(LiveTable).load([Row("plain", "x", "|"), Row(text, text, "|"), Row("other", text, "|")])
        none = self.query_one("#none", LiveTable)
        none.empty = text
        none.refresh()
        self.query_one(Prose).tell([(text[:20], text)])
        field = self.query_one(Input)
        field.placeholder = text
        field.value = "" if self.shown % 2 else text
        self.title = self.sub_title = text

    def action_toast(self) -> None:
        self.clear_notifications()
        self.notify(self.string, title=self.string, markup=False)

    def action_input(self) -> None:
        self.query_one(Input).focus()
        self.query_one("#lines", Lines).show([(("typing ", ""),)])

    def action_help(self) -> None:
        actions = [Action("next", "n", self.string, self.string)]
        self.push_screen(HelpScreen(actions, "\n".join(f"{name}  {string}" for name, string in STRINGS.items())))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        for string in STRINGS.values():
            yield SystemCommand(string.replace("[", "("), string.replace("[", "("), self.action_next)


HostileScreen(driver_class=TerminalDriver).run()
