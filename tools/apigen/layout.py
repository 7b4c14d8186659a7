"""Python text laid out as `ruff format` would, so that formatting a generated file changes nothing."""

import textwrap
import unicodedata
from collections.abc import Iterable

WIDTH = 140


def bracket(head: str, items: Iterable[str], tail: str, indent: int) -> list[str]:
    """`head item, item tail` on one line where it fits, else an item a line."""
    parts = list(items)
    margin = " " * indent
    line = f"{margin}{head}{', '.join(parts)}{tail}"
    if not parts or columns(line) <= WIDTH:
        return [line]
    return [margin + head, *(f"{margin}    {part}," for part in parts), margin + tail]


def docstring(paragraphs: Iterable[str], indent: int, items: Iterable[str] = ()) -> list[str]:
    """Wrapped paragraphs, a blank line between them, then `items` as a block of their own."""
    margin = " " * indent
    blocks = [_wrap(paragraph, indent) for paragraph in paragraphs]
    if block := [line for item in items for line in _wrap(item, indent)]:
        blocks.append(block)
    if len(blocks) == len(blocks[0]) == 1 and not blocks[0][0].endswith('"'):
        return [f'{margin}"""{blocks[0][0]}"""']
    text = [line for position, lines in enumerate(blocks) for line in (["", *lines] if position else lines)]
    return [f'{margin}"""{text[0]}', *(margin + line if line else "" for line in text[1:]), f'{margin}"""']


def literal(value: object, indent: int, before: str = "", after: str = "") -> list[str]:
    """`before` and `after` are what stands on the same lines as a value of tuples, dicts, strings, numbers and None."""
    margin = " " * indent
    line = f"{margin}{before}{inline(value)}{after}"
    if not isinstance(value, tuple | dict) or not value or (isinstance(value, tuple) and columns(line) <= WIDTH):
        return [line]
    opening, closing = ("(", ")") if isinstance(value, tuple) else ("{", "}")
    lines = [f"{margin}{before}{opening}"]
    if isinstance(value, tuple):
        for item in value:
            lines += literal(item, indent + 4, after=",")
    else:
        for key, item in value.items():
            lines += literal(item, indent + 4, f"{inline(key)}: ", ",")
    return [*lines, f"{margin}{closing}{after}"]


def inline(value: object) -> str:
    """`value` on one line."""
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, tuple):
        return f"({', '.join(inline(item) for item in value)}{',' if len(value) == 1 else ''})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{inline(key)}: {inline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(inline(item) for item in value)}]"
    return repr(value)


def quote(text: str) -> str:
    """A string literal in double quotes, or in single ones where these need fewer escapes."""
    mark = "'" if text.count('"') > text.count("'") else '"'
    return mark + "".join(_escape(character, mark) for character in text) + mark


def quote_bytes(data: bytes) -> str:
    """A bytes literal."""
    return "b" + quote(data.decode("latin-1")).encode("ascii", "backslashreplace").decode("ascii")


def columns(line: str) -> int:
    """Terminal columns, which is how line length is counted."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in line)
    return len(line) + wide - sum(unicodedata.combining(character) > 0 for character in line)


def _wrap(paragraph: str, indent: int) -> list[str]:
    escaped = paragraph.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if escaped.startswith('"'):
        escaped = "\\" + escaped
    return textwrap.wrap(escaped, WIDTH - indent - 6, break_long_words=False, break_on_hyphens=False)


def _escape(character: str, mark: str) -> str:
    if character in ("\\", mark):
        return "\\" + character
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
