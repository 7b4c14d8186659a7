"""States of AerynOS' moss: its state database, read without any lock, and the trees that it keeps.

moss locks its root for every command, even for reading; so the database is copied as bytes and opened in memory.
"""

import os
import sqlite3
from datetime import UTC, datetime
from typing import NamedTuple

from msgspec.structs import replace

from services.core import inotify
from services.core.files import Found, of_findings
from services.core.release import parse_release
from services.core.tree import Tree, shown
from services.deployments import locks
from services.deployments.backend import FileDeployments
from services.deployments.summary import by_id
from sutra_client import errors
from sutra_client.errors import SutraError
from sutra_client.events import Key
from sutra_client.gen.core import Finding, Severity
from sutra_client.gen.deployments import Deployment, Engine

DATABASE = "/.moss/db/state"
ACTIVE = "/usr/.stateID"
LARGEST = 64 << 20
"""Bytes of a database that is read; a state takes about a hundred for each of its packages."""
MOST = 2000
"""States that are shown, the newest first."""
TRIES = 3
MOST_STEPS = 20_000
"""Times 10,000 instructions of SQLite."""
_ASK = "`moss state list` tells whether moss can read it"
_QUERY = """select s.id, s.created, s.summary, count(p.package_id)
from state s left join state_selections p on p.state_id = s.id group by s.id order by s.id desc limit ?"""


class Recorded(NamedTuple):
    """A row of the database."""

    number: int
    created: int | None
    """Unix microseconds."""
    summary: str | None
    packages: int


def probe(root: str = "/") -> tuple[bool, str]:
    """Fits where moss has recorded states."""
    lack = Tree(root).lack(DATABASE)
    if not lack:
        return True, f"moss' states in {DATABASE}"
    return False, f"no moss: {lack}"


def make(root: str = "/") -> FileDeployments:
    """The backend for the moss root `root`."""
    return FileDeployments(Engine.MOSS, "the moss states", read, root)


def read(tree: Tree) -> Found[Deployment]:
    """Raises SutraError BUSY while the database is being written, FAILED when it is no database."""
    recorded = _recorded(tree)
    active = tree.number(ACTIVE, "the active state")
    started = _started(tree)
    rows = [_row(tree, state, active, started) for state in recorded]
    usable = [index for index, row in enumerate(rows) if row.usable and active is not None and int(row.id) < active]
    if usable:
        rows[usable[0]] = replace(rows[usable[0]], rollback=True, state="rollback")
    unseen = sorted(tree.problems.values())
    watched = {"/": inotify.ENTRIES, "/.moss/db": inotify.ENTRIES | inotify.CLOSE_WRITE, "/.moss/root": inotify.ENTRIES}
    busy = locks.owner(tree, "/.moss/.moss-lockfile")
    trees: dict[Key, str] = {(row.id,): tree.at(os.fsdecode(row.path)) for row in rows if row.path}
    findings = of_findings(_judge(tree, rows, active, started))
    return Found(by_id(rows), findings, unseen, {tree.at(path) or "/": mask for path, mask in watched.items()}, trees, busy)


def _row(tree: Tree, state: Recorded, active: int | None, started: int | None) -> Deployment:
    current = state.number == active
    path = "/usr" if current else f"/.moss/root/{state.number}/usr"
    usable = tree.exists(path)
    booted = state.number == started if started is not None else current
    release = parse_release(Tree(tree.at(path)).read("/lib/os-release") or b"")
    kernels = tree.names(f"{path}/lib/kernel") if usable else []
    return Deployment(
        id=str(state.number),
        index=state.number if 0 <= state.number < 1 << 32 else None,
        version=release.get("VERSION") or release.get("VERSION_ID") or None,
        made=state.created,
        state=", ".join(word for word, holds in (("booted", booted), ("active", current and not booted)) if holds) or None,
        kernel=shown(kernels[-1]) if kernels else None,
        engine=Engine.MOSS,
        subject=state.summary,
        os=release.get("PRETTY_NAME"),
        booted=booted,
        pending=current and not booted,
        usable=usable,
        packages=state.packages,
        path=os.fsencode(path) if usable else None,
    )


