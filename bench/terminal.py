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
Shows = Callable[[pyte.Screen], bool]


class Terminal:
    """Starts `command` at once; close() ends it."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self.started = time.perf_counter()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", LINES, COLUMNS, 0, 0))
            os.execve(command[0], command, {**env, "TERM": "xterm-256color", "LANG": "C.UTF-8"})
        self.chunks: list[tuple[float, bytes]] = []
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)
        self._drawn = 0

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

    def painted_ms(self, shows: Shows, seconds: float = 0.0) -> float:
        """When the screen showed what is looked for, in milliseconds since the start: in what was read and not looked at before, or
        within so many seconds from now; raises RuntimeError if it did not.
        """
        stop = time.perf_counter() + seconds
        while (when := self._draw(shows)) is None and (left := stop - time.perf_counter()) > 0:
            self.read(left, until=lambda _: True)
        if when is None:
            raise RuntimeError("never painted:\n" + "\n".join(self._screen.display))
        return when * 1000

    def answered_ms(self, key: bytes, shows: Shows, seconds: float) -> float:
        """Milliseconds from `key` until the screen showed what answers it; raises RuntimeError if it did not within so many seconds."""
        self.screen()
        pressed = time.perf_counter() - self.started
        self.press(key)
        return self.painted_ms(shows, seconds) - pressed * 1000

    def press(self, keys: bytes) -> None:
        os.write(self._fd, keys)

    def screen(self) -> pyte.Screen:
        """As it is after all that was read."""
        self._draw(lambda _: False)
        return self._screen

    def _draw(self, shows: Shows) -> float | None:
        """Up to the chunk after which the screen shows it; when that came."""
        while self._drawn < len(self.chunks):
            when, data = self.chunks[self._drawn]
            self._drawn += 1
            # pyte takes a kitty keyboard request (CSI > ... u) for text
            self._stream.feed(data.replace(b"\x1b[>25u", b"").replace(b"\x1b[>1u", b""))
            if shows(self._screen):
                return when
        return None

    def close(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._fd)
