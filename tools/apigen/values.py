"""Default values: whether they fit their type, and how Python spells them."""

from tools.apigen.model import RANGES, Enum, Type
from tools.apigen.names import LONGEST


def misfit(value: object, kind: Type, enums: dict[str, Enum]) -> str:
    """Why the JSON `value` cannot be a default of `kind`; empty when it can."""
    if kind.optional:
        return f"'{kind}' is null by default; an optional has no other default"
    if kind.wraps:
        empty: object = [] if kind.wraps[0] == "[]" else {}
        return "" if value == empty and type(value) is type(empty) else f"a default of '{kind}' can only be empty: {empty}"
    if kind.name in enums:
        return "" if value in enums[kind.name].values else f"{value!r} is not a value of {kind.name}"
    return _scalar_misfit(value, kind.name)


def _scalar_misfit(value: object, name: str) -> str:
    if name in RANGES or name in ("time", "duration"):
        low, high = RANGES.get(name, RANGES["i64"])
        return "" if type(value) is int and low <= value <= high else f"{value!r} is not an integer from {low} to {high}"
    if name == "f64":
        return "" if type(value) in (int, float) else f"{value!r} is not a number"
    if name == "bool":
        return "" if type(value) is bool else f"{value!r} is neither true nor false"
    if name in ("string", "bytes"):
        return _text_misfit(value, name)
    return f"a value of '{name}' cannot be a default"


def _text_misfit(value: object, name: str) -> str:
    if not isinstance(value, str):
        return f"{value!r} is not a string"
    if len(value) > LONGEST or not value.isprintable():
        return f"has more than {LONGEST} characters, or one that cannot be printed"
    return "" if name == "string" or value.isascii() else "is not ASCII, as default bytes must be"
