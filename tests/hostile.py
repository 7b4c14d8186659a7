"""Strings that want to get at the terminal, and a reader of terminal output that knows what we may send.

`assert_only_ours` holds for all output of a screen, from its first byte to its last, whatever was shown meanwhile.
"""

import re
import unicodedata
from collections.abc import Iterator

STRINGS: dict[str, str] = {
    "clear": "\x1b[2Jgone",
    "move": "\x1b[1;1Hforged",
    "colour": "\x1b[31mred\x1b[0m",
    "title": "\x1b]0;title\x07",
    "clipboard": "\x1b]52;c;aGk=\x07",
    "clipboard st": "\x1b]52;c;aGk=\x1b\\",
    "link": "\x1b]8;;http://x\x1b\\here\x1b]8;;\x1b\\",
    "device control": "\x1bPq#0;2;0;0;0\x1b\\",
    "application": "\x1b_Gi=1;AAAA\x1b\\",
    "reset": "\x1bc",
    "charset": "\x1b(0\x0elqqk\x0f",
    "answerback": "\x05\x1b[c\x1b[6n",
    "mode": "\x1b[?1049l\x1b[?1003h",
    "lone escape": "\x1b",
    "c1": "\x9b2J\x9d0;title\x9c\x90q\x9c\x85\x84",
    "controls": "\x00\x01\x07\x08\x0b\x0c\r\x7f",
    "newlines": "one\ntwo\r\nthree\u2028four\u2029five\x85six",
    "tab": "a\tb",
    "right to left": "\u202egnp.exe \u2066hidden\u2069 \u200f\u061c",
    "arabic": "مرحبا",
    "not utf-8": b"caf\xe9 \xff\xfe".decode("utf-8", "surrogateescape"),
    "surrogate": "\ud800 \udfff",
    "wide": "漢字カナ한글",
    "combining": "e" + "\u0301" * 60 + "\u20dd",
    "leading mark": "\u0301\u0489x",
    "indic": "हिन्दी भाषा",
    "thai": "ก็็็็็็็็็",
    "jamo": "\u1112\u1161\u11ab",
    "zero width": "a\u200bb\u200cc\u2060d\ufeffe",
    "joined emoji": "👨‍👩‍👧‍👦 ❤\ufe0f 👍🏽 🇩🇪",
    "tags": "x\U000e0041\U000e0042",
    "unseen": "\u3164\u115f\u00ad\u034f",
    "symbols of unicode 16": "\u2630\u4dc0\u2603",
    "markup": "[bold red]x[/] [@click=app.quit]x[/] [/",
    "long": "x" * 4096,
    "long wide": "漢" * 4096,
    "long escapes": "\x1b[31m" * 800,
    "private": "\ue0b0\U000f0000\U0010ffff\ufffe",
}

_DRAWING = re.compile(r"\x1b\[(?:H|\d{1,4}H|\d{1,4};\d{1,4}H|\d{0,4}C|K|2J)")
_SGR = re.compile(r"\x1b\[((?:[0-9;]*))m")
_TOKEN = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_].*?(?:\x07|\x1b\\|\Z)|[ -/]*[0-~]?)|[^\x1b]", re.DOTALL)
_VT_MODES = frozenset({"\x1b[?7l", "\x1b[?7h"})
_CURSOR = frozenset({"\x1b[?25l", "\x1b[?25h"})
_ALTERNATE = frozenset({"\x1b[?1049h", "\x1b[?1049l"})
_XTERM = frozenset(f"\x1b[?{number}{state}" for number in (1000, 1006, 2004, 2026) for state in "hl") | {"\x1b[?2026$p"}

MODES: dict[str, frozenset[str]] = {
    "xterm": _VT_MODES | _CURSOR | _ALTERNATE | _XTERM,
    "screen": _VT_MODES | _CURSOR | _ALTERNATE,
    "linux": _VT_MODES | _CURSOR,
    "vt220": _VT_MODES | _CURSOR,
    "vt100": _VT_MODES,
    "unknown": _VT_MODES,
}
"""Beside drawing, the sequences that a terminal of this kind may be sent. 24 (CAN) ends a sequence that was cut."""
_ATTRIBUTES = {"0", "1", "2", "3", "4", "5", "7", "8", "9", "21", "53", ""}
COLOURS: dict[str, re.Pattern[str]] = {
    "xterm": re.compile(r"[34]8;(?:5;\d+|2;\d+;\d+;\d+)|[34][0-79]|9[0-7]|10[0-7]"),
    "screen": re.compile(r"[34]8;5;\d+|[34][0-79]|9[0-7]|10[0-7]"),
    "linux": re.compile(r"[34][0-79]|9[0-7]|10[0-7]"),
    "vt220": re.compile(r"(?!)"),
    "vt100": re.compile(r"(?!)"),
    "unknown": re.compile(r"[34][0-79]|9[0-7]|10[0-7]"),
}
ASCII = ("vt220", "vt100")


def tokens(output: bytes) -> Iterator[str]:
    """Escape sequences whole, everything else by character; raises UnicodeDecodeError where it is no UTF-8."""
    return (found[0] for found in _TOKEN.finditer(output.decode()))


def foreign(output: bytes, level: str) -> list[str]:
    """What a terminal of this kind, a key of MODES, must not be sent."""
    return [token for token in tokens(output) if not _ours(token, level)]


def assert_only_ours(output: bytes, level: str) -> None:
    """`output` must end where a sequence ends."""
    found = foreign(output, level)
    assert not found, f"{len(found)} sequences or characters that are not ours: {found[:10]!r}"


def _ours(token: str, level: str) -> bool:
    if token.startswith("\x1b"):
        sgr = _SGR.fullmatch(token)
        return bool(_DRAWING.fullmatch(token)) or token in MODES[level] or (sgr is not None and _pen(sgr[1], level))
    if token in "\r\n":
        return True
    if token == "\x18":
        return True
    if not token.isprintable() and unicodedata.category(token) not in ("Mn", "Mc", "Me"):
        return False
    return token.isascii() or level not in ASCII


def _pen(parameters: str, level: str) -> bool:
    rest = COLOURS[level].sub("", parameters)
    return all(word in _ATTRIBUTES for word in rest.split(";"))
