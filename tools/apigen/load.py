"""Reads schema files: from bytes to a checked Schema, or to every reason why not."""

import json
from pathlib import Path

import msgspec

from tools.apigen import rules, shape
from tools.apigen.model import Enum, Field, Method, Record, Schema, Stream, Type, parse_type
from tools.apigen.names import bad_folder
from tools.apigen.problem import Problem, Problems, SchemaError

Json = dict[str, object]


def load_folder(folder: Path, core: Schema | None) -> list[Schema]:
    """Every <name>/api.json below `folder`, core first, then by name. Raises SchemaError with all problems of all files."""
    schemas: list[Schema] = []
    problems: list[Problem] = []
    for file in sorted(folder.glob("*/api.json"), key=lambda file: (file.parent.name != "core", file.parent.name)):
        try:
            schema = load(file, core)
        except SchemaError as error:
            problems += error.problems
            continue
        schemas.append(schema)
        core = schema if schema.name == "core" else core
    problems += rules.together(schemas)
    if problems:
        raise SchemaError(problems)
    return schemas


def load(file: Path, core: Schema | None) -> Schema:
    """One schema, whose types may be those of `core` (None when it is core itself). Raises SchemaError."""
    problems = Problems(file)
    raw = _parse(file, problems)
    if not problems.found:
        shape.check(raw, "schema", "", problems)
    if not problems.found:
        schema = _Builder(raw, problems).schema(file)
        if not problems.found:
            rules.check(schema, core, problems)
    if problems.found:
        raise SchemaError(problems.found)
    return schema


def _parse(file: Path, problems: Problems) -> Json:
    def unique(pairs: list[tuple[str, object]]) -> Json:
        names = [name for name, _ in pairs]
        for name in sorted({name for name in names if names.count(name) > 1}):
            problems.add("", f"the key '{name}' appears twice in one object")
        return dict(pairs)

    if reason := bad_folder(file.parent.name):
        problems.add("", reason)
    try:
        value = json.loads(file.read_text("utf-8"), object_pairs_hook=unique)
    except (OSError, UnicodeDecodeError) as error:
        problems.add("", f"cannot be read: {error}")
        return {}
    except json.JSONDecodeError as error:
        problems.add(f"line {error.lineno} column {error.colno}", f"is not JSON: {error.msg}")
        return {}
    if not isinstance(value, dict):
        problems.add("", "must hold one object")
        return {}
    return value


class _Builder:
    """Turns an object whose shape is right into a Schema; the only thing left to refuse is how a type is spelt."""

    def __init__(self, raw: Json, problems: Problems) -> None:
        self._raw = raw
        self._problems = problems

    def schema(self, file: Path) -> Schema:
        raw = self._raw
        enums = {name: Enum(name, text(value, "doc"), texts(value, "values")) for name, value in _named(raw, "enums")}
        types = {
            name: Record(name, text(value, "doc"), self._fields(value, "fields", f"types.{name}")) for name, value in _named(raw, "types")
        }
        methods = tuple(self._method(item, f"methods[{index}]") for index, item in enumerate(_items(raw, "methods")))
        streams = tuple(self._stream(item, f"streams[{index}]") for index, item in enumerate(_items(raw, "streams")))
        return Schema(file.parent.name, file, text(raw, "id"), text(raw, "noun"), text(raw, "doc"), enums, types, methods, streams, raw)

    def _method(self, item: Json, path: str) -> Method:
        return Method(
            opcode=number(item, "id"),
            name=text(item, "name"),
            verb=text(item, "verb") or text(item, "name").replace("_", "-"),
            doc=text(item, "doc"),
            role=text(item, "role"),
            ins=self._fields(item, "in", path),
            out=self._type(item, "out", path) if "out" in item else None,
            changes=item.get("changes") is True,
            risk=text(item, "risk"),
            frees=item.get("frees") is True,
            sees=text(item, "sees") or "all",
        )

    def _stream(self, item: Json, path: str) -> Stream:
        return Stream(
            opcode=number(item, "id"),
            name=text(item, "name"),
            verb=text(item, "verb") or text(item, "name").replace("_", "-"),
            doc=text(item, "doc"),
            role=text(item, "role"),
            kind=text(item, "kind"),
            ins=self._fields(item, "in", path),
            row=self._type(item, "row", path),
            key=texts(item, "key"),
            result=self._type(item, "result", path) if "result" in item else None,
            sees=text(item, "sees") or "all",
        )

    def _fields(self, holder: Json, key: str, path: str) -> tuple[Field, ...]:
        return tuple(
            Field(
                name=text(item, "name"),
                type=self._type(item, "type", f"{path}.{key}[{index}]"),
                doc=text(item, "doc"),
                unit=text(item, "unit"),
                title=text(item, "title"),
                complete=text(item, "complete"),
                sees=text(item, "sees") or "all",
                secret=item.get("secret") is True,
                wide=item.get("wide") is True,
                default=item.get("default", msgspec.UNSET),
            )
            for index, item in enumerate(_items(holder, key))
        )

    def _type(self, item: Json, key: str, path: str) -> Type:
        spelt = text(item, key)
        if parsed := parse_type(spelt):
            return parsed
        self._problems.add(f"{path}.{key}", f"'{spelt}' is not a type: T, []T or map[string]T, '?' only at the end")
        return Type(spelt)


def text(item: Json, key: str) -> str:
    """The string at `key`, empty when absent."""
    value = item.get(key, "")
    return value if isinstance(value, str) else ""


def number(item: Json, key: str) -> int:
    """The integer at `key`, 0 when absent."""
    value = item.get(key, 0)
    return value if isinstance(value, int) else 0


def texts(item: Json, key: str) -> tuple[str, ...]:
    """The strings at `key`, none when absent."""
    value = item.get(key, [])
    return tuple(word for word in value if isinstance(word, str)) if isinstance(value, list) else ()


def _items(holder: Json, key: str) -> list[Json]:
    value = holder.get(key, [])
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _named(holder: Json, key: str) -> list[tuple[str, Json]]:
    value = holder.get(key, {})
    return [(name, item) for name, item in value.items() if isinstance(item, dict)] if isinstance(value, dict) else []
