"""info: which avyctl this is, what answers for each service and why, and every path in use."""

import posix
import sys

from avyctl import paths
from avyctl.session import Session
from sutra_client import endpoint, schema, shape, tabular
from sutra_client.errors import INVALID, UNAVAILABLE, SutraError
from sutra_client.json_text import Json, read_object
from sutra_client.options import Options
from sutra_client.output import Output, write
from sutra_client.schema import Field, Schema
from sutra_client.text import value
from sutra_client.version import VERSION


def _text(name: str, doc: str, flags: str = "") -> Field:
    return (name, "string?", doc, "", None, "", flags)


_TYPES: dict[str, tuple[Field, ...]] = {
    "Info": (
        _text("version", "Version of this avyctl."),
        _text("python", "Version of the interpreter, and where it is."),
        _text("host", "Name, kernel and architecture of this host."),
        ("endpoints", "[]Answer", "What answers for each service.", "", None, "", ""),
        ("paths", "[]Path", "Where things are.", "", None, "", ""),
    ),
    "Answer": (
        _text("service", "Id of its schema."),
        _text("endpoint", "Path of its socket; embedded where this process does it itself; absent where neither will do."),
        _text("backend", "Which technology serves it."),
        _text("reason", "Why that one; or why there is none."),
        _text("version", "Version of avyctl that serves it."),
        ("uid", "u32?", "User that it runs as.", "", None, "", ""),
        ("pid", "u32?", "Its process.", "", None, "", ""),
        ("candidates", "[]Candidate", "All technologies that were looked at.", "", None, "", ""),
        ("unseen", "[]string", "What it cannot see with its rights.", "", None, "", ""),
    ),
    "Path": (_text("name", "What it is."), _text("path", "Where it is."), ("exists", "bool", "Whether it is there.", "", None, "", "")),
}


def run(_: str, words: list[str], options: Options, session: Session) -> None:
    """A service that cannot be reached is told with its reason, and is no failure of `info`."""
    if words:
        raise SutraError(INVALID, "info takes no words", "usage: avyctl info")
    core = schema.of_module("core")
    types = {**core.types, **_TYPES}
    of = Schema("", ("", "", "", ""), {}, types, core.enums)
    about = core.entries["about"][1]
    output = Output(options, of, "Info")
    answers = [_answer(stem, service, about, options, session) for stem, service in schema.nouns().values()]
    facts = posix.uname()
    found: dict[str, Json] = {
        "version": VERSION,
        "python": f"{sys.version.partition(' ')[0]} {sys.executable}",
        "host": f"{facts.nodename} {facts.sysname} {facts.release} {facts.machine}",
        "endpoints": list[Json](answers),
        "paths": list[Json](_paths()),
    }
    if options.output in ("", "table", "wide") and not options.columns:
        write("\n".join(_lines(of, found, answers)) + "\n")
    else:
        output.value(found)


def _answer(stem: str, service: str, about: int, options: Options, session: Session) -> dict[str, Json]:
    where: str | None = None
    try:
        where = (None if options.embedded or options.root else endpoint.find(service)) or "embedded"
        client = session.client(service, stem, "", options)
        told = read_object(client.call(about, {}, None, options.timeout), "the answer to `about`", UNAVAILABLE)
        shape.check(schema.of_module("core"), "About", told, "the answer to `about`")
    except SutraError as error:
        return {"service": service, "endpoint": where, "backend": None, "reason": error.message}
    return {"service": service, "endpoint": where, **{name: told.get(name) for name in _NAMES}}


_NAMES = ("backend", "reason", "version", "uid", "pid", "candidates", "unseen")


def _paths() -> list[dict[str, Json]]:
    named = [("configuration", path) for path in paths.config_files()]
    named.append(("configuration of the host", f"{paths.HOST}/avyctl.toml"))
    own = paths.user_config()
    named.append(("configuration of the user", f"{own}/avyctl.toml" if own else f"none ({paths.homeless()})"))
    named += [("state", paths.state() or f"none ({paths.homeless()})"), ("assets", paths.assets())]
    only = endpoint.variable("SUTRA_DIR")
    named += [("endpoints", folder) for folder in ([only] if only else endpoint.directories())]
    seen: dict[str, str] = {}
    for name, path in named:
        seen.setdefault(path if path[0] == "/" else f"{name}\n{path}", name)
    return [{"name": name, "path": path.rpartition("\n")[2], "exists": _exists(path)} for path, name in seen.items()]


def _exists(path: str) -> bool:
    try:
        posix.stat(path)
    except OSError:
        return False
    return True


def _lines(of: Schema, found: dict[str, Json], answers: list[dict[str, Json]]) -> list[str]:
    lines = [f"avyctl {found['version']}", f"python {value(found['python'], 'string')}", f"host   {value(found['host'], 'string')}"]
    fields = list(of.fields("Answer").values())
    for service in answers:
        lines += ["", *tabular.describe(of, service, [field for field in fields if field[0] in service])]
    return [*lines, "", *tabular.table(found["paths"] if isinstance(found["paths"], list) else [], list(of.fields("Path").values()))]
