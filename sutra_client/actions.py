"""What may be done on a screen, declared once: bindings, footer, help, palette and the list of `x` are all made from it."""

from collections.abc import Iterable
from typing import NamedTuple

GLOBAL = {
    **dict.fromkeys("1234567890", "go to that pane"),
    "tab": "next pane",
    "shift+tab": "previous pane",
    "slash": "filter as you type: words, !word, field:word, field>5",
    "less_than_sign": "sort by the column to the left",
    "greater_than_sign": "sort by the column to the right",
    "R": "sort the other way round",
    "colon": "command line; the name of a pane goes there, such as sutra",
    "question_mark": "help; / searches it",
    "x": "every action, and whether you may",
    "y": "the same as a command",
    "plus": "ask for more rights",
    "exclamation_mark": "your shell",
    "q": "quit",
    "ctrl+c": "quit",
    "ctrl+z": "stop, back to the shell that started it; its fg goes on here",
    "space": "mark",
    "ctrl+l": "paint the screen again",
    "ctrl+p": "palette",
    "escape": "step back",
}
"""Keys that mean the same everywhere (console.md section 1), by Textual's names."""

UNANSWERED = ("plus",)
"""Global keys that are kept free for what they will mean."""

MOVING = ("arrows", "move, as j and k do; PgUp PgDn Home End go further; left and right fold a tree")
"""What help says of MOVES."""
MOVES = ("up", "down", "left", "right", "j", "k", "home", "end", "pageup", "pagedown")
FORBIDDEN = ("tilde", "circumflex_accent", "ctrl+a", "ctrl+backslash", "ctrl+e", "ctrl+q", "ctrl+s", "ctrl+right_square_bracket")
"""Keys that console servers and flow control keep for themselves."""

_SHOWN = {
    "slash": "/",
    "colon": ":",
    "question_mark": "?",
    "exclamation_mark": "!",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "shift+tab": "S-tab",
    "plus": "+",
    "ctrl+c": "^C",
    "ctrl+p": "^p",
    "ctrl+z": "^Z",
    "ctrl+l": "^L",
    "escape": "esc",
    "pageup": "PgUp",
    "pagedown": "PgDn",
}


class Action(NamedTuple):
    """One thing to do. `name` is a method or stream of the screen's service, or a verb of the screen's own."""

    name: str
    key: str
    label: str
    doc: str
    shown: bool = True
    """In the footer; help, palette and `x` have all."""


class ActionError(ValueError):
    """A screen declares a key or a name that it may not have."""


def register(actions: Iterable[Action]) -> tuple[Action, ...]:
    """The actions of one screen, checked. Raises ActionError for a reserved or doubled key, and one without a single-letter twin."""
    checked = tuple(actions)
    keys: set[str] = set()
    for action in checked:
        if action.key in GLOBAL or action.key in MOVES or action.key in FORBIDDEN:
            raise ActionError(f"{action.name}: the key {action.key} is reserved")
        if action.key in keys:
            raise ActionError(f"{action.name}: the key {action.key} is taken on this screen")
        keys.add(action.key)
    for action in checked:
        twins = [other.key for other in checked if other.name == action.name]
        if len(action.key) != 1 and action.key != "enter" and not any(len(key) == 1 for key in twins):
            raise ActionError(f"{action.name}: {action.key} needs a single-letter twin")
    return checked


def shown_key(key: str) -> str:
    """The key as a person reads it."""
    return _SHOWN.get(key, key)


def footer(actions: Iterable[Action], filters: bool = False, above: bool = False) -> tuple[tuple[str, str], ...]:
    """(key, label) of the key line, the screen's own first; `filters` where there is a list that `/` narrows, `above` where Esc leaves the
    screen for the one that it was opened from.
    """
    own = tuple((shown_key(action.key), action.label) for action in actions if action.shown)
    listed = (("/", "filter"),) if filters else ()
    back = (("esc", "back"),) if above else ()
    return *back, *own, ("x", "actions"), *listed, (":", "command"), ("^p", "palette"), ("?", "help"), ("q", "quit")


def help_lines(actions: Iterable[Action], search: str = "") -> list[tuple[str, str]]:
    """(key, what it does) of the screen, then of every screen; those that contain every word of `search`."""
    lines = [(shown_key(action.key), f"{action.label}: {action.doc}") for action in actions]
    digits = [key for key in GLOBAL if key.isdecimal()]
    lines += [MOVING, ("1 .. 0", GLOBAL["1"]), *((shown_key(key), doc) for key, doc in GLOBAL.items() if key not in (*UNANSWERED, *digits))]
    words = search.lower().split()
    return [line for line in lines if all(word in f"{line[0]} {line[1]}".lower() for word in words)]
