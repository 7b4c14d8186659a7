"""One process, looked into: what /proc/PID tells beyond a line of the list (proc(5)).

Limits, status and arguments are for everyone; exe, cwd, root, fd, environ, ns and smaps_rollup are guarded by ptrace's access check.
"""

import os
from typing import NamedTuple

from msgspec.structs import replace

from services.core.tree import Tree, shown
from services.processes import sockets
from services.processes.guarded import looker
from services.processes.stat import arguments, kilobytes, parse_keys, parse_stat
from sutra_client.gen.processes import Details, FileKind, Limit, MemoryDetail, OpenFile, Process, Seccomp, Socket, State

MOST_FILES = 1024
MOST_TEXT = 65536
"""Bytes of arguments and of the environment."""
_SPACES = ("user", "mnt", "pid", "net", "uts", "ipc", "cgroup", "time")
_SECCOMP = {b"0": Seccomp.DISABLED, b"1": Seccomp.STRICT, b"2": Seccomp.FILTER}
_KINDS = ((b"socket:", FileKind.SOCKET), (b"pipe:", FileKind.PIPE), (b"anon_inode:", FileKind.ANONYMOUS))
CAPABILITIES = tuple(
    "chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service net_broadcast net_admin"
    " net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time"
    " sys_tty_config mknod lease audit_write audit_control setfcap mac_override mac_admin syslog wake_alarm block_suspend audit_read"
    " perfmon bpf checkpoint_restore".split()
)
"""By bit (linux/capability.h)."""


class Open(NamedTuple):
    """What /proc/PID/fd holds; None is what may not be seen."""

    number: int | None = None
    files: list[OpenFile] | None = None
    sockets: list[Socket] | None = None


class Look:
    """Reads the files of one process; what could not be read gathers in `unseen`."""

    def __init__(self, tree: Tree, pid: int) -> None:
        self._tree = Tree(tree.root or "/")
        self._folder = f"{tree.proc}/{pid}"
        self._pid = pid
        self.place = self._tree.at(self._folder)
        """The same folder, for this process."""
        self.unseen: list[str] = []

    def file(self, name: str, limit: int = MOST_TEXT) -> bytes | None:
        return self._tree.read(f"{self._folder}/{name}", limit=limit)

    def link(self, name: str) -> bytes | None:
        try:
            return os.readlink(os.fsencode(self.place) + b"/" + name.encode())
        except OSError:
            return None

    def number(self, name: str) -> int | None:
        return self._tree.number(f"{self._folder}/{name}")

    def memory(self) -> MemoryDetail | None:
        found = parse_keys(self.file("smaps_rollup") or b"")
        pss, uss, swap = kilobytes(found, b"Pss"), kilobytes(found, b"Private_Clean", b"Private_Dirty"), kilobytes(found, b"Swap")
        return MemoryDetail(pss, uss, swap) if pss is not None and uss is not None and swap is not None else None

    def namespaces(self) -> dict[str, str] | None:
        links = {kind: self.link(f"ns/{kind}") for kind in _SPACES}
        return {kind: shown(link) for kind, link in links.items() if link is not None} or None

    def opened(self) -> Open:
        """The descriptors; sockets looked up in the tables of the process' network namespace."""
        folder = os.fsencode(self.place) + b"/fd"
        try:
            numbers = sorted(int(name) for name in os.listdir(folder) if name.isdigit())
        except OSError:
            return Open()
        if len(numbers) > MOST_FILES:
            self.unseen.append(f"Of {len(numbers)} open descriptors only the first {MOST_FILES} are shown.")
        files: list[OpenFile] = []
        inodes: dict[int, int] = {}
        for fd in numbers[:MOST_FILES]:
            target = self.link(f"fd/{fd}")
            if target is None:
                continue  # closed meanwhile
            inode = target.removeprefix(b"socket:[").removesuffix(b"]")
            if target.startswith(b"socket:[") and inode.isdigit():
                inodes[fd] = int(inode)
            else:
                files.append(OpenFile(fd, kind_of(target), target))
        known = sockets.read(self._tree, self._pid, set(inodes.values())) if inodes else {}
        return Open(len(numbers), files, [Socket(fd, *known.get(inode, sockets.Found("socket"))) for fd, inode in inodes.items()])


