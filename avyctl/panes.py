"""Which panes there are. Only those that work stand here; a new one is one line."""

import importlib
from typing import TYPE_CHECKING, NamedTuple, cast

from widgets.pane import Pane

if TYPE_CHECKING:  # line mode reads the names alone
    from screens.pane import PaneScreen
    from screens.shell import Shell


class Kind(NamedTuple):
    """A pane and the services, by their schemas' folders, whose findings it answers for. Its class is SCREEN of screens/<name>.py."""

    pane: Pane
    services: tuple[str, ...]


KINDS = (
    Kind(Pane("1", "Home", "Overview", "overview"), ("system",)),
    Kind(Pane("2", "Deploy", "Deployments", "deployments"), ("deployments",)),
    Kind(Pane("3", "Services", "Services", "services"), ("init",)),
    Kind(Pane("4", "Apps", "Apps", "apps"), ("apps",)),
    Kind(Pane("5", "Boxes", "Boxes", "boxes"), ("distro", "containers")),
    Kind(Pane("6", "Net", "Network", "network"), ("network",)),
    Kind(Pane("7", "Disks", "Disks", "disks"), ("disks",)),
    Kind(Pane("8", "Logs", "Logs", "logs"), ("logs",)),
    Kind(Pane("9", "Procs", "Processes", "processes"), ("processes",)),
    Kind(Pane("", "Sutra", "Sutra", "sutra"), ()),
)

PANES = tuple(kind.pane for kind in KINDS)
STEMS = {stem: kind.pane for kind in KINDS for stem in kind.services}


def make(name: str, shell: "Shell") -> "PaneScreen":
    """The screen of that pane; imported when it is first wanted."""
    return cast("PaneScreen", importlib.import_module(f"screens.{name}").SCREEN(shell))
