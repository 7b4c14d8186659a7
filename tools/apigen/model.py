"""A schema as the generator holds it, after load.py has found nothing to refuse."""

import re
from pathlib import Path

import msgspec

RANGES = {f"i{bits}": (-(1 << bits - 1), (1 << bits - 1) - 1) for bits in (8, 16, 32, 64)}
RANGES |= {f"u{bits}": (0, (1 << bits) - 1) for bits in (8, 16, 32, 64)}
"""The integer types with their smallest and largest value."""

PYTHON = dict.fromkeys((*RANGES, "time", "duration"), "int") | {"bool": "bool", "f64": "float", "string": "str", "bytes": "bytes"}
"""What each scalar type is in Python; time is unix microseconds, duration microseconds."""

UNITS = ("B", "B/s", "%", "s", "Hz", "degC", "rpm", "V", "W")
ROLES = ("reader", "operator", "admin")
RISKS = ("safe", "disruptive", "destructive")
KINDS = ("table", "samples", "log", "operation")

_TYPE = re.compile(r"((?:\[\]|map\[string\])*)([A-Za-z][A-Za-z0-9]*)(\??)")


class Type(msgspec.Struct, frozen=True):
    """`wraps` are the containers around `name`, outermost first: "[]" or "map[string]"; `optional` is of the whole."""

    name: str
    wraps: tuple[str, ...] = ()
    optional: bool = False

    def __str__(self) -> str:
        return "".join(self.wraps) + self.name + ("?" if self.optional else "")

    @property
    def direct(self) -> bool:
        """Whether a value always holds one of `name` itself."""
        return not self.wraps and not self.optional


def parse_type(text: str) -> Type | None:
    """None when `text` is no type of the language."""
    if not (match := _TYPE.fullmatch(text)):
        return None
    return Type(match[2], tuple(re.findall(r"\[\]|map\[string\]", match[1])), bool(match[3]))


class Field(msgspec.Struct, frozen=True):
    """A field of a type, or an argument. `default` is a JSON value, UNSET when there is none."""

    name: str
    type: Type
    doc: str
    unit: str = ""
    title: str = ""
    complete: str = ""
    sees: str = "all"
    secret: bool = False
    wide: bool = False
    default: object = msgspec.UNSET

    @property
    def required(self) -> bool:
        return not self.type.optional and self.default is msgspec.UNSET


class Record(msgspec.Struct, frozen=True):
    """A type: its fields in wire order."""

    name: str
    doc: str
    fields: tuple[Field, ...]


class Enum(msgspec.Struct, frozen=True):
    """An enum: its values in the order of their appearance in the schema's history."""

    name: str
    doc: str
    values: tuple[str, ...]


class Method(msgspec.Struct, frozen=True):
    """A call with one answer; `out` is None when it answers nothing."""

    opcode: int
    name: str
    verb: str
    doc: str
    role: str
    ins: tuple[Field, ...]
    out: Type | None
    changes: bool
    risk: str
    frees: bool
    sees: str


class Stream(msgspec.Struct, frozen=True):
    """A call that answers with events; `result` is set for operations alone, `key` for tables alone."""

    opcode: int
    name: str
    verb: str
    doc: str
    role: str
    kind: str
    ins: tuple[Field, ...]
    row: Type
    key: tuple[str, ...]
    result: Type | None
    sees: str


class Schema(msgspec.Struct, frozen=True):
    """One api.json. `name` is its folder's, `raw` the object of the file; `noun` is empty for core alone."""

    name: str
    file: Path
    id: str
    noun: str
    doc: str
    enums: dict[str, Enum]
    types: dict[str, Record]
    methods: tuple[Method, ...]
    streams: tuple[Stream, ...]
    raw: dict[str, object]

    @property
    def calls(self) -> tuple[Method | Stream, ...]:
        """What shares opcodes, names and verbs: methods, then streams."""
        return (*self.methods, *self.streams)
