"""The terms of --where: `state=failed`, `memory > 1G`, `name contains ssh`."""

from sutra_client import values
from sutra_client.errors import INVALID, SutraError
from sutra_client.json_text import Json
from sutra_client.schema import Entry, Schema
from sutra_client.suggest import unknown
from sutra_client.text import display

_SYMBOLS = ("!=", "<=", ">=", "=", "<", ">")
_WORDS = ("contains", "glob")


def parse(schema: Schema, entry: Entry, term: str) -> Json:
    """[field, op, value] of a term such as `state=failed`, `memory > 1G` or `name contains ssh`, its value typed by the row's field."""
    fields = schema.fields(entry[6])
    name = term[: len(term) - len(term.lstrip("abcdefghijklmnopqrstuvwxyz0123456789_"))]
    rest = term[len(name) :]
    spaced = rest[:1] == " "
    op = next((op for op in _SYMBOLS if rest.lstrip(" ").startswith(op)), "")
    if not op and spaced:
        op = next((op for op in _WORDS if rest.lstrip(" ").startswith(op + " ")), "")
    if not name or not op:
        raise SutraError(INVALID, f"where: '{display(term, 80)}' is not FIELD OP VALUE", "OP is one of = != < <= > >= contains glob")
    if name not in fields:
        raise SutraError(INVALID, *unknown(f"field of {entry[6]}", name, fields))
    _, kind, _, unit, *_ = fields[name]
    text = rest.lstrip(" ")[len(op) :]
    text = text.removeprefix(" ") if spaced else text
    base = kind.removesuffix("?").removeprefix("[]").removeprefix("map[string]")
    if text == "-" and kind.endswith("?") and base not in ("string", "bytes"):
        return [name, op, None]
    try:
        return [name, op, values.parse(text, "string" if op in _WORDS else base, schema.enums, unit)]
    except SutraError as error:
        raise SutraError(error.code, f"where {name}: {error.message}", error.hint) from None


def terms(schema: Schema, entry: Entry, args: dict[str, Json]) -> dict[str, Json]:
    """Arguments whose `where`, if there is one, is a list of texts as parse() takes them or of [field, op, value]: the latter, checked."""
    given = args.get("where")
    if given is None:
        return args
    if not isinstance(given, list):
        raise SutraError(INVALID, "where: it is not a list", 'such as ["state=failed"] or [["state", "=", "failed"]]')
    parsed = [parse(schema, entry, term) if isinstance(term, str) else term for term in given]
    for term in parsed:
        if not (isinstance(term, list) and len(term) == 3 and isinstance(term[0], str) and isinstance(term[1], str)):
            raise SutraError(INVALID, "where: a term is neither a text nor [field, op, value]", 'such as ["state", "=", "failed"]')
        if isinstance(term[2], list | dict):
            raise SutraError(INVALID, f"where: the value for {display(term[0], 80)} is neither a text, a number, a truth value nor null")
    return {**args, "where": parsed}


def form_of(schema: Schema, entry: Entry, term: list[Json]) -> str:
    name, op, value = term
    if value is None:
        text = "-"
    else:
        field = schema.fields(entry[6]).get(str(name))
        kind = "string" if field is None or op in _WORDS else field[1].removesuffix("?").removeprefix("[]")
        text = values.form(value, kind)[0]
    return f"{name} {op} {text}" if op in _WORDS else f"{name}{op}{text}"
