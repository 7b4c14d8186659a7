"""What the kernel tells of block devices and mounts: uevents (its own and udev's), and changes of mountinfo."""

import asyncio
import errno
import os
import select
import socket
from collections.abc import Callable

UEVENTS = 15
KERNEL, UDEV = 1, 2
"""Groups: the kernel's own come first; udev's when it has looked at the device."""
BLOCK = b"\0SUBSYSTEM=block\0"


class Notices:
    """Calls `happened` for each; `unheard` says what the host keeps from this process, a sentence each."""

    def __init__(self, mountinfo: str, happened: Callable[[], None]) -> None:
        self.unheard: list[str] = []
        self._happened = happened
        self._loop = asyncio.get_running_loop()
        self._socket: socket.socket | None = None
        self._epoll: select.epoll | None = None
        self._fd = -1
        self._hear_devices()
        self._hear_mounts(mountinfo)

    def close(self) -> None:
        if self._socket is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None
        if self._epoll is not None:
            self._loop.remove_reader(self._epoll.fileno())
            self._epoll.close()
            self._epoll = None
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _hear_devices(self) -> None:
        try:
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK, UEVENTS)
            self._socket.bind((0, KERNEL | UDEV))
        except OSError as error:
            if self._socket is not None:
                self._socket.close()
                self._socket = None
            self.unheard.append(
                f"Disks that come and go are seen at the next look alone: the kernel's events cannot be had ({error.strerror})."
            )
            return
        self._loop.add_reader(self._socket.fileno(), self._device)

    def _hear_mounts(self, mountinfo: str) -> None:
        try:
            self._fd = os.open(mountinfo, os.O_RDONLY | os.O_CLOEXEC)
            self._epoll = select.epoll()
            # The file is always readable; what tells of a change is POLLPRI, which asyncio does not ask for: hence the epoll within.
            self._epoll.register(self._fd, select.EPOLLPRI)
        except OSError as error:
            self.unheard.append(f"Mounts that come and go are seen at the next look alone: {mountinfo}: {error.strerror}.")
            return
        self._loop.add_reader(self._epoll.fileno(), self._mount)

    def _device(self) -> None:
        assert self._socket is not None
        told = False
        for _ in range(64):
            try:
                told = BLOCK in self._socket.recv(1 << 16) or told
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                told = True  # what was dropped may have been of a disk
        if told:
            self._happened()

    def _mount(self) -> None:
        assert self._epoll is not None
        self._epoll.poll(0)  # takes the event; without it the reader would fire for ever
        self._happened()
