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

    def __init__(
        self, arguments: list[str], size: tuple[int, int] = (80, 24), env: Mapping[str, str] | None = None, program: str = sys.executable
    ) -> None:
        self.received = b""
        self.screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.screen)
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            try:
                os.execve(program, [program, *arguments], dict(env or {}))
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

    def carry(self, most: int) -> int:
        """Take at most so many bytes that are there; how many it were."""
        data = os.read(self.master, most)
        self.received += data
        self._stream.feed(data)
        return len(data)

    def read_until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + LONGEST
        while not holds():
            if time.monotonic() > deadline:
                raise AssertionError("it never came:\n" + "\n".join(self.screen.display) + f"\n{self.received[-2000:]!r}")
            self.read(0.05)

    def read_until_shown(self, text: str) -> None:
        self.read_until(lambda: any(text in line for line in self.screen.display))

    def row(self, y: int) -> list[str]:
        """The cells of a line; the right half of a wide character is empty."""
        return [self.screen.buffer[y][x].data for x in range(self.screen.columns)]

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


def has_ended(descriptor: int) -> bool:
    """Whether the process of a pidfd has."""
    return bool(select.select([descriptor], [], [], 0)[0])


class Line:
    """A serial line between a program and its terminal: so many bytes/s, the kernel's queue of the pty being its backlog."""

    def __init__(self, terminal: Terminal, rate: int) -> None:
        self.terminal = terminal
        self.rate = rate
        self.backlog = 0
        """The most that ever waited."""
        self._due = time.monotonic()

    def run(self, holds: Callable[[], bool]) -> float:
        """Carry bytes until something holds; returns the seconds that it took."""
        start = time.monotonic()
        self._due = max(self._due, start)
        while not holds():
            now = time.monotonic()
            if now - start > LONGEST:
                raise AssertionError("it never came:\n" + "\n".join(self.terminal.screen.display))
            self.backlog = max(self.backlog, queued(self.terminal.master))
            room = int((now - self._due) * self.rate)
            if room > 0 and select.select([self.terminal.master], [], [], 0)[0]:
                self._due += self.terminal.carry(min(room, self.rate // 20)) / self.rate
            else:
                self._due = max(self._due, now - 0.05)
                select.select([], [], [], 0.005)
        return time.monotonic() - start

    def rest(self, seconds: float) -> float:
        """Carry bytes for so long."""
        end = time.monotonic() + seconds
        return self.run(lambda: time.monotonic() >= end)


def queued(master: int) -> int:
    """Bytes that the program has written and nobody has read."""
    (count,) = struct.unpack("i", fcntl.ioctl(master, termios.FIONREAD, bytes(4)))
    return int(count)
