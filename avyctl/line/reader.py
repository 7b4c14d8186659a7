"""Lines of a terminal, a pipe or a file, read without holding up the event loop."""

import asyncio
import os
from errno import EIO

_LONGEST = 65536
"""Bytes without a newline that are taken for a line."""


class LineReader:
    """May be cancelled at any time: what was read by then is kept for the next call."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._rest = b""
        self._ended = False

    async def line(self) -> str | None:
        """The next line without its end; None after the last. Bytes that are no UTF-8 are surrogates, as in argv."""
        while b"\n" not in self._rest and not self._ended and len(self._rest) < _LONGEST:
            data = await self._read()
            self._ended = not data
            self._rest += data
        if not self._rest:
            return None
        found, _, self._rest = self._rest.partition(b"\n")
        return found.decode("utf-8", "surrogateescape").strip()

    async def _read(self) -> bytes:
        loop = asyncio.get_running_loop()
        readable = asyncio.Event()
        try:
            loop.add_reader(self._descriptor, readable.set)
        except PermissionError:
            return self._got()  # a regular file cannot be waited for, and never makes us wait
        try:
            await readable.wait()
        finally:
            loop.remove_reader(self._descriptor)
        return self._got()

    def _got(self) -> bytes:
        """A terminal that is gone has come to its end."""
        try:
            return os.read(self._descriptor, 65536)
        except OSError as error:
            if error.errno != EIO:
                raise
            return b""
