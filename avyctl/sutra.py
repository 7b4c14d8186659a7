"""sutra: the services of this host and who uses them, or the methods and streams of one and which of them this user may use."""

from avyctl.direct import live
from avyctl.session import Session
from sutra_client import endpoint, json_text, schema, shape
from sutra_client.endpoints import EMBEDDED, OK, Found, endpoints
from sutra_client.errors import INVALID, UNAVAILABLE, UNSUPPORTED, SutraError
from sutra_client.json_text import Json
from sutra_client.options import Options
from sutra_client.output import Output
from sutra_client.schema import Field, Schema


def _field(name: str, kind: str, doc: str, title: str = "", flags: str = "") -> Field:
    return (name, kind, doc, "", None, title, flags)


_TYPES: dict[str, tuple[Field, ...]] = {
    "Endpoint": (
        _field("service", "string", "Id of its schema."),
        _field("state", "string", "ok, embedded, or what is wrong with it."),
        _field("endpoint", "string?", "Path of its socket; absent where this process would do it itself."),
        _field("owner", "string?", "User that the socket belongs to."),
        _field("backend", "string?", "Which technology serves it."),
        _field("peers", "u32?", "Connections that are open, this one left out."),
        _field("calls", "u64?", "Calls and subscriptions since it started."),
        _field("errors", "u64?", "How many of these were answered with an error."),
        _field("reason", "string?", "Why it cannot be used.", flags="wide"),
        _field("started", "time?", "Since when it counts.", flags="wide"),
    ),
    "Member": (
        _field("name", "string", "Name of the method or stream."),
        _field("verb", "string", "What the command line calls it.", flags="wide"),
        _field("kind", "string", "call for a method, else the kind of the stream."),
        _field("role", "string", "Role that it needs."),
        _field("allowed", "bool?", "Whether you may use it now; absent where the service cannot tell.", "you may"),
        _field("reason", "string?", "Why not, or what of it you see.", "why"),
        _field("doc", "string", "What it does."),
        _field("hint", "string?", "What would allow it.", flags="wide"),
    ),
}
_OF = Schema("", ("", "", "", ""), {}, _TYPES, {})


def run(_: str, words: list[str], options: Options, session: Session) -> None:
    """A service that cannot be reached is listed with the reason, and is no failure."""
    words = [word for word in words if word != "--"]
    if len(words) > 1 or any(word.startswith("-") for word in words):
        raise SutraError(INVALID, "sutra takes one word at most, the noun, id or path of a service", "usage: avyctl sutra [ENDPOINT]")
    if words:
        output = Output(options, _OF, "Member")
        output.rows(_members(words[0], options, session))
        return
    output = Output(options, _OF, "Endpoint")
    users = {uid: name for name, uid in reversed(endpoint.accounts())}
    output.rows([_endpoint(found, users, options, session) for found in endpoints(options.embedded)])


def _members(name: str, options: Options, session: Session) -> list[Json]:
    of, client = live(session, name, options)
    try:
        answer = json_text.read(client.call(_core("allowed"), {}, None, options.timeout), "the answer to `allowed`", UNAVAILABLE)
        shape.check(schema.of_module("core"), "[]Permission", answer, "the answer to `allowed`")
    except SutraError as error:
        if error.code != UNSUPPORTED:
            raise
        answer = []  # an older service, which cannot tell
    permissions = {each["name"]: each for each in answer if isinstance(each, dict)} if isinstance(answer, list) else {}
    rows: list[Json] = []
    for verb, entry in of.entries.items():
        told = permissions.get(entry[2], {})
        may = {"allowed": told.get("allowed"), "reason": told.get("reason") or None, "hint": told.get("hint") or None}
        rows.append({"name": entry[2], "verb": verb, "kind": entry[0], "role": entry[4], "doc": entry[3], **may})
    return rows


def _endpoint(found: Found, users: dict[int, str], options: Options, session: Session) -> Json:
    owner = None if found.owner is None else users.get(found.owner, str(found.owner))
    row: dict[str, Json] = {"service": found.service, "state": found.state, "endpoint": found.path or None, "owner": owner}
    row["reason"] = found.reason or None
    if found.state not in (OK, EMBEDDED):
        return row
    try:
        row |= _used(found, options, session)
    except SutraError as error:
        row |= {"state": "fails", "reason": error.message}
    return row


def _used(found: Found, options: Options, session: Session) -> dict[str, Json]:
    """What a service tells of itself; one that would be this process is used by nobody else."""
    stem = next((stem for stem, known in schema.nouns().values() if known == found.service), "")
    client = session.client(found.service, stem, "", options)
    core = schema.of_module("core")
    about = json_text.read_object(client.call(_core("about"), {}, None, options.timeout), "the answer to `about`", UNAVAILABLE)
    shape.check(core, "About", about, "the answer to `about`")
    if found.state == EMBEDDED:
        return {"backend": about["backend"]}
    try:
        told = json_text.read_object(client.call(_core("statistics"), {}, None, options.timeout), "the answer to `statistics`", UNAVAILABLE)
    except SutraError as error:
        if error.code != UNSUPPORTED:
            raise
        return {"backend": about["backend"]}  # an older service, which does not count
    shape.check(core, "Statistics", told, "the answer to `statistics`")
    connected = told["connected"]
    peers = connected - 1 if isinstance(connected, int) else None
    return {"backend": about["backend"], "peers": peers, **{name: told[name] for name in ("calls", "errors", "started")}}


def _core(name: str) -> int:
    """The opcode of what every service answers."""
    return schema.of_module("core").entries[name][1]
