"""JSON without the json package: the interpreter's C scanner reads, and what is written is safe to show on a terminal.

`_json` raises SystemError where json.decoder is not there to make an error of it, and RecursionError on deep nesting.
"""

from _json import encode_basestring_ascii, make_scanner

from sutra_client.errors import INVALID, SutraError

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


class _Options:
    """What make_scanner asks of a decoder."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = staticmethod(_refuse_constant)
    memo: dict[str, str] = {}


_scan = make_scanner(_Options())  # type: ignore[arg-type]
_SPACE = " \t\r\n"


def read(text: bytes | str, what: str = "JSON", code: str = INVALID) -> Json:
    """The value of a whole JSON text; raises SutraError `code`, naming `what` was read, when it is anything else."""
    try:
        if not isinstance(text, str):
            text = text.decode()
        start = 0
        while text[start : start + 1] in _SPACE and start < len(text):
            start += 1
        value, end = _scan(text, start)
    except (SystemError, ValueError, StopIteration):
        raise SutraError(code, f"{what} is not valid JSON") from None
    except RecursionError:
        raise SutraError(code, f"{what} is nested too deeply") from None
    if text[end:].strip(_SPACE):
        raise SutraError(code, f"{what} has something after the JSON value")
    return value  # type: ignore[no-any-return]


def read_object(text: bytes | str, what: str, code: str = INVALID) -> dict[str, Json]:
    """As read(), for what must be an object."""
    value = read(text, what, code)
    if not isinstance(value, dict):
        raise SutraError(code, f"{what} is not a JSON object")
    return value


def ends_at(text: str, start: int) -> int:
    """Where the JSON value that begins at `start` ends; -1 if none does."""
    try:
        return int(_scan(text, start)[1])
    except (SystemError, ValueError, StopIteration, RecursionError):
        return -1


def string(text: str) -> str:
    """A JSON string in which all but printable, non-bidi text is escaped."""
    quoted = encode_basestring_ascii(text)
    if text.isascii() or not _readable(text):
        return quoted
    if text.isprintable():
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return '"' + "".join(char if _readable(char) and char not in '"\\' else encode_basestring_ascii(char)[1:-1] for char in text) + '"'


def _readable(text: str) -> bool:
    return any(char > "\x7f" and char.isprintable() for char in text)


def short(value: Json) -> str:
    """On one line, without spaces."""
    if isinstance(value, str):
        return string(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{string(name)}:{short(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join([short(item) for item in value]) + "]"
    return _plain(value)


def pretty(value: Json, indent: str = "") -> str:
    """Indented by two spaces a level."""
    deeper = indent + "  "
    if isinstance(value, dict) and value:
        lines = [f"{deeper}{string(name)}: {pretty(item, deeper)}" for name, item in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(deeper + pretty(item, deeper) for item in value) + f"\n{indent}]"
    return short(value)


def _plain(value: bool | int | float | None) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)


def safe(text: bytes) -> bool:
    """Whether JSON text may go to a terminal as it is: printable ASCII alone."""
    return text.isascii() and text.decode().isprintable()


def as_text(value: Json) -> str:
    """A string as it is, anything else as JSON."""
    return value if isinstance(value, str) else short(value)
