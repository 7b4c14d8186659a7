"""GVariant, the serialised form of GLib that OSTree and flatpak keep on disk.

Written from the format's specification; there is no library for it but GLib itself, which a Python of its own cannot load.
"""

import struct
from typing import Any, NamedTuple

DEEPEST = 32
_BASIC = {"b": 1, "y": 1, "n": 2, "q": 2, "i": 4, "u": 4, "h": 4, "x": 8, "t": 8, "d": 8}
_FORMATS = {"b": "?", "y": "B", "n": "<h", "q": "<H", "i": "<i", "u": "<I", "h": "<i", "x": "<q", "t": "<Q", "d": "<d"}


class Shape(NamedTuple):
    """How values of a type lie in memory."""

    align: int
    size: int
    """0 where it varies."""


def decode(kind: str, data: bytes) -> Any:
    """The value of type `kind`, little-endian: numbers, str (s o g), bytes (ay), lists, tuples, dicts (a{..}), and None or the value (m).

    A variant is (type, value); in a str what is no UTF-8 is in hexadecimal. Raises ValueError for what is not such a value.
    """
    try:
        return _decode(kind, data, 0)
    except (IndexError, struct.error, RecursionError) as error:
        raise ValueError(f"no value of type {kind}") from error


def lookup(entries: Any, name: str, kind: str) -> Any:
    """The value of an a{sv} under this name, None where there is none or it is of another type."""
    found = entries.get(name)
    return found[1] if found is not None and found[0] == kind else None


def _decode(kind: str, data: bytes, depth: int) -> Any:
    if depth > DEEPEST:
        raise ValueError("too deep")
    first = kind[:1]
    if first in _BASIC:
        if len(data) != _BASIC[first]:
            raise ValueError(f"{len(data)} bytes are no {first}")
        return struct.unpack(_FORMATS[first], data)[0]
    match first:
        case "s" | "o" | "g":
            if data[-1:] != b"\0":
                raise ValueError("a text without its end")
            return data[:-1].decode("utf-8", "backslashreplace")
        case "v":
            return _variant(data, depth)
        case "m":
            return None if not data else _decode(kind[1:], data if shape(kind[1:]).size else data[:-1], depth + 1)
        case "a":
            return _array(kind[1:], data, depth)
        case "(" | "{":
            return tuple(_members(kind, data, depth))
    raise ValueError(f"no such type: {kind}")


def _variant(data: bytes, depth: int) -> tuple[str, Any]:
    value, end, kind = data.rpartition(b"\0")
    name = kind.decode("ascii", "replace")
    if not end or split(name) != [name]:
        raise ValueError("a variant without its type")
    return name, _decode(name, value, depth + 1)


def _array(element: str, data: bytes, depth: int) -> Any:
    if element == "y":
        return data
    parts = [_decode(element, part, depth + 1) for part in _elements(element, data)]
    return dict(parts) if element[0] == "{" else parts


def _elements(element: str, data: bytes) -> list[bytes]:
    if not data:
        return []
    align, size = shape(element)
    if size:
        if len(data) % size:
            raise ValueError(f"an array of {len(data)} bytes")
        return [data[at : at + size] for at in range(0, len(data), size)]
    width = _offset_width(len(data))
    table = int.from_bytes(data[-width:], "little")
    if table > len(data) or (len(data) - table) % width:
        raise ValueError("an array without its offsets")
    parts, start = [], 0
    for at in range(table, len(data), width):
        end = int.from_bytes(data[at : at + width], "little")
        start = _aligned(start, align)
        if not start <= end <= table:
            raise ValueError("an array with broken offsets")
        parts.append(data[start:end])
        start = end
    return parts


def _members(kind: str, data: bytes, depth: int) -> list[Any]:
    members = split(kind[1:-1])
    width = _offset_width(len(data))
    values, start, tail = [], 0, len(data)
    for index, member in enumerate(members):
        align, size = shape(member)
        start = _aligned(start, align)
        if size:
            end = start + size
        elif index == len(members) - 1:
            end = tail
        else:
            tail -= width
            end = int.from_bytes(data[tail : tail + width], "little")
        if not start <= end <= len(data):
            raise ValueError("a tuple with broken offsets")
        values.append(_decode(member, data[start:end], depth + 1))
        start = end
    return values


def split(kinds: str) -> list[str]:
    """The single types of a row of types; raises ValueError."""
    found, at = [], 0
    while at < len(kinds):
        end = _end(kinds, at, 0)
        found.append(kinds[at:end])
        at = end
    return found


def _end(kinds: str, at: int, depth: int) -> int:
    letter = kinds[at : at + 1]
    if depth > DEEPEST or not letter:
        raise ValueError(f"no types: {kinds}")
    if letter in _BASIC or letter in "sogv":
        return at + 1
    if letter in "am":
        return _end(kinds, at + 1, depth + 1)
    if letter not in "({":
        raise ValueError(f"no types: {kinds}")
    close = ")" if letter == "(" else "}"
    at += 1
    while kinds[at : at + 1] != close:
        at = _end(kinds, at, depth + 1)
    return at + 1


def shape(kind: str) -> Shape:
    """Of one type, as split() gives it."""
    first = kind[:1]
    if first in _BASIC:
        return Shape(_BASIC[first], _BASIC[first])
    if first in "sog":
        return Shape(1, 0)
    if first == "v":
        return Shape(8, 0)
    if first in "am":
        return Shape(shape(kind[1:]).align, 0)
    shapes = [shape(member) for member in split(kind[1:-1])]
    align = max((each.align for each in shapes), default=1)
    end = 0
    for each in shapes:
        if not each.size:
            return Shape(align, 0)
        end = _aligned(end, each.align) + each.size
    return Shape(align, _aligned(end, align) or 1)


def _aligned(at: int, align: int) -> int:
    return (at + align - 1) & -align


def _offset_width(length: int) -> int:
    return next(width for width in (1, 2, 4, 8) if length < 1 << 8 * width)
