"""A terminal's output that never blocks the program: at most one frame is on its way, and what cannot be sent is dropped at the end."""

import asyncio
import contextlib
import fcntl
import os
import select
import struct
import termios
import time
from collections.abc import Callable

_LOOK_AGAIN, _LOOK_SELDOM = 0.01, 0.2
"""Seconds between looks at a queue that empties, and at one that is held for long."""
_PATIENCE = 0.3
"""Seconds that leaving may wait for a terminal to read."""


class Outlet:
    """Owns its own open file description of the tty, so that O_NONBLOCK does not reach the shell that shares stdout with us.

    `ready` is called when the frame is out and the next may be made, `lost` when the terminal is gone.
    """

    def __init__(self, descriptor: int, speed: int, ready: Callable[[], None], lost: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._shared = -1
        try:
            self._descriptor = os.open(os.ttyname(descriptor), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            # Not ours to open again (after su, or in another mount namespace): share it, and give the flag back on close.
            self._descriptor = os.dup(descriptor)
            self._shared = self._descriptor
            os.set_blocking(self._descriptor, False)
        self._speed = speed
        self._ready = ready
        self._lost = lost
        self._pending = b""
        self._look: asyncio.TimerHandle | None = None
        self._free_at = 0.0
        self._looks = _LOOK_AGAIN

    @property
    def idle(self) -> bool:
        """Nothing is on its way: a frame may be sent."""
        return not self._pending and self._look is None

    def send(self, frame: bytes) -> None:
        """Send a frame; call only when idle."""
        if self._speed:
            self._free_at = time.monotonic() + len(frame) * 10 / self._speed
        self._pending = frame
        if self._write():
            self._wait()
        elif self._pending:
            self._loop.add_writer(self._descriptor, self._go_on)

    def close(self, farewell: bytes) -> None:
        """Send `farewell` after what is on its way, or in place of it when the terminal does not read; takes 0.6 s at most."""
        self._loop.remove_writer(self._descriptor)
        if self._look:
            self._look.cancel()
            self._look = None
        if not self._drain(_PATIENCE):
            with contextlib.suppress(termios.error):  # a terminal that is gone has no queue
                termios.tcflush(self._descriptor, termios.TCOFLUSH)
                # Held by XOFF or Ctrl+S it would keep our modes for good: stopping and starting lets go of it.
                termios.tcflow(self._descriptor, termios.TCOOFF)
                termios.tcflow(self._descriptor, termios.TCOON)
            farewell = b"\x18" + farewell  # CAN: the terminal may be inside a sequence whose end was dropped
        self._pending = farewell
        self._drain(_PATIENCE)
        if self._shared >= 0:
            os.set_blocking(self._shared, True)
        os.close(self._descriptor)

    def _drain(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        waiting = select.poll()
        waiting.register(self._descriptor, select.POLLOUT)
        while not self._write() and (left := deadline - time.monotonic()) > 0:
            waiting.poll(left * 1000)
        late = bool(self._speed) and self._queued() * 10 / self._speed > seconds
        return not self._pending and not late

    def _write(self) -> bool:
        """Whether all is written. A terminal that is gone takes everything."""
        try:
            while self._pending:
                self._pending = self._pending[os.write(self._descriptor, self._pending) :]
        except BlockingIOError:
            return False
        except OSError:
            self._pending = b""
            self._lost()
        return True

    def _go_on(self) -> None:
        if self._write():
            self._loop.remove_writer(self._descriptor)
            self._look_again()

    def _wait(self) -> None:
        """Until the kernel's queue is empty and, on a serial line, its time has passed."""
        self._look = None
        late = self._free_at - time.monotonic() if self._speed else 0.0
        if late > 0 or self._queued():
            self._look = self._loop.call_later(max(late, self._looks), self._look_again)
            self._looks = min(2 * self._looks, _LOOK_SELDOM)
        else:
            self._looks = _LOOK_AGAIN

    def _look_again(self) -> None:
        self._wait()
        if self._look is None:
            self._ready()

    def _queued(self) -> int:
        """Bytes that the tty has not sent yet; a pseudo-terminal says 0 and refuses writes instead."""
        try:
            (count,) = struct.unpack("i", fcntl.ioctl(self._descriptor, termios.TIOCOUTQ, bytes(4)))
        except OSError:
            return 0
        return int(count)
