"""What every pane has: the status line, the panes line, its own body, and the keys made from its ACTIONS."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widget import Widget

from screens.action_list import ActionListScreen, choices
from screens.foot import Foot
from screens.shell import Shell
from sutra_client import errors, schema
from sutra_client.actions import Action, register
from sutra_client.equivalent import words
from sutra_client.errors import SutraError
from sutra_client.events import Stale, Unknown
from sutra_client.gen.system import System
from sutra_client.json_text import Json
from sutra_client.words import join
from widgets.note import Note
from widgets.panes_line import WIDE, PanesLine
from widgets.status_line import StatusLine

UNSAID = 0.3
"""Seconds of waiting that are not worth a word."""
_MINUTE = 60
EVERY = (
    Binding("escape", "leave", "Back", show=False),
    Binding("slash", "filter", "Filter", show=False),
    Binding("colon", "command", "Command", show=False),
    Binding("x", "actions", "Actions", show=False),
    Binding("y", "copy", "Copy", show=False),
    Binding("less_than_sign", "sort_next(-1)", "Sort", show=False),
    Binding("greater_than_sign", "sort_next(1)", "Sort", show=False),
    Binding("R", "sort_reverse", "Reverse", show=False),
)
Call = tuple[str, str, dict[str, Json]]
"""(noun, verb, arguments) of a one-shot."""


class PaneScreen(Screen[None], inherit_bindings=False):
    """A subclass declares ACTIONS and gives its `body`. An action's name is that of the screen's `action_` method.

    It holds subscriptions only while it is seen: `subscribe` begins them, and all of its workers end when another screen covers it.
    """

    ACTIONS: ClassVar[tuple[Action, ...]] = ()
    NAME: ClassVar[str] = ""
    """What the registry of panes calls it; also the stem of its file in assets/help."""
    FILTERS: ClassVar[bool] = False
    """Whether it has a list that `/` filters."""
    ABOVE: ClassVar[bool] = False
    """Whether it was opened from another screen, to which Esc goes back."""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
    DEFAULT_CSS = """
    PaneScreen {
        layout: vertical;
        overflow: hidden;
    }
    """

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.shell = shell
        self.glyphs = shell.glyphs
        self.clock = shell.clock
        self._system: System = shell.services.client("system")
        self._errors: dict[str, SutraError] = {}
        self._stale: dict[str, Stale] = {}
        self._waiting: set[str] = set()
        self._asked, self._overdue = 0.0, False
        self.heard_host = False
        """Whether the host's findings came since this screen is seen: those of before may be old."""

    def __init_subclass__(cls) -> None:
        """Raises ActionError for a pane whose keys collide, when it is defined."""
        own = [Binding(action.key, action.name, action.label, show=False) for action in register(cls.ACTIONS)]
        cls.BINDINGS = [*own, *EVERY]
        super().__init_subclass__()

    def compose(self) -> ComposeResult:
        yield StatusLine()
        yield PanesLine(self.shell.panes, self.NAME)
        yield Note()
        yield from self.body()
        yield Foot(self.shell, self.ACTIONS, self.FILTERS, self.ABOVE)

    def body(self) -> Iterable[Widget]:
        """The widgets between the panes line and the keys."""
        return ()

    def subscribe(self) -> None:
        """Begin to follow what the pane shows; called each time it comes to sight."""

    def came_back(self, stream: str) -> None:
        """That stream had been stale and is not any more."""

    def equivalent(self) -> Call | None:
        """What `y` shows: the one-shot that tells what the pane shows. None where there is none."""
        return None

    def words(self) -> Sequence[str]:
        """The same as words after `avyctl`, for what is no call of a noun; empty where there is none."""
        call = self.equivalent()
        return words(schema.load(call[0]), *call[1:]) if call else ()

    def action_step_back(self) -> None:
        """Esc: a pane that has something open closes it."""

    def action_filter(self) -> None:
        """`/`: a pane with a list narrows it."""
        self.say("nothing to filter here")

    def action_sort_next(self, step: int) -> None:
        """`<` and `>`: a pane with a list sorts it by the column beside."""
        self.say("nothing to sort here")

    def action_sort_reverse(self) -> None:
        """`R`: a pane with a list turns its order round."""
        self.say("nothing to sort here")

    def action_leave(self) -> None:
        """Esc: first what stands at the foot goes, then the pane steps back."""
        foot = self.query_one(Foot)
        if foot.used:
            foot.clear()
            self.refocus()
        else:
            self.action_step_back()

    def refocus(self) -> None:
        """The keys go to the pane's own widget again."""

    def say(self, text: str) -> None:
        """A line at the foot, until Esc or the next one."""
        self.query_one(Foot).say(text)

    def action_command(self) -> None:
        """`:`: the command line."""
        self.query_one(Foot).ask()

    def action_copy(self) -> None:
        """`y`: the same as a command, to be selected, and copied where the terminal can."""
        words = self.words()
        if not words:
            self.say("there is no one-shot for this")
            return
        command = join(["avyctl", *self.shell.options, *words])
        self.say(command)
        self.app.copy_to_clipboard(command)

    def action_actions(self) -> None:
        """`x`: what can be done here."""
        self.app.push_screen(ActionListScreen(self.title_of_actions(), choices(self.ACTIONS), self.glyphs), self._do)

    def title_of_actions(self) -> str:
        """What the actions would work on."""
        return ""

    async def _do(self, name: str | None) -> None:
        if name is not None:
            await self.run_action(name)

    def on_prompt_left(self) -> None:
        self.refocus()

    def on_prompt_entered(self) -> None:
        self.refocus()  # behind the screen that opens

    async def on_mount(self) -> None:
        self._next_minute()

    def on_screen_resume(self) -> None:
        self._asked, self._overdue, self.heard_host = self.clock(), False, False
        self.set_timer(UNSAID, self._wait_no_longer)
        self.tell_host()
        self.watch_host()
        self.subscribe()

    def on_screen_suspend(self) -> None:
        self.workers.cancel_node(self)

    def watch_host(self) -> None:
        """Keep up what the status line tells."""
        self.read_health()

    @work(exclusive=True, group="host")
    async def read_health(self) -> None:
        """What goes wrong here is told in the Overview; elsewhere the status line says that it is stale."""
        if self.shell.host.status is None:
            await self.read_host()
        try:
            async for event in self._system.findings():
                self.heard_host = True
                self.shell.host.stale = isinstance(event, Stale)
                self.shell.host.heard("system", event, self.clock())
                self.tell_host()
        except SutraError:
            self.shell.host.stale = True
            self.tell_host()

    async def read_host(self) -> None:
        """What a host is changes rarely: it is read again when the service is back."""
        try:
            self.shell.host.met(await self._system.status())
        except SutraError:
            self.shell.host.stale = True

    def tell_host(self) -> None:
        """The status line; repaints only what reads differently."""
        self.query_one(StatusLine).tell(*self.shell.host.parts(self.shell.services.you(), self.clock(), self.glyphs))

    async def follow(self, what: str, stream: AsyncIterator[Any], take: Callable[[Any], None]) -> None:
        """Hand the events of a stream to `take`; while it is down or has failed, the note says so. `what` names it in words."""
        self._waiting.add(what)
        try:
            async for event in stream:
                match event:
                    case Stale():
                        self._stale[what] = event
                        self.tell_note()
                        self.went(what)
                    case Unknown():
                        pass  # of a newer service; the screen shows what it knows
                    case _:
                        take(event)
                        self.answered(what)
        except SutraError as error:
            self.failed(what, error)

    def went(self, stream: str) -> None:
        """That stream is stale from now on."""

    def failed(self, what: str, error: SutraError) -> None:
        """Stands in the note until it works; a service that this host cannot have is no error but an explanation."""
        self._errors[what] = error
        self._waiting.discard(what)
        self._stale.pop(what, None)
        self.tell_note()

    def answered(self, what: str) -> None:
        """What was waited for under that name is there."""
        self._waiting.discard(what)
        self._errors.pop(what, None)
        if self._stale.pop(what, None):
            self.came_back(what)
        self.call_later(self.tell_note)

    def _wait_no_longer(self) -> None:
        self._overdue = True
        self.tell_note()
        if not self.heard_host and self.shell.host.findings is not None:
            self.shell.host.stale = True
            self.tell_host()
        if self._waiting:
            self.overdue()

    def overdue(self) -> None:
        """Something is still waited for that should have been here by now."""

    def tell_note(self) -> None:
        """An error stands until what failed is there; then what is old; then what is waited for."""
        note = self.query_one(Note)
        if self._errors:
            error = next(iter(self._errors.values()))
            note.explained(error) if error.code == errors.UNSUPPORTED else note.failed(error)
        elif self._stale:
            stale = next(reversed(self._stale.values()))
            note.stale(stale.since, stale.reason, self.clock())
        elif self._waiting and self._overdue:
            note.waiting(int(self._asked * 1e6), self.awaited(sorted(self._waiting)), self.clock())
        else:
            note.clear()

    def awaited(self, streams: list[str]) -> str:
        """What is waited for, in words."""
        return ", ".join(streams)

    def _next_minute(self) -> None:
        self.tell_host()
        self.set_timer(_MINUTE - self.clock() % _MINUTE, self._next_minute)
