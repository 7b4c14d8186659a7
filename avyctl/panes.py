"""Which panes there are. Only those that work stand here; a new one is one line."""

import importlib
from typing import NamedTuple, cast

from screens.pane import PaneScreen
from screens.shell import Shell
from widgets.panes_line import Pane


class Kind(NamedTuple):
    """A pane and the services, by their schemas' folders, whose findings it answers for. Its class is SCREEN of screens/<name>.py."""

    pane: Pane
    services: tuple[str, ...]


KINDS = (
    Kind(Pane("1", "Home", "Overview", "overview"), ("system",)),
    Kind(Pane("9", "Procs", "Processes", "processes"), ("processes",)),
    Kind(Pane("", "Sutra", "Sutra", "sutra"), ()),
)

PANES = tuple(kind.pane for kind in KINDS)
STEMS = {stem: kind.pane for kind in KINDS for stem in kind.services}


def make(name: str, shell: Shell) -> PaneScreen:
    """The screen of that pane; imported when it is first wanted."""
    return cast(PaneScreen, importlib.import_module(f"screens.{name}").SCREEN(shell))
