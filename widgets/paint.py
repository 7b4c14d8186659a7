"""The shortest plain way from what a terminal shows to what it should show, in bytes for that terminal."""

import unicodedata
from functools import lru_cache

from sutra_client.glyphs import ascii_cell, twin
from sutra_client.terminal import Terminal
from widgets.cells import PLAIN, Grid, Pen, blank, pen

_BRIDGE = 4
"""Unchanged cells that are cheaper to write again than to jump over."""


class Painter:
    """Remembers what one terminal shows, where its cursor stands and with which pen it writes."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._shown: Grid | None = None
        self._cursor: tuple[int, int] | None = None
        self._pen: Pen | None = None

    def forget(self) -> None:
        """The terminal's content is unknown: the next frame clears and paints all of it."""
        self._shown = None

    def frame(self, wanted: Grid) -> bytes:
        """What to send so that the terminal shows `wanted`; empty when it does. The caller must send it all, in order."""
        parts: list[str] = []
        shown = self._shown
        if shown is None or (shown.width, shown.height) != (wanted.width, wanted.height):
            shown = self._shown = Grid(wanted.width, wanted.height)
            wanted.dirty.update(range(wanted.height))
            parts.append("\x1b[0m\x1b[H\x1b[2J")
            self._cursor, self._pen = (0, 0), PLAIN
        for y in sorted(wanted.dirty):
            if wanted.text[y] != shown.text[y] or wanted.pens[y] != shown.pens[y]:
                self._row(parts, y, wanted, shown)
        wanted.dirty.clear()
        if not self._terminal.hides_cursor and self._cursor != wanted.cursor:
            self._move(parts, *wanted.cursor)
        return "".join(parts).encode("utf-8", "replace")

    def _row(self, parts: list[str], y: int, wanted: Grid, shown: Grid) -> None:
        text, pens = wanted.text[y], wanted.pens[y]
        old_text, old_pens = shown.text[y], shown.pens[y]
        changed = [x for x in range(wanted.width) if text[x] != old_text[x] or pens[x] is not old_pens[x]]
        tail = self._tail(text, pens)
        erased = [x for x in changed if x >= tail]
        if len(erased) > _BRIDGE:
            changed = changed[: -len(erased)]
        for start, end in _runs(changed, text):
            self._run(parts, start, end, y, text, pens)
        if len(erased) > _BRIDGE:
            self._move(parts, erased[0], y)
            self._style(parts, pens[tail])
            parts.append("\x1b[K")
        shown.text[y], shown.pens[y] = text[:], pens[:]

    def _tail(self, text: list[str], pens: list[Pen]) -> int:
        """Where the blanks at the end begin that EL can make."""
        last = pens[-1]
        x = len(text)
        if last[0] or (last[2] and not self._terminal.erases_with_colour):
            return x
        while x and text[x - 1] == " " and pens[x - 1] is last:
            x -= 1
        return x

    def _run(self, parts: list[str], start: int, end: int, y: int, text: list[str], pens: list[Pen]) -> None:
        self._move(parts, start, y)
        sure = True
        for x in range(start, end):
            cell = text[x]
            style = pens[x]
            if style is not self._pen and not (cell == " " and self._pen is not None and blank(self._pen) is style):
                self._style(parts, style)
            if not cell.isascii():
                sure = _one_cell(cell) and sure
                cell = self._known(cell, 2 if x + 1 < len(text) and text[x + 1] == "" else 1)
            parts.append(cell)
        self._cursor = (end, y) if sure and end < len(text) else None

    def _known(self, cell: str, cells: int) -> str:
        """What this terminal's font has for it."""
        if not self._terminal.utf8:
            return ascii_cell(cell, cells)
        return twin(cell) if self._terminal.glyphs == "ascii" else cell

    def _move(self, parts: list[str], x: int, y: int) -> None:
        here = self._cursor
        self._cursor = (x, y)
        if here == (x, y):
            return
        if here is not None and here[1] == y and x > here[0]:
            distance = x - here[0]
            parts.append(f"\x1b[{distance}C" if distance > 1 else "\x1b[C")
        elif here is not None and x == 0 and y == here[1] + 1:
            parts.append("\r\n")
        elif x == 0:
            parts.append(f"\x1b[{y + 1}H" if y else "\x1b[H")
        else:
            parts.append(f"\x1b[{y + 1};{x + 1}H")

    def _style(self, parts: list[str], style: Pen) -> None:
        if self._pen is style:
            return
        parts.append(_change(self._pen, style, self._terminal.colours))
        self._pen = style


def _runs(changed: list[int], text: list[str]) -> list[tuple[int, int]]:
    """Half-open spans that cover the changed cells, whole graphemes, small gaps bridged."""
    spans: list[tuple[int, int]] = []
    for x in changed:
        start = x
        while start and text[start] == "":
            start -= 1
        end = x + 1
        while end < len(text) and text[end] == "":
            end += 1
        if spans and start - spans[-1][1] <= _BRIDGE:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


@lru_cache(4096)
def _change(before: Pen | None, after: Pen, colours: int) -> str:
    if not colours:
        before = before and pen(before[0])
        after = pen(after[0])
    if before is after:
        return ""
    if before is None or not set(before[0]) <= set(after[0]):
        words = ["0" if any(after) else "", *after[0], after[1], after[2]]
        return f"\x1b[{';'.join(word for word in words if word)}m"
    words = [attribute for attribute in after[0] if attribute not in before[0]]
    if before[1] != after[1]:
        words.append(after[1] or "39")
    if before[2] != after[2]:
        words.append(after[2] or "49")
    return f"\x1b[{';'.join(words)}m"


@lru_cache(4096)
def _one_cell(cell: str) -> bool:
    """Every terminal agrees that this is one cell wide; after others the cursor's place is not to be trusted."""
    return len(cell) == 1 and unicodedata.east_asian_width(cell) not in "WF" and not unicodedata.combining(cell) and ord(cell) < 0x1F000
