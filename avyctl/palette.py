"""What the palette finds: panes, themes, and every action of the screen that it was opened on."""

from collections.abc import Callable, Iterable

from textual.app import App, SystemCommand
from textual.screen import Screen
from textual.widgets import Input

from avyctl.panes import PANES
from avyctl.themes import themes_on
from screens.action_list import choices
from screens.pane import PaneScreen

LONGEST = 80
"""Characters that may be searched for: matching takes time that grows with the square of their number."""


def entries(app: App[None], screen: Screen[object], colours: int) -> Iterable[SystemCommand]:
    """In the order in which they are shown before anything is typed. `colours` are those of the terminal."""
    for name, theme in themes_on(colours).items():
        yield SystemCommand(f"Theme: {name}", "colours of everything", lambda theme=theme: setattr(app, "theme", theme))
    for pane in PANES:
        yield SystemCommand(f"Go to {pane.full}", f"key {pane.key}" if pane.key else "", _doing(app, app, f"pane('{pane.name}')"))
    if isinstance(screen, PaneScreen):
        for choice in choices(screen.ACTIONS):
            yield SystemCommand(choice.label.capitalize(), f"{choice.doc}, key {choice.key}", _doing(app, screen, choice.name))
    for title, doc, action in (
        ("Help", "keys and words of this pane", "help"),
        ("Paint again", "clear the terminal and paint everything", "repaint"),
        ("Quit", "leave avyctl", "quit"),
    ):
        yield SystemCommand(title, doc, _doing(app, app, action))


def bound(screen: Screen[object]) -> None:
    """Of the palette that is open."""
    for field in screen.query(Input):
        field.max_length = LONGEST


def _doing(app: App[None], of: App[None] | PaneScreen, action: str) -> Callable[[], object]:
    return lambda: app.call_later(of.run_action, action)
