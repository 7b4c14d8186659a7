"""The JSON form of wire types: the same Structs with field names, and bytes as text where they are UTF-8."""

import base64
import binascii
from types import UnionType
from typing import Any, ForwardRef, Union, get_args, get_origin

import msgspec


class BytesText(bytes):
    """Bytes that JSON shows as a string if they are UTF-8, else as {"base64": "..."}."""

    @staticmethod
    def read(kind: type, value: object) -> "BytesText":
        """A msgspec dec_hook, for values of a Struct as well as for JSON."""
        if isinstance(value, bytes):
            return BytesText(value)
        if isinstance(value, str):
            return BytesText(value.encode())
        if isinstance(value, dict) and list(value) == ["base64"] and isinstance(value["base64"], str):
            try:
                return BytesText(base64.b64decode(value["base64"], validate=True))
            except binascii.Error as error:
                raise ValueError(f"not base64: {error}") from None
        raise ValueError('expected a string or {"base64": "..."}')

    @staticmethod
    def write(value: object) -> object:
        """A msgspec enc_hook."""
        if not isinstance(value, BytesText):
            raise TypeError(f"no JSON form of {type(value).__name__}")
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(value).decode()}


_made: dict[Any, Any] = {}
_making: set[Any] = set()


def twin(kind: Any) -> Any:
    """The type whose JSON has field names where that of `kind` has positions; `kind` itself where nothing differs."""
    if kind is bytes:
        return BytesText
    origin = get_origin(kind)
    if isinstance(origin or kind, type) and issubclass(origin or kind, msgspec.Struct):
        return _struct(kind, origin or kind)
    args = get_args(kind)
    if not args:
        return kind
    twins = tuple(... if arg is ... else twin(arg) for arg in args)
    if twins == args:
        return kind
    return Union[twins] if origin in (Union, UnionType) else origin[twins]  # noqa: UP007 - made of a tuple


def _struct(kind: Any, origin: type[msgspec.Struct]) -> Any:
    if kind in _made:
        return _made[kind]
    if kind in _making:
        return ForwardRef(_name(kind))
    _making.add(kind)
    fields: list[Any] = []
    for field in msgspec.structs.fields(kind):
        form = twin(field.type)
        default: Any = field.default
        if field.default_factory is not msgspec.NODEFAULT:
            default = msgspec.field(default_factory=field.default_factory)
        fields.append((field.name, form) if default is msgspec.NODEFAULT else (field.name, form, default))
    _making.discard(kind)
    made = msgspec.defstruct(origin.__name__, fields, frozen=True, tag=origin.__struct_config__.tag, module=__name__)
    # A type that contains itself is looked up here, by name, when its first value is converted.
    _made[kind] = globals()[_name(kind)] = made
    return made


def _name(kind: Any) -> str:
    return f"_twin_{id(kind)}"
