"""Log records in words, one line each, as the screen and line mode show them. Strings from the host stay raw here."""

import time

from sutra_client.gen.logs import Priority, Record
from sutra_client.text import NIL

TONES = {
    Priority.EMERG: "error",
    Priority.ALERT: "error",
    Priority.CRIT: "error",
    Priority.ERR: "error",
    Priority.WARNING: "warning",
    Priority.NOTICE: "",
    Priority.INFO: "",
    Priority.DEBUG: "dim",
}
"""Priority -> tone of its line; colour only repeats what the letter says."""
_LETTERS = {Priority.EMERG: "!", Priority.ALERT: "A", Priority.CRIT: "C", Priority.ERR: "E", Priority.WARNING: "W", Priority.NOTICE: "n"}


def clock(record: Record) -> str:
    """Local time of day to the millisecond; the day is the screen's to show where it changes."""
    if record.time is None:
        return NIL
    seconds, micros = divmod(record.time, 1_000_000)
    try:
        return time.strftime("%H:%M:%S", time.localtime(seconds)) + f".{micros // 1000:03}"
    except (OverflowError, ValueError, OSError):
        return NIL


def letter(record: Record) -> str:
    """One letter for the priority, blank for what is usual; - where it is not told."""
    return NIL if record.priority is None else _LETTERS.get(record.priority, " ")


def tone(record: Record) -> str:
    """Of the whole line."""
    return TONES.get(record.priority, "") if record.priority is not None else ""


def source(record: Record) -> str:
    """Who wrote it: program[process]."""
    name = record.identifier or record.unit or NIL
    return f"{name}[{record.pid}]" if record.pid is not None else name


def message(record: Record) -> str:
    """What it says, or why nothing is shown."""
    return record.message if record.message is not None else "(no text, or one too long to hand on)"


def line(record: Record) -> str:
    """The whole record as line mode prints it."""
    return f"{clock(record)} {letter(record)} {source(record)}: {message(record)}"


def detail(record: Record) -> list[tuple[str, str]]:
    """(title, value) lines of one record."""
    known = (
        ("time", clock(record)),
        ("priority", str(record.priority) if record.priority is not None else None),
        ("program", record.identifier),
        ("process", str(record.pid) if record.pid is not None else None),
        ("unit", record.unit),
        ("host", record.host),
        ("boot", record.boot),
        ("came by", record.transport),
        ("cursor", record.cursor),
    )
    return [(title, value) for title, value in known if value is not None] + sorted(record.fields.items())
