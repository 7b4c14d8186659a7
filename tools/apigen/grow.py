"""Growth: a schema may only gain things over its last release, so that old and new peers understand each other."""

from tools.apigen import files
from tools.apigen.load import load
from tools.apigen.model import Field, Method, Schema, Stream
from tools.apigen.problem import Problem, Problems, SchemaError

RELEASED = "released.json"
"""Beside api.json: the copy that the last release was made with."""


def check(schemas: list[Schema]) -> list[Problem]:
    """What each schema lost or changed since its released copy; a schema without one is new and may be anything."""
    found: list[Problem] = []
    core = next((schema for schema in schemas if schema.name == "core"), None)
    for schema in schemas:
        released = schema.file.with_name(RELEASED)
        if not released.exists():
            continue
        problems = Problems(schema.file)
        try:
            _compare(load(released, core), schema, problems)
        except SchemaError as error:
            found += error.problems
        found += problems.found
    return found


def release(schemas: list[Schema]) -> list[str]:
    """Makes each schema its released copy; says which were written."""
    copies = [(schema.file.with_name(RELEASED), schema.file.read_text("utf-8")) for schema in schemas]
    return [f"wrote {file}" for file, text in copies if files.replace(file, text)]


def _compare(old: Schema, new: Schema, problems: Problems) -> None:
    _same({"id": (old.id, new.id), "noun": (old.noun, new.noun)}, "", problems)
    for name, enum in old.enums.items():
        if name not in new.enums:
            problems.add(f"enums.{name}", "was released and is gone")
        elif new.enums[name].values[: len(enum.values)] != enum.values:
            problems.add(f"enums.{name}.values", f"no longer begins with the released values {', '.join(enum.values)}")
    for name, record in old.types.items():
        if name not in new.types:
            problems.add(f"types.{name}", "was released and is gone")
        else:
            _compare_fields(record.fields, new.types[name].fields, f"types.{name}.fields", problems)
    _compare_calls(old.methods, new.methods, "methods", problems)
    _compare_calls(old.streams, new.streams, "streams", problems)


def _compare_calls(old: tuple[Method | Stream, ...], new: tuple[Method | Stream, ...], group: str, problems: Problems) -> None:
    places = {call.name: (f"{group}[{index}]", call) for index, call in enumerate(new)}
    for released in old:
        if released.name not in places:
            problems.add(group, f"'{released.name}' was released and is gone")
            continue
        path, present = places[released.name]
        _same({key: (value, _facts(present)[key]) for key, value in _facts(released).items()}, path, problems)
        _compare_fields(released.ins, present.ins, f"{path}.in", problems)


def _facts(call: Method | Stream) -> dict[str, object]:
    if isinstance(call, Method):
        return {"id": call.opcode, "out": call.out}
    return {"id": call.opcode, "kind": call.kind, "row": call.row, "key": ", ".join(call.key), "result": call.result}


def _compare_fields(old: tuple[Field, ...], new: tuple[Field, ...], path: str, problems: Problems) -> None:
    present = {field.name for field in new}
    for index, field in enumerate(old):
        if field.name not in present:
            problems.add(path, f"'{field.name}' was released and is gone")
        elif new[index].name != field.name:
            problems.add(f"{path}[{index}].name", f"'{field.name}' was released here; new fields come after all others")
            return
        else:
            _same(
                {key: (getattr(field, key), getattr(new[index], key)) for key in ("type", "unit", "default")}, f"{path}[{index}]", problems
            )
    for index, field in enumerate(new[len(old) :], len(old)):
        if field.required:
            problems.add(f"{path}[{index}]", f"'{field.name}' is new and must be optional or have a default: released peers do not send it")


def _same(pairs: dict[str, tuple[object, object]], path: str, problems: Problems) -> None:
    for key, (old, new) in pairs.items():
        if old != new:
            problems.add(f"{path}.{key}" if path else key, f"was released as {_shown(old)} and is now {_shown(new)}")


def _shown(value: object) -> str:
    return "none" if value in (None, "") else f"'{value}'"
