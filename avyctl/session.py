"""What the commands of one run share: connections, and the way from an invocation to what is printed."""

from avyctl.start import ANSWERING, load
from sutra_client import endpoint
from sutra_client.blocking import Client, connect
from sutra_client.command import Invocation
from sutra_client.errors import DENIED, INVALID, UNAVAILABLE, UNSUPPORTED, SutraError
from sutra_client.json_text import Json
from sutra_client.options import Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from sutra_client.blocking import Item
    from sutra_client.output import Output


class Session:
    """Connections by service id, opened at first use and shared by the commands of a script."""

    def __init__(self) -> None:
        self._clients: dict[tuple[str, bool, str], Client] = {}

    def client(self, service: str, stem: str, fingerprint: str, options: Options) -> Client:
        """The service where it runs, else (where `stem` names one of ours) in this process; raises SutraError UNAVAILABLE."""
        embedded = options.embedded or bool(options.root)
        held = self._clients.get((service, embedded, options.root))
        if held is not None:
            return held
        path = None if embedded else endpoint.find(service)
        if path is not None:
            client = connect(path, service, fingerprint, timeout=options.timeout)
        elif stem:
            client = _embedded(stem, service, fingerprint, options.root or "/", options.timeout)
        elif options.root:
            raise SutraError(UNAVAILABLE, f"{service}: --root is for the services of this avyctl, which can do without a daemon")
        else:
            raise SutraError(UNAVAILABLE, f"{service}: no such endpoint", "looked in " + ", ".join(endpoint.directories()))
        self._clients[service, embedded, options.root] = client
        return client

    def drop(self) -> None:
        """After a failure the next command gets new connections: the old ones may be in any state."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()


def _embedded(stem: str, service: str, fingerprint: str, root: str, seconds: float | None) -> Client:
    import time

    began = time.monotonic()
    import avyctl.no_tls  # noqa: F401 - before asyncio
    from avyctl import embedded
    from sutra_client.blocking import joined

    return joined(embedded.connect(stem, root, seconds), f"{service} (embedded)", service, fingerprint, began)


def perform(asked: Invocation, options: Options, client: "Callable[[], Client]") -> None:
    """Makes the call and prints what comes of it. Raises SutraError."""
    entry = asked.entry
    flags = entry[8].split()
    if "changes" in flags and options.read_only:
        raise SutraError(DENIED, f"{asked.schema.noun} {asked.verb} changes something, and --read-only was given")
    if entry[0] == "upload":
        raise SutraError(UNSUPPORTED, f"{asked.schema.noun} {asked.verb} is an upload, which this version cannot do")
    _refuse(f"{asked.schema.noun} {asked.verb}", entry[0] == "call", "changes" in flags, options)
    if entry[0] == "call":
        _call(asked, options, client, flags)
    else:
        _stream(asked, options, client)


def _refuse(called: str, is_call: bool, changes: bool, options: Options) -> None:
    """What was asked for with a verb that has no use for it."""
    if options.watch and is_call:
        raise SutraError(INVALID, f"-w does not go with {called}: it answers once")
    for name, given in (("--confirm-within", options.confirm_within), ("--no-wait", options.no_wait)):
        if given and not changes:
            raise SutraError(INVALID, f"{name} does not go with {called}: it changes nothing")
        if given:
            raise SutraError(UNSUPPORTED, f"{name}: this version cannot do that yet", "leave it out")


def _call(asked: Invocation, options: Options, client: "Callable[[], Client]", flags: list[str]) -> None:
    entry = asked.entry
    meta: dict[str, Json] = {"reason": options.reason} if options.reason else {}
    if "changes" in flags:
        from avyctl.changing import change

        change(asked, options, client, meta)
        return
    connected = client()
    call = connected.ask(entry[1], asked.args, meta, options.timeout)
    _output(options, asked).answer(connected.answer(call))


def _output(options: Options, asked: Invocation) -> "Output":
    """Loaded while the service works on what it was asked."""
    load(ANSWERING)
    from sutra_client.output import Output

    return Output(options, asked.schema, asked.entry[6])


def _stream(asked: Invocation, options: Options, client: "Callable[[], Client]") -> None:
    entry = asked.entry
    meta: dict[str, Json] = {"reason": options.reason} if options.reason else {}
    if entry[0] == "table" and not options.watch:
        items = client().items(entry[1], asked.args, meta, options.timeout)
        _snapshot(_output(options, asked), items)
        return
    from avyctl.following import follow

    follow(asked, options, client, meta)


def _snapshot(output: "Output", items: "Generator[Item, None, None]") -> None:
    rows: list[Json] = []
    for revision, payload, event in items:
        if event.get("type") != "snapshot":
            continue
        if revision == 1:
            rows.clear()
        more = event.get("more")
        part = output.part(event)
        if not rows and not more and output.snapshot(payload):
            items.close()
            return
        rows += part
        if not more:
            break
    items.close()
    output.rows(rows)
