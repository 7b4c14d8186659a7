"""The question before a change that is disruptive or destructive: the service's plan is shown, then the person decides."""

import posix

from sutra_client import tabular
from sutra_client.blocking import Client
from sutra_client.command import Invocation
from sutra_client.errors import CANCELLED, INVALID, UNAVAILABLE, SutraError
from sutra_client.json_text import Json, as_text, read_object
from sutra_client.options import Options
from sutra_client.output import is_terminal, write
from sutra_client.schema import of_module
from sutra_client.text import display


def confirmed(client: Client, asked: Invocation, options: Options, destructive: bool) -> dict[str, Json]:
    """The meta that applies exactly the plan that was agreed to.

    Raises SutraError INVALID where nobody can be asked, CANCELLED when the answer is no.
    """
    called = f"{asked.schema.noun} {asked.verb}"
    if options.no_input or not (is_terminal(0) and is_terminal(2)):
        risk = "destructive" if destructive else "disruptive"
        raise SutraError(INVALID, f"{called} is {risk}, and there is nobody to confirm it", "-y does it without asking")
    plan = read_object(client.call(asked.entry[1], asked.args, {"dry_run": True}, options.timeout), "the plan", UNAVAILABLE)
    core = of_module("core")
    lines = tabular.describe(core, plan, tabular.columns(core, "Plan", [], wide=False))
    write("\n".join(lines) + "\n", 2)
    wanted = _object_name(asked) if destructive else "yes"
    write(f"Type {display(wanted)} to go on: ", 2)
    if _line() != wanted:
        raise SutraError(CANCELLED, f"{called} was not confirmed; nothing was changed")
    return {"fingerprint": plan["fingerprint"]} if plan.get("fingerprint") else {}


def _object_name(asked: Invocation) -> str:
    """What the first argument names; what cannot be typed as shown is confirmed by `yes`."""
    names = [as_text(asked.args[field[0]]) for field in asked.entry[5] if field[0] in asked.args]
    return names[0] if names and display(names[0]) == names[0] else "yes"


def _line() -> str:
    typed = b""
    while not typed.endswith(b"\n"):
        piece = posix.read(0, 1024)
        if not piece:
            break
        typed += piece
    return typed.decode("utf-8", "surrogateescape").strip()
