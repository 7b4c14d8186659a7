"""Log records in words, one line each, as the screen and line mode show them. Strings from the host stay raw here."""

import time
from collections.abc import Sequence

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


def when(moment: int | None, now: float) -> str:
    """A record's time in a list: of day when it is of today, with month and day before it when it is not. Unix microseconds and seconds."""
    if moment is None:
        return NIL
    try:
        then = time.localtime(moment // 1_000_000)
    except (OverflowError, ValueError, OSError):
        return NIL
    return time.strftime("%H:%M:%S" if then[:3] == time.localtime(now)[:3] else "%m-%d %H:%M:%S", then)


def lost(count: int) -> str:
    """What stands where records are missing."""
    return f"{count} record{'' if count == 1 else 's'} lost here: more came than could be read"


def histogram(times: Sequence[int], cells: int) -> list[float | None]:
    """How many of the times lie in each of so many equal spans from the first to the last of them; None where none does."""
    if not times or cells < 1:
        return []
    first, last = min(times), max(times)
    counts = [0] * cells
    for moment in times:
        counts[min(cells - 1, (moment - first) * cells // max(1, last - first))] += 1
    return [float(count) if count else None for count in counts]


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
        ("time", _date(record) + clock(record)),
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


def _date(record: Record) -> str:
    if record.time is None:
        return ""
    try:
        return time.strftime("%Y-%m-%d ", time.localtime(record.time // 1_000_000))
    except (OverflowError, ValueError, OSError):
        return ""
