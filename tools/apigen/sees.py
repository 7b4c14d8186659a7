"""Rules of `sees`: the server can keep it only where a row says whose it is, and where what is hidden can be absent."""

import re

from tools.apigen.model import Field, Method, Record, Schema, Stream
from tools.apigen.problem import Problems
from tools.apigen.types import Types

_SEES = re.compile(r"all|own|group:[a-z_][a-z0-9_-]*")
_NO_UID = "'own' needs a row with a field 'uid' of type u32 that says whose it is"


def check(schema: Schema, types: Types, problems: Problems) -> None:
    """Adds a problem for each type with `own` fields that says nowhere whose its values are, itself or by what it is a part of."""
    owned = {name: [index for index, field in enumerate(record.fields) if field.sees == "own"] for name, record in schema.types.items()}
    known: set[tuple[str, bool]] = set()
    for call in schema.calls:
        for kind in (call.out,) if isinstance(call, Method) else (call.row, call.result):
            _reach(types.record(kind) if kind else None, types, False, known)
    for name, indices in owned.items():
        if not _says_whose(schema.types[name]) and ((name, False) in known or (name, True) not in known):
            for index in indices:
                problems.add(f"types.{name}.fields[{index}].sees", _NO_UID)


def bad_member(call: Method | Stream, types: Types) -> str:
    """Why the `sees` of a method or stream cannot be kept; empty when it can."""
    if reason := _unknown(call.sees):
        return reason
    if call.sees != "own":
        return ""
    if isinstance(call, Method) and call.changes:
        return "'own' is decided by the answer, and then the change is made already"
    if isinstance(call, Stream) and call.kind == "operation":
        return "'own' does not go with an operation, whose events are those of whoever started it"
    kind = call.out if isinstance(call, Method) else call.row
    record = types.record(kind) if kind else None
    return "" if record and _says_whose(record) else _NO_UID


def bad_field(field: Field) -> str:
    """Why the `sees` of a field cannot be kept, as far as the field alone tells; empty when it can."""
    if field.sees == "all":
        return ""
    return _unknown(field.sees) or ("" if field.type.optional else f"who may not see it gets null, so the type must be '{field.type}?'")


def _unknown(sees: str) -> str:
    return "" if _SEES.fullmatch(sees) else f"'{sees}' is none of all, own, group:<name>"


def _says_whose(record: Record) -> bool:
    return any(field.name == "uid" and field.type.name == "u32" and not field.type.wraps for field in record.fields)


def _reach(record: Record | None, types: Types, within: bool, known: set[tuple[str, bool]]) -> None:
    """Adds what is found below `record` with whether something around it, or it itself, has a uid."""
    if record is None:
        return
    within = within or _says_whose(record)
    if (record.name, within) in known:
        return
    known.add((record.name, within))
    for field in record.fields:
        _reach(types.record(field.type), types, within, known)
