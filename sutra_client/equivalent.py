"""A call as the words that command.parse() reads back as the same call: what `y` shows, plans name and help gives as example."""

from sutra_client import where_term
from sutra_client.command import flag, many
from sutra_client.json_text import Json, short
from sutra_client.schema import Schema, implied
from sutra_client.values import form
from sutra_client.words import join


def line(schema: Schema, verb: str, args: dict[str, Json]) -> str:
    """The whole command line, quoted for shells and for words.split()."""
    return "avyctl " + join(words(schema, verb, args))


def words(schema: Schema, verb: str, args: dict[str, Json]) -> list[str]:
    """The words of this call, noun first; parse() of all but the noun gives the same arguments. Arguments that are None are left out."""
    entry = schema.entries[verb]
    places: list[str] = []
    named: list[str] = []
    required = [field for field in entry[5] if "required" in field[6].split()]
    for field in (*implied(entry), *entry[5]):
        name, kind, *_ = field
        value = args.get(name)
        if value is None:
            continue
        if field in required:
            several = many(field) and field is required[-1]
            places += form(value, kind) if several or not many(field) else [short(value)]
        elif field[0] == "where" and field in implied(entry):
            terms = value if isinstance(value, list) else []
            named += [f"--where={where_term.form_of(schema, entry, term)}" for term in terms if isinstance(term, list)]
        else:
            named += [f"{flag(field)}={text}" for text in form(value, kind)]
    guard = ["--"] if any(place.startswith("-") for place in places) else []
    return [schema.noun, *verb.split(), *named, *guard, *places] if guard else [schema.noun, *verb.split(), *places, *named]
