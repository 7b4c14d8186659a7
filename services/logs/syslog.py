"""Lines of log files as syslog daemons and s6-log write them, parsed for when and by whom.

RFC 3164 `Nov  2 10:00:05 host program[1]: text` (local time, no year), busybox' form of it, which has `auth.info ` before the program, its
ISO form that rsyslog writes, RFC 5424 `<34>1 2026-11-02T10:00:05Z host program 1 id - text`, and s6-log's
`2026-11-02 10:00:05.123456789  text` (local time). A line that is none of them is a message without a time.
"""

import re
import time
from calendar import timegm

from services.logs.query import cut
from sutra_client.gen.logs import Priority, Record

_MONTHS = {name: number for number, name in enumerate(("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec").split(), 1)}
_OLD = re.compile(r"([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) ")
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)? ")
_NUMBER = re.compile(r"<(\d{1,3})>(1 )?")
_TAG = re.compile(r"([^\s:\[\]]{1,128})(?:\[(\d{1,10})\])?: ?")
_FIELDS = re.compile(r"(\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) (?:-|(?:\[.{0,2000}?\])+)(?: |$)")
_PRIORITIES = tuple(Priority)
_LEVEL = re.compile(r"(\S{1,255} )?(?:kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|local[0-7])\.([a-z]{3,7}) ")
_LEVELS = {str(priority): priority for priority in Priority} | {"warn": Priority.WARNING, "error": Priority.ERR, "panic": Priority.EMERG}
DAY = 86_400


def parse(line: bytes, path: str, now: float | None = None, unit: str | None = None) -> Record:
    """One line; `now` settles the year where none is written: a record is never more than a day ahead."""
    text = line.decode("utf-8", "backslashreplace").rstrip("\r\0 ")
    number = _NUMBER.match(text)
    priority = _PRIORITIES[int(number[1]) & 7] if number else None
    rest = text[number.end() :] if number else text
    moment, rest = _moment(rest, time.time() if now is None else now)
    level = _LEVEL.match(rest) if moment is not None and priority is None else None
    if level and level[2] in _LEVELS:
        priority, rest = _LEVELS[level[2]], (level[1] or "") + rest[level.end() :]
    host, identifier, pid, message = _parts(rest, bool(number and number[2])) if moment is not None else (None, None, None, rest)
    if rest[:1] == " ":  # s6-log parts its time from the text by two spaces: nobody wrote a host or a program
        host, identifier, pid, message = None, None, None, rest[1:]
    return Record(
        time=moment,
        priority=priority,
        identifier=identifier or unit,
        pid=pid,
        message=cut(message),
        unit=unit,
        host=host,
        transport=path,
    )


def _moment(text: str, now: float) -> tuple[int | None, str]:
    """(unix microseconds, what follows)."""
    if found := _ISO.match(text):
        return _iso(found), text[found.end() :]
    found = _OLD.match(text)
    month = _MONTHS.get(found[1]) if found else None
    if found is None or month is None:
        return None, text
    day, hour, minute, second = (int(part) for part in found.groups()[1:])
    year = time.localtime(now + DAY).tm_year
    for candidate in (year, year - 1):
        try:
            moment = time.mktime((candidate, month, day, hour, minute, second, 0, 0, -1))
        except (OverflowError, ValueError):
            return None, text
        if moment <= now + DAY:
            return int(moment) * 1_000_000, text[found.end() :]
    return None, text


def _iso(found: "re.Match[str]") -> int | None:
    parts = [int(part) for part in found.groups()[:6]]
    micros = int((found[7] or "0").ljust(6, "0")[:6])
    try:
        if found[8] is None:
            return int(time.mktime((*parts, 0, 0, -1))) * 1_000_000 + micros  # type: ignore[arg-type]
        sign = -1 if found[8][0] == "-" else 1
        offset = 0 if found[8] == "Z" else sign * (int(found[8][1:3]) * 3600 + int(found[8][-2:]) * 60)
        return (timegm((*parts, 0, 0, 0)) - offset) * 1_000_000 + micros
    except (OverflowError, ValueError):
        return None


def _parts(rest: str, modern: bool) -> tuple[str | None, str | None, int | None, str]:
    """(host, program, pid, message)."""
    if modern and (found := _FIELDS.match(rest)):
        host, program, pid = (None if part == "-" else part for part in found.groups()[:3])
        return host, program, int(pid) if pid and pid.isdigit() and len(pid) < 11 else None, rest[found.end() :].removeprefix("\ufeff")
    host, space, after = rest.partition(" ")
    tag = _TAG.match(after) if space else None
    if tag is None:
        # busybox's syslogd writes no host when it logs small: the tag comes at once.
        tag = _TAG.match(rest)
        host, after = "", rest
    if tag is None:
        return None, None, None, rest
    return host or None, tag[1], int(tag[2]) if tag[2] else None, after[tag.end() :]
