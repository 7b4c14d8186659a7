"""The apps of one kind in one folder."""

from typing import NamedTuple

from sutra_client.gen.apps import App


class Place(NamedTuple):
    """What was found there, and what tells that it may be different: path -> inotify mask."""

    apps: list[App]
    watched: dict[str, int]
