"""The shortest plain way from what a terminal shows to what it should show, in bytes for that terminal."""

import sys
import unicodedata
from collections.abc import Collection
from functools import lru_cache

from sutra_client.glyphs import ascii_cell, twin
from sutra_client.terminal import Terminal
from widgets.cells import PLAIN, Grid, Pen, blank, pen

_BRIDGE = 4
"""Unchanged cells that are cheaper to write again than to jump over."""

_PIECE = 24
"""Cells that are painted at once where a frame has an end."""
_AGREED = 0x1F000
"""Emoji begin here, whose widths changed from one Unicode to the next."""


class Painter:
    """Remembers what one terminal shows, where its cursor stands and with which pen it writes."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._shown: Grid | None = None
        self._cursor: tuple[int, int] | None = None
        self._pen: Pen | None = None
        self._resume = (0, 0)
        """(row, column) where the last frame that had an end stopped: what changes all the time must not starve what is below it."""

    def forget(self) -> None:
        """The terminal's content is unknown: the next frame clears and paints all of it."""
        self._shown = None

    def frame(self, wanted: Grid, rows: Collection[int] | None = None, most: int = 0) -> bytes:
        """What to send so that the terminal shows `wanted`, or these `rows` of it; empty when it does. The caller must send it all, in
        order. After about `most` bytes (0: no end) it stops; what is not shown yet stays in `wanted.dirty`.
        """
        most = most or sys.maxsize
        parts: list[str] = []
        shown = self._shown
        if shown is None or (shown.width, shown.height) != (wanted.width, wanted.height):
            shown = self._shown = Grid(wanted.width, wanted.height)
            wanted.dirty.update(range(wanted.height))
            parts.append("\x1b[0m\x1b[H\x1b[2J")
            self._cursor, self._pen = (0, 0), PLAIN
        begin, _ = resume = self._resume
        for y in sorted(wanted.dirty if rows is None else wanted.dirty.intersection(rows), key=lambda y: (y < begin, y)):
            if _full(parts, most):
                self._resume = (y, 0)
                break
            same = wanted.text[y] == shown.text[y] and wanted.pens[y] == shown.pens[y]
            if same or self._row(parts, y, wanted, shown, most):
                wanted.dirty.discard(y)
        if rows is not None:
            self._resume = resume
        if not self._terminal.hides_cursor and self._cursor != wanted.cursor:
            self._move(parts, *wanted.cursor)
        return "".join(parts).encode("utf-8", "replace")

    def _row(self, parts: list[str], y: int, wanted: Grid, shown: Grid, most: int) -> bool:
        """Whether all of it is painted."""
        text, pens = wanted.text[y], wanted.pens[y]
        old_text, old_pens = shown.text[y], shown.pens[y]
        changed = [x for x in range(wanted.width) if text[x] != old_text[x] or pens[x] is not old_pens[x]]
        tail = self._tail(text, pens)
        erased = [x for x in changed if x >= tail]
        if len(erased) > _BRIDGE:
            changed = changed[: -len(erased)]
        begin, self._resume = self._resume[1] if self._resume[0] == y else 0, (0, 0)
        for start, end in _runs(changed, text, _PIECE if most < sys.maxsize else wanted.width):
            if _full(parts, most):
                self._resume = (y, start)
                return False
            if start < begin:
                continue
            self._run(parts, start, end, y, text, pens)
            old_text[start:end], old_pens[start:end] = text[start:end], pens[start:end]
        if len(erased) > _BRIDGE:
            if _full(parts, most):
                self._resume = (y, erased[0])
                return False
            self._move(parts, erased[0], y)
            self._style(parts, pens[tail])
            parts.append("\x1b[K")
            old_text[erased[0] :], old_pens[erased[0] :] = text[erased[0] :], pens[erased[0] :]
        return old_text == text and old_pens == pens

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
        for x in range(start, end):
            cell = text[x]
            if not cell:
                continue
            if self._cursor is None:
                self._move(parts, x, y)
            style = pens[x]
            if style is not self._pen and not (cell == " " and self._pen is not None and blank(self._pen) is style):
                self._style(parts, style)
            if not cell.isascii():
                cells = 2 if x + 1 < len(text) and text[x + 1] == "" else 1
                cell = self._known(cell, cells)
                if not _sure(cell):
                    self._cursor = None
            parts.append(cell)
        if self._cursor is not None:
            self._cursor = (end, y) if end < len(text) else None

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


def _full(parts: list[str], most: int) -> bool:
    return most < sys.maxsize and sum(map(len, parts)) >= most


def _runs(changed: list[int], text: list[str], longest: int) -> list[tuple[int, int]]:
    """Half-open spans of about `longest` cells that cover the changed cells, whole graphemes, small gaps bridged."""
    spans: list[tuple[int, int]] = []
    for x in changed:
        start = x
        while start and text[start] == "":
            start -= 1
        end = x + 1
        while end < len(text) and text[end] == "":
            end += 1
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        elif spans and start - spans[-1][1] <= _BRIDGE and end - spans[-1][0] <= longest:
            spans[-1] = (spans[-1][0], end)
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
def _sure(cell: str) -> bool:
    """Every terminal agrees how wide this is; after others the cursor's place is not to be trusted."""
    return cell.isascii() or (len(cell) == 1 and not unicodedata.category(cell).startswith("M") and ord(cell) < _AGREED)
