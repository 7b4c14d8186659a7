"""What a one-shot prints: an answer, rows or events in the form that was asked for, written to a file descriptor as UTF-8."""

import posix

from sutra_client import json_text, shape
from sutra_client.errors import FAILED, INVALID, UNAVAILABLE, SutraError
from sutra_client.json_text import Json
from sutra_client.options import Options
from sutra_client.schema import Field, Schema

_BEFORE = '{"revision":1,"event":{"type":"snapshot","rows":'
_AFTER = ',"more":false}}'


def write(text: str, fd: int = 1) -> None:
    """All of it, at once; raises SutraError FAILED, or BrokenPipeError when nobody reads any more."""
    data = memoryview(text.encode("utf-8", "backslashreplace"))
    while data:
        try:
            data = data[posix.write(fd, data) :]
        except BlockingIOError:
            from select import select

            select([], [fd], [])
        except BrokenPipeError:
            raise
        except OSError as error:
            raise SutraError(FAILED, f"writing the output: {error.strerror}") from None


def is_terminal(fd: int) -> bool:
    try:
        return posix.isatty(fd)
    except OSError:
        return False


def bold(options: Options) -> bool:
    """Whether titles are set off, by the options, NO_COLOR and the terminal."""
    if options.color == "auto":
        dumb = posix.environ.get(b"TERM", b"dumb") in (b"dumb", b"")
        return is_terminal(1) and not dumb and not posix.environ.get(b"NO_COLOR")
    return options.color == "always"


class Output:
    """Prints one command's results, rows or answers of type `kind`; --columns is checked at once, so that a wrong one costs no call."""

    def __init__(self, options: Options, schema: Schema, kind: str) -> None:
        self._form = options.output or "table"
        self._options = options
        self._schema = schema
        self._kind = kind
        if self._form == "openmetrics" and not any(entry[0] == "samples" and entry[6] == kind for entry in schema.entries.values()):
            raise SutraError(INVALID, "-o openmetrics does not go with what is no measurement", "use -o json")
        self._key = schema.key(kind)
        terminal = is_terminal(1)
        self._pretty = terminal if options.pretty is None else options.pretty
        self.room = _room() if terminal and self._form in ("table", "wide") else 0
        """Columns of the terminal where lines are to fit it, else 0."""
        self._fields: list[Field] = []
        if options.columns or self._form in ("table", "wide"):
            from sutra_client.tabular import columns

            self._fields = columns(schema, kind, options.columns, self._form == "wide")

    def answer(self, payload: bytes) -> None:
        """One REPLY, by its JSON text."""
        if not self._kind:
            if self._options.json:
                write("null\n")
            return
        if self._form == "json" and not self._pretty and not self._options.columns and payload[:1] == b"[" and json_text.safe(payload):
            self._read(payload)
            write(payload.decode() + "\n")
            return
        answer = self._read(payload)
        if isinstance(answer, list) and self._schema.fields(self._kind):
            self.rows(answer)
        else:
            self.value(answer)

    def _read(self, payload: bytes) -> Json:
        return self.checked(json_text.read(payload, "the service's answer", UNAVAILABLE))

    def checked(self, answer: Json) -> Json:
        """The same; raises SutraError UNAVAILABLE where it is not what the schema says."""
        if self._kind:
            shape.check(self._schema, self._kind, answer, "the service's answer")
        return answer

    def part(self, event: dict[str, Json]) -> list[Json]:
        """The rows of a stream's event; raises SutraError UNAVAILABLE where they are none."""
        return shape.rows(self._schema, self._kind, event)

    def snapshot(self, payload: bytes) -> bool:
        """Hands the rows of a snapshot in one part through untouched, where JSON of all is wanted; false when it has to be read."""
        if self._form != "json" or self._pretty or self._options.columns or not json_text.safe(payload):
            return False
        text = payload.decode()
        end = len(text) - len(_AFTER)
        framed = text.startswith(_BEFORE + "[") and text.endswith(_AFTER)
        if not framed or json_text.ends_at(text, len(_BEFORE)) != end:
            return False
        write(text[len(_BEFORE) : end] + "\n")
        return True

    def rows(self, rows: list[Json]) -> None:
        """A whole list."""
        rows = [self.chosen(row) for row in rows]
        match self._form:
            case "json":
                write(self._json(rows) + "\n")
            case "jsonl":
                write("".join([json_text.short(row) + "\n" for row in rows]))
            case "yaml":
                from sutra_client.yaml_text import block

                write("\n".join(block(rows)) + "\n")
            case "name":
                write("".join([self._name(row) + "\n" for row in rows]))
            case _:
                self._table(rows)

    def value(self, value: Json) -> None:
        """A single object, or an answer that is none."""
        value = self.chosen(value)
        match self._form:
            case "json":
                write(self._json(value) + "\n")
            case "jsonl":
                write(json_text.short(value) + "\n")
            case "yaml":
                from sutra_client.yaml_text import block

                write("\n".join(block(value)) + "\n")
            case "name" if isinstance(value, dict):
                write(self._name(value) + "\n")
            case "openmetrics":
                from sutra_client.openmetrics import exposition

                write(exposition(self._schema, self._kind, value))
            case _:
                self._object(value)

    def _object(self, value: Json) -> None:
        from sutra_client import tabular

        if isinstance(value, dict) and self._fields:
            lines = tabular.describe(self._schema, value, self._fields, self.room)
        else:
            lines = tabular.plain(value, self._kind)
        write("\n".join(lines) + "\n")

    def _table(self, rows: list[Json]) -> None:
        from sutra_client import tabular

        fields = self._fields if self._options.columns else tabular.flat(self._schema, self._fields)
        lines = tabular.table(rows, fields, self.room, not self._options.no_legend)
        if not self._options.no_legend:
            lines[0] = self.title(lines[0])
        write("\n".join(lines) + "\n" if lines else "")
        if not rows and is_terminal(2):
            write("avyctl: there is nothing of this kind here\n", 2)

    def title(self, line: str) -> str:
        """A line of titles as this terminal shows it."""
        return f"\x1b[1m{line}\x1b[0m" if bold(self._options) else line

    def _json(self, value: Json) -> str:
        return json_text.pretty(value) if self._pretty else json_text.short(value)

    def _name(self, row: Json) -> str:
        from sutra_client.words import join

        if not isinstance(row, dict) or not self._key:
            raise SutraError(INVALID, "-o name: these have no name", "use -o json")
        return join([json_text.as_text(row.get(name)) for name in self._key])

    def chosen(self, row: Json) -> Json:
        """The row with the fields of --columns alone."""
        if not self._options.columns or not isinstance(row, dict):
            return row
        return {name: row.get(name) for name in self._options.columns}


def _room() -> int:
    """Columns of the terminal; 80 where it does not tell, as on a serial line."""
    try:
        return posix.get_terminal_size(1).columns or 80
    except OSError:
        return 80
