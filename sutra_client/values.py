"""Typed values as words: what a person types becomes the JSON form of a schema type, and back so that it reads the same again."""

import time

from sutra_client.errors import INVALID, SutraError
from sutra_client.json_text import Json, read, short

Enums = dict[str, tuple[str, ...]]

_TRUE = ("true", "yes", "on", "1")
_FALSE = ("false", "no", "off", "0")
_SECOND = 1_000_000
_SPANS = {"us": 1, "ms": 1000, "s": _SECOND, "m": 60 * _SECOND, "h": 3600 * _SECOND, "d": 86400 * _SECOND, "w": 604800 * _SECOND}
_SIZES = {"k": 10, "K": 10, "M": 20, "G": 30, "T": 40, "P": 50, "E": 60}


def parse(word: str, kind: str, enums: Enums, unit: str = "") -> Json:
    """The JSON form of one word as a value of type `kind`; raises SutraError INVALID that names what would do."""
    kind = kind.removesuffix("?")
    if kind in enums:
        return _enum(word, kind, enums[kind])
    if kind == "bool":
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
        raise _wrong(word, "a truth value: true, false, yes, no, on or off")
    if kind[:1] in "iu" and kind[1:].isdigit():
        return _integer(word, kind, unit)
    match kind:
        case "f64":
            return _number(word)
        case "string":
            return _text(word)
        case "bytes":
            return _bytes(word)
        case "duration":
            return _within(span(word), word)
        case "time":
            return _within(moment(word), word)
    return _composite(word, kind, enums, unit)


def form(value: Json, kind: str) -> list[str]:
    """The words that parse() and joined() read back as `value`; more than one only for a list."""
    kind = kind.removesuffix("?")
    if kind.startswith("[]"):
        items = value if isinstance(value, list) else []
        words = [word for item in items for word in form(item, kind[2:])]
        plain = items and not kind.startswith(("[][]", "[]map")) and all(word and "," not in word and word[0] not in "[{" for word in words)
        return words if plain and len(words) == len(items) else [short(value)]
    if kind == "bytes" and isinstance(value, dict):
        from binascii import a2b_base64

        return [a2b_base64(str(value.get("base64", ""))).decode("utf-8", "surrogateescape")]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, int) and kind == "duration":
        return [f"{value}us"]
    if isinstance(value, int) and kind == "time":
        sign, seconds, rest = ("-" if value < 0 else "", *divmod(abs(value), _SECOND))
        return [f"@{sign}{seconds}.{rest:06}"]
    return [value if isinstance(value, str) else short(value)]


def joined(words: list[str], kind: str, enums: Enums, unit: str = "", split: bool = True) -> Json:
    """One argument that was given in several words, for a list or map; a word is cut at its commas when `split`, unless it is JSON."""
    kind = kind.removesuffix("?")
    parts: list[Json] = []
    pairs: dict[str, Json] = {}
    for word in words:
        if word[:1] in "[{" and word:
            value = parse(word, kind, enums, unit)
            parts += value if isinstance(value, list) else []
            pairs.update(value if isinstance(value, dict) else {})
            continue
        for part in word.split(",") if split else [word]:
            if kind.startswith("[]"):
                parts.append(parse(part, kind[2:], enums, unit))
            else:
                name, equals, text = part.partition("=")
                if not equals:
                    raise _wrong(part, "NAME=VALUE")
                pairs[name] = parse(text, kind.removeprefix("map[string]"), enums, unit)
    return parts if kind.startswith("[]") else pairs


def span(word: str) -> int:
    """Microseconds of a duration such as 500ms, 90s or 2h30m; -5m and 0 too."""
    rest = word.removeprefix("-")
    if rest == "0":
        return 0
    total = 0
    while rest:
        digits = len(rest) - len(rest.lstrip("0123456789."))
        letters = len(rest[digits:]) - len(rest[digits:].lstrip("umshdw"))
        number, size = rest[:digits], _SPANS.get(rest[digits : digits + letters], 0)
        if not size or not number.replace(".", "", 1).isdigit() or len(number) > 20:
            break
        total += int(number) * size if number.isdigit() else round(float(number) * size)
        rest = rest[digits + letters :]
    if rest or word in ("", "-"):
        raise _wrong(word, "a duration with its unit, such as 500ms, 90s, 2h30m or 7d")
    return -total if word[0] == "-" else total


def moment(word: str) -> int:
    """Unix microseconds of 2026-11-20, 2026-11-20T10:00[:05[.5]] (local, or with Z or +01:00), @1700000000[.5] or now."""
    if word == "now":
        return int(time.time() * _SECOND)
    if word[:1] == "@":
        whole, dot, part = word[1:].partition(".")
        if whole.removeprefix("-").isdigit() and len(whole) < 18 and (part.isdigit() or not dot) and word.isascii():
            micro = int(part[:6].ljust(6, "0")) if part else 0
            return int(whole) * _SECOND + (-micro if whole.startswith("-") else micro)
    elif word.isascii():
        found = _calendar(word)
        if found is not None:
            return found
    raise _wrong(word, "a time such as 2026-11-20T10:00, 2026-11-20T09:00Z, @1700000000 or now")


