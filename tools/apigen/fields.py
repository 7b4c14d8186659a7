"""Rules of what fields and arguments may say."""

import msgspec

from tools.apigen import names, sees, values
from tools.apigen.model import PYTHON, RANGES, UNITS, Field, Type
from tools.apigen.problem import Problems
from tools.apigen.types import Types


def check_fields(fields: tuple[Field, ...], path: str, types: Types, problems: Problems) -> None:
    """Adds a problem for each broken rule of a type's fields or a call's arguments."""
    optional = ""
    for index, field in enumerate(fields):
        here = f"{path}[{index}]"
        for key, reason in _refusals(field, types).items():
            if reason:
                problems.add(f"{here}.{key}", reason)
        if any(field.name == other.name for other in fields[:index]):
            problems.add(f"{here}.name", f"'{field.name}' appears twice")
        if field.required and optional:
            problems.add(here, f"'{field.name}' is required and follows '{optional}', which is not")
        optional = optional if field.required else field.name


def bad_doc(doc: str) -> str:
    """Why `doc` cannot be shown in help and docstrings; empty when it can."""
    if not doc:
        return "is empty"
    if not doc.isprintable():
        return "has a line break or another character that cannot be printed"
    return "has spaces around it" if doc != doc.strip() else ""


def is_key(kind: Type) -> bool:
    """Whether values of `kind` tell rows apart."""
    return kind.direct and (kind.name in RANGES or kind.name in ("string", "time"))


def _refusals(field: Field, types: Types) -> dict[str, str]:
    return {
        "name": names.bad_field(field.name),
        "type": types.unknown(field.type),
        "doc": bad_doc(field.doc),
        "unit": _bad_unit(field),
        "title": "" if field.title.isprintable() else "has a character that cannot be printed",
        "complete": _bad_complete(field.complete, types),
        "sees": sees.bad_field(field),
        "default": "" if field.default is msgspec.UNSET else values.misfit(field.default, field.type, types.enums),
    }


def _bad_unit(field: Field) -> str:
    if not field.unit:
        return ""
    if field.unit not in UNITS:
        return f"'{field.unit}' is none of {', '.join(UNITS)}"
    return "" if PYTHON.get(field.type.name) in ("int", "float") else f"a {field.type} has no unit"


def _bad_complete(complete: str, types: Types) -> str:
    if not complete:
        return ""
    name, dot, member = complete.partition(".")
    record = types.records.get(name)
    if not dot or record is None or all(field.name != member for field in record.fields):
        return f"'{complete}' is not Type.field of this schema"
    tables = (stream for stream in types.schema.streams if stream.kind == "table" and stream.row.name == name)
    return "" if any(tables) else f"no table stream has rows of type {name} to complete from"
