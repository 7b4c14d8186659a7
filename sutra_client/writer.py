"""Frames on their way out of either end."""

import asyncio

from sutra_client import frame

MOST = 256 << 10
"""Bytes that are gathered before they are written, whatever the loop is doing."""


class Writer:
    """Writes at once when one thing is asked at a time, else gathers the frames of a loop turn into one write."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._corked = False
        self._out: list[bytes] = []
        self._waiting = 0

    def send(self, kind: int, opcode: int, call: int, payload: bytes, alone: bool) -> None:
        """`alone` is whether nothing else is in flight."""
        data = frame.pack(kind, opcode, call, payload)
        if alone and not self._corked:
            self._transport.write(data)
            return
        self._out.append(data)
        self._waiting += len(data)
        if self._waiting > MOST:
            self._flush()
        elif not self._corked:
            self._corked = True
            self._loop.call_soon(self.uncork)

    def cork(self) -> bool:
        """Gathers until uncork(); False when that was so already, and somebody else will uncork."""
        was, self._corked = self._corked, True
        return not was

    def uncork(self) -> None:
        self._corked = False
        self._flush()

    def _flush(self) -> None:
        if self._out:
            data = b"".join(self._out)
            self._out.clear()
            self._waiting = 0
            self._transport.write(data)
