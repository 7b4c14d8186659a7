"""The keys that each object of a schema file has and the JSON type of each, before anything is looked at more closely."""

from collections.abc import Mapping

from tools.apigen.problem import Problems

JSON_NAMES: dict[type[object], str] = {dict: "an object", list: "an array", str: "a string", bool: "true or false", int: "an integer"}

_Keys = dict[str, type[object]]

_FIELD: _Keys = {"name": str, "type": str, "doc": str}
_FIELD_MAY: _Keys = {"unit": str, "secret": bool, "default": object}
_CALL: _Keys = {"id": int, "name": str, "doc": str, "role": str}
_CALL_MAY: _Keys = {"verb": str, "in": list, "sees": str}

MUST: dict[str, _Keys] = {
    "schema": {"id": str, "doc": str},
    "enum": {"doc": str, "values": list},
    "type": {"doc": str, "fields": list},
    "field": _FIELD,
    "argument": _FIELD,
    "method": _CALL,
    "stream": _CALL | {"kind": str, "row": str},
}
MAY: dict[str, _Keys] = {
    "schema": {"noun": str, "enums": dict, "types": dict, "methods": list, "streams": list},
    "enum": {},
    "type": {},
    "field": _FIELD_MAY | {"title": str, "sees": str, "wide": bool},
    "argument": _FIELD_MAY | {"complete": str},
    "method": _CALL_MAY | {"out": str, "changes": bool, "risk": str, "frees": bool},
    "stream": _CALL_MAY | {"key": list, "result": str},
}
PARTS = {
    "schema": {"enums": "enum", "types": "type", "methods": "method", "streams": "stream"},
    "type": {"fields": "field"},
    "method": {"in": "argument"},
    "stream": {"in": "argument"},
}
"""Which kind of object the members of a key are."""

TEXTS = frozenset(("values", "key"))
"""Keys whose arrays hold strings."""


def check(value: object, kind: str, path: str, problems: Problems) -> None:
    """Adds a problem for each unknown, missing or mistyped key of `value` and of what it holds."""
    if not isinstance(value, dict):
        problems.add(path, f"must be an object, is {_name(value)}")
        return
    for key in MUST[kind]:
        if key not in value:
            problems.add(path, f"'{key}' is missing")
    allowed = MUST[kind] | MAY[kind]
    for key, member in value.items():
        if key not in allowed:
            problems.add(join(path, key), f"unknown key; {_article(kind)} has {', '.join(sorted(allowed))}")
        elif not _fits(member, allowed[key]):
            problems.add(join(path, key), f"must be {JSON_NAMES[allowed[key]]}, is {_name(member)}")
        else:
            _check_members(member, key, kind, join(path, key), problems)


def join(path: str, key: str) -> str:
    """The path of `key` in the object at `path`."""
    return f"{path}.{key}" if path else key


def _check_members(member: object, key: str, kind: str, path: str, problems: Problems) -> None:
    part = PARTS.get(kind, {}).get(key)
    for name, item in _members(member):
        below = f"{path}[{name}]" if isinstance(name, int) else join(path, name)
        if part:
            check(item, part, below, problems)
        elif key in TEXTS and not isinstance(item, str):
            problems.add(below, f"must be a string, is {_name(item)}")


def _members(value: object) -> list[tuple[int | str, object]]:
    if isinstance(value, Mapping):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []


def _fits(value: object, expected: type[object]) -> bool:
    if expected is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, expected)


def _name(value: object) -> str:
    if value is None:
        return "null"
    return JSON_NAMES.get(type(value), "a number")


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "ae" else f"a {kind}"
