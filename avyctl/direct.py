"""call, introspect and monitor: any endpoint, by the interface that it serves itself."""

from avyctl.session import Session, perform
from sutra_client import introspected, json_text, shape
from sutra_client.blocking import Client, connect
from sutra_client.command import Invocation
from sutra_client.errors import INVALID, SutraError
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
    _counted(name, words)
    args = _arguments(words[2]) if len(words) > 2 else {}
    schema, client = live(session, words[0], options)
    if name == "introspect":
        core = of_module("core")
        text = json_text.read(client.call(core.entries[name][1], {}, None, options.timeout))
        _introspected(json_text.read(str(text)), options)
        return
    verb, entry = _member(schema, words[1], name == "monitor")
    args = shape.checked(schema, entry, args)
    if name == "monitor":
        options.watch = True
    perform(Invocation(schema, verb, args), options, lambda: client)


def _counted(name: str, words: list[str]) -> None:
    least, most = _WORDS[name]
    option = next((word for word in words if word.startswith("-") and word != "-"), "")
    if option:
        from sutra_client.options import NAMES

        raise SutraError(INVALID, *unknown("option", option.partition("=")[0], NAMES))
    if not least <= len(words) <= most:
        many = f"{least}" if least == most else f"{least} or {most}"
        raise SutraError(INVALID, f"{name} takes {many} word{'s' * (most > 1)}, not {len(words)}", "usage: " + _USAGE[name])


def _arguments(text: str) -> dict[str, json_text.Json]:
    try:
        return json_text.read_object(text, "JSON-ARGS")
    except SutraError as error:
        import json  # tells where it is wrong, which the scanner of one-shots does not

        try:
            json.loads(text)
        except json.JSONDecodeError as wrong:
            where = f"{error.message}: {wrong.msg} at character {wrong.pos + 1}"
            raise SutraError(INVALID, where, 'such as \'{"name": "value"}\'') from None
        except (RecursionError, ValueError):
            pass
        raise


def _introspected(schema: json_text.Json, options: Options) -> None:
    if options.output in ("name", "openmetrics"):
        raise SutraError(INVALID, f"-o {options.output} does not go with an interface", "use -o json or -o yaml")
    if options.output == "yaml":
        from sutra_client.yaml_text import block

        write("\n".join(block(schema)) + "\n")
        return
    pretty = is_terminal(1) if options.pretty is None else options.pretty
    write((json_text.pretty(schema) if pretty else json_text.short(schema)) + "\n")


def members(schema: Schema, stream: bool) -> dict[str, Entry]:
    """The streams of a service, or its methods, by verb."""
    return {verb: entry for verb, entry in schema.entries.items() if (entry[0] != "call") == stream}


def _member(schema: Schema, word: str, stream: bool) -> tuple[str, Entry]:
    """The verb and entry that `word`, a name or a verb, stands for."""
    fitting = members(schema, stream)
    for verb, entry in fitting.items():
        if word in (entry[2], verb):
            return verb, entry
    if any(word in (entry[2], verb) for verb, entry in members(schema, not stream).items()):
        kind, command = ("method", "call") if stream else ("stream", "monitor")
        raise SutraError(INVALID, f"{word} of {schema.id} is a {kind}", f"`avyctl {command}` is for {kind}s")
    kind = "stream" if stream else "method"
    raise SutraError(INVALID, *unknown(f"{kind} of {schema.id}", word, fitting, [entry[2] for entry in fitting.values()]))


def live(session: Session, name: str, options: Options) -> tuple[Schema, Client]:
    """The interface that an endpoint serves, named by noun, id or path, and a client of it; known to this avyctl or not."""
    stem, service = nouns().get(name, ("", name))
    stem = stem or next((stem for stem, known in nouns().values() if known == service), "")
    client = connect(name, "", timeout=options.timeout) if "/" in name else session.client(service, stem, "", options)
    introspect = of_module("core").entries["introspect"]
    return introspected.schema(client.call(introspect[1], {}, None, options.timeout)), client
