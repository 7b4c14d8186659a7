"""One peer's subscription to a stream: between the session that writes and the source that feeds it."""

from typing import Protocol

from sutra_client import errors, frame
from sutra_client.errors import SutraError
from sutra_client.wire import Encoding

MOST_CREDIT = 1 << 31
MOST_EVENT = frame.MAX_TO_CLIENT - 64
"""Bytes of an encoded event that fit a frame together with revision and braces."""


class Outlet(Protocol):
    """What a subscription needs of its session."""

    @property
    def writable(self) -> bool: ...

    def send(self, kind: int, opcode: int, call: int, payload: bytes = b"") -> None: ...

    def fail(self, encoding: Encoding, opcode: int, call: int, error: SutraError) -> None: ...

    def ended(self, opcode: int, call: int) -> None: ...


class Source(Protocol):
    """What feeds the subscribers of one stream that have the same arguments."""

    def leave(self, subscriber: "Subscription") -> None: ...

    def granted(self, subscriber: "Subscription") -> None:
        """The peer gave more credit, or can take output again."""


class Subscription:
    """One stream of a session, as its source sees it."""

    source: Source

    def __init__(self, session: Outlet, encoding: Encoding, opcode: int, call: int, credit: int) -> None:
        self.encoding = encoding
        self.held = 0
        """Bytes of arguments that are counted against the peer while the stream lasts."""
        self._session = session
        self._opcode = opcode
        self._call = call
        self._granted = max(0, credit)
        self._revision = 0
        self._left: list[bytes] | None = None
        self._error: SutraError | None = None

    @property
    def credit(self) -> int:
        """ITEMs the peer will take now; a source sends none beyond it. 0 while the peer's socket is full."""
        return self._granted if self._session.writable else 0

    def grant(self, more: int) -> None:
        """What a CREDIT frame gives."""
        self._granted = min(self._granted + max(0, more), MOST_CREDIT)
        self.send()

    def send(self) -> None:
        """There is credit, or room in the socket, again."""
        if self._left is not None:
            self._drain()
        else:
            self.source.granted(self)

    def restart(self) -> None:
        """The next item is a snapshot's first: revision 1 again."""
        self._revision = 0

    def item(self, event: bytes) -> None:
        """Sends one encoded event and uses one credit; raises SutraError FAILED for one that no frame can hold."""
        if len(event) > MOST_EVENT:
            raise SutraError(errors.FAILED, f"a row of {len(event)} bytes is more than a frame holds")
        self._granted -= 1
        self._revision += 1
        self._session.send(frame.ITEM, self._opcode, self._call, self.encoding.item(self._revision, event))

    def end(self, error: SutraError | None = None, left: list[bytes] | None = None) -> None:
        """The stream is over, once the encoded events that are `left` have been sent as credit comes."""
        self._left, self._error = left or [], error
        self._drain()

    def _drain(self) -> None:
        assert self._left is not None
        while self._left and self.credit > 0:
            self.item(self._left.pop(0))
        if self._left:
            return
        if self._error is None:
            self._session.send(frame.END, self._opcode, self._call)
        else:
            self._session.fail(self.encoding, self._opcode, self._call, self._error)
        self._session.ended(self._opcode, self._call)

    def stop(self) -> None:
        """The peer cancelled it, or is gone."""
        self._session.ended(self._opcode, self._call)
        self.source.leave(self)
