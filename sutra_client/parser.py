"""The incremental frame parser of both ends: bytes in, frames out, no I/O."""

from collections.abc import Iterator

from sutra_client.frame import HEADER, HEADER_SIZE, refusal

Frame = tuple[int, int, int, bytes]
"""(kind, opcode, call, payload)."""


class FrameError(Exception):
    """The peer broke the framing; the connection cannot go on, and the text says why."""


class Parser:
    """Holds at most one unfinished frame, of at most `limit` payload bytes; `limit` may change between frames."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._rest = bytearray()
        self._need = HEADER_SIZE

    @property
    def pending(self) -> int:
        """Bytes held of the frame that is not complete yet."""
        return len(self._rest)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Yields each complete frame, to be exhausted before the next feed; raises FrameError at the first that breaks a rule."""
        if self._rest:
            self._rest += data
            if len(self._rest) < self._need:
                return
            data = bytes(self._rest)
            self._rest.clear()
        start, end = 0, len(data)
        self._need = HEADER_SIZE
        while end - start >= HEADER_SIZE:
            size, kind, flags, opcode, call = HEADER.unpack_from(data, start)
            if size > self.limit or flags or not 0 < kind <= 12:
                raise FrameError(refusal(size, kind, flags, self.limit))
            stop = start + HEADER_SIZE + size
            if stop > end:
                self._need = stop - start
                break
            yield kind, opcode, call, data[start + HEADER_SIZE : stop]
            start = stop
        if start < end:
            self._rest += data[start:] if start else data
