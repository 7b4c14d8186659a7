"""The canonical text of a schema, which services carry and serve, and its fingerprint."""

import hashlib
import json

from tools.apigen.model import Schema, Type
from tools.apigen.types import Types


def canonical(schema: Schema, types: Types) -> str:
    """The file's object with the core types that it uses among its own, as compact ASCII JSON with sorted keys."""
    used = used_core(schema, types)
    merged = dict(schema.raw)
    for group in ("enums", "types"):
        own, cores = _group(schema, group), _group(types.core, group) if types.core else {}
        if members := {name: cores[name] for name in cores if name in used} | own:
            merged[group] = members
    return json.dumps(merged, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def fingerprint(text: str) -> str:
    """32 hex digits: the first 16 bytes of the SHA-256 of a canonical text."""
    return hashlib.sha256(text.encode("ascii")).digest()[:16].hex()


def used_core(schema: Schema, types: Types) -> set[str]:
    """Names of core's enums and types that `schema` refers to, directly or through others."""
    waiting = [kind.name for kind in _mentioned(schema)]
    used: set[str] = set()
    while waiting:
        name = waiting.pop()
        if types.from_core(name) and name not in used:
            used.add(name)
            waiting += [field.type.name for field in types.records[name].fields] if name in types.records else []
    return used


def _mentioned(schema: Schema) -> list[Type]:
    kinds = [field.type for record in schema.types.values() for field in record.fields]
    for method in schema.methods:
        kinds += [field.type for field in method.ins] + ([method.out] if method.out else [])
    for stream in schema.streams:
        kinds += [field.type for field in stream.ins] + [stream.row] + ([stream.result] if stream.result else [])
    return kinds


def _group(schema: Schema, group: str) -> dict[str, object]:
    value = schema.raw.get(group, {})
    return dict(value) if isinstance(value, dict) else {}
