"""A program on a pseudo terminal of 80x24 that answers what a terminal is asked, and when what it sent arrived."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable

import pyte

COLUMNS, LINES = 80, 24
ANSWERS = {
    b"\x1b[?2026$p": b"\x1b[?2026;2$y",  # synchronized output is known, and off
    b"\x1b[c": b"\x1b[?62;22c",
}


class Terminal:
    """Starts `command` at once; close() ends it."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self.started = time.perf_counter()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", LINES, COLUMNS, 0, 0))
            os.execve(command[0], command, {**env, "TERM": "xterm-256color", "LANG": "C.UTF-8"})
        self.chunks: list[tuple[float, bytes]] = []

    def read(self, seconds: float, until: Callable[[bytes], bool] | None = None) -> int:
        """Reads for so long, or until a chunk is what is waited for, and returns how many bytes came."""
        stop = time.perf_counter() + seconds
        count = 0
        while (left := stop - time.perf_counter()) > 0:
            if not select.select([self._fd], [], [], left)[0]:
                break
            try:
                data = os.read(self._fd, 65536)
            except OSError:  # EIO: the program is gone
                raise RuntimeError(f"the program ended: {b''.join(chunk for _, chunk in self.chunks)!r}") from None
            self.chunks.append((time.perf_counter() - self.started, data))
            count += len(data)
            for question, answer in ANSWERS.items():
                if question in data:
                    os.write(self._fd, answer)
            if until is not None and until(data):
                break
        return count

    def painted_ms(self, shows: Callable[[list[str]], bool]) -> float:
        """When the screen first showed what is looked for, in milliseconds since the start; raises RuntimeError if it never did."""
        screen = pyte.Screen(COLUMNS, LINES)
        stream = pyte.ByteStream(screen)
        for when, data in self.chunks:
            # pyte takes a kitty keyboard request (CSI > ... u) for text
            stream.feed(data.replace(b"\x1b[>25u", b"").replace(b"\x1b[>1u", b""))
            if shows(screen.display):
                return when * 1000
        raise RuntimeError("never painted:\n" + "\n".join(screen.display))

    def close(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._fd)
