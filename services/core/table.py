"""A table stream's source: one backend iterator, one copy of the rows, any number of subscribers.

What a subscriber has not been sent yet is kept as keys, never as rows, so a slow reader costs at most one key a row.
"""

import asyncio
import operator
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import msgspec

from services.core.pump import Pump
from services.core.split import split
from services.core.subscription import Subscription
from services.core.where import Predicate
from sutra_client import events
from sutra_client.errors import SutraError
from sutra_client.events import Key
from sutra_client.wire import Encoding

TICK = 0.010
"""Seconds in which changes are gathered before they are sent, once for all."""
MOST_PENDING = 1000
"""Keys a subscriber may have waiting beyond the table's own size before it gets a fresh snapshot instead."""


class Table:
    """Joined by subscribers, each with a predicate; rows are those of the newest backend event."""

    def __init__(
        self, row: type[msgspec.Struct], key: tuple[str, ...], iterate: Callable[[], AsyncIterator[Any]], idle: Callable[[], None]
    ) -> None:
        get: Callable[[Any], Any] = operator.attrgetter(*key)
        self._key: Callable[[Any], Key] = get if len(key) > 1 else lambda candidate: (get(candidate),)
        self._row = row
        self._rows: dict[Key, Any] = {}
        self._arriving: dict[Key, Any] = {}
        self._ready = False
        self._dirty: dict[Key, None] = {}
        self._views: dict[tuple[str, str], View] = {}
        self._places: dict[Subscription, Place] = {}
        self._tick: asyncio.TimerHandle | None = None
        self._idle = idle
        self._pump = Pump(iterate, self._take, self._end)

    def join(self, subscriber: Subscription, where: str = "", predicate: Predicate | None = None) -> None:
        """`where` is the predicate's text: subscribers that have it in common share what is encoded."""
        name = (subscriber.encoding.name, where)
        view = self._views.get(name)
        if view is None:
            view = self._views[name] = View(self._row, subscriber.encoding, predicate, self._rows)
        view.users += 1
        place = self._places[subscriber] = Place(subscriber, view, name)
        if self._ready:
            place.advance()
        self._pump.start()

    def leave(self, subscriber: Subscription) -> None:
        place = self._places.pop(subscriber, None)
        if place is None:
            return
        place.view.users -= 1
        if not place.view.users:
            del self._views[place.name]
        if not self._places:
            self._pump.stop()
            if self._tick is not None:
                self._tick.cancel()
            self._idle()

    def granted(self, subscriber: Subscription) -> None:
        if self._ready and subscriber in self._places:
            self._places[subscriber].advance()

    def _take(self, event: object) -> None:
        delay = TICK if self._ready else 0
        match event:
            case events.Snapshot(rows=rows, more=more):
                self._replace(rows, more)
            case events.Changed(rows=rows):
                for row in rows:
                    key = self._key(row)
                    self._rows[key] = row
                    self._dirty[key] = None
            case events.Removed(keys=keys):
                for key in keys:
                    if self._rows.pop(key, None) is not None:
                        self._dirty[key] = None
        if self._tick is None:
            self._tick = asyncio.get_running_loop().call_later(delay, self._flush)

    def _replace(self, rows: Iterable[Any], more: bool) -> None:
        self._arriving.update((self._key(row), row) for row in rows)
        if more:
            return
        fresh, self._arriving = self._arriving, {}
        if self._ready:
            for key in self._rows.keys() | fresh.keys():
                if self._rows.get(key) != fresh.get(key):
                    self._dirty[key] = None
        self._rows.clear()
        self._rows.update(fresh)
        self._ready = True

    def _flush(self) -> None:
        self._tick = None
        if not self._ready:
            return
        dirty, self._dirty = self._dirty, {}
        for view in self._views.values():
            view.change(dirty)
        for place in list(self._places.values()):
            place.flush(dirty)

    def _end(self, error: SutraError | None) -> None:
        for subscriber in list(self._places):
            subscriber.end(error)
            self.leave(subscriber)


class View:
    """The rows that pass one predicate, in one encoding; encodes each batch once."""

    def __init__(self, row: type[msgspec.Struct], encoding: Encoding, predicate: Predicate | None, rows: dict[Key, Any]) -> None:
        kind: Any = row
        self.users = 0
        self._rows = rows
        self._predicate = predicate
        self._snapshot = encoding.encoder(events.Snapshot[kind])
        self._changed = encoding.encoder(events.Changed[kind])
        self._removed = encoding.encoder(events.Removed)
        self._parts: list[bytes] | None = None
        self.batch: list[bytes] = []
        """The newest change, encoded, for whoever had everything before it."""

    @property
    def size(self) -> int:
        """Rows in the table, whether they pass or not."""
        return len(self._rows)

    def change(self, dirty: dict[Key, None]) -> None:
        if dirty:
            self._parts = None
        self.batch = self.encode(dirty)

    def encode(self, keys: dict[Key, None]) -> list[bytes]:
        """What happened to these keys, as events; a row that no longer passes is removed."""
        changed, removed = [], []
        for key in keys:
            row = self._rows.get(key)
            if row is not None and (self._predicate is None or self._predicate(row)):
                changed.append(row)
            else:
                removed.append(key)
        encoded = split(changed, lambda rows, last: self._changed(events.Changed(rows))) if changed else []
        if removed:
            encoded += split(removed, lambda gone, last: self._removed(events.Removed(gone)))
        return encoded

    def parts(self) -> list[bytes]:
        """The snapshot, kept until a row changes."""
        if self._parts is None:
            rows = [row for row in self._rows.values() if self._predicate is None or self._predicate(row)]
            self._parts = split(rows, lambda some, last: self._snapshot(events.Snapshot(some, not last)))
        return self._parts


class Place:
    """Where one subscriber stands: parts of the snapshot still to send, then keys that changed since."""

    def __init__(self, subscriber: Subscription, view: View, name: tuple[str, str]) -> None:
        self._subscriber = subscriber
        self.view = view
        self.name = name
        self._fresh = True
        self._parts: list[bytes] = []
        self._pending: dict[Key, None] = {}

    def flush(self, dirty: dict[Key, None]) -> None:
        """After a tick: the shared batch if this one is up to date, else the keys are remembered."""
        batch = self.view.batch
        if self._fresh or self._parts or self._pending or self._subscriber.credit < len(batch):
            if not self._fresh:
                self._pending.update(dirty)
                if len(self._pending) > MOST_PENDING + self.view.size:
                    self._fresh = True
            self.advance()
            return
        for event in batch:
            self._subscriber.item(event)

    def advance(self) -> None:
        """Sends what is due as far as the credit goes."""
        subscriber = self._subscriber
        if subscriber.credit <= 0:
            return
        if self._fresh and not self._parts:
            self._fresh = False
            self._pending.clear()
            self._parts = list(self.view.parts())
            subscriber.restart()
        while self._parts and subscriber.credit > 0:
            subscriber.item(self._parts.pop(0))
        if self._pending and subscriber.credit > 0 and not self._parts:
            waiting, self._pending = self._pending, {}
            batch = self.view.encode(waiting)
            if len(batch) > subscriber.credit:
                self._fresh = True
                self.advance()
                return
            for event in batch:
                subscriber.item(event)
