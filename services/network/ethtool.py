"""What drivers tell of links by SIOCETHTOOL (linux/ethtool.h): speed, duplex and driver. No rights are needed."""

import array
import fcntl
import socket
import struct
import sys
from typing import NamedTuple

SIOCETHTOOL = 0x8946
GET_SETTINGS, GET_DRIVER = 0x1, 0x3
_IFREQ = struct.Struct("16sP16x")
UNKNOWN_SPEEDS = (0, 0xFFFF, 0xFFFFFFFF)


class Hardware(NamedTuple):
    """What is not told is None."""

    speed: int | None
    """Mbit/s."""
    duplex: str | None
    driver: str | None


class Drivers:
    """Asks each link once for as long as its carrier stays."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str, int | None], Hardware] = {}

    def of(self, links: list[tuple[int, str, int | None]]) -> list[Hardware]:
        """By (index, name, carrier changes); raises OSError only where no socket can be had."""
        before, self._known = self._known, {}
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as connection:
            for key in links:
                self._known[key] = before.get(key) or ask(connection, key[1])
        return [self._known[key] for key in links]


def ask(connection: socket.socket, name: str) -> Hardware:
    """A name that is no ASCII, as shown, is another than the kernel's: nothing is known of it."""
    if not name.isascii() or "\\" in name or len(name) > 15:
        return Hardware(None, None, None)
    settings = _call(connection, name, GET_SETTINGS, 44)
    driver = _call(connection, name, GET_DRIVER, 196)
    speed, duplex = None, None
    if settings:
        low, high = int.from_bytes(settings[12:14], sys.byteorder), int.from_bytes(settings[28:30], sys.byteorder)
        speed = (high << 16 | low) if (high << 16 | low) not in UNKNOWN_SPEEDS else None
        duplex = {0: "half", 1: "full"}.get(settings[14])
    word = driver[4:36].split(b"\0", 1)[0].decode("utf-8", "backslashreplace") if driver else None
    return Hardware(speed, duplex, word or None)


def _call(connection: socket.socket, name: str, command: int, size: int) -> bytes | None:
    buffer = array.array("B", command.to_bytes(4, sys.byteorder) + bytes(size - 4))
    try:
        fcntl.ioctl(connection.fileno(), SIOCETHTOOL, _IFREQ.pack(name.encode(), buffer.buffer_info()[0]))
    except OSError:
        return None  # the driver has no answer
    return buffer.tobytes()
