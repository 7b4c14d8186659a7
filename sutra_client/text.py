"""Text as a terminal may show it: untrusted strings made harmless, cells counted, numbers printed with their units.

One-shots, line mode and screens share it. Nothing is imported for ASCII text, which most text is.
"""

import time

MAX_TEXT = 4096
MAX_MARKS = 4
NIL = "-"

# Letters and symbols by category, yet nothing is seen of them.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_DISPUTED: tuple[tuple[str, str], ...] = (
    ("\u2630", "\u2637"),
    ("\u268a", "\u268f"),
    ("\u302e", "\u302f"),
    ("\u4dc0", "\u4dff"),
    ("\U00016ff0", "\U00016ff1"),
)
_DISPUTED += (("\U0001d300", "\U0001d376"), ("\U0001f3fb", "\U0001f3ff"))
"""Symbols that one version of Unicode has two cells wide and the next has not, and marks that change what is before them."""
_VOWELS = (("\u1160", "\u11ff"), ("\ud7b0", "\ud7fb"))
"""Parts of Hangul syllables that join the consonant before them."""
_SELECTORS = (("\u180b", "\u180f"), ("\ufe00", "\ufe0f"), ("\U000e0100", "\U000e01ef"))


def display(text: str, limit: int = MAX_TEXT) -> str:
    """One line in which every control, bidi, zero-width or otherwise unseen character is a visible escape such as `\\x1b` or `\\u202e`.

    At most `limit` characters of `text` are looked at (0: all) and a cut is marked by an ellipsis; combining marks stack at most four high.
    """
    if text.isascii() and text.isprintable() and (len(text) <= limit or not limit):
        return text
    cut = limit and len(text) > limit
    shown = _shown(text[:limit] if cut else text)
    return shown + "…" if cut else shown


_HIDDEN = (*_SELECTORS, *_DISPUTED)


def _within(char: str, ranges: tuple[tuple[str, str], ...]) -> bool:
    return any(low <= char <= high for low, high in ranges)


def _shown(text: str) -> str:
    from unicodedata import category

    shown = []
    marks = MAX_MARKS  # a mark without a letter of its own would land on what stands before the text
    for char in text:
        mark = char > "\u02ff" and (category(char) in ("Mn", "Me", "Mc") or _within(char, _VOWELS))
        marks = marks + 1 if mark else 0
        if marks > MAX_MARKS or not char.isprintable() or char in _UNSEEN or _within(char, _HIDDEN):
            shown.append(escape(char))
        else:
            shown.append(char)
    return "".join(shown)


def escape(char: str) -> str:
    """The `\\xNN`, `\\uNNNN` or `\\UNNNNNNNN` form of one character."""
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00  # a byte that is no UTF-8
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def display_lines(text: str, limit: int = MAX_TEXT) -> list[str]:
    """`text` cut at its newlines, each line as display() shows it; for help, hints and log detail."""
    return [display(line.expandtabs(), limit) for line in text.split("\n")]


