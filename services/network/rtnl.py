"""The kernel's routing netlink, as far as it is read: dumps and notices (linux/netlink.h, linux/rtnetlink.h).

pyroute2 decodes the same messages at 16 to 46 microseconds each against 2 here, which of 100,000 routes makes seconds, and importing it
costs a one-shot ten times its own time; it is the library for what changes the network, and these readers are tested against it.
"""

import asyncio
import errno
import os
import socket
import struct
import sys
from collections.abc import Callable, Iterator

NEWLINK, DELLINK, GETLINK = 16, 17, 18
NEWADDR, DELADDR, GETADDR = 20, 21, 22
NEWROUTE, DELROUTE, GETROUTE = 24, 25, 26
NEWNEIGH, DELNEIGH, GETNEIGH = 28, 29, 30
NEWRULE, DELRULE, GETRULE = 32, 33, 34
GROUPS = {"link": (1,), "address": (5, 9), "route": (7, 11), "rule": (8, 19), "neighbour": (3,)}
"""RTNLGRP numbers by subject: IPv4 and IPv6 have groups of their own."""

NLMSG_ERROR, NLMSG_DONE = 2, 3
DUMP_REQUEST = 0x301  # NLM_F_REQUEST | NLM_F_DUMP
DUMP_INTERRUPTED = 0x10
SOL_NETLINK, ADD_MEMBERSHIP, GET_STRICT_CHK = 270, 1, 12
SECONDS = 2.0
"""How long the kernel may take to go on with a dump."""
TRIES = 5
HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port
ATTRIBUTE = struct.Struct("=HH")  # length, type
TYPE_MASK = 0x3FFF
"""Without the bits that say nested and network byte order."""

Attributes = dict[int, bytes]


def dump(request: int, body: bytes) -> list[bytes]:
    """All objects of one kind; read anew when they changed meanwhile. Raises OSError, of which TimeoutError is one."""
    for _ in range(TRIES):
        found, consistent = _dump(request, body)
        if consistent:
            return found
    return found  # it never stands still: the next notice brings the next reading


def _dump(request: int, body: bytes) -> tuple[list[bytes], bool]:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE) as connection:
        connection.settimeout(SECONDS)
        connection.sendto(HEADER.pack(HEADER.size + len(body), request, DUMP_REQUEST, 1, 0) + body, (0, 0))
        found: list[bytes] = []
        consistent = True
        wanted = request - 2  # NEW, DEL, GET follow each other
        while True:
            datagram = connection.recv(1 << 17)
            if not datagram:
                raise OSError(errno.EPROTO, os.strerror(errno.EPROTO))
            for kind, flags, message in messages(datagram):
                consistent = consistent and not flags & DUMP_INTERRUPTED
                if kind == NLMSG_DONE:
                    _check(message)
                    return found, consistent
                if kind == NLMSG_ERROR:
                    _check(message)
                elif kind == wanted:
                    found.append(message)


def _check(message: bytes) -> None:
    """The kernel's refusal stands in the first word, negative."""
    code = -struct.unpack_from("=i", message)[0] if len(message) >= 4 else 0
    if code > 0:
        raise OSError(code, os.strerror(code))


def messages(datagram: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(type, flags, body) of each; ends at the first that does not fit."""
    place, end = 0, len(datagram)
    while place + HEADER.size <= end:
        length, kind, flags, _, _ = HEADER.unpack_from(datagram, place)
        if length < HEADER.size or place + length > end:
            return
        yield kind, flags, datagram[place + HEADER.size : place + length]
        place += (length + 3) & ~3


def attributes(data: bytes, place: int = 0) -> Attributes:
    """Type -> value from `place` on; of a type that stands there twice, the last. What does not fit is left out."""
    found: Attributes = {}
    end = len(data)
    while place + 4 <= end:
        length, kind = ATTRIBUTE.unpack_from(data, place)
        if length < 4 or place + length > end:
            break
        found[kind & TYPE_MASK] = data[place + 4 : place + length]
        place += (length + 3) & ~3
    return found


def u32(found: Attributes, kind: int) -> int | None:
    value = found.get(kind)
    return int.from_bytes(value, sys.byteorder) if value is not None and len(value) == 4 else None


def i32(found: Attributes, kind: int) -> int | None:
    value = found.get(kind)
    return int.from_bytes(value, sys.byteorder, signed=True) if value is not None and len(value) == 4 else None


def u8(found: Attributes, kind: int) -> int | None:
    value = found.get(kind)
    return value[0] if value else None


def text(found: Attributes, kind: int) -> str | None:
    """A name of the host, which any bytes may be in, as valid UTF-8."""
    value = found.get(kind)
    return value.split(b"\0", 1)[0].decode("utf-8", "backslashreplace") or None if value is not None else None


class Notices:
    """Calls `happened` once for whatever the kernel tells of the subjects, and also when it had to drop notices (ENOBUFS): read again."""

    def __init__(self, subjects: tuple[str, ...], happened: Callable[[], None]) -> None:
        """Raises OSError."""
        self._happened = happened
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
        try:
            self._socket.bind((0, 0))
            for group in (number for subject in subjects for number in GROUPS[subject]):
                self._socket.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, group)
        except OSError:
            self._socket.close()
            raise
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket.fileno(), self._read)

    def close(self) -> None:
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()

    def _read(self) -> None:
        # What the notices say is not looked at: a reading says it too, and nothing that was lost makes it wrong.
        for _ in range(64):
            try:
                self._socket.recv(1 << 16)
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
        self._happened()
