"""A form made from the schema: fill in what a method or stream needs, and use it."""

import asyncio

from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.screen import Screen
from textual.widgets import Input

from screens.shell import Shell
from screens.sutra_stream import StreamScreen
from sutra_client import command, equivalent, tabular
from sutra_client.anything import Anything
from sutra_client.errors import SutraError
from sutra_client.json_text import Json
from sutra_client.schema import Entry, Field, is_stream
from widgets.lines import Lines
from widgets.note import Note
from widgets.prose import Prose
from widgets.text_view import TextView

_NAME = 20
_KEYS = ((" enter ", "accent"), ("use it  ", ""), (" tab ", "accent"), ("next field  ", ""), (" esc ", "accent"), ("back", ""))


class FormScreen(Screen[None]):
    """What a method changes is done on the second Enter alone, and only where `--read-only` was not given."""

    BINDINGS = [
        Binding("escape,q", "step_back", "Back", show=False),
        Binding("tab,down", "app.focus_next", "Next field", show=False),
        Binding("shift+tab,up", "app.focus_previous", "Previous field", show=False),
    ]
    DEFAULT_CSS = """
    FormScreen {
        & > #title, & > #foot { height: 1; }
        & > #foot { dock: bottom; }
        & > #fields { height: auto; max-height: 50%; margin-top: 1; scrollbar-size: 0 0; }
        & .field { height: 1; }
        & .name { width: 22; }
        & > TextView { margin-top: 1; }
    }
    """

    def __init__(self, shell: Shell, service: str, path: str, name: str) -> None:
        super().__init__()
        self._shell = shell
        self._service = service
        self._path = path
        self._member = name
        self._opened: Anything | None = None
        self._entry: Entry | None = None
        self._sure = ""

    def compose(self) -> ComposeResult:
        yield Lines([((f" {self._service} {self._member}", "strong"),)], id="title")
        yield Note()
        yield Prose(id="about")
        yield VerticalScroll(id="fields", can_focus=False)
        yield TextView()
        yield Lines([_KEYS], id="foot")

    def on_mount(self) -> None:
        self.hold_open()

    @work
    async def hold_open(self) -> None:
        """The connection lasts as long as the form."""
        try:
            async with self._shell.services.anything(self._service, self._path) as opened:
                self._opened = opened
                self._entry = opened.entry(self._member)
                self._tell_about("")
                await self._ask_for(self._entry[5])
                await asyncio.Event().wait()  # only the end of the screen ends this
        except SutraError as error:
            self.query_one(Note).failed(error)

    async def _ask_for(self, fields: tuple[Field, ...]) -> None:
        box = self.query_one("#fields", VerticalScroll)
        for field in fields:
            must = "*" if "required" in field[6].split() else ""
            label = Lines([((f" {field[0]}{must}"[:_NAME], "strong"),)])
            label.add_class("name")
            secret = "secret" in field[6].split()
            entry = Input(placeholder=f"{field[1]}  {field[2]}", password=secret, compact=True, name=field[0])
            await box.mount(Horizontal(label, entry, classes="field"))
        inputs = list(self.query(Input))
        if inputs:
            inputs[0].focus()
        else:
            self.query_one(TextView).focus()
            self.use()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self._tell_about(event.widget.name or "")

    def _tell_about(self, field: str) -> None:
        """What the method does, and of the field that is filled in all that the schema says; beside it there is little room."""
        if self._entry is None:
            return
        told = [(f" {each[0]} ", f"{each[1]}  {each[2]}") for each in self._entry[5] if each[0] == field]
        self.query_one("#about", Prose).tell([(" ", self._entry[3]), *told])

    def on_input_submitted(self) -> None:
        self.use()

    def on_input_changed(self) -> None:
        self._sure = ""

    @work(exclusive=True, group="use")
    async def use(self) -> None:
        """Checks what was typed as the command line would, then calls."""
        opened, entry = self._opened, self._entry
        if opened is None or entry is None:
            return
        note, view = self.query_one(Note), self.query_one(TextView)
        try:
            asked = command.parse(opened.schema, self._words(opened, entry))
            said = equivalent.line(opened.schema, asked.verb, asked.args)
            if is_stream(entry):
                self.app.switch_screen(StreamScreen(self._shell, self._service, self._path, opened.schema, entry, asked.args))
                return
            if "changes" in entry[8].split() and not self._agreed(said):
                return
            view.add([said])
            view.add([f"  {line}" for line in _lines(opened, entry, await opened.call(self._member, asked.args))])
            note.clear()
        except SutraError as error:
            note.failed(error)

    def _agreed(self, said: str) -> bool:
        """Whether the same was asked for twice in a row."""
        if self._shell.read_only:
            self.query_one("#foot", Lines).show([((" --read-only: nothing is changed", "warning"),)])
            return False
        again, self._sure = self._sure == said, said
        if not again:
            self.query_one("#foot", Lines).show([((f" This changes the host: {said}   enter again does it, esc goes back", "warning"),)])
        return again

    def _words(self, opened: Anything, entry: Entry) -> list[str]:
        verb = next(verb for verb, each in opened.schema.entries.items() if each is entry)
        filled = [(each.name or "", each.value) for each in self.query(Input) if each.value]
        fields = {field[0]: field for field in entry[5]}
        return [*verb.split(), *(f"{command.flag(fields[name])}={value}" for name, value in filled)]

    def action_step_back(self) -> None:
        self.workers.cancel_node(self)
        self.dismiss()


def _lines(opened: Anything, entry: Entry, answer: object) -> list[str]:
    """An answer as a one-shot prints it."""
    if not entry[6]:
        return ["done"]
    plain: Json = opened.plain(entry[2], answer)
    fields = tabular.columns(opened.schema, entry[6], [], False)
    if isinstance(plain, list) and fields:
        return tabular.table(plain, tabular.flat(opened.schema, fields)) or ["none"]
    if isinstance(plain, dict) and fields:
        return tabular.describe(opened.schema, plain, fields)
    return tabular.plain(plain, entry[6])
