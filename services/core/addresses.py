"""The addresses of this network namespace, from one RTM_GETADDR dump over netlink (linux/rtnetlink.h, linux/if_addr.h)."""

import os
import socket
import struct
from collections.abc import Iterator

from sutra_client.gen.system import Address

RTM_NEWADDR = 20
RTM_GETADDR = 22
NLMSG_ERROR = 2
NLMSG_DONE = 3
DUMP_REQUEST = 0x301  # NLM_F_REQUEST | NLM_F_DUMP
IFA_ADDRESS = 1
IFA_LOCAL = 2
_HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_IFADDRMSG = struct.Struct("=BBBBI")  # family, prefix length, flags, scope, link index
_ATTRIBUTE = struct.Struct("=HH")  # length, type
_LENGTHS = {int(socket.AF_INET): 4, int(socket.AF_INET6): 16}


def read_addresses() -> list[Address]:
    """Every address of every link, in the kernel's order; raises OSError."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE) as connection:
        connection.settimeout(1.0)
        body = _IFADDRMSG.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
        connection.sendto(_HEADER.pack(_HEADER.size + len(body), RTM_GETADDR, DUMP_REQUEST, 1, 0) + body, (0, 0))
        found: list[tuple[int, str, int]] = []
        while not parse_dump(connection.recv(65536), found):
            pass
    names = dict(socket.if_nameindex())
    return [Address(_shown(names.get(index, str(index))), text, prefix) for index, text, prefix in found]


def parse_dump(datagram: bytes, found: list[tuple[int, str, int]]) -> bool:
    """Appends (link index, address, prefix length); true when the dump is over. Raises OSError for the kernel's refusal."""
    for kind, message in _messages(datagram):
        if kind == NLMSG_DONE:
            return True
        if kind == NLMSG_ERROR:
            code = -int.from_bytes(message[:4], "little" if struct.pack("=H", 1) == b"\1\0" else "big", signed=True)
            raise OSError(code, os.strerror(code))
        if kind == RTM_NEWADDR and len(message) >= _IFADDRMSG.size:
            family, prefix, _, _, index = _IFADDRMSG.unpack_from(message)
            text = _address(family, message[_IFADDRMSG.size :])
            if text:
                found.append((index, text, prefix))
    return not datagram


def _messages(datagram: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place + _HEADER.size <= len(datagram):
        length, kind, _, _, _ = _HEADER.unpack_from(datagram, place)
        if length < _HEADER.size:
            return
        yield kind, datagram[place + _HEADER.size : place + length]
        place += (length + 3) & ~3


def _address(family: int, attributes: bytes) -> str | None:
    """The link's own end: IFA_LOCAL on point-to-point links, where IFA_ADDRESS is the peer's."""
    values: dict[int, bytes] = {}
    place = 0
    while place + _ATTRIBUTE.size <= len(attributes):
        length, kind = _ATTRIBUTE.unpack_from(attributes, place)
        if length < _ATTRIBUTE.size:
            break
        values[kind] = attributes[place + _ATTRIBUTE.size : place + length]
        place += (length + 3) & ~3
    raw = values.get(IFA_LOCAL) or values.get(IFA_ADDRESS) or b""
    return socket.inet_ntop(family, raw) if len(raw) == _LENGTHS.get(family) else None


def _shown(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "backslashreplace")
