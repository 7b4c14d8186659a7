"""Who is logged in: from utmp, else from logind's session files.

utmp is an array of glibc's struct utmp (bits/utmp.h), in the machine's byte order. Where the C library keeps 32-bit times for the sake of
32-bit programs (x86, powerpc, mips, s390, sparc: __WORDSIZE_TIME64_COMPAT32) and on 32-bit machines it is 384 bytes long, with session and
time in 32 bits; on other 64-bit machines (aarch64, riscv64) it is 400 bytes long, with session and time in 64 bits:
  i16 type, 2 padding, i32 pid, char line[32], id[4], user[32], host[256], i16 termination, i16 exit,
  i32|i64 session, i32|i64 seconds, i32|i64 microseconds, i32 address[4], 20 unused, padding to the longest alignment.
"""

import struct

from services.core.tree import Tree, shown
from sutra_client.gen.system import Session

USER_PROCESS = 7
_LAST_TYPE = 9
_HEAD = "=h2xi32s4s32s256shh"
_LAYOUTS = (struct.Struct(_HEAD + "iii16s20x"), struct.Struct(_HEAD + "qqq16s20x4x"))
_PERSONS = ("user", "user-early", "user-light", "user-early-light", "user-incomplete")
_SESSIONS = "/systemd/sessions"


def read_sessions(tree: Tree) -> list[Session] | None:
    """Oldest first; None where the host keeps neither record."""
    for place in dict.fromkeys((f"{tree.run}/utmp", "/run/utmp", "/var/run/utmp")):
        data = tree.read(place)
        if data is not None:
            sessions = parse_utmp(data)
            if sessions is not None:
                return sessions
            tree.garbage(place, "who is logged in")
    folder = tree.run + _SESSIONS
    if not tree.exists(folder):
        return None
    texts = [tree.read(f"{folder}/{name}") for name in tree.names(folder) if not name.endswith(".ref")]
    found = [session for session in (parse_session(text) for text in texts if text is not None) if session is not None]
    return sorted(found, key=_age)


def parse_utmp(data: bytes) -> list[Session] | None:
    """None when it has neither layout."""
    for layout in _LAYOUTS:
        if len(data) % layout.size:
            continue
        records = list(layout.iter_unpack(data))
        if all(0 <= record[0] <= _LAST_TYPE for record in records):
            return sorted((_utmp_session(record) for record in records if record[0] == USER_PROCESS and record[4].strip(b"\0")), key=_age)
    return None


def _utmp_session(record: tuple[int, int, bytes, bytes, bytes, bytes, int, int, int, int, int, bytes]) -> Session:
    _, pid, line, _, user, host, _, _, _, seconds, micros, _ = record
    since = (seconds & 0xFFFFFFFF if seconds < 0 else seconds) * 1_000_000 + micros
    return Session(_text(user) or "", _text(line), _text(host), since if since > 0 else None, pid if pid > 0 else None)


def _text(field: bytes) -> str | None:
    """A field is cut at its first NUL, and may have none."""
    return shown(field.partition(b"\0")[0]) or None


def parse_session(text: bytes) -> Session | None:
    """One file of logind, KEY=VALUE lines; None for a session that is no person's login or is closing."""
    fields = dict(line.split("=", 1) for line in shown(text).splitlines() if "=" in line)
    user = fields.get("USER")
    if not user or fields.get("CLASS", "user") not in _PERSONS or fields.get("STATE") == "closing":
        return None
    since, leader = fields.get("REALTIME", ""), fields.get("LEADER", "")
    tty = fields.get("TTY") or fields.get("DISPLAY") or None
    return Session(
        user, tty, fields.get("REMOTE_HOST") or None, int(since) if _number(since) else None, int(leader) if _number(leader) else None
    )


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _age(session: Session) -> tuple[int, str]:
    return session.since or 0, session.tty or ""
