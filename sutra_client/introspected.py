"""The interface of a service that this avyctl was not built with, made from the schema that the service itself serves."""

from sutra_client.errors import UNAVAILABLE, SutraError
from sutra_client.json_text import Json, read, read_object
from sutra_client.schema import Entry, Field, Schema

_MODIFIERS = ("changes", "frees")


def schema(answer: bytes) -> Schema:
    """From the answer to `introspect`, the canonical text as a JSON string; raises SutraError UNAVAILABLE where it is no schema."""
    text = read(answer, "the service's schema", UNAVAILABLE)
    if not isinstance(text, str):
        raise SutraError(UNAVAILABLE, "the service's schema is not a text")
    return of_text(text)


def of_text(text: str) -> Schema:
    """From the canonical text itself; raises as schema()."""
    of = read_object(text, "the service's schema", UNAVAILABLE)
    entries: dict[str, Entry] = {}
    for member in _objects(of.get("methods")):
        entries[_verb(member)] = _entry(member, "call", _text(member, "out"))
    for member in _objects(of.get("streams")):
        row = _text(member, "row") or _text(member, "out")
        entries[_verb(member)] = _entry(member, _text(member, "kind"), row or _default_row(member))
    types = {name: tuple(map(_field, _objects(_part(kind, "fields")))) for name, kind in _pairs(of.get("types"))}
    enums = {name: tuple(str(value) for value in _list(_part(kind, "values"))) for name, kind in _pairs(of.get("enums"))}
    return Schema("", (_text(of, "id"), _text(of, "noun"), _text(of, "doc"), ""), entries, types, enums)


def _default_row(member: dict[str, Json]) -> str:
    return "Operation" if member.get("kind") == "operation" else ""


def _entry(member: dict[str, Json], kind: str, row: str) -> Entry:
    number = member.get("id")
    if not isinstance(number, int) or not 0 < number < 0xFF00:
        raise SutraError(UNAVAILABLE, f"the service's schema has no valid id for {_text(member, 'name')}")
    flags = [word for word in _MODIFIERS if member.get(word)]
    flags += [f"{word}:{member[word]}" for word in ("risk", "sees") if word in member]
    key = tuple(str(part) for part in _list(member.get("key")))
    ins = tuple(map(_argument, _objects(member.get("in"))))
    name, doc, role, result = (_text(member, part) for part in ("name", "doc", "role", "result"))
    return kind, number, name, doc, role, ins, row, key, " ".join(flags), result


def _argument(member: dict[str, Json]) -> Field:
    return (*_field(member)[:5], _text(member, "complete"), _flags(member))


def _field(member: dict[str, Json]) -> Field:
    name, kind, doc, unit, title = (_text(member, part) for part in ("name", "type", "doc", "unit", "title"))
    return name, kind, doc, unit, member.get("default"), title, _flags(member)


def _flags(member: dict[str, Json]) -> str:
    words = [word for word in ("secret", "wide") if member.get(word)]
    if not _text(member, "type").endswith("?") and "default" not in member:
        words.append("required")
    sees = _text(member, "sees")
    return " ".join([*words, *([sees] if sees not in ("", "all") else [])])


def _verb(member: dict[str, Json]) -> str:
    return _text(member, "verb") or _text(member, "name")


def _text(of: dict[str, Json], name: str) -> str:
    value = of.get(name)
    return value if isinstance(value, str) else ""


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _objects(value: Json) -> list[dict[str, Json]]:
    return [item for item in _list(value) if isinstance(item, dict)]


def _pairs(value: Json) -> list[tuple[str, Json]]:
    return list(value.items()) if isinstance(value, dict) else []


def _part(value: Json, name: str) -> Json:
    return value.get(name) if isinstance(value, dict) else None
