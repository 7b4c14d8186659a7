"""Which names a schema may use, and what becomes of them in Python."""

import keyword
import re

_TOOLS = ("serve", "info", "call", "introspect", "monitor", "wait", "completion", "bridge", "help")
_RECORDS = ("audit", "operations", "undo", "confirm", "allowed", "console", "sutra", "doctor", "install-services")
RESERVED_NOUNS = frozenset((*_TOOLS, *_RECORDS))
"""Words of the command line itself."""

_MODULES = frozenset(("events", "runtime", "core", "msgspec"))
_ANNOTATIONS = frozenset(("bool", "int", "float", "str", "bytes", "list", "dict"))
_CLASS_BODY = frozenset(("type", "set", "object", "property", "tuple", "frozenset", "super"))
_TYPE_NAMES = frozenset(("Protocol", "AsyncIterator"))

LONGEST = 40
"""Characters in a name; keeps every generated line within its width."""

_SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_SPOKEN = re.compile(r"[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*")
_CAMEL = re.compile(r"[A-Z][A-Za-z0-9]*")
_VERB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*( [a-z][a-z0-9]*(-[a-z0-9]+)*)*")
_ID = re.compile(r"[a-z][a-z0-9]*(\.[a-z][a-z0-9_]*)+")
_VALUE = re.compile(r"[A-Za-z][A-Za-z0-9]*([ _.+/-][A-Za-z0-9]+)*")


def bad_field(name: str) -> str:
    """Why `name` cannot be a field or an argument; empty when it can."""
    if reason := _shape(name, _SNAKE, "snake_case"):
        return reason
    if keyword.iskeyword(name) or name == "self":
        return f"'{name}' is a word of Python"
    if name in _ANNOTATIONS:
        return f"'{name}' is a builtin that annotations use"
    return _module(name)


def bad_member(name: str) -> str:
    """Why `name` cannot be a method or a stream; empty when it can."""
    if reason := _shape(name, _SPOKEN, "snake_case, each part beginning with a letter"):
        return reason
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        return f"'{name}' is a word of Python"
    if name in _ANNOTATIONS or name in _CLASS_BODY:
        return f"'{name}' is a builtin that annotations or classes use"
    return _module(name)


def bad_type(name: str) -> str:
    """Why `name` cannot be a type or an enum; empty when it can."""
    if reason := _shape(name, _CAMEL, "CamelCase"):
        return reason
    if keyword.iskeyword(name) or name in _TYPE_NAMES:
        return f"'{name}' is a name that the generated module uses itself"
    return ""


def bad_verb(verb: str) -> str:
    """Why `verb` cannot be typed on the command line; empty when it can."""
    return _shape(verb, _VERB, "lower-case words of letters, digits and '-'")


def bad_noun(noun: str) -> str:
    """Why `noun` cannot be a command; empty when it can."""
    if reason := _shape(noun, _VERB, "a lower-case word of letters, digits and '-'"):
        return reason
    if " " in noun:
        return "a noun is one word"
    return f"'{noun}' is a command of avyctl itself" if noun in RESERVED_NOUNS else ""


def bad_id(identity: str, folder: str) -> str:
    """Why `identity` cannot be the id of the schema in `folder`; empty when it can."""
    if not _ID.fullmatch(identity):
        return f"'{identity}' is not a dotted lower-case name"
    last = identity.rpartition(".")[2]
    return "" if last == folder else f"'{identity}' does not end in '{folder}', the name of its folder"


def bad_folder(folder: str) -> str:
    """Why a schema's folder cannot name generated modules; empty when it can."""
    if reason := bad_member(folder) if folder != "core" else "":
        return f"folder: {reason}"
    return f"folder: '{folder}' would collide with a generated table" if folder == "index" or folder.endswith("_table") else ""


def bad_value(value: str) -> str:
    """Why `value` cannot be an enum value; empty when it can."""
    return _shape(value, _VALUE, "words that begin with a letter, joined by one of ' _.+/-'")


def camel(name: str) -> str:
    """`link_set` is LinkSet."""
    return "".join(part.capitalize() for part in name.split("_"))


def constant(text: str) -> str:
    """`auto-restart` is AUTO_RESTART."""
    return re.sub(r"[^A-Z0-9]", "_", text.upper())


def _shape(name: str, pattern: re.Pattern[str], expected: str) -> str:
    if not pattern.fullmatch(name):
        return f"'{name}' is not {expected}"
    return f"'{name}' has more than {LONGEST} characters" if len(name) > LONGEST else ""


def _module(name: str) -> str:
    return f"'{name}' is a module that the generated code uses" if name in _MODULES else ""
