"""Processes in words: what the screen and line mode say about them. Plain functions; strings from the host stay raw here."""

from collections.abc import Iterable, Sequence

from sutra_client.gen.processes import Details, Process, State
from sutra_client.text import NIL, amount, moment, span

_NAMED = (
    (State.RUNNING, "running"),
    (State.BLOCKED, "in D"),
    (State.ZOMBIE, "zombie"),
    (State.STOPPED, "stopped"),
    (State.TRACED, "traced"),
)
"""States that a summary counts, in its order, with their words."""
_FULL = 38
"""Capabilities from which on a set is called nearly all: no daemon asks for so many by name."""


def summary(rows: Iterable[Process]) -> str:
    """`214 processes, 2 running, 1 in D`; what there is none of is left out."""
    counts: dict[str, int] = {}
    total = 0
    for row in rows:
        total += 1
        counts[row.state] = counts.get(row.state, 0) + 1
    words = ["1 process" if total == 1 else f"{total} processes"]
    words += [
        f"{counts[state]} {word}" + ("s" if word == "zombie" and counts[state] > 1 else "") for state, word in _NAMED if state in counts
    ]
    return ", ".join(words)


def tone(row: Process) -> str:
    """The tone that repeats what the state says."""
    if row.state == State.BLOCKED:
        return "error"
    return "warning" if row.state in (State.ZOMBIE, State.STOPPED, State.TRACED) else "dim" if row.kernel else ""


def belongs(row: Process) -> str:
    """Where it belongs, the narrowest first; empty where that is not known."""
    words = []
    if row.app is not None:
        words.append(f"app {row.app}")
    if row.container is not None:
        words.append(f"container {row.container}")
    if row.unit is not None:
        words.append(row.unit)
    return ", ".join(words)


def headline(row: Process, now: float | None = None) -> list[str]:
    """What the list knows of a process, in lines."""
    since = f"since {moment(row.since, now)}" if row.since is not None else ""
    first = [f"{row.name} ({row.pid})", row.state.value, f"by {row.user}", since, f"on {row.tty}" if row.tty else ""]
    second = [
        f"cpu {amount(row.cpu, '%')}",
        f"{span(row.cpu_time)} in all",
        f"mem {amount(row.memory, 'B')}",
        "1 thread" if row.threads == 1 else f"{row.threads} threads",
        f"nice {row.nice}" if row.nice else "",
        f"parent {row.ppid}",
    ]
    if row.read is not None and row.write is not None:
        second.append(f"reads {amount(row.read, 'B/s')}, writes {amount(row.write, 'B/s')}")
    lines = [_joined(first), row.command, _joined(second)]
    home = belongs(row)
    return [*lines, home] if home else lines


def detail(details: Details, now: float | None = None) -> list[str]:
    """All that is known of a process, a fact a line; what this user may not see has one sentence at the end."""
    lines = headline(details.process, now)
    lines += [f"environment  {line}" for line in details.environment or ()]  # first of all: it is there only where it was asked for
    if details.memory is not None:
        own, part, swapped = (amount(size, "B") for size in (details.memory.uss, details.memory.pss, details.memory.swap))
        lines.append(f"memory  {own} its own, {part} with its part of what is shared, {swapped} swapped out")
    for title, path in (("program", details.exe), ("folder", details.cwd), ("root", details.root)):
        if path is not None and (title, path) != ("root", b"/"):
            lines.append(f"{title}  {raw(path)}")
    if details.children:
        lines.append("children  " + " ".join(map(str, details.children)))
    lines.append(_rights(details))
    if details.open_count is not None:
        lines.append(f"open  {details.open_count}{_of_limit(details)}")
    lines += [f"  {file.fd:>4}  {file.kind}  {raw(file.target)}" for file in details.open_files or ()]
    lines += [
        f"  {socket.fd:>4}  {connection(socket.protocol, socket.state, socket.local, socket.remote)}" for socket in details.sockets or ()
    ]
    return [*lines, *details.unseen]


def connection(protocol: str, state: str | None, local: str | None, remote: str | None) -> str:
    """A socket in words."""
    ends = f"{local or NIL} -> {remote}" if remote is not None else local or NIL
    return " ".join(word for word in (protocol, state, ends) if word)


def capabilities(names: Sequence[str] | None) -> str:
    """A set of them, called by name where that says something."""
    if names is None:
        return NIL
    if not names:
        return "none"
    return f"{len(names)}, nearly all or all" if len(names) >= _FULL else " ".join(names)


def raw(path: bytes) -> str:
    """A path as text that can be displayed; bytes that are no UTF-8 in hexadecimal."""
    return path.decode("utf-8", "backslashreplace")


def _rights(details: Details) -> str:
    words = [f"capabilities  {capabilities(details.effective)}"]
    if details.no_new_privileges:
        words.append("can gain none")
    if details.seccomp is not None:
        words.append(f"seccomp {details.seccomp}")
    return ", ".join(words)


def _of_limit(details: Details) -> str:
    limit = next((limit.soft for limit in details.limits if limit.name == "Max open files"), None)
    return f" of {limit}" if limit is not None else ""


def _joined(words: list[str]) -> str:
    return "  ".join(word for word in words if word)
