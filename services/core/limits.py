"""What one connection and one user may take of a service, so that none can starve the others."""

from sutra_client import errors, frame
from sutra_client.errors import SutraError

CALLS = 256
"""Calls and streams in flight on one connection."""
HANDSHAKE_SECONDS = frame.HANDSHAKE_SECONDS
PING_SECONDS = frame.PING_SECONDS
DEAD_SECONDS = frame.DEAD_SECONDS
"""A peer that sends nothing, or takes nothing, for so long is gone; so is one that needs longer for a single frame."""
HELD_BY_CONNECTION = 2 << 20
"""Payload bytes of the calls and streams that one connection has in flight."""
HELD_BY_USER = 16 << 20
"""The same of all connections of one uid."""
CONNECTIONS_OF_USER = 128
CONNECTIONS_OF_ROOT = 1024
"""Root's and the service's own user's, who can stop the service anyway."""


class Users:
    """Connections and held bytes by uid, over all services of one process."""

    def __init__(self) -> None:
        self._connections: dict[int, int] = {}
        self._held: dict[int, int] = {}

    def admit(self, uid: int, trusted: bool) -> None:
        """Raises SutraError BUSY when this user has too many connections already."""
        now = self._connections.get(uid, 0)
        most = CONNECTIONS_OF_ROOT if trusted else CONNECTIONS_OF_USER
        if now >= most:
            raise SutraError(errors.BUSY, f"uid {uid} has {now} connections, the most that is allowed", "close some of them")
        self._connections[uid] = now + 1

    def hold(self, uid: int, size: int) -> None:
        """Counts payload bytes in, or out when negative; raises SutraError BUSY when there are too many."""
        held = self._held.get(uid, 0) + size
        if size > 0 and held > HELD_BY_USER:
            raise SutraError(errors.BUSY, f"the calls of uid {uid} hold {held} bytes, more than is allowed", "wait for some to end")
        self._held[uid] = held

    def release(self, uid: int, held: int) -> None:
        """A connection is gone, and what it held with it."""
        self._held[uid] = self._held.get(uid, 0) - held
        left = self._connections.get(uid, 0) - 1
        if left > 0:
            self._connections[uid] = left
        else:
            self._connections.pop(uid, None)
            self._held.pop(uid, None)
