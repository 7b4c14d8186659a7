"""A grid of terminal cells, filled by reading what Textual writes: text, SGR and cursor moves.

Reading is also the last barrier before the terminal: whatever else stands in a frame, an escape sequence from data above all, never
becomes part of a cell.
"""

import re
import unicodedata
from functools import lru_cache

from rich.cells import cell_len, split_graphemes

Pen = tuple[tuple[str, ...], str, str]
"""(attributes, foreground, background) as SGR parameters; "" is the terminal's own colour. Compared by identity: `pen` makes them."""

_TOKEN = re.compile(
    r"\x1b\[(?P<sgr>[0-9;]{0,64})m|\x1b\[(?P<row>\d{1,5});(?P<column>\d{1,5})H|\x1b\]8;[^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|(?P<newline>\n)|(?P<text>[^\x00-\x1f\x7f-\x9f]+)|[\x00-\x1f\x7f-\x9f]"
)
_SEEN_ON_BLANKS = ("4", "7", "9", "21", "53")
_OFF = {"22": ("1", "2"), "23": ("3",), "24": ("4", "21"), "25": ("5", "6"), "27": ("7",), "28": ("8",), "29": ("9",), "55": ("53",)}
_MARKS = 4
_SELECTORS = dict.fromkeys([*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
_PENS: dict[Pen, Pen] = {}


def pen(attributes: tuple[str, ...] = (), foreground: str = "", background: str = "") -> Pen:
    """The one Pen with these values."""
    value = (attributes, foreground, background)
    return _PENS.setdefault(value, value)


PLAIN = pen()


@lru_cache(4096)
def blank(style: Pen) -> Pen:
    """What is left of a pen on a space."""
    attributes, foreground, background = style
    seen = tuple(attribute for attribute in attributes if attribute in _SEEN_ON_BLANKS)
    return pen(seen, foreground if seen else "", background)


@lru_cache(4096)
def apply(style: Pen, parameters: str) -> Pen:
    """The pen after an SGR sequence; parameters that are not attributes or colours change nothing."""
    attributes, foreground, background = list(style[0]), style[1], style[2]
    words = parameters.split(";")
    index = 0
    while index < len(words):
        word = words[index] or "0"
        index += 1
        if word in ("38", "48"):
            taken = {"5": 2, "2": 4}.get(words[index] if index < len(words) else "", 0)
            colour = ";".join([word, *words[index : index + taken]])
            complete = taken and index + taken <= len(words)
            index += taken or 1
            if complete and word == "38":
                foreground = colour
            elif complete:
                background = colour
        elif word == "0":
            attributes, foreground, background = [], "", ""
        elif word in _OFF:
            attributes = [attribute for attribute in attributes if attribute not in _OFF[word]]
        elif word in ("1", "2", "3", "4", "5", "6", "7", "8", "9", "21", "53"):
            attributes = sorted({*attributes, word})
        elif len(word) == 2 and word[0] in "39" and word[1] in "01234567":
            foreground = word
        elif (len(word) == 2 and word[0] == "4" and word[1] in "01234567") or (
            len(word) == 3 and word[:2] == "10" and word[2] in "01234567"
        ):
            background = word
        elif word == "39":
            foreground = ""
        elif word == "49":
            background = ""
    return pen(tuple(attributes), foreground, background)


class Grid:
    """`text[y][x]` is a cell's grapheme, "" the right half of a wide one; `pens[y][x]` how it is drawn; `dirty` the rows written since."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.text = [[" "] * width for _ in range(height)]
        self.pens = [[PLAIN] * width for _ in range(height)]
        self.dirty: set[int] = set(range(height))
        self.cursor = (0, 0)
        self._pen = PLAIN

    def feed(self, data: str) -> None:
        """Draw a piece of what Textual writes; pieces must not be cut inside a sequence."""
        x, y = self.cursor
        for token in _TOKEN.finditer(data):
            kind = token.lastgroup
            if kind == "text":
                x = self._write(token["text"], x, y)
            elif kind == "sgr":
                self._pen = apply(self._pen, token["sgr"])
            elif kind == "column":
                x, y = int(token["column"]) - 1, int(token["row"]) - 1
            elif kind == "newline":
                x, y = 0, y + 1
        self.cursor = (x, y)

    def _write(self, text: str, x: int, y: int) -> int:
        if y < 0 or y >= self.height or x < 0:
            return x + len(text)
        if text.isascii():
            cells = list(text)
        else:
            cells = _cells(text)
        end = x + len(cells)
        if end > self.width:
            cells = cells[: max(0, self.width - x)]
            end = x + len(cells)
        if not cells:
            return end
        row, pens = self.text[y], self.pens[y]
        if x and row[x] == "":
            row[x - 1] = " "
        if end < self.width and row[end] == "":
            row[end] = " "
        row[x:end] = cells
        gap = blank(self._pen)
        if gap is self._pen:
            pens[x:end] = [gap] * len(cells)
        else:
            style = self._pen
            pens[x:end] = [gap if cell == " " else style for cell in cells]
        if end == self.width and _wide(row[-1]):
            row[-1] = " "
        self.dirty.add(y)
        return end


def _cells(text: str) -> list[str]:
    cells: list[str] = []
    for start, end, width in split_graphemes(text)[0]:
        if width:
            cells.extend(plain_cells(text[start:end], width))
    return cells


@lru_cache(4096)
def plain_cells(grapheme: str, width: int) -> tuple[str, ...]:
    """`width` cells for one grapheme that has nothing in it on whose width terminals disagree or that is not seen."""
    grapheme = unicodedata.normalize("NFC", grapheme)
    base = grapheme[0] if grapheme[0].isprintable() else "?"
    if "\U0001f1e6" <= base <= "\U0001f1ff":
        base = chr(ord(base) - 0x1F1E6 + ord("A"))  # two of them are a flag, of one cell or two or four
    own = cell_len(base)
    if not 0 < own <= width:
        base, own = "?", 1
    marks = "".join(char for char in grapheme[1:] if unicodedata.category(char) in ("Mn", "Me", "Mc") and cell_len(base + char) == own)
    shown = base + marks.translate(_SELECTORS)[:_MARKS]
    return (shown, *[""] * (own - 1), *[" "] * (width - own))


@lru_cache(4096)
def _wide(cell: str) -> bool:
    return not cell.isascii() and len(_cells(cell)) > 1