def _calendar(word: str) -> int | None:
    day, _, clock = word.replace("T", " ", 1).partition(" ")
    offset: int | None = None
    if clock.endswith("Z"):
        clock, offset = clock[:-1], 0
    elif clock[-6:-5] in ("+", "-") and clock[-6:]:
        sign = -1 if clock[-6] == "-" else 1
        zone = _numbers(clock[-5:], ":", (2, 2))
        if zone is None or zone[1] > 59:
            return None
        clock, offset = clock[:-6], sign * (zone[0] * 3600 + zone[1] * 60)
    clock, dot, part = clock.partition(".")
    date = _numbers(day, "-", (4, 2, 2))
    of_day = _numbers(clock, ":", (2, 2, 2) if clock.count(":") == 2 else (2, 2)) if clock else [0, 0]
    if date is None or of_day is None or (dot and not part.isdigit()):
        return None
    year, month, mday = date
    hour, minute, second = (*of_day, 0)[:3]
    if not (year and 0 < month < 13 and 0 < mday <= _days(year, month) and hour < 24 and minute < 60 and second < 60):
        return None
    micro = int(part[:6].ljust(6, "0")) if part else 0
    if offset is not None:
        return (_day_number(year, month, mday) * 86400 + hour * 3600 + minute * 60 + second - offset) * _SECOND + micro
    return int(time.mktime((year, month, mday, hour, minute, second, 0, 0, -1))) * _SECOND + micro


def _numbers(text: str, mark: str, sizes: tuple[int, ...]) -> list[int] | None:
    parts = text.split(mark)
    if len(parts) != len(sizes) or not all(part.isdigit() and len(part) == size for part, size in zip(parts, sizes, strict=True)):
        return None
    return [int(part) for part in parts]


def _days(year: int, month: int) -> int:
    return _day_number(year + month // 12, month % 12 + 1, 1) - _day_number(year, month, 1)


def _day_number(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the Gregorian calendar, years beginning in March."""
    year -= month < 3
    return year * 365 + year // 4 - year // 100 + year // 400 + (153 * ((month + 9) % 12) + 2) // 5 + day - 719469


def _enum(word: str, kind: str, known: tuple[str, ...]) -> str:
    if word in known:
        return word
    from sutra_client.suggest import unknown

    raise SutraError(INVALID, *unknown(kind, word, known))


def _integer(word: str, kind: str, unit: str) -> int:
    bits = int(kind[1:])
    least, most = (0, (1 << bits) - 1) if kind[0] == "u" else (-(1 << bits - 1), (1 << bits - 1) - 1)
    digits = word
    shift = 0
    if unit == "B" and word[-1:] in _SIZES:
        digits, shift = word[:-1], _SIZES[word[-1:]]
    bare = digits.removeprefix("-")
    if not bare.isdigit() or not bare.isascii() or len(bare) > 20:
        raise _wrong(word, "a whole number" + (", also with k, M, G or T" if unit == "B" else ""))
    value = int(digits) << shift
    if not least <= value <= most:
        raise _wrong(word, f"between {least} and {most}")
    return value


def _within(value: int, word: str) -> int:
    """Durations and times are 64 bits of microseconds."""
    if not -(1 << 63) <= value < 1 << 63:
        raise _wrong(word, "within 290 000 years")
    return value


def _number(word: str) -> float:
    try:
        value = float(word) if "_" not in word else None
    except ValueError:
        value = None
    if value is None or not abs(value) < float("inf"):
        raise _wrong(word, "a number")
    return value


def _text(word: str) -> str:
    try:
        word.encode()
    except UnicodeEncodeError:
        raise _wrong(word, "valid UTF-8") from None
    return word


def _bytes(word: str) -> Json:
    raw = word.encode("utf-8", "surrogateescape")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        from binascii import b2a_base64

        return {"base64": b2a_base64(raw, newline=False).decode()}


def _composite(word: str, kind: str, enums: Enums, unit: str) -> Json:
    wanted = "a JSON array" if kind.startswith("[]") else "a JSON object"
    if word[:1] not in ("[" if kind.startswith("[]") else "{",):
        if kind.startswith(("[]", "map[string]")):
            return joined([word], kind, enums, unit)
        raise _wrong(word, wanted)
    return read(word, "the value")


def _wrong(word: str, wanted: str) -> SutraError:
    from sutra_client.text import display

    shown = word if wanted.startswith("between") else f"'{display(word, 80)}'"
    return SutraError(INVALID, f"{shown} is not {wanted}")
