"""What a pane is called. A module of its own: line mode reads it without loading what paints."""

from typing import NamedTuple


class Pane(NamedTuple):
    """One pane: its digit, its name where room is short, its full name, and what the program calls it."""

    key: str
    short: str
    full: str
    name: str