def kind_of(target: bytes) -> FileKind:
    """By the kernel's own words: to look at a file on a server that is gone would hang."""
    for prefix, kind in _KINDS:
        if target.startswith(prefix):
            return kind
    if target.endswith(b" (deleted)"):
        return FileKind.DELETED
    if target.startswith(b"/dev/"):
        return FileKind.DEVICE
    return FileKind.FILE if target.startswith(b"/") else FileKind.OTHER


def look(tree: Tree, row: Process, children: list[int], environment: bool, mute: bool = False) -> Details | None:
    """None when it ended meanwhile. What waits in the kernel, or kept somebody waiting (`mute`), is not asked for what lies in its memory:
    whoever asks would wait too.
    """
    reader = Look(tree, row.pid)
    status = reader.file("status")
    if status is None:
        return None
    keys = parse_keys(status)
    ended = row.state in (State.ZOMBIE, State.DEAD) or row.kernel
    awake = row.state != State.BLOCKED and not mute
    if not awake:
        reader.unseen.append("It waits in the kernel: its arguments, environment and exact memory cannot be read without waiting too.")
    folder = os.fsencode(reader.place)
    whose = looker(folder)
    open_files = reader.opened()
    whole = reader.file("environ") if environment and awake else None
    details = Details(
        row,
        whose,
        arguments(reader.file("cmdline") or b"") if awake and not ended else [],
        children,
        limits(reader.file("limits") or b""),
        reader.unseen,
        reader.link("exe"),
        reader.link("cwd"),
        reader.link("root"),
        reader.number("oom_score"),
        reader.number("oom_score_adj"),
        number(keys, b"voluntary_ctxt_switches"),
        number(keys, b"nonvoluntary_ctxt_switches"),
        kilobytes(keys, b"VmSwap"),
        {b"0": False, b"1": True}.get(keys.get(b"NoNewPrivs", b"")),
        _SECCOMP.get(keys.get(b"Seccomp", b"")),
        capabilities(keys.get(b"CapEff", b"")),
        capabilities(keys.get(b"CapBnd", b"")),
        reader.memory() if awake and not ended else None,
        reader.namespaces(),
        *open_files,
        [shown(line) for line in whole.rstrip(b"\0").split(b"\0") if line] if whole is not None else None,
    )
    if details.exe is None and not ended:
        reader.unseen.append("Its program, folder, open files and environment may not be read by this user; root may.")
    now = parse_stat(reader.file("stat") or b"")
    if now is None or now.started != row.started:
        return None
    # It may have executed another program meanwhile, or changed its user, and what was read be of either.
    return details if looker(folder) == whose else replace(details, uid=0)


def limits(text: bytes) -> list[Limit]:
    """Columns of /proc/PID/limits, which begin where its first line says."""
    lines = text.decode("ascii", "replace").split("\n")
    starts = [lines[0].find(title) for title in ("Soft", "Hard", "Units")]
    if -1 in starts:
        return []
    soft, hard, measure = starts
    return [
        Limit(line[:soft].strip(), amount(line[soft:hard]), amount(line[hard:measure]), line[measure:].strip() or None)
        for line in lines[1:]
        if line
    ]


def amount(text: str) -> int | None:
    """None where there is no limit."""
    return int(text) if text.strip().isdigit() else None


def number(keys: dict[bytes, bytes], name: bytes) -> int | None:
    text = keys.get(name, b"")
    return int(text) if text.isdigit() else None


def capabilities(mask: bytes) -> list[str] | None:
    """Names of a hexadecimal mask of status, those of a newer kernel by their number."""
    try:
        bits = int(mask, 16)
    except ValueError:
        return None
    return [CAPABILITIES[bit] if bit < len(CAPABILITIES) else str(bit) for bit in range(bits.bit_length()) if bits >> bit & 1]
