"""call, introspect and monitor: any endpoint, by the interface that it serves itself."""

from avyctl.session import Session, perform
from sutra_client import json_text, live_table
from sutra_client.blocking import Client, connect
from sutra_client.command import Invocation
from sutra_client.errors import INVALID, SutraError
from sutra_client.event_output import EventOutput
from sutra_client.options import Options
from sutra_client.output import is_terminal, write
from sutra_client.schema import Entry, Schema, nouns, of_module
from sutra_client.suggest import unknown

_USAGE = {
    "call": "avyctl call ENDPOINT METHOD [JSON-ARGS]",
    "introspect": "avyctl introspect ENDPOINT",
    "monitor": "avyctl monitor ENDPOINT STREAM [JSON-ARGS]",
}
_WORDS = {"call": (2, 3), "introspect": (1, 1), "monitor": (2, 3)}


def run(name: str, words: list[str], options: Options, session: Session) -> None:
    """ENDPOINT is a noun, a service's id, or the path of a socket; METHOD and STREAM go by their name or their verb."""
    words = [word for word in words if word != "--"]
    least, most = _WORDS[name]
    if not least <= len(words) <= most:
        raise SutraError(INVALID, f"{name}: {len(words)} words do not fit", "usage: " + _USAGE[name])
    args = json_text.read_object(words[2], "JSON-ARGS") if len(words) > 2 else {}
    schema, client = _live(session, words[0], options)
    if name == "introspect":
        core = of_module("core")
        text = json_text.read(client.call(core.entries[name][1], {}, None, options.timeout))
        _introspected(json_text.read(str(text)), options)
        return
    verb, entry = _member(schema, words[1], name == "monitor")
    if name == "monitor":
        events = EventOutput(options, schema, entry)
        options.watch = True
        for *_, event in client.items(entry[1], args, None, options.timeout):
            events.event(event)
        return
    perform(Invocation(schema, verb, args), options, lambda: client)


def _introspected(schema: json_text.Json, options: Options) -> None:
    if options.output == "yaml":
        from sutra_client.yaml_text import block

        write("\n".join(block(schema)) + "\n")
        return
    pretty = is_terminal(1) if options.pretty is None else options.pretty
    write((json_text.pretty(schema) if pretty else json_text.short(schema)) + "\n")


def _member(schema: Schema, word: str, stream: bool) -> tuple[str, Entry]:
    """The verb and entry that `word`, a name or a verb, stands for."""
    fitting = {verb: entry for verb, entry in schema.entries.items() if (entry[0] != "call") == stream}
    for verb, entry in fitting.items():
        if word in (entry[2], verb):
            return verb, entry
    kind = "stream" if stream else "method"
    raise SutraError(INVALID, *unknown(f"{kind} of {schema.id}", word, [entry[2] for entry in fitting.values()]))


def _live(session: Session, name: str, options: Options) -> tuple[Schema, Client]:
    """The interface that an endpoint serves, named by noun, id or path, and a client of it; known to this avyctl or not."""
    stem, service = nouns().get(name, ("", name))
    stem = stem or next((stem for stem, known in nouns().values() if known == service), "")
    client = connect(name, "") if "/" in name else session.client(service, stem, "", options.embedded)
    introspect = of_module("core").entries["introspect"]
    return live_table.schema(client.call(introspect[1], {}, None, options.timeout)), client
