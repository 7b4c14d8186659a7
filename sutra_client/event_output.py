"""Events of a stream as lines: one JSON object each, a growing table, or measurements in OpenMetrics."""

from sutra_client import shape, tabular
from sutra_client.errors import INVALID, SutraError
from sutra_client.json_text import Json, short
from sutra_client.options import Options
from sutra_client.output import Output, write
from sutra_client.schema import Entry, Schema

_ROWS = ("snapshot", "changed", "samples", "records")


class EventOutput:
    """Prints the events of one stream as they come; types of events that it does not know are passed over.

    As JSON each row is an object with its event when it is watched, else the row alone.
    """

    def __init__(self, options: Options, schema: Schema, entry: Entry) -> None:
        form = options.output or "table"
        if form == "name":
            raise SutraError(INVALID, "-o name does not go with a stream of events", "use -o jsonl")
        self._form = "jsonl" if form == "json" else form
        self._options = options
        self._schema = schema
        self._entry = entry
        self._output = Output(options, schema, entry[6])
        self._table: tabular.Table | None = None
        self._fields = tabular.columns(schema, entry[6], options.columns, form == "wide")
        self._marked = entry[0] == "table"

    def event(self, event: dict[str, Json]) -> None:
        """One event, by its JSON form."""
        kind = str(event.get("type", ""))
        if kind == "lost":
            self._lost(event.get("count"))
        elif kind == "progress":
            self._print("progress", "row", self._output.part({"rows": [event.get("state")]}))
        elif kind == "done":
            self._done(event.get("result"))
        elif kind == "removed":
            keys = event.get("keys")
            self._print(kind, "key", keys if isinstance(keys, list) else [])
        elif kind in _ROWS:
            self._print(kind, "row", self._output.part(event))

    def _print(self, kind: str, what: str, rows: list[Json]) -> None:
        if what == "row":
            rows = [self._output.chosen(row) for row in rows]
        if self._form == "jsonl":
            head, tail = (f'{{"event":"{kind}","{what}":', "}\n") if self._options.watch else ("", "\n")
            write("".join([head + short(row) + tail for row in rows]))
        elif self._form == "yaml":
            from sutra_client.yaml_text import block

            write("".join("\n".join(["---", *block({"event": kind, what: row})]) + "\n" for row in rows))
        elif self._form == "openmetrics":
            from sutra_client.openmetrics import exposition

            write("".join(exposition(self._schema, self._entry[6], row) for row in rows[-1:]))
        else:
            self._lines(kind, what, rows)

    def _lines(self, kind: str, what: str, rows: list[Json]) -> None:
        if what == "key":
            key = self._schema.key(self._entry[6])
            rows = [dict(zip(key, row if isinstance(row, list) else [row], strict=False)) for row in rows]
        if self._table is None:
            self._table = tabular.Table(tabular.flat(self._schema, self._fields), self._output.room, self._marked)
            columns = self._table.columns(rows, kind if self._marked else "")
            self._table.measure(columns, not self._options.no_legend)
            if not self._options.no_legend:
                write(self._output.title(self._table.legend()) + "\n")
        else:
            columns = self._table.columns(rows, kind if self._marked else "")
        write("".join([line + "\n" for line in self._table.lines(columns)]))

    def _lost(self, count: Json) -> None:
        if self._form == "jsonl":
            write(f'{{"event":"lost","count":{short(count)}}}\n')
        elif self._form == "yaml":
            write(f"---\nevent: lost\ncount: {short(count)}\n")
        else:
            write(f"avyctl: {short(count)} records were lost here, because they came faster than they were read\n", 2)

    def _done(self, result: Json) -> None:
        if self._entry[9]:
            shape.check(self._schema, self._entry[9], result, "the operation's result")
        if self._form in ("jsonl", "yaml"):
            self._print("done", "row", [result])
        elif self._entry[9]:
            Output(self._options, self._schema, self._entry[9]).value(result)
