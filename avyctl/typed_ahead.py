"""Keys that were typed before their forerunner had done its work: they wait for it, and reach what it opened."""

from collections import deque

from textual import events
from textual.app import App
from textual.driver import Driver
from textual.message import Message

_PATIENCE = 0.2
"""Seconds that a key waits for the one before; the widget that had it may be gone, and would never say."""


class Passed(Message):
    """Goes the way of a key, right behind it: where this arrives, the key has been heard by all who could take it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class TypedAhead(App[None], inherit_bindings=False):
    """Textual hands each key to whatever has the focus when it is read. From a line that is slow, pasted to or scripted, `:quit` comes
    as one piece, and all of it would go to the list that had the focus before `:`.
    """

    def __init__(self, driver_class: type[Driver]) -> None:
        super().__init__(driver_class=driver_class)
        self._count = 0
        self._under_way = 0
        """Number of the key that is not done yet, 0 for none."""
        self._ahead: deque[events.Key | events.Paste] = deque()

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, (events.Key, events.Paste)) or event.is_forwarded:
            await super().on_event(event)
        elif self._under_way:
            self._ahead.append(event)
        else:
            await self._begin(event)

    async def _begin(self, event: events.Key | events.Paste) -> None:
        self._count += 1
        number = self._under_way = self._count
        target = self.focused or self.screen
        await super().on_event(event)
        target.post_message(Passed(number))
        self.set_timer(_PATIENCE, lambda: self._done(number))

    def on_passed(self, event: Passed) -> None:
        self.call_later(self._done, event.number)  # after what the key itself has left for later, such as the focus

    async def _done(self, number: int) -> None:
        if number != self._under_way:
            return
        self._under_way = 0
        if self._ahead:
            await self._begin(self._ahead.popleft())
