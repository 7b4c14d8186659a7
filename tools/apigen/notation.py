"""How types, defaults and what a field means are written in generated Python."""

import msgspec

from tools.apigen.layout import inline, quote_bytes
from tools.apigen.model import PYTHON, Field, Method, Stream, Type
from tools.apigen.names import constant
from tools.apigen.types import Types


class Notation:
    """Spells names for one module, and remembers whether core had to be imported for them."""

    def __init__(self, types: Types) -> None:
        self._types = types
        self._defined: set[str] = set()
        self.uses_core = False

    def define(self, *names: str) -> None:
        """From here on annotations need no quotes around these names."""
        self._defined.update(names)

    def annotation(self, kind: Type | None) -> str:
        """`list[Thing]`, quoted where a name is used above its class."""
        if kind is None:
            return "None"
        text = PYTHON.get(kind.name) or self.name(kind.name)
        for wrap in reversed(kind.wraps):
            text = f"list[{text}]" if wrap == "[]" else f"dict[str, {text}]"
        text += " | None" if kind.optional else ""
        known = kind.name in PYTHON or kind.name in self._defined or self._types.from_core(kind.name)
        return text if known else f'"{text}"'

    def declaration(self, field: Field) -> str:
        """`count: int = 1`, for a class body or a signature."""
        default = "" if field.required else f" = {self._default(field)}"
        return f"{field.name}: {self.annotation(field.type)}{default}"

    def name(self, name: str) -> str:
        """The name of an enum or a type, with its module where that is core."""
        if not self._types.from_core(name):
            return name
        self.uses_core = True
        return f"core.{name}"

    def _default(self, field: Field) -> str:
        value = None if field.default is msgspec.UNSET else field.default
        if value is None or field.type.wraps:
            return inline(value)
        if field.type.name in self._types.enums:
            return f"{self.name(field.type.name)}.{constant(str(value))}"
        if field.type.name == "bytes":
            return quote_bytes(str(value).encode())
        return inline(float(value) if field.type.name == "f64" and isinstance(value, int) else value)


def field_doc(field: Field) -> str:
    """A field's doc with what its type alone does not tell: unit, secrecy, who sees it."""
    notes = [f"unit: {field.unit}"] if field.unit else []
    notes += {"time": ["unix microseconds"], "duration": ["microseconds"]}.get(field.type.name, [])
    notes += ["secret"] if field.secret else []
    notes += {"all": [], "own": ["absent for all but its owner and operators"]}.get(
        field.sees, [f"absent for all but group {field.sees.removeprefix('group:')}"]
    )
    return "; ".join([field.doc.rstrip("."), *notes]) + "." if notes else field.doc


def argument_docs(call: Method | Stream) -> list[str]:
    """What each argument of `call` is."""
    return [f"{field.name}: {field_doc(field)}" for field in call.ins]
