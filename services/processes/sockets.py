"""The sockets of a network namespace, from the tables in /proc/PID/net (proc(5)), by inode.

Addresses there are 32-bit words in the machine's byte order, in hexadecimal; ports are big-endian numbers.
"""

import socket
import struct
from typing import NamedTuple

from services.core.tree import Tree, shown

LONGEST = 8 << 20
"""Bytes of one table."""
TCP = (
    "",
    "ESTAB",
    "SYN-SENT",
    "SYN-RECV",
    "FIN-WAIT-1",
    "FIN-WAIT-2",
    "TIME-WAIT",
    "UNCONN",
    "CLOSE-WAIT",
    "LAST-ACK",
    "LISTEN",
    "CLOSING",
    "SYN-RECV",
)
"""By the kernel's number (net/tcp_states.h), in the words of ss."""
_LISTENS = 0x10000
"""__SO_ACCEPTCON in the flags of a unix socket."""
_UNIX = ("UNCONN", "UNCONN", "CONNECTING", "ESTAB", "DISCONNECTING")
_NOWHERE = ("0.0.0.0:0", "[::]:0")


class Found(NamedTuple):
    """One socket; the schema's Socket without its descriptor."""

    protocol: str
    state: str | None = None
    local: str | None = None
    remote: str | None = None


def read(tree: Tree, pid: int, inodes: set[int]) -> dict[int, Found]:
    """Those with these inodes, as the process' own network namespace lists them."""
    found: dict[int, Found] = {}
    for protocol in ("tcp", "tcp6", "udp", "udp6"):
        text = tree.read(f"{tree.proc}/{pid}/net/{protocol}", limit=LONGEST) or b""
        found.update(internet(protocol, text, inodes))
    found.update(local(tree.read(f"{tree.proc}/{pid}/net/unix", limit=LONGEST) or b"", inodes))
    return found


def internet(protocol: str, text: bytes, inodes: set[int]) -> dict[int, Found]:
    """One table of TCP or UDP."""
    found: dict[int, Found] = {}
    for line in text.split(b"\n")[1:]:
        fields = line.split(None, 10)
        if len(fields) < 10 or not fields[9].isdigit() or int(fields[9]) not in inodes:
            continue
        try:
            here, there, state = address(fields[1]), address(fields[2]), int(fields[3], 16)
        except (ValueError, OSError, struct.error):
            continue  # a line that was cut by the limit
        name = TCP[state] if 0 < state < len(TCP) else str(state)
        found[int(fields[9])] = Found(protocol, name, here, None if there in _NOWHERE else there)
    return found


def address(text: bytes) -> str:
    """`0100007F:0016` as 127.0.0.1:22; raises ValueError."""
    words, _, port = text.partition(b":")
    data = bytes.fromhex(words.decode("ascii"))
    data = b"".join(struct.pack("!I", word) for word in struct.unpack(f"={len(data) // 4}I", data))
    if len(data) == 4:
        return f"{socket.inet_ntop(socket.AF_INET, data)}:{int(port, 16)}"
    return f"[{socket.inet_ntop(socket.AF_INET6, data)}]:{int(port, 16)}"


def local(text: bytes, inodes: set[int]) -> dict[int, Found]:
    """The table of unix sockets. A path may hold spaces, and newlines: what follows one is no line that fits."""
    found: dict[int, Found] = {}
    for line in text.split(b"\n")[1:]:
        fields = line.split(None, 7)
        if len(fields) < 7 or not fields[6].isdigit() or int(fields[6]) not in inodes:
            continue
        try:
            flags, state = int(fields[3], 16), int(fields[5], 16)
        except ValueError:
            continue  # the rest of a path with a newline
        name = "LISTEN" if flags & _LISTENS else _UNIX[state] if state < len(_UNIX) else str(state)
        found.setdefault(int(fields[6]), Found("unix", name, shown(fields[7]) if len(fields) > 7 else None))
    return found
