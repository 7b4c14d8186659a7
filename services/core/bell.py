"""How many readers wait for the same thing to be new."""

import asyncio


class Bell:
    """Wakes everybody who waits, as often as it is rung."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def next(self) -> asyncio.Event:
        """Set at the next ring; taken before looking at what the bell announces, no ring is missed."""
        return self._event

    def ring(self) -> None:
        self._event.set()
        self._event = asyncio.Event()