def width(text: str) -> int:
    """Terminal cells that displayed text takes: two for East Asian wide characters, none for marks."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    cells = 0
    for char in text:
        if char < "\u0300":
            cells += 1
        elif category(char) not in ("Mn", "Me", "Mc", "Cf") and not _within(char, _VOWELS):
            cells += 2 if east_asian_width(char) in "WF" else 1
    return cells


def clip(text: str, cells: int, mark: str = "…") -> str:
    """`text` cut to at most `cells`, its end replaced by `mark` when something is lost."""
    if text.isascii():
        if len(text) <= cells:
            return text
        return (text[: max(cells - len(mark), 0)] + mark)[: max(cells, 0)]
    if width(text) <= cells:
        return text
    kept, used = [], 0
    for char in text:
        used += width(char)
        if used > cells - len(mark):
            break
        kept.append(char)
    return ("".join(kept) + mark) if cells >= len(mark) else ""


def fit(text: str, cells: int, right: bool = False, mark: str = "…") -> str:
    """Exactly `cells` wide: clipped, or padded on the right (on the left when `right`)."""
    text = clip(text, cells, mark)
    space = " " * (cells - width(text))
    return space + text if right else text + space


def scaled(value: float, step: int = 1024, prefixes: str = "kMGTPE") -> str:
    """Three significant digits and a prefix: 950, 84k, 4.1M, 212M."""
    if abs(value) < step:
        return f"{value:.0f}"
    power = 0
    while abs(value) >= step - 0.5 and power < len(prefixes):
        value /= step
        power += 1
    digits = f"{value:.1f}" if abs(value) < 99.95 else f"{value:.0f}"
    return digits.removesuffix(".0") + prefixes[power - 1]


def amount(value: float, unit: str = "") -> str:
    """A number with the unit of its schema field; bytes count in 1024s, everything else in 1000s."""
    match unit:
        case "B":
            return scaled(value) if abs(value) >= 1024 else f"{value:.0f}B"
        case "B/s":
            return (scaled(value) if abs(value) >= 1024 else f"{value:.0f}B") + "/s"
        case "Hz":
            return scaled(value, 1000) + "Hz"
        case "%":
            return f"{value}%" if isinstance(value, int) else f"{value:.1f}%"
        case "degC":
            return f"{value:.0f}°C"
        case "s":
            return span(round(value * 1_000_000))
        case "rpm":
            return f"{value:.0f}rpm"
        case "V" | "W":
            return f"{value:.2f}{unit}"
    return str(value) if isinstance(value, int) else f"{value:.2f}" if abs(value) >= 0.01 else f"{value:g}"


_SPANS = (("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1000), ("us", 1))


def span(microseconds: int) -> str:
    """A duration in its largest unit, as people say it: 12d, 3m, 2.1s, 350ms."""
    if microseconds < 0:
        return "-" + span(-microseconds)
    for unit, size in _SPANS:
        if microseconds >= size:
            if unit == "s" and microseconds < 9_950_000 and microseconds % size >= 50_000:
                return f"{microseconds / size:.1f}s"
            return f"{microseconds // size}{unit}"
    return "0s"


def moment(microseconds: int, now: float | None = None) -> str:
    """Local time: of day when it is today, else the date and the minute. `now` is in unix seconds."""
    try:
        then = time.localtime(microseconds // 1_000_000)
    except (OverflowError, OSError, ValueError):
        return f"@{microseconds // 1_000_000}"
    if not 0 < then[0] < 10000:
        return f"@{microseconds // 1_000_000}"
    today = time.localtime(now)
    if then[:3] == today[:3]:
        return f"{then[3]:02}:{then[4]:02}:{then[5]:02}"
    return f"{then[0]:04}-{then[1]:02}-{then[2]:02} {then[3]:02}:{then[4]:02}"


def day(microseconds: int, now: float | None = None) -> str:
    """Local time in ten cells: of day when it is today, else the date."""
    return moment(microseconds, now).partition(" ")[0]


def value(content: object, kind: str, unit: str = "", limit: int = MAX_TEXT) -> str:
    """A schema value of type `kind` (`u64?`, `[]string`, ...) in one line; Structs, dicts and JSON forms alike, nil as `-`."""
    if content is None:
        return NIL
    if isinstance(content, str):
        return display(content, limit)
    if isinstance(content, bool):
        return "yes" if content else "no"
    kind = kind.removesuffix("?")
    if isinstance(content, (int, float)):
        return _number(content, kind, unit)
    if isinstance(content, bytes):
        return display(content.decode("utf-8", "backslashreplace"), limit)
    if isinstance(content, (list, tuple)):
        return ",".join([value(item, kind[2:], unit, limit) for item in content])
    pairs = fields_of(content)
    if kind == "bytes" and list(pairs) == ["base64"]:
        return value(_unpacked(str(pairs["base64"])), kind, unit, limit)
    of = kind.removeprefix("map[string]")
    return " ".join([f"{display(name, limit)}={value(item, of, unit, limit)}" for name, item in pairs.items()])


def _number(value: float, kind: str, unit: str) -> str:
    if kind == "time":
        return moment(int(value))
    if kind == "duration":
        return span(int(value))
    return amount(value, unit)


def fields_of(value: object) -> dict[str, object]:
    """Names and values of a dict or a Struct; nothing of anything else."""
    if isinstance(value, dict):
        return value
    return {name: getattr(value, name) for name in getattr(value, "__struct_fields__", ())}


def _unpacked(base64: str) -> bytes:
    from binascii import Error, a2b_base64

    try:
        return a2b_base64(base64, strict_mode=True)
    except (Error, ValueError):
        return base64.encode("utf-8", "surrogatepass")
