"""The command grammar: NOUN VERB [ARG...] [--field value | --field=value] [--], every part of it from a schema.

equivalent.py turns a call back into words.
"""

from sutra_client.errors import INVALID, SutraError
from sutra_client.json_text import Json
from sutra_client.schema import Entry, Field, Schema, implied


class Invocation:
    """One call as it was asked for; `args` holds only what was given."""

    __slots__ = ("args", "entry", "schema", "verb")

    def __init__(self, schema: Schema, verb: str, args: dict[str, Json]) -> None:
        self.schema = schema
        self.verb = verb
        self.entry = schema.entries[verb]
        self.args = args


def parse(schema: Schema, words: list[str]) -> Invocation:
    """The call that the words after the noun ask for; raises SutraError INVALID that names what would be valid."""
    verb = find_verb(schema, words)
    entry = schema.entries[verb]
    given, places = _given(entry, words[len(verb.split()) :])
    _place(f"{schema.noun} {verb}", entry, given, places)
    args: dict[str, Json] = {}
    for name, (field, texts, placed) in given.items():
        if name == "where" and field in implied(entry):
            from sutra_client.where_term import parse as term

            args[name] = [term(schema, entry, text) for text in texts]
        else:
            args[name] = _value(field, texts, schema.enums, placed)
    return Invocation(schema, verb, args)


def find_verb(schema: Schema, words: list[str]) -> str:
    """The verb, of two words or one, that `words` begin with."""
    if not words or words[0].startswith("-"):
        raise SutraError(INVALID, f"{schema.noun}: what to do?", "one of: " + ", ".join(sorted(schema.entries)))
    two = " ".join(words[:2])
    if two in schema.entries:
        return two
    if words[0] in schema.entries:
        return words[0]
    from sutra_client.suggest import unknown

    longer = any(verb.startswith(words[0] + " ") for verb in schema.entries)
    raise SutraError(INVALID, *unknown(f"verb of {schema.noun}", two if longer else words[0], schema.entries))


_Given = dict[str, tuple[Field, list[str], bool]]
"""Argument name -> (field, the words given for it, whether by place)."""


def _given(entry: Entry, words: list[str]) -> tuple[_Given, list[str]]:
    """What was given by name, and the words that were not."""
    fields = {field[0]: field for field in (*implied(entry), *entry[5])}
    given: _Given = {}
    places: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "--":
            places += words[at:]
            break
        if not word.startswith("-") or word == "-" or word[1].isdigit():
            places.append(word)
            continue
        name, equals, text = word.removeprefix("--").partition("=")
        name = name.replace("-", "_")
        negated = name not in fields and name.removeprefix("no_") in fields and bare(fields[name.removeprefix("no_")]) == "bool"
        field = fields.get(name.removeprefix("no_") if negated else name)
        if field is None or not word.startswith("--") or (negated and equals):
            raise _no_option(word.partition("=")[0], entry)
        if bare(field) == "bool" and not equals:
            text = "false" if negated else "true"
        elif not equals:
            if at == len(words):
                raise SutraError(INVALID, f"{word} needs a value", f"{flag(field)}: {field[2]}")
            text = words[at]
            at += 1
        _add(given, field, text)
    return given, places


def _add(given: _Given, field: Field, text: str) -> None:
    if field[0] not in given:
        given[field[0]] = (field, [text], False)
    elif many(field):
        given[field[0]][1].append(text)
    else:
        raise SutraError(INVALID, f"{flag(field)} was given twice")


def _place(called: str, entry: Entry, given: _Given, places: list[str]) -> None:
    """Gives the words that stand alone to the arguments that must be there, in order; the last one takes several if it is a list."""
    needed = [field for field in entry[5] if "required" in field[6].split() and field[0] not in given]
    for index, field in enumerate(needed):
        last = index == len(needed) - 1
        taken = places if last and many(field) else places[:1]
        if not taken:
            raise SutraError(INVALID, f"{called} needs {field[0].upper()}: {field[2]}", "usage: " + usage(called, entry))
        given[field[0]] = (field, taken, last and many(field))
        places = places[len(taken) :]
    if places:
        from sutra_client.text import display

        raise SutraError(INVALID, f"{called}: '{display(places[0], 80)}' is one word too many", "usage: " + usage(called, entry))


def _value(field: Field, texts: list[str], enums: dict[str, tuple[str, ...]], placed: bool) -> Json:
    from sutra_client import values

    name, kind, _, unit, *_ = field
    try:
        if many(field):
            return values.joined(texts, kind, enums, unit, split=not placed)
        return values.parse(texts[0], kind, enums, unit)
    except SutraError as error:
        raise SutraError(error.code, f"{name}: {error.message}", error.hint) from None


def usage(called: str, entry: Entry) -> str:
    """One line: what must be there by name, what can be in brackets."""
    required = [field[0].upper() + ("..." if many(field) else "") for field in entry[5] if "required" in field[6].split()]
    optional = [f"[{flag(field)} {field[1].removesuffix('?').upper()}]" for field in entry[5] if "required" not in field[6].split()]
    return " ".join(["avyctl", called, *required, *optional])


def flag(field: Field) -> str:
    return "--" + field[0].replace("_", "-")


def bare(field: Field) -> str:
    return field[1].removesuffix("?")


def many(field: Field) -> bool:
    return field[1].startswith(("[]", "map[string]"))


def _no_option(word: str, entry: Entry) -> SutraError:
    from sutra_client.options import NAMES
    from sutra_client.suggest import unknown

    return SutraError(INVALID, *unknown("option", word, [flag(field) for field in (*implied(entry), *entry[5])], NAMES))
