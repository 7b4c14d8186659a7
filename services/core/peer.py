"""Who is at the other end, by what the kernel says of the socket; read once, at accept."""

import os
import socket
import struct
from asyncio.trsock import TransportSocket
from contextvars import ContextVar

import msgspec

from sutra_client import endpoint

SO_PEERGROUPS = 59
"""From asm-generic/socket.h; Python's socket module has no name for it."""

READER, OPERATOR, ADMIN = "reader", "operator", "admin"


class Peer(msgspec.Struct, frozen=True):
    """One connected process: uid, gid and supplementary groups decide, pid is decoration."""

    uid: int
    gid: int
    pid: int
    groups: tuple[int, ...] = ()

    @property
    def user(self) -> str:
        """The local account's name, or its number; not by way of nss, whose modules can hang."""
        return next((name for name, uid in endpoint.accounts() if uid == self.uid), str(self.uid))

    @property
    def trusted(self) -> bool:
        """Root, or the user whose rights this service has anyway."""
        return self.uid in (0, os.geteuid())

    def in_group(self, name: str) -> bool:
        """By the numbers that the kernel gave at connecting; the name is looked up in /etc/group, not by way of nss."""
        gid = next((gid for known, gid in endpoint.groups() if known == name), None)
        return gid is not None and (gid == self.gid or gid in self.groups)

    @property
    def roles(self) -> tuple[str, ...]:
        return (READER, OPERATOR, ADMIN) if self.trusted else (READER,)


caller: ContextVar[Peer] = ContextVar("caller")
"""Who called the method that runs. A stream has none: its iterator feeds every subscriber."""


def of_socket(sock: socket.socket | TransportSocket) -> Peer:
    """Raises OSError when the socket has no peer credentials."""
    pid, uid, gid = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return Peer(uid & 0xFFFFFFFF, gid & 0xFFFFFFFF, pid, _groups(sock, pid))


def of_self() -> Peer:
    """For a transport without a socket, as the pipes of a bridge: whoever runs this process."""
    return Peer(os.geteuid(), os.getegid(), os.getpid(), tuple(os.getgroups()))


def _groups(sock: socket.socket | TransportSocket, pid: int) -> tuple[int, ...]:
    try:
        packed = sock.getsockopt(socket.SOL_SOCKET, SO_PEERGROUPS, 1024)
        return struct.unpack(f"{len(packed) // 4}I", packed)
    except OSError:  # more than 256 groups, or a kernel before 4.13
        return _groups_of_process(pid)


def _groups_of_process(pid: int) -> tuple[int, ...]:
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith("Groups:"):
                    return tuple(int(group) for group in line.split()[1:])
    except OSError:
        pass  # gone already: no supplementary groups, so less is allowed, never more
    return ()
