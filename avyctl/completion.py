"""Shell completion: the scripts that shells source, and `__complete`, which answers them from the schemas and live values.

A slow or silent service costs 300 ms at most, never a prompt, and completion never starts a service.
"""

import posix
import time

from avyctl.exec import COMMANDS
from avyctl.session import Session
from sutra_client import blocking, endpoint, options, schema
from sutra_client.command import flag, many
from sutra_client.errors import INVALID, SutraError
from sutra_client.options import Options
from sutra_client.output import write
from sutra_client.schema import Entry, Field, Schema, implied
from sutra_client.suggest import unknown
from sutra_client.words import quote

SECONDS = 0.3

_BASH = r"""_avyctl() {
    local IFS=$' \t\n' line=${COMP_LINE:0:COMP_POINT} word=${COMP_WORDS[COMP_CWORD]} found=() each
    # bash cuts words at = and : too, so what is typed of the word is more than the word that it asks for
    local words=() typed
    read -r -a words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    typed=${words[${#words[@]}-1]}
    mapfile -t found <<<"$(avyctl __complete -- "${words[@]:1}" 2>/dev/null)"
    local before=""
    [[ $word == [=:] ]] && before=$typed
    [[ -n $word && $word != [=:] && $typed == *"$word" ]] && before=${typed%"$word"}
    [[ -z $word && $typed == *[=:] ]] && before=$typed
    COMPREPLY=()
    for each in "${found[@]}"; do
        [[ -n $each ]] && COMPREPLY+=("${each#"$before"}")
    done
}
complete -o nosort -F _avyctl avyctl
"""
_ZSH = """#compdef avyctl
_avyctl() {
    local -a found
    found=("${(@f)$(avyctl __complete --plain -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    found=(${found:#})
    compadd -a found
}
compdef _avyctl avyctl
"""
_FISH = """function __avyctl_complete
    avyctl __complete --plain -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null
end
complete -c avyctl -f -a '(__avyctl_complete)'
"""
SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def run(name: str, words: list[str], _: Options, session: Session) -> None:
    """`completion SHELL` prints the script; `__complete -- WORD...` one candidate a line for the last word."""
    if name == "completion":
        shell = words[0] if words else ""
        if shell not in SCRIPTS or len(words) > 1:
            raise SutraError(INVALID, *unknown("shell with completion", shell, SCRIPTS))
        write(SCRIPTS[shell])
        return
    plain = words[:1] == ["--plain"]  # zsh and fish quote what they insert themselves
    words = words[plain:]
    words = words[1:] if words[:1] == ["--"] else words
    *before, last = words or [""]
    found = [text for text in candidates(before, last) if text.startswith(last) and text.isprintable()]
    write("".join((text if plain else quote(text)) + "\n" for text in dict.fromkeys(found)))


def candidates(before: list[str], last: str) -> list[str]:
    """Everything that could stand where `last` does; not filtered by it."""
    try:
        rest = Options().take(before)
    except SutraError:  # the last word before is an option that still waits for its value
        return _option(before[-1], before[:-1], last) if before else []
    rest = rest[1:] if rest[:1] == ["--"] else rest
    name, equals, text = last.partition("=")
    if equals and name in options.NAMES:
        return [f"{name}={value}" for value in _option(name, before, text)]
    if not rest:
        return list(options.NAMES) if last.startswith("-") else _first()
    return _after(rest[0], rest[1:], last)


def _first() -> list[str]:
    return [*schema.nouns(), *(word for word in COMMANDS if word[0] != "_"), "serve"]


def _option(name: str, before: list[str], text: str) -> list[str]:
    """Values of an option that all commands have."""
    match name:
        case "-o" | "--output":
            return list(options.FORMATS)
        case "--color":
            return list(options.COLORS)
        case "--theme":
            return list(options.THEMES)
        case "--json":
            return ["short", "pretty", "off"]
        case "-f" | "--file":
            return _files(text)
        case "--columns":
            return _columns(before, text)
    return []


def _files(text: str) -> list[str]:
    folder, slash, _ = text.rpartition("/")
    try:
        names = posix.listdir(folder + slash or ".")
    except OSError:
        return []
    return [folder + slash + name for name in sorted(names)]


