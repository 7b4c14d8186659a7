"""The systemd journal, read by `journalctl --output=json` in a child: it knows every format and compression a journal file can have.

Fields as systemd.journal-fields(7) and the JSON form of systemd's JOURNAL_EXPORT_FORMATS have them: a string, an array of bytes for what is
no text, an array of several values, null for what is too long.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator

import msgspec

from services.core.tree import Tree
from services.logs.child import Lines
from services.logs.query import RANK, Query, cut
from services.logs.reading import SourcedLogs
from sutra_client import errors
from sutra_client.errors import SutraError
from sutra_client.gen.logs import Priority, Record

FOLDERS = ("/var/log/journal", "/run/log/journal")
PROGRAMS = "/usr/bin:/bin:/usr/sbin:/sbin:/run/current-system/sw/bin"
DEADLINE = 20.0
"""Seconds for an answer that ends."""
OWN = {
    "MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "_COMM", "_PID", "SYSLOG_PID", "_SYSTEMD_UNIT", "_SYSTEMD_USER_UNIT", "UNIT", "_HOSTNAME",
    "_TRANSPORT", "_BOOT_ID", "__CURSOR", "__REALTIME_TIMESTAMP", "__MONOTONIC_TIMESTAMP",
}  # fmt: skip
"""Fields that have a place of their own in a Record."""
MORE = (
    "MESSAGE_ID", "USER_UNIT", "_UID", "_GID", "_EXE", "_CMDLINE", "_SYSTEMD_CGROUP", "_SYSTEMD_INVOCATION_ID", "ERRNO", "CODE_FILE",
    "CODE_LINE", "CODE_FUNC", "SYSLOG_FACILITY", "EXIT_CODE", "EXIT_STATUS", "JOB_RESULT", "INVOCATION_ID", "COREDUMP_EXE",
)  # fmt: skip
_PRIORITIES = tuple(Priority)
Value = str | None | list[str | int | list[int] | None]
_DECODER = msgspec.json.Decoder(dict[str, Value])
_HINT = "Hint: You are currently not seeing messages"
_DENIED = "insufficient permissions"


def probe(root: str = "/") -> tuple[bool, str]:
    """Fits where there are journal files and the program that reads them."""
    tree = Tree(root)
    folder = next((folder for folder in FOLDERS if _has_files(tree, folder)), None)
    if folder is None:
        return False, f"no journal: neither {FOLDERS[0]} nor {FOLDERS[1]} has a journal file"
    program = shutil.which("journalctl", path=PROGRAMS)
    if program is None:
        return False, f"{folder} has journal files, and there is no journalctl to read them"
    return True, f"{folder} has journal files, and {program} reads them"


def make(root: str = "/") -> SourcedLogs:
    """The backend for the host below `root`."""
    program = shutil.which("journalctl", path=PROGRAMS) or "journalctl"
    if root == "/":
        return SourcedLogs(Journal([program]))
    tree = Tree(root)
    folder = next((folder for folder in FOLDERS if _has_files(tree, folder)), FOLDERS[0])
    # Without --merge journalctl looks for the boot of this host, which another root's journal does not have.
    return SourcedLogs(Journal([program, f"--directory={tree.at(folder)}", "--merge"]))


class Journal:
    """`command` is the program with the options that select the journal."""

    def __init__(self, command: list[str], deadline: float = DEADLINE) -> None:
        self.unseen: list[str] = []
        self._command = command
        self._deadline = deadline

    async def stop(self) -> None:
        """Each child lives in its reader."""

    async def read(self, query: Query) -> list[Record]:
        """Raises SutraError DENIED, TIMEOUT, UNAVAILABLE, FAILED."""
        records: list[Record] = []
        try:
            async with asyncio.timeout(self._deadline):
                async with Lines(arguments(self._command, query)) as child:
                    while (part := await child.part()) is not None:
                        records += parse(part[0])
                    self._judge(*await child.ended(), query)
        except TimeoutError:
            message = f"reading the journal: journalctl did not end within {self._deadline:g} s"
            raise SutraError(errors.TIMEOUT, message, "narrow it by --since, --unit or --boot") from None
        return records[::-1]

    async def follow(self, query: Query) -> AsyncGenerator[list[Record] | int, None]:
        """Two short children find where to begin, so that nothing is missed between what was and what comes."""
        newest = await self.read(Query(1))
        found = await self.read(query) if query.lines else []
        yield found
        # Records that came between the two are among those found already, so the later of the two cursors counts.
        last = max([*newest, *found[-1:]], key=lambda record: record.time or 0, default=None)
        async with Lines(arguments(self._command, query, last.cursor or "" if last else "")) as child:
            while (part := await child.part()) is not None:
                lines, lost = part
                if lost:
                    yield lost
                if lines:
                    yield parse(lines)
            code, said = await child.ended()
        raise SutraError(errors.UNAVAILABLE, f"following the journal: journalctl ended with {code}: {said or 'no reason given'}")

    def _judge(self, code: int, said: str, query: Query) -> None:
        self.unseen = ["Records of other users and of the system: this user is in none of the groups that may read them."] * (_HINT in said)
        if _DENIED in said:
            message = "reading the journal: this user may not read any of its files"
            raise SutraError(errors.DENIED, message, "ask to become a member of the group systemd-journal, or be root")
        # With a text that nothing has, journalctl ends with 1 and says nothing.
        if code and not (code == 1 and query.text and not said):
            raise SutraError(errors.FAILED, f"reading the journal: journalctl ended with {code}: {said or 'no reason given'}")


def arguments(command: list[str], query: Query, after: str | None = None) -> list[str]:
    """The argument list: newest records backwards, or with `after` (a cursor, or empty for all there is) what follows it, without end.

    What others may have named follows an = and is never an option.
    """
    argv = [*command, "--output=json", "--all", "--no-pager", "--output-fields=" + ",".join((*sorted(OWN), *MORE))]
    if after is None:
        argv += ["--reverse", f"--lines={query.lines}"]
        argv += [f"--since={_moment(query.since)}"] if query.since is not None else []
    else:
        argv += ["--follow", "--no-tail", *([f"--after-cursor={after}"] if after else [])]
    argv += [f"--until={_moment(query.until)}"] if query.until is not None else []
    argv += [f"--priority={RANK[query.priority]}"] if query.priority is not None else []
    argv += [f"--unit={_literal(query.unit)}"] if query.unit is not None else []
    argv += [f"--boot={query.boot}"] if query.boot is not None else []
    argv += [f"--grep={_pattern(query.text)}", "--case-sensitive=no"] if query.text is not None else []
    return argv + ["_TRANSPORT=kernel"] * query.kernel


def parse(lines: list[bytes]) -> list[Record]:
    """One record a line; raises SutraError FAILED for what is none."""
    records = []
    for line in lines:
        if not line or line.startswith(b"-- "):
            continue
        try:
            records.append(record(_DECODER.decode(line)))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise SutraError(errors.FAILED, "reading the journal: journalctl wrote something else than records") from error
    return records


def record(fields: dict[str, Value]) -> Record:
    """A Record of one journal entry."""
    text = {name: told for name, value in fields.items() if (told := _text(value)) is not None}
    rank = _integer(text.get("PRIORITY"))
    message = text.get("MESSAGE")
    return Record(
        time=_integer(text.get("__REALTIME_TIMESTAMP")),
        priority=_PRIORITIES[rank] if rank is not None and rank < len(_PRIORITIES) else None,
        identifier=text.get("SYSLOG_IDENTIFIER") or text.get("_COMM"),
        pid=_integer(text.get("_PID") or text.get("SYSLOG_PID"), 1 << 32),
        message=cut(message) if message is not None else None,
        unit=text.get("_SYSTEMD_USER_UNIT") or text.get("_SYSTEMD_UNIT") or text.get("UNIT"),
        host=text.get("_HOSTNAME"),
        boottime=_integer(text.get("__MONOTONIC_TIMESTAMP")),
        boot=text.get("_BOOT_ID"),
        transport=text.get("_TRANSPORT"),
        cursor=text.get("__CURSOR"),
        fields={name: cut(value) for name, value in text.items() if name not in OWN},
    )


def _text(value: Value) -> str | None:
    """Bytes are made valid; of several values the first counts, as it is the one that the program set."""
    match value:
        case [int(), *_]:
            return bytes(byte & 255 for byte in value if isinstance(byte, int)).decode("utf-8", "backslashreplace")
        case [str() as first, *_]:
            return first
        case [[*numbers], *_]:
            return bytes(number & 255 for number in numbers).decode("utf-8", "backslashreplace")
        case str():
            return value
    return None


def _integer(text: str | None, limit: int = 1 << 63) -> int | None:
    return value if text is not None and text.isascii() and text.isdigit() and (value := int(text[:20])) < limit else None


def _moment(microseconds: int) -> str:
    seconds, rest = divmod(max(0, microseconds), 1_000_000)
    return f"@{seconds}.{rest:06}"


def _literal(unit: str) -> str:
    """A unit's name, not a pattern of names: journalctl would match * ? and [ by itself."""
    if set(unit) & set("*?[") or unit.startswith("-"):
        raise SutraError(errors.INVALID, f"unit: {unit} is no name of a unit", "give its whole name")
    return unit


def _pattern(text: str) -> str:
    """The text as a PCRE2 pattern that matches nothing else: a backslash before whatever is no letter or digit makes it itself."""
    return "".join(char if char.isalnum() or ord(char) > 127 else f"\\{char}" for char in text)


def _has_files(tree: Tree, folder: str) -> bool:
    """Also where the folder may not be looked into: then journalctl says why."""
    try:
        machines = os.listdir(tree.at(folder))
    except PermissionError:
        return True
    except OSError:
        return False
    return any(name.endswith(".journal") for machine in machines for name in tree.names(f"{folder}/{machine}"))
