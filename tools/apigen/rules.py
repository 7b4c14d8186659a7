"""What a schema must keep to beyond its shape: names, numbers, and types that exist."""

from collections.abc import Callable, Iterable

from tools.apigen import fields, names, sees
from tools.apigen.model import KINDS, RISKS, ROLES, Method, Schema, Stream
from tools.apigen.problem import Problem, Problems
from tools.apigen.types import Types

BUILT_IN = 0xFF00
"""Opcodes from here up are core's."""

IMPLICIT = {"table": ("where", "fields"), "samples": ("since",)}
"""Arguments that every stream of a kind has before its own."""


def check(schema: Schema, core: Schema | None, problems: Problems) -> None:
    """Adds a problem for each broken rule of one schema."""
    types = Types(schema, core)
    _check_head(schema, problems)
    types.check(problems)
    for name, record in schema.types.items():
        _check_doc(record.doc, f"types.{name}", problems)
        fields.check_fields(record.fields, f"types.{name}.fields", types, problems)
    for name, enum in schema.enums.items():
        _check_doc(enum.doc, f"enums.{name}", problems)
    for index, method in enumerate(schema.methods):
        _check_method(method, f"methods[{index}]", types, problems)
    for index, stream in enumerate(schema.streams):
        _check_stream(stream, f"streams[{index}]", types, problems)
    sees.check(schema, types, problems)
    _check_unique(schema, problems)


def together(schemas: Iterable[Schema]) -> list[Problem]:
    """What one schema cannot know: that no two have the same noun."""
    seen: dict[str, Schema] = {}
    problems: list[Problem] = []
    for schema in schemas:
        if schema.noun and schema.noun in seen:
            problems.append(Problem(str(schema.file), "noun", f"'{schema.noun}' is the noun of {seen[schema.noun].file}"))
        seen.setdefault(schema.noun, schema)
    return problems


def _check_head(schema: Schema, problems: Problems) -> None:
    _refuse(problems, "id", names.bad_id(schema.id, schema.name))
    _check_doc(schema.doc, "", problems)
    if schema.name == "core":
        _refuse(problems, "noun", "core is part of every service and has no noun" if schema.noun else "")
    else:
        _refuse(problems, "noun", names.bad_noun(schema.noun))


def _check_method(method: Method, path: str, types: Types, problems: Problems) -> None:
    _check_call(method, path, types, problems)
    _check_arguments(method, path, types, problems)
    if method.out:
        _refuse(problems, f"{path}.out", types.unknown(method.out))
    _refuse(problems, f"{path}.risk", _one_of(method.risk, RISKS) if method.risk else "")
    if method.changes and not method.risk:
        problems.add(path, "'risk' is missing: a method that changes something says what it risks")
    if method.risk and not method.changes:
        problems.add(f"{path}.risk", "a method without 'changes' risks nothing")
    if method.frees and not method.changes:
        problems.add(f"{path}.frees", "a method without 'changes' frees nothing")
    _refuse(problems, f"{path}.sees", sees.bad_member(method, types))


def _check_stream(stream: Stream, path: str, types: Types, problems: Problems) -> None:
    _check_call(stream, path, types, problems)
    _refuse(problems, f"{path}.kind", _one_of(stream.kind, KINDS))
    _check_arguments(stream, path, types, problems)
    row = types.record(stream.row) if stream.row.direct else None
    if reason := types.unknown(stream.row):
        problems.add(f"{path}.row", reason)
    elif row is None:
        problems.add(f"{path}.row", f"'{stream.row}' is not a type with fields")
    _check_key(stream, path, types, problems)
    if stream.kind == "operation" and stream.result is None:
        problems.add(path, "'result' is missing: an operation ends with one")
    if stream.result:
        _refuse(problems, f"{path}.result", types.unknown(stream.result))
        _refuse(problems, f"{path}.result", "" if stream.kind == "operation" else "only an operation has a result")
    _refuse(problems, f"{path}.sees", sees.bad_member(stream, types))


def _check_key(stream: Stream, path: str, types: Types, problems: Problems) -> None:
    if stream.kind != "table":
        _refuse(problems, f"{path}.key", "only a table has a key" if stream.key else "")
        return
    if not stream.key:
        problems.add(path, "'key' is missing: a table's rows are told apart by it")
    row = types.record(stream.row)
    if row is None:
        return
    for index, name in enumerate(stream.key):
        _refuse(problems, f"{path}.key[{index}]", "" if name not in stream.key[:index] else f"'{name}' appears twice")
        found = [field for field in row.fields if field.name == name]
        if not found:
            problems.add(f"{path}.key[{index}]", f"{row.name} has no field '{name}'")
        elif not fields.is_key(found[0].type):
            problems.add(f"{path}.key[{index}]", f"'{name}' is a {found[0].type}; a key is a string, an integer or a time, never absent")


def _check_call(call: Method | Stream, path: str, types: Types, problems: Problems) -> None:
    _refuse(problems, f"{path}.name", names.bad_member(call.name))
    _refuse(problems, f"{path}.verb", names.bad_verb(call.verb))
    _check_doc(call.doc, path, problems)
    _refuse(problems, f"{path}.role", _one_of(call.role, ROLES))
    low, high = (BUILT_IN, 0xFFFF) if types.is_core else (1, BUILT_IN - 1)
    _refuse(problems, f"{path}.id", "" if low <= call.opcode <= high else f"{call.opcode} is not from {low} to {high}")


def _check_arguments(call: Method | Stream, path: str, types: Types, problems: Problems) -> None:
    fields.check_fields(call.ins, f"{path}.in", types, problems)
    implicit = IMPLICIT.get(call.kind, ()) if isinstance(call, Stream) else ()
    for index, field in enumerate(call.ins):
        if field.name in implicit:
            problems.add(f"{path}.in[{index}].name", f"every such stream has '{field.name}' already")
        if field.type.wraps and not field.required and not field.type.optional:
            problems.add(f"{path}.in[{index}].default", f"an argument that can be left out and holds several is '{field.type}?'")


def _check_unique(schema: Schema, problems: Problems) -> None:
    calls: list[tuple[str, Method | Stream]] = [(f"methods[{index}]", method) for index, method in enumerate(schema.methods)]
    calls += [(f"streams[{index}]", stream) for index, stream in enumerate(schema.streams)]
    parts: dict[str, Callable[[Method | Stream], object]] = {
        "id": lambda call: call.opcode,
        "name": lambda call: call.name,
        "verb": lambda call: call.verb,
    }
    for key, value_of in parts.items():
        seen: dict[object, str] = {}
        for path, call in calls:
            value = value_of(call)
            if value in seen:
                problems.add(f"{path}.{key}", f"{value!r} is that of {seen[value]} already; methods and streams share them")
            seen.setdefault(value, path)


def _check_doc(doc: str, path: str, problems: Problems) -> None:
    _refuse(problems, f"{path}.doc" if path else "doc", fields.bad_doc(doc))


def _one_of(value: str, allowed: tuple[str, ...]) -> str:
    return "" if value in allowed else f"'{value}' is none of {', '.join(allowed)}"


def _refuse(problems: Problems, path: str, reason: str) -> None:
    if reason:
        problems.add(path, reason)
