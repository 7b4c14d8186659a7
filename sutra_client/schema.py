"""A service's interface as plain data: the generated tables, or what introspected.py makes of a schema that a service serves."""

from sutra_client.errors import INVALID, SutraError

Field = tuple[str, str, str, str, object, str, str]
"""(name, type, doc, unit, default, title or for an argument complete, flags)."""
Entry = tuple[str, int, str, str, str, tuple[Field, ...], str, tuple[str, ...], str, str]
"""(kind, opcode, name, doc, role, ins, out or row, key, flags, result)."""

_KINDS = ("table", "samples", "log", "operation", "upload")
_WHERE: tuple[Field, ...] = (
    ("where", "[]string", "Rows that pass: field, one of = != < <= > >= contains glob, value; all must hold.", "", None, "", ""),
    ("fields", "[]string", "Optional fields to compute; the others stay absent.", "", None, "", ""),
)
_SINCE: tuple[Field, ...] = (("since", "duration?", "How much history to begin with.", "", None, "", ""),)


class Schema:
    """One service. `entries` are by verb, which may be two words."""

    __slots__ = ("doc", "entries", "enums", "fingerprint", "id", "noun", "stem", "types")

    def __init__(
        self,
        stem: str,
        identity: tuple[str, str, str, str],
        entries: dict[str, Entry],
        types: dict[str, tuple[Field, ...]],
        enums: dict[str, tuple[str, ...]],
    ) -> None:
        self.stem = stem
        self.id, self.noun, self.doc, self.fingerprint = identity
        self.entries = entries
        self.types = types
        self.enums = enums

    def fields(self, kind: str) -> dict[str, Field]:
        """The fields of a type, also of `T?` and `[]T`; nothing when it is no type with fields. Secrets are left out."""
        bare = kind.replace("[]", "").removesuffix("?")
        return {field[0]: field for field in self.types.get(bare, ()) if "secret" not in field[6].split()}

    def key(self, row: str) -> tuple[str, ...]:
        """What identifies a row of this type: the key of a table of them, else its first field."""
        bare = row.replace("[]", "").removesuffix("?")
        for entry in self.entries.values():
            if entry[0] == "table" and entry[6] == bare:
                return entry[7]
        return tuple(name for name, *_ in self.types.get(bare, ())[:1])


def implied(entry: Entry) -> tuple[Field, ...]:
    """The arguments that come with the kind of a stream, before those it declares."""
    return _WHERE if entry[0] == "table" else _SINCE if entry[0] == "samples" else ()


def is_stream(entry: Entry) -> bool:
    return entry[0] in _KINDS


def nouns() -> dict[str, tuple[str, str]]:
    """Noun -> (name of the generated module, id), of all services that this avyctl knows."""
    from sutra_client.gen.index_table import NOUNS

    return NOUNS


def load(noun: str) -> Schema:
    """The service of that noun; raises SutraError INVALID when there is none."""
    known = nouns()
    if noun not in known:
        from sutra_client.suggest import unknown

        raise SutraError(INVALID, *unknown("noun", noun, known))
    return of_module(known[noun][0])


def of_module(stem: str) -> Schema:
    """The service whose schema is in the folder of that name."""
    table = __import__(f"sutra_client.gen.{stem}_table", fromlist=("ID",))
    return Schema(stem, (table.ID, table.NOUN, table.DOC, table.FINGERPRINT), table.ENTRIES, table.TYPES, table.ENUMS)