def _columns(before: list[str], text: str) -> list[str]:
    """Fields of what the command before answers, after those that are there already."""
    try:
        rest = Options().take(before)
    except SutraError:
        return []
    if not rest or rest[0] not in schema.nouns():
        return []
    of = schema.load(rest[0])
    verb = " ".join(rest[1:3]) if " ".join(rest[1:3]) in of.entries else " ".join(rest[1:2])
    if verb not in of.entries:
        return []
    head, comma, _ = text.rpartition(",")
    return [head + comma + name for name in of.fields(of.entries[verb][6]) if name not in head.split(",")]


def _after(first: str, rest: list[str], last: str) -> list[str]:
    match first:
        case "help":
            return _first() if not rest else _verbs(schema.load(rest[0]), rest[1:]) if rest[0] in schema.nouns() else []
        case "completion":
            return [] if rest else list(SCRIPTS)
        case "serve":
            return [stem for stem, _ in schema.nouns().values() if stem not in rest]
        case "call" | "introspect" | "monitor":
            return _members(first, rest)
        case "sutra":
            return [] if rest else list(schema.nouns())
    return _of_noun(schema.load(first), rest, last) if first in schema.nouns() else []


def _members(command: str, rest: list[str]) -> list[str]:
    """Methods or streams of a noun, as this avyctl knows it."""
    if not rest:
        return list(schema.nouns())
    if len(rest) > 1 or command == "introspect" or rest[0] not in schema.nouns():
        return []
    return [entry[2] for entry in schema.load(rest[0]).entries.values() if (entry[0] != "call") == (command == "monitor")]


def _verbs(of: Schema, rest: list[str]) -> list[str]:
    return [verb.split()[len(rest)] for verb in of.entries if verb.split()[: len(rest)] == rest and len(verb.split()) > len(rest)]


def _of_noun(of: Schema, rest: list[str], last: str) -> list[str]:
    verb = " ".join(rest[:2]) if " ".join(rest[:2]) in of.entries else rest[0] if rest and rest[0] in of.entries else ""
    if not verb:
        return _verbs(of, rest)
    entry = of.entries[verb]
    given = rest[len(verb.split()) :]
    fields = {flag(field): field for field in (*implied(entry), *entry[5])}
    if last.startswith("-"):
        name, equals, _ = last.partition("=")
        if equals and name in fields:
            return [f"{name}={text}" for text in _values(of, fields[name])]
        return [*fields, *options.NAMES]
    if given and given[-1] in fields and fields[given[-1]][1].removesuffix("?") != "bool":
        return _where(of, entry, last) if given[-1] == "--where" else _values(of, fields[given[-1]])
    place = len([word for word in given if not word.startswith("-")])
    required = [field for field in entry[5] if "required" in field[6].split()]
    longer = _verbs(of, rest)
    if not required:
        return longer
    field = required[min(place, len(required) - 1)]
    return [*longer, *(_values(of, field) if place < len(required) or many(field) else [])]


def _where(of: Schema, entry: Entry, last: str) -> list[str]:
    fields = of.fields(entry[6])
    name, equals, _ = last.partition("=")
    if equals and name in fields:
        return [f"{name}={text}" for text in of.enums.get(fields[name][1].removesuffix("?"), ())]
    return [f"{name}=" for name in fields]


def _values(of: Schema, field: Field) -> list[str]:
    """What an argument can be: an enum's values, or those that the field named by `complete` has in the running service's table."""
    kind = field[1].removesuffix("?").removeprefix("[]")
    if kind in of.enums:
        return list(of.enums[kind])
    row, _, name = field[5].partition(".")
    for entry in of.entries.values():
        if name and entry[0] == "table" and entry[6] == row and not any("required" in part[6].split() for part in entry[5]):
            return _live(of, entry, name)
    return []


def _live(of: Schema, entry: Entry, name: str) -> list[str]:
    until = time.monotonic() + SECONDS
    found: list[str] = []
    try:
        path = endpoint.find(of.id)
        if path is None:
            return []
        client = blocking.connect(path, of.id, of.fingerprint, SECONDS)
        for _, _, event in client.items(entry[1], {}, None, max(until - time.monotonic(), 0.01)):
            rows = event.get("rows")
            values = [row.get(name) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
            found += [value for value in values if isinstance(value, str)]
            if not event.get("more"):
                break
        client.close()
    except SutraError:
        return found  # completion has no place for errors; what came in time is still of use
    return found
