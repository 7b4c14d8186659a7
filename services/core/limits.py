"""What one connection and one user may take of a service, so that none can starve the others."""

from sutra_client import errors
from sutra_client.errors import SutraError

CALLS = 256
"""Calls and streams in flight on one connection."""
HANDSHAKE_SECONDS = 5.0
PING_SECONDS = 20.0
DEAD_SECONDS = 60.0
"""A peer that sends nothing, or takes nothing, for so long is gone; so is one that needs longer for a single frame."""
HELD_BY_CONNECTION = 2 << 20
"""Payload bytes of calls in flight above which no more is read from a connection."""
WAITING_FOR_CONNECTION = 32 << 20
"""Bytes of answers that a connection may leave unread."""
CONNECTIONS_OF_USER = 128
CONNECTIONS_OF_ROOT = 1024
"""Root's and the service's own user's, who can stop the service anyway."""


class Users:
    """Connections by uid, over all services of one process."""

    def __init__(self) -> None:
        self._connections: dict[int, int] = {}

    def admit(self, uid: int, trusted: bool) -> None:
        """Raises SutraError BUSY when this user has too many connections already."""
        now = self._connections.get(uid, 0)
        most = CONNECTIONS_OF_ROOT if trusted else CONNECTIONS_OF_USER
        if now >= most:
            raise SutraError(errors.BUSY, f"uid {uid} has {now} connections, the most that is allowed", "close some of them")
        self._connections[uid] = now + 1

    def release(self, uid: int) -> None:
        left = self._connections.get(uid, 0) - 1
        if left > 0:
            self._connections[uid] = left
        else:
            self._connections.pop(uid, None)
