"""The names that a schema's types can refer to: scalars, its own enums and types, and core's."""

from tools.apigen import names
from tools.apigen.model import PYTHON, Enum, Record, Schema, Type
from tools.apigen.problem import Problems


class Types:
    """Looks names up; `core` is None for core itself."""

    def __init__(self, schema: Schema, core: Schema | None) -> None:
        self.schema = schema
        self.core = None if schema.name == "core" else core
        self.is_core = schema.name == "core"
        core_enums, core_types = (self.core.enums, self.core.types) if self.core else ({}, {})
        self.enums: dict[str, Enum] = core_enums | schema.enums
        self.records: dict[str, Record] = core_types | schema.types

    def unknown(self, kind: Type) -> str:
        """Why `kind` means nothing here; empty when it does."""
        if kind.name in PYTHON or kind.name in self.enums or kind.name in self.records:
            return ""
        return f"'{kind.name}' is neither a scalar nor an enum or type of this schema or of core"

    def record(self, kind: Type) -> Record | None:
        """The type whose values `kind` holds; None when they are scalars or enums."""
        return self.records.get(kind.name)

    def from_core(self, name: str) -> bool:
        return self.core is not None and (name in self.core.enums or name in self.core.types)

    def check(self, problems: Problems) -> None:
        """Adds a problem for each name, enum value or circle that cannot be generated."""
        for group, members in (("enums", self.schema.enums), ("types", self.schema.types)):
            for name in members:
                if reason := names.bad_type(name) or self._taken(name, group):
                    problems.add(f"{group}.{name}", reason)
        for enum in self.schema.enums.values():
            _check_values(enum, problems)
        for name, record in self.schema.types.items():
            if not record.fields:
                problems.add(f"types.{name}.fields", "a type has at least one field")
            if self._holds(record, name, set()):
                problems.add(f"types.{name}", "holds itself; only through []T, map[string]T or T? can it")

    def _taken(self, name: str, group: str) -> str:
        if self.from_core(name):
            return f"'{name}' is a name of core"
        if group == "types" and name in self.schema.enums:
            return f"'{name}' is an enum already"
        own = names.camel(self.schema.name)
        return f"'{name}' is what the generated module calls the service" if name in (own, f"{own}Client") else ""

    def _holds(self, record: Record, sought: str, seen: set[str]) -> bool:
        for field in record.fields:
            if not field.type.direct or field.type.name in seen:
                continue
            if field.type.name == sought:
                return True
            seen.add(field.type.name)
            inner = self.records.get(field.type.name)
            if inner and self._holds(inner, sought, seen):
                return True
        return False


def _check_values(enum: Enum, problems: Problems) -> None:
    if not enum.values:
        problems.add(f"enums.{enum.name}.values", "an enum has at least one value")
    members: dict[str, str] = {}
    for index, value in enumerate(enum.values):
        member = names.constant(value)
        if reason := names.bad_value(value):
            problems.add(f"enums.{enum.name}.values[{index}]", reason)
        elif member in members:
            problems.add(f"enums.{enum.name}.values[{index}]", f"'{value}' and '{members[member]}' would both be {member}")
        members.setdefault(member, value)
