"""help and version: what there is to do, from the schemas."""

from avyctl.pages import PAGES
from avyctl.session import Session
from sutra_client import schema
from sutra_client.command import find_verb, flag, usage
from sutra_client.errors import INVALID, SutraError
from sutra_client.json_text import as_text
from sutra_client.options import DOCS, Options
from sutra_client.output import Output, write
from sutra_client.schema import Field, Schema, implied
from sutra_client.suggest import unknown
from sutra_client.version import VERSION

_EXIT = (
    "0 done, 1 failed, 2 invalid, 3 the answer is no, 4 no such object, 5 not allowed, 6 busy, stale or there already,"
    " 7 unreachable or unsupported, 8 partly, 124 out of time, 128+n ended by signal n"
)
_VERSION = Schema("", ("", "", "", ""), {}, {"Version": (("version", "string", "Version of this avyctl.", "", None, "", ""),)}, {})


def run(name: str, words: list[str], options: Options, _: Session) -> None:
    """Help is text, whatever form -o asks for."""
    if name == "version":
        _version(words, options)
        return
    lines = _overall() if not words else _command(words) if words[0] not in schema.nouns() else _noun(schema.load(words[0]), words[1:])
    write("\n".join(lines) + "\n")


def _version(words: list[str], options: Options) -> None:
    if words:
        raise SutraError(INVALID, "version takes no words", "usage: avyctl version")
    output = Output(options, _VERSION, "Version")
    if options.output in ("", "table", "wide") and not options.columns:
        write(f"avyctl {VERSION}\n")
    else:
        output.value({"version": VERSION})


def _overall() -> list[str]:
    lines = [
        "avyctl administers this host. Alone on a terminal it opens the screen; with a",
        "command it is a one-shot.",
        "",
        "  avyctl NOUN VERB [ARG...] [--field value]",
        "",
        "Nouns",
    ]
    lines += _pairs([(noun, schema.load(noun).doc) for noun in sorted(schema.nouns())])
    lines += ["", "Commands", *_pairs([(usage, summary) for usage, summary, *_ in PAGES.values()])]
    lines += ["", "Options", *_pairs(list(DOCS)), "", "Exit codes", *_wrapped("  ", _EXIT)]
    return [*lines, "", "`avyctl help NOUN` lists its verbs, `avyctl help NOUN VERB` tells all about one."]


def _command(words: list[str]) -> list[str]:
    word = words[0]
    if word not in PAGES:
        raise SutraError(INVALID, *unknown("noun or command", word, [*schema.nouns(), *PAGES]))
    usage, summary, text, example = PAGES[word]
    lines = ["avyctl " + usage, "", summary[0].upper() + summary[1:] + ".", *_wrapped("", " ".join(text))]
    return [*lines, "", "Exit codes", *_wrapped("  ", _EXIT), "", "Example", "  " + example]


def _noun(of: Schema, words: list[str]) -> list[str]:
    if words:
        return _verb(of, find_verb(of, words))
    return [*_wrapped("", of.doc), "", *_pairs([(f"{of.noun} {verb}", entry[3]) for verb, entry in sorted(of.entries.items())])]


def _verb(of: Schema, verb: str) -> list[str]:
    entry = of.entries[verb]
    lines = [usage(f"{of.noun} {verb}", entry), "", *_wrapped("", entry[3])]
    needs = [f"Needs the role {entry[4]}."] if entry[4] not in ("", "reader") else []
    risk = next((word.removeprefix("risk:") for word in entry[8].split() if word.startswith("risk:")), "")
    lines += [*needs, *([f"It changes the host, which is {risk}."] if risk else [])]
    required = [field for field in entry[5] if "required" in field[6].split()]
    optional = [field for field in (*implied(entry), *entry[5]) if field not in required]
    if required:
        lines += ["", "Arguments", *_pairs([(field[0].upper(), _about(of, field)) for field in required])]
    if optional:
        lines += ["", "Options of this command", *_pairs([(flag(field), _about(of, field)) for field in optional])]
    for title, kind in (("Fields", entry[6]), ("Fields of the result", entry[9])):
        fields = of.fields(kind)
        if fields:
            lines += ["", f"{title}", *_pairs([(name, _about(of, field)) for name, field in fields.items()])]
        elif kind:
            lines += ["", f"Answers {_type(of, kind)}."]
    return lines


def _about(of: Schema, field: Field) -> str:
    _, kind, doc, unit, default, *_ = field
    told = [_type(of, kind), *([f"in {unit}"] if unit else [])]
    if default is not None:
        told.append(f"default {as_text(default if isinstance(default, str | int | float | list | dict) else None)}")
    return f"{doc} ({', '.join(told)})"


def _type(of: Schema, kind: str) -> str:
    bare = kind.removesuffix("?").removeprefix("[]").removesuffix("?")
    named = {"time": "microseconds since 1970 in JSON", "duration": "microseconds in JSON"}
    if bare in of.enums:
        return "one of " + ", ".join(of.enums[bare])
    return kind + (f": {named[bare]}" if bare in named else "")


def _pairs(pairs: list[tuple[str, str]]) -> list[str]:
    margin = min(max((len(name) for name, _ in pairs), default=0), 28)
    lines = []
    for name, text in pairs:
        lines += _wrapped(f"  {name.ljust(margin)}  ", text)
    return lines


def _wrapped(head: str, text: str) -> list[str]:
    """`text` in lines of at most 80 columns beside `head`, or below it where `head` is long."""
    lines: list[str] = []
    line = head
    indent = " " * min(len(head), 32)
    if len(head) > len(indent):
        lines.append(head.rstrip())
        line = indent
    for word in text.split(" "):
        if len(line) + len(word) > 80 and line.strip() and len(line) > len(indent):
            lines.append(line.rstrip())
            line = indent
        line += word + " "
    return [*lines, line.rstrip()]
