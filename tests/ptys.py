"""A program on a pseudo-terminal that a test reads or leaves unread, and a terminal emulator behind it."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Mapping
from types import TracebackType

import pyte

LONGEST = 20.0
"""Seconds after which something that a test waits for will not come any more."""


class Terminal:
    """`with Terminal(["script.py"], TERM="linux") as terminal:`; the program is ended and waited for at the end."""

    def __init__(self, arguments: list[str], size: tuple[int, int] = (80, 24), env: Mapping[str, str] | None = None) -> None:
        self.received = b""
        self.screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.screen)
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            try:
                os.execve(sys.executable, [sys.executable, *arguments], dict(env or {}))
            finally:
                os._exit(127)
        self._size = size
        self.resize(*size)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.master)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def read(self, seconds: float) -> bytes:
        """What comes within so many seconds; stops early at the end of the program."""
        data = b""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([self.master], [], [], left)[0]:
                break
            try:
                piece = os.read(self.master, 65536)
            except OSError:
                break
            data += piece
        self.received += data
        self._stream.feed(data)
        return data

    def read_until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + LONGEST
        while not holds():
            if time.monotonic() > deadline:
                raise AssertionError("it never came:\n" + "\n".join(self.screen.display) + f"\n{self.received[-2000:]!r}")
            self.read(0.05)

    def read_until_shown(self, text: str) -> None:
        self.read_until(lambda: any(text in line for line in self.screen.display))

    def seconds_to_end(self) -> float:
        """How long the program takes to end by itself, unread; its exit code is then `code`."""
        start = time.monotonic()
        descriptor = os.pidfd_open(self.pid)
        try:
            ended = select.select([descriptor], [], [], LONGEST)[0]
        finally:
            os.close(descriptor)
        if not ended:
            raise AssertionError("it does not end")
        self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self.pid = 0
        return time.monotonic() - start
