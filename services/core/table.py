"""A table stream's source: one backend iterator, one copy of the rows, any number of subscribers.

What a subscriber has not been sent yet is kept as keys, never as rows, so a slow reader costs at most one key a row.
"""

import asyncio
import operator
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import msgspec

from services.core.pump import Pump, as_error
from services.core.sight import Sight
from services.core.subscription import Subscription
from services.core.view import Place, View
from services.core.where import Predicate
from sutra_client import events
from sutra_client.errors import SutraError
from sutra_client.events import Key

TICK = 0.010
"""Seconds in which changes are gathered before they are sent, once for all."""


ViewName = tuple[str, bytes, tuple[object, ...] | None]
"""Encoding, `where` and sight: subscribers that have these in common share what is encoded."""


class Table:
    """Joined by subscribers, each with a predicate; rows are those of the newest backend event."""

    def __init__(self, row: type[msgspec.Struct], key: tuple[str, ...], pump: Pump, idle: Callable[[], None]) -> None:
        get: Callable[[Any], Any] = operator.attrgetter(*key)
        self._key: Callable[[Any], Key] = get if len(key) > 1 else lambda candidate: (get(candidate),)
        self._row = row
        self._rows: dict[Key, Any] = {}
        self._arriving: dict[Key, Any] | None = None
        self._ready = False
        self._dirty: dict[Key, Any] = {}
        """What changed since the last tick, and what it was; None where it was not there, or was sent to somebody between two changes."""
        self._views: dict[ViewName, View] = {}
        self._places: dict[Subscription, Place] = {}
        self._tick: asyncio.TimerHandle | None = None
        self._idle = idle
        self._pump = pump

    def join(self, subscriber: Subscription, where: bytes = b"", predicate: Predicate | None = None, sight: Sight | None = None) -> None:
        """`where` stands for the predicate; without `sight` the subscriber sees all that there is."""
        name = (subscriber.encoding.name, where, sight.key if sight is not None else None)
        view = self._views.get(name)
        if view is None:
            view = self._views[name] = View(self._row, subscriber.encoding, predicate, sight, self._rows)
        place = view.places[subscriber] = self._places[subscriber] = Place(subscriber, view, partial(self._leave_view, name, subscriber))
        try:
            if self._ready:
                place.advance()
        except Exception:
            self.leave(subscriber)
            raise
        self._pump.start(self._take, self._end)

    def _leave_view(self, name: ViewName, subscriber: Subscription) -> None:
        view = self._views[name]
        del view.places[subscriber]
        if not view.places:
            del self._views[name]

    def leave(self, subscriber: Subscription) -> None:
        place = self._places.pop(subscriber, None)
        if place is None:
            return
        place.leave()
        if not self._places:
            self._pump.stop()
            if self._tick is not None:
                self._tick.cancel()
            self._idle()

    def granted(self, subscriber: Subscription) -> None:
        if self._ready and subscriber in self._places:
            place = self._places[subscriber]
            self._guarded(place.view, place.advance)

    def _take(self, event: object) -> None:
        delay = TICK if self._ready else 0
        match event:
            case events.Snapshot(rows=rows, more=more):
                self._replace(rows, more)
            case events.Changed(rows=rows):
                self._change(rows)
            case events.Removed(keys=keys):
                self._remove(keys)
        if self._tick is None:
            self._tick = asyncio.get_running_loop().call_later(delay, self._flush)

    def _change(self, rows: Iterable[Any]) -> None:
        for row in rows:
            key = self._key(row)
            if self._arriving is not None:
                self._arriving[key] = row
            if (old := self._rows.get(key)) != row:
                self._rows[key] = row
                self._touch(key, old)

    def _remove(self, keys: Iterable[Key]) -> None:
        for key in keys:
            if self._arriving is not None:
                self._arriving.pop(key, None)
            if (old := self._rows.pop(key, None)) is not None:
                self._touch(key, old)

    def _touch(self, key: Key, old: Any) -> None:
        self._dirty[key] = None if key in self._dirty else old

    def _replace(self, rows: Iterable[Any], more: bool) -> None:
        fresh = self._arriving if self._arriving is not None else {}
        fresh.update((self._key(row), row) for row in rows)
        self._arriving = fresh if more else None
        if more:
            return
        if self._ready:
            for key in self._rows.keys() | fresh.keys():
                if (old := self._rows.get(key)) != fresh.get(key):
                    self._touch(key, old)
        self._rows.clear()
        self._rows.update(fresh)
        if not self._ready:
            self._ready = True
            for view in self._views.values():
                view.begin()

    def _flush(self) -> None:
        self._tick = None
        if not self._ready:
            return
        dirty, self._dirty = self._dirty, {}
        for view in list(self._views.values()):
            self._guarded(view, partial(view.change, dirty))

    def _guarded(self, view: View, step: Callable[[], None]) -> None:
        """A row that cannot be encoded ends the streams of this view, whose readers would be wrong from here on, and no other."""
        try:
            step()
        except Exception as problem:  # noqa: BLE001 - whatever a backend's rows do is told to their readers
            for subscriber in list(view.places):
                subscriber.end(as_error(problem))
                self.leave(subscriber)

    def _end(self, error: SutraError | None) -> None:
        if self._tick is not None:
            self._tick.cancel()
        self._flush()
        for subscriber, place in list(self._places.items()):
            self._guarded(place.view, partial(self._finish, subscriber, error))

    def _finish(self, subscriber: Subscription, error: SutraError | None) -> None:
        place = self._places.get(subscriber)
        if place is not None:
            subscriber.end(error, place.rest() if self._ready else [])
            self.leave(subscriber)
