"""What a command of the command line says, while it says it."""

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen

from screens.commands import Commands
from sutra_client.glyphs import Glyphs
from widgets.lines import Lines
from widgets.text_view import TextView


class OutputScreen(Screen[None]):
    """Runs the line when it is shown, and stops it when it is left. The line itself is never given to a shell."""

    BINDINGS = [
        Binding("escape,q", "step_back", "Back", show=False),
        Binding("ctrl+c", "step_back", "Stop", show=False, priority=True),
        Binding("y", "copy", "Copy", show=False),
    ]
    DEFAULT_CSS = """
    OutputScreen {
        & > #command, & > #state { height: 1; }
        & > TextView { margin-top: 1; }
    }
    """

    def __init__(self, commands: Commands, line: str, glyphs: Glyphs) -> None:
        super().__init__()
        self._commands = commands
        self._line = line
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        yield Lines([((" avyctl ", "dim"), (self._line, "strong"))], id="command")
        yield TextView()
        yield Lines([((" running", "accent"), ("   esc stops it", ""))], id="state")

    def on_mount(self) -> None:
        self.query_one(TextView).focus()
        self.run_command()

    @work
    async def run_command(self) -> None:
        view = self.query_one(TextView)
        code = await self._commands.run(self._line, view.add)
        state = (f"{self._glyphs.ok} done", "ok") if code == 0 else (f"{self._glyphs.failed} exit code {code}", "error")
        if not view.lines:
            view.add(["It said nothing."])
        self.query_one("#state", Lines).show([((" ", ""), state, ("   esc back   arrows scroll   y copy", ""))])

    def action_step_back(self) -> None:
        self.workers.cancel_node(self)
        self.dismiss()

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(f"avyctl {self._line}")
