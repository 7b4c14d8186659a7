"""YAML of JSON values, in block style: what is not plainly a word is a double-quoted string, so nothing is taken for something else."""

from sutra_client.json_text import Json, short

_FIRST = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz/_")
_REST = _FIRST | frozenset("0123456789.@+-")
_SPECIAL = ("true", "false", "yes", "no", "on", "off", "null", "y", "n")


def block(value: Json, indent: str = "") -> list[str]:
    """The lines of a document."""
    if isinstance(value, dict) and value:
        lines: list[str] = []
        for name, item in value.items():
            lines += _entry(f"{indent}{string(name)}:", item, indent + "  ")
        return lines
    if isinstance(value, list) and value:
        lines = []
        for item in value:
            inner = block(item, indent + "  ")
            lines += [f"{indent}- {inner[0].lstrip(' ')}", *inner[1:]]
        return lines
    return [indent + scalar(value)]


def _entry(head: str, item: Json, indent: str) -> list[str]:
    if isinstance(item, dict | list) and item:
        return [head, *block(item, indent)]
    return [f"{head} {scalar(item)}"]


def scalar(value: Json) -> str:
    return string(value) if isinstance(value, str) else short(value)


def string(text: str) -> str:
    """Plain where that cannot be misread, else quoted; all but printable, non-bidi text is escaped."""
    if text and text[0] in _FIRST and _REST.issuperset(text) and text.lower() not in _SPECIAL:
        return text
    return '"' + "".join(map(_char, text)) + '"'


def _char(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char.isprintable():
        return char
    code = ord(char)
    if 0xD800 <= code < 0xE000:
        return "\\ufffd"  # YAML has no half of a pair
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
