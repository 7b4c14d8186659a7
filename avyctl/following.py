"""Streams other than a list: followed with -w, else to the point where there is an answer."""

from sutra_client.blocking import Client
from sutra_client.command import Invocation
from sutra_client.event_output import EventOutput
from sutra_client.json_text import Json
from sutra_client.options import Options
from sutra_client.output import Output, is_terminal, write
from sutra_client.text import display

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_AS_THEY_COME = ("", "table", "wide", "jsonl")


def follow(asked: Invocation, options: Options, client: "Callable[[], Client]", meta: dict[str, Json]) -> None:
    """With -w every event until the stream ends; without it the first measurement and its history, a whole log, an operation's result."""
    schema, entry = asked.schema, asked.entry
    events = EventOutput(options, schema, entry)
    output = Output(options, schema, entry[9] if entry[0] == "operation" else entry[6])
    items = client().items(entry[1], asked.args, meta, options.timeout)
    told = (event for *_, event in items)
    if options.watch or options.output == "openmetrics" or (entry[0] == "log" and options.output in _AS_THEY_COME):
        for event in told:
            events.event(event)
            if not options.watch and event.get("type") == "samples":
                break
    elif entry[0] == "operation":
        _result(output, told)
    else:
        _rows(output, told)
    items.close()


def _rows(output: Output, told: "Iterator[dict[str, Json]]") -> None:
    rows: list[Json] = []
    for event in told:
        rows += output.part(event)
        if event.get("type") == "samples":
            break
    output.rows(rows)


def _result(output: Output, told: "Iterator[dict[str, Json]]") -> None:
    for event in told:
        state = event.get("state")
        if event.get("type") == "done":
            output.value(output.checked(event.get("result")))
        elif isinstance(state, dict) and is_terminal(2):
            write(f"{display(str(state.get('subject')))}: {display(str(state.get('stage')))}\n", 2)
