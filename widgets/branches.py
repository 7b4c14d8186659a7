"""Rows as a tree: which line each stands on, and the lines that lead to it."""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple

from sutra_client.events import Key

PIPE, BRANCH, LAST, CLOSED, OPENED, NONE = "|", "+", "`", ">", "v", " "
"""What a guide is made of, one mark and a blank for each step; a widget draws it with its own glyphs."""

_DEEPEST = 24
"""Levels that are drawn apart; deeper rows stand as far right as these."""


class Line(NamedTuple):
    """One line. `context` rows do not pass the filter and are there for what stands below them; `folded` is None where nothing is below."""

    key: Key
    guide: str = ""
    context: bool = False
    folded: bool | None = None


Parents = Mapping[Key, Key | None]


def arrange(order: Sequence[Key], parents: Parents, passed: Container[Key] | None, collapsed: Container[Key]) -> list[Line]:
    """Depth first, siblings in `order`; a row whose parent is not there, or is below the row itself, is a root.

    With a filter (`passed`) what passes stands with its ancestors, and nothing is collapsed.
    """
    above = _without_circles(order, parents)
    kept = None if passed is None else _with_ancestors(order, above, passed)
    children: dict[Key | None, list[Key]] = {}
    for key in order:
        if kept is None or key in kept:
            children.setdefault(above[key], []).append(key)
    lines: list[Line] = []
    stack = [(key, "", "") for key in reversed(children.get(None, ()))]
    while stack:
        key, guide, stem = stack.pop()
        below = children.get(key)
        closed = below is not None and kept is None and key in collapsed
        if not guide:
            fold = NONE if below is None else CLOSED if closed else OPENED
        else:
            fold = CLOSED if closed else ""
        context = passed is not None and key not in passed
        lines.append(Line(key, f"{guide}{fold} " if fold else guide, context, None if below is None else closed))
        if below is not None and not closed:
            stem = f"{stem}{_stem_below(guide)}"[-2 * _DEEPEST :]
            stack.append((below[-1], f"{stem}{LAST} ", stem))
            stack += [(child, f"{stem}{BRANCH} ", stem) for child in reversed(below[:-1])]
    return lines


def _stem_below(guide: str) -> str:
    """What the lines below a row's own begin with, after the stem of the row."""
    return f"{PIPE} " if guide[-2:-1] == BRANCH else "  "


def _without_circles(order: Iterable[Key], parents: Parents) -> dict[Key, Key | None]:
    """Parents that are there; of each circle the first row met twice has none."""
    above: dict[Key, Key | None] = {}
    for start in order:
        key: Key | None = start
        walked: set[Key] = set()
        while key is not None and key not in above:
            walked.add(key)
            parent = parents[key]
            above[key] = parent if parent in parents else None
            key = above[key]
        if key in walked:
            above[key] = None
    return above


def _with_ancestors(order: Iterable[Key], above: Parents, passed: Container[Key]) -> set[Key]:
    kept: set[Key] = set()
    for start in order:
        key: Key | None = start if start in passed else None
        while key is not None and key not in kept:
            kept.add(key)
            key = above[key]
    return kept