def _started(tree: Tree) -> int | None:
    """The state that the boot entry named."""
    words = (tree.text(f"{tree.proc}/cmdline") or "").split()
    named = [word[10:] for word in words if word.startswith("moss.fstx=")]
    return int(named[-1]) if named and named[-1].isdecimal() and len(named[-1]) < 10 else None


def _recorded(tree: Tree) -> list[Recorded]:
    data = _copy(tree)
    if not data.startswith(b"SQLite format 3\0"):
        raise SutraError(errors.FAILED, f"reading moss' states: {DATABASE} is no SQLite database", _ASK)
    database = sqlite3.connect(":memory:")
    try:
        database.deserialize(data)
        _restrain(database)
        return [_as_recorded(row) for row in database.execute(_QUERY, (MOST,))]
    except (sqlite3.Error, OverflowError, TypeError, ValueError) as error:
        raise SutraError(errors.FAILED, f"reading moss' states: {DATABASE}: {error}", _ASK) from None
    finally:
        database.close()


def _restrain(database: sqlite3.Connection) -> None:
    """The file's own schema may hold views and triggers: none of them gets to work for long, or on much."""
    steps = iter(range(MOST_STEPS))
    database.set_progress_handler(lambda: next(steps, None) is None, 10_000)
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1 << 20)
    database.execute("pragma trusted_schema = 0")
    database.text_factory = lambda text: text.decode("utf-8", "backslashreplace")


def _copy(tree: Tree) -> bytes:
    """The database between two transactions: its journal is there while one is at work."""
    for _ in range(TRIES):
        before = _stamp(tree)
        with open(os.open(tree.at(DATABASE), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise SutraError(errors.FAILED, f"reading moss' states: {DATABASE} is larger than {LARGEST >> 20} MiB")
        if not tree.exists(f"{DATABASE}-journal") and _stamp(tree) == before:
            return data
    raise SutraError(errors.BUSY, f"reading moss' states: {DATABASE} is being written, or a writer was cut short", "try again in a moment")


def _stamp(tree: Tree) -> tuple[int, int, int]:
    about = os.stat(tree.at(DATABASE))
    return about.st_ino, about.st_size, about.st_mtime_ns


def _as_recorded(row: tuple[object, ...]) -> Recorded:
    number, created, summary, packages = row
    return Recorded(int(str(number)), _moment(created), summary if isinstance(summary, str) and summary else None, int(str(packages)))


def _moment(created: object) -> int | None:
    """Seconds since 1970; databases of older versions may hold a text."""
    if isinstance(created, int):
        return created * 1_000_000 if 0 < created < 1 << 40 else None
    if not isinstance(created, str):
        return None
    try:
        return int(datetime.fromisoformat(created).replace(tzinfo=UTC).timestamp() * 1_000_000)
    except (ValueError, OverflowError):
        return None


def _judge(tree: Tree, rows: list[Deployment], active: int | None, started: int | None) -> list[Finding]:
    found = []
    if active is not None and started is not None and active != started:
        evidence = f"state {active} is active, and the running kernel was started from state {started}"
        next_step = "Reboot to run all of the active state."
        found.append(Finding("not-booted", Severity.INFO, f"state {active}", evidence, next_step, "avyctl deployments list"))
    for row in rows:
        if row.usable is False and active is not None and int(row.id) > active:
            evidence = "it is recorded, but its tree is not there: making it did not end"
            next_step = "`moss state verify` mends it, `moss state remove` forgets it."
            found.append(Finding(f"no-tree:{row.id}", Severity.WARNING, f"state {row.id}", evidence, next_step, ""))
    stale = tree.text("/.moss/root/staging/usr/.stateID")
    if stale is not None:
        evidence = f"state {stale} was left in /.moss/root/staging: activating it did not end"
        next_step = f"Move /.moss/root/staging/usr to /.moss/root/{stale}/usr before anything is installed, or it is lost."
        found.append(Finding("staging", Severity.ERROR, f"state {stale}", evidence, next_step, ""))
    return found
