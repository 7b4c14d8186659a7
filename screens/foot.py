"""The foot of every pane: what it has to say, the command line while it is asked for, and the keys."""

from collections.abc import Sequence

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from screens.output import OutputScreen
from screens.shell import Shell
from sutra_client.actions import Action
from sutra_client.errors import SutraError
from sutra_client.words import split
from widgets.key_line import KeyLine
from widgets.lines import Lines
from widgets.prompt import Prompt
from widgets.prose import Prose


class Foot(Vertical):
    """Runs what is entered: a pane's name goes there, everything else is a one-shot."""

    DEFAULT_CSS = """
    Foot {
        dock: bottom; height: auto;
        & > #prompt { display: none; height: 1; }
        &.-asking > #prompt { display: block; }
        & #colon { width: 2; }
    }
    """

    def __init__(self, shell: Shell, actions: Sequence[Action], filters: bool, above: bool) -> None:
        super().__init__()
        self._shell = shell
        self._actions = actions
        self._filters = filters
        self._above = above
        self._said = False

    def compose(self) -> ComposeResult:
        yield Prose(id="said")
        with Horizontal(id="prompt"):
            yield Lines([((" :", "accent"),)], id="colon")
            yield Prompt(self._shell.history)
        yield KeyLine(self._actions, filters=self._filters, above=self._above)

    @property
    def used(self) -> bool:
        """Whether there is anything that Esc would put away."""
        return self.query_one(Prompt).has_focus or self._said

    def say(self, text: str) -> None:
        """Lines above the keys, until `clear` or the next ones."""
        self._said = bool(text)
        self.query_one("#said", Prose).tell([(" ", text)] if text else [])

    def ask(self) -> None:
        """The command line."""
        self.say("")
        self.add_class("-asking")
        self.query_one(Prompt).ask()

    def clear(self) -> None:
        self.say("")
        self.remove_class("-asking")

    def on_prompt_left(self) -> None:
        self.clear()

    def on_prompt_entered(self, event: Prompt.Entered) -> None:
        self.clear()
        try:
            commands = split(event.line)
        except SutraError as error:
            self.say(f"{error.message}   {error.hint}")
            return
        panes = {name: pane.name for pane in self._shell.panes for name in (pane.name, pane.short.lower(), pane.full.lower())}
        match commands:
            case [["quit" | "q" | "exit"]]:
                self.app.exit()
            case [[name]] if name.lower() in panes:
                self.app.call_later(self.app.run_action, f"pane('{panes[name.lower()]}')")
            case _:
                self.app.push_screen(OutputScreen(self._shell.commands, event.line, self._shell.glyphs))

    @work(exclusive=True, group="complete")
    async def on_prompt_asked(self, event: Prompt.Asked) -> None:
        try:
            words = [[], *split(event.line)][-1]
        except SutraError:
            return  # within quotes nothing is completed
        if not words or event.line[-1:].isspace():
            words = [*words, ""]
        self.say(event.prompt.offer(event.line, await self._shell.commands.complete(words)))
