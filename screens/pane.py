"""What every pane has: the status line, the panes line, its own body, and the keys made from its ACTIONS."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widget import Widget

from sutra_client.actions import Action, register
from sutra_client.glyphs import FULL, Glyphs
from widgets.key_line import KeyLine
from widgets.panes_line import WIDE, Pane, PanesLine
from widgets.status_line import StatusLine

Clock = Callable[[], float]
"""Unix seconds."""


class PaneScreen(Screen[None]):
    """A subclass declares ACTIONS and gives its `body`; what needs a service is taken in its `__init__`. An action's name is that of the
    screen's `action_` method.
    """

    ACTIONS: ClassVar[tuple[Action, ...]] = ()
    KEY: ClassVar[str] = ""
    """Its digit in the panes line."""
    HELP: ClassVar[str] = ""
    """The stem of its file in assets/help."""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
    DEFAULT_CSS = """
    PaneScreen {
        layout: vertical;
        overflow: hidden;
        & > KeyLine { dock: bottom; }
    }
    """

    def __init__(self, panes: Sequence[Pane] = (), *, glyphs: Glyphs = FULL, clock: Clock = time.time) -> None:
        super().__init__()
        self.glyphs = glyphs
        self.clock = clock
        self._panes = panes

    def __init_subclass__(cls) -> None:
        """Raises ActionError for a pane whose keys collide, when it is defined."""
        own = [Binding(action.key, action.name, action.label, show=False) for action in register(cls.ACTIONS)]
        cls.BINDINGS = [*own, Binding("escape", "step_back", "Back", show=False)]
        super().__init_subclass__()

    def compose(self) -> ComposeResult:
        yield StatusLine()
        yield PanesLine(self._panes, self.KEY)
        yield from self.body()
        yield KeyLine(self.ACTIONS)

    def action_step_back(self) -> None:
        """Esc: a pane that has something open closes it."""

    def body(self) -> Iterable[Widget]:
        """The widgets between the panes line and the keys."""
        return ()
