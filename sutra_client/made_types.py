"""Bindings made while running: the types of a schema as Structs, for a service that this avyctl was not built with.

They are what apigen would have generated, so that connections, streams and tables treat both alike.
"""

import keyword
from functools import lru_cache
from typing import Any, ForwardRef, Optional

import msgspec

from sutra_client import events, introspected, runtime
from sutra_client.errors import UNAVAILABLE, SutraError
from sutra_client.schema import Entry, Field, Schema, implied

_SCALARS: dict[str, Any] = {"bool": bool, "f64": float, "string": str, "bytes": bytes, "time": int, "duration": int}
_SCALARS |= {f"{sign}{bits}": int for sign in "iu" for bits in (8, 16, 32, 64)}
_IMPLIED: dict[str, tuple[Any, object]] = {"where": (events.Where, []), "fields": (list[str], []), "since": (int | None, None)}
_MOST_WRAPS = 8
_LONGEST = 1 << 20
"""Characters of a schema; the longest of avyctl's own has a fiftieth of it. Some are kept, with the types that they make."""


@lru_cache(maxsize=64)
def made(text: str) -> tuple[Schema, runtime.Service]:
    """A schema's canonical text as plain data, and as what a Connection needs; raises SutraError UNAVAILABLE for one that makes no types.

    The same text gives the same types again, because decoders and encoders are kept by type.
    """
    if len(text) > _LONGEST:
        raise SutraError(UNAVAILABLE, f"the service's schema has {len(text)} characters, and more than {_LONGEST} are not read")
    schema = introspected.of_text(text)
    try:
        types = _Made(schema)
        calls = tuple(types.call(entry) for entry in schema.entries.values() if entry[0] == "call")
        streams = tuple(types.stream(entry) for entry in schema.entries.values() if entry[0] != "call")
        for kinds in (*((call.args, call.out) for call in calls), *((stream.args, stream.row, stream.result) for stream in streams)):
            msgspec.msgpack.Decoder(tuple[kinds])  # type: ignore[valid-type]  # what none can be made of is found here, not in the first call
    except (TypeError, ValueError, KeyError, NameError, RecursionError) as error:
        raise SutraError(UNAVAILABLE, f"{schema.id}: its schema cannot be used: {error}", "the service and its schema differ") from None
    return schema, runtime.Service(schema.id, schema.noun, "", text, calls, streams)


class _Made:
    """The Structs and enums of one schema. A type that is held by what it holds is found by name among its attributes."""

    def __init__(self, schema: Schema) -> None:
        self._structs: dict[str, type[msgspec.Struct]] = {}
        self._making: list[str] = []
        self._awaited: set[str] = set()
        self._types = schema.types
        for name in (*schema.enums, *schema.types):
            if not (name.isidentifier() and name[0].isupper()):  # which a reference to it is evaluated as
                raise ValueError(f"{name!r} is no name of a type")
        self._enums = {name: _enum(name, values) for name, values in schema.enums.items()}
        for name in schema.types:
            self._struct(name)
        for name in self._awaited:
            for struct in self._structs.values():
                setattr(struct, name, self._structs[name])

    def call(self, entry: Entry) -> runtime.Call[Any, Any]:
        changes = "changes" in entry[8].split()
        return runtime.Call(entry[1], entry[2], self._arguments(entry), self.kind(entry[6]), entry[4], changes)

    def stream(self, entry: Entry) -> runtime.Stream[Any, Any]:
        kind, opcode, name, _, role, _, row, key, _, result = entry
        if kind == "table":
            self._check_key(name, row, key)
        if kind == "operation":
            return runtime.OperationStream(opcode, name, kind, self._arguments(entry), self.kind(row), key, self.kind(result), role)
        return runtime.Stream(opcode, name, kind, self._arguments(entry), self.kind(row), key, role=role)

    def _check_key(self, name: str, row: str, key: tuple[str, ...]) -> None:
        fields = {field[0]: field[1] for field in self._types.get(row, ())}
        for part in key:
            spelt = fields.get(part, "")
            if spelt not in self._enums and _SCALARS.get(spelt) not in (str, int):
                raise ValueError(f"{name}: {part!r} is no field of {row!r} that could be a key")
        if not key:
            raise ValueError(f"{name}: a table without a key")

    def kind(self, spelt: str) -> Any:
        """The Python type of a type of the schema; None for nothing."""
        if not spelt:
            return None
        bare = spelt.removesuffix("?")
        wraps: list[str] = []
        while bare.startswith(("[]", "map[string]")):
            wraps.append("[]" if bare.startswith("[]") else "map[string]")
            bare = bare.removeprefix(wraps[-1])
        if len(wraps) > _MOST_WRAPS:
            raise ValueError(f"a type of {len(wraps)} containers in each other")
        kind = _SCALARS.get(bare) or self._enums.get(bare) or self._struct(bare)
        for wrap in reversed(wraps):
            kind = list[kind] if wrap == "[]" else dict[str, kind]  # type: ignore[valid-type]
        return Optional[kind] if spelt.endswith("?") else kind  # noqa: UP045 - | knows no ForwardRef

    def _struct(self, name: str) -> Any:
        if name in self._structs:
            return self._structs[name]
        if name not in self._types:
            raise ValueError(f"there is no type {name}")
        if name in self._making:
            self._awaited.add(name)
            return ForwardRef(name)
        self._making.append(name)
        made = _defined(name, [self._field(field) for field in self._types[name]])
        self._making.pop()
        self._structs[name] = made
        return made

    def _arguments(self, entry: Entry) -> type[msgspec.Struct]:
        declared = [self._field(field) for field in entry[5]]
        required = any(len(field) == 2 for field in declared)
        first: list[tuple[Any, ...]] = []
        for name, *_ in implied(entry):
            kind, default = _IMPLIED[name]
            first.append((name, kind) if required else (name, kind, _default(default)))
        return _defined(f"{entry[2]}_arguments", [*first, *declared])

    def _field(self, field: Field) -> tuple[Any, ...]:
        name, spelt, _, _, default, _, flags = field
        kind = self.kind(spelt)
        if "required" in flags.split():
            return name, kind
        if default is not None and spelt in self._enums:
            default = self._enums[spelt](default)
        if isinstance(default, str) and spelt == "bytes":
            default = default.encode()
        return name, kind, _default(default)


def _enum(name: str, values: tuple[str, ...]) -> Any:
    make: Any = runtime.Enum  # whose call with two arguments makes a new enum
    return make(name, {f"V{number}": value for number, value in enumerate(values)})


def _default(value: object) -> Any:
    return msgspec.field(default_factory=type(value)) if isinstance(value, list | dict) else value


def _defined(name: str, fields: list[tuple[Any, ...]]) -> type[msgspec.Struct]:
    names = {field[0] for field in fields}
    for each in names:
        if not (each.isidentifier() and each[0].islower()) or keyword.iskeyword(each):  # in capitals it would be a type's, see _Made
            raise ValueError(f"{name}: {each!r} is no name of a field")
    if len(names) < len(fields):
        raise ValueError(f"{name}: two fields have the same name")
    return msgspec.defstruct(name, fields, frozen=True, array_like=True, gc=False, module=__name__)
