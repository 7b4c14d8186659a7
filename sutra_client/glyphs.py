"""The pictures that avyctl draws with, at three levels, each with its ASCII twin: a state is always a glyph and a word."""

from typing import NamedTuple


class Glyphs(NamedTuple):
    """One level. Every glyph is one cell wide; `blocks` is a ramp from almost nothing to full, at most 8 steps."""

    ok: str
    failed: str
    attention: str
    off: str
    busy: str
    closed: str
    opened: str
    marked: str
    rule: str
    down: str
    up: str
    degree: str
    blocks: str
    bar: str
    space: str
    branch: str
    last: str
    pipe: str


FULL = Glyphs("●", "✗", "▲", "○", "↻", "▸", "▾", "◆", "─", "↓", "↑", "°", "▁▂▃▄▅▆▇█", "█", "─", "├", "└", "│")
VT = Glyphs("■", "x", "▲", "○", "~", "►", "▼", "♦", "─", "↓", "↑", "°", "_▄█", "█", "─", "├", "└", "│")
"""Code page 437, which the kernel's own console font covers."""
ASCII = Glyphs("o", "x", "!", ".", "~", ">", "v", "*", "-", "v", "^", " ", "_.:-=+*#", "#", "-", "|", "`", "|")

LEVELS = {"full": FULL, "vt": VT, "ascii": ASCII}

_TWINS = str.maketrans(
    {
        "·": "/",
        "…": "~",
        "°": " ",
        "●": "o",
        "■": "o",
        "✗": "x",
        "▲": "!",
        "○": ".",
        "↻": "~",
        "▸": ">",
        "►": ">",
        "▾": "v",
        "▼": "v",
        "◆": "*",
        "♦": "*",
        "─": "-",
        "│": "|",
        "├": "|",
        "└": "`",
        "↓": "v",
        "↑": "^",
        "→": ">",
        "←": "<",
        "█": "#",
    }
)


def twin(text: str) -> str:
    """Our own glyphs in ASCII, each as wide as it was; what else there is stays."""
    return text if text.isascii() else text.translate(_TWINS)


def ascii_cell(cell: str, cells: int) -> str:
    """One grapheme in `cells` ASCII characters: its twin, its letter without marks, else "_"."""
    from unicodedata import normalize

    found = normalize("NFKD", twin(cell)).encode("ascii", "ignore").decode()
    return (found or "_" * cells)[:cells].ljust(cells)
