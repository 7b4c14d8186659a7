"""Several commands in one run: --exec, -f and `--exec -`, over connections that they share."""

import posix

from avyctl.session import Session
from sutra_client import words
from sutra_client.errors import INVALID, SutraError
from sutra_client.options import Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[[list[str], Options, Session | None], None]
    Report = Callable[[SutraError, Options], int]

MOST = 4 << 20
"""Bytes of a script; who feeds more has mistaken the file."""


def run_all(options: Options, rest: list[str], run: "Run", report: "Report") -> int:
    """Every command of every script, in order, to the first that fails or, with --keep-going, to the end; the first failure's exit code.

    `run` does one command, and raises SutraError; `report` says such an error and gives its exit code.
    """
    if rest:
        raise SutraError(INVALID, f"--exec or -f, and {words.quote(rest[0])} as well: which is meant?", "put the command into --exec too")
    session = Session()
    first = 0
    for is_file, text in options.scripts:
        if text == "-":
            options.no_input = True  # stdin is the script, so no command of it can be answered there
        for command in words.split(_text(is_file, text)):
            own = options.copy()
            code = _one(session, command, own, run, report)
            first = first or code
            if code and not options.keep_going:
                return first
    return first


def _one(session: Session, command: list[str], own: Options, run: "Run", report: "Report") -> int:
    try:
        rest = own.take(command)
        if own.scripts or own.host or not rest:
            raise SutraError(INVALID, f"{words.join(command)}: a command within a script is NOUN VERB [ARG...]", "see `avyctl help`")
        run(rest, own, session)
    except SutraError as error:
        session.drop()
        return report(error, own)
    except KeyboardInterrupt:
        if not own.watch:
            raise
        session.drop()
    return 0


def _text(is_file: bool, text: str) -> str:
    if not is_file and text != "-":
        return text
    try:
        if text != "-":
            with open(text, "rb") as file:
                data = file.read(MOST + 1)
        else:
            data = _stdin()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise SutraError(INVALID, f"{text}: {why}", "a script is a readable file, one command a line") from None
    if len(data) > MOST:
        raise SutraError(
            INVALID, f"{text}: a script of more than {MOST >> 20} MiB is none", "a script is a readable file, one command a line"
        )
    return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")


def _stdin() -> bytes:
    """All of it, or a little more than a script may have."""
    data = bytearray()
    while len(data) <= MOST and (piece := posix.read(0, 65536)):
        data += piece
    return bytes(data)
