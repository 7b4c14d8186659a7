"""A call that changes the host: planned, confirmed where it hurts, and made once all else was found valid."""

from sutra_client.blocking import Client
from sutra_client.command import Invocation
from sutra_client.json_text import Json
from sutra_client.options import Options
from sutra_client.output import Output
from sutra_client.schema import of_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def change(asked: Invocation, options: Options, client: "Callable[[], Client]", meta: dict[str, Json]) -> None:
    """With --dry-run the plan is printed and nothing else happens. Raises SutraError."""
    entry = asked.entry
    flags = entry[8].split()
    output = Output(options, of_module("core"), "Plan") if options.dry_run else Output(options, asked.schema, entry[6])
    connected = client()
    if options.dry_run:
        meta["dry_run"] = True
    elif not options.yes and ("risk:disruptive" in flags or "risk:destructive" in flags):
        from avyctl.confirm import confirmed

        meta |= confirmed(connected, asked, options, "risk:destructive" in flags)
    output.answer(connected.call(entry[1], asked.args, meta, options.timeout))
