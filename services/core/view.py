"""What the subscribers of a table with the same predicate, encoding and sight share, and where each of them stands."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from services.core.sight import Sight, through
from services.core.split import events_of
from services.core.subscription import Subscription
from services.core.where import Predicate
from sutra_client import events
from sutra_client.events import Key
from sutra_client.wire import Encoding

MOST_PENDING = 1000
"""Keys a subscriber may have waiting beyond the table's own size before it gets a fresh snapshot instead."""


class View:
    """The rows of a table that pass one predicate, in one encoding, as peers of one sight see them; encodes each batch once."""

    def __init__(
        self, row: type[msgspec.Struct], encoding: Encoding, predicate: Predicate | None, sight: Sight | None, rows: Mapping[Key, Any]
    ) -> None:
        kind: Any = row
        self.places: dict[Subscription, Place] = {}
        self._rows = rows
        self._predicate = predicate
        self._sight = sight
        self._snapshot = encoding.encoder(events.Snapshot[kind])
        self._changed = encoding.encoder(events.Changed[kind])
        self._removed = encoding.encoder(events.Removed)
        self._parts: list[bytes] | None = None
        self._passed: set[Key] = set()
        self.begin()

    def begin(self) -> None:
        """The table has a new content altogether."""
        self._parts = None
        self._passed = {key for key, row in self._rows.items() if self._shown(row) is not None}

    @property
    def size(self) -> int:
        """Rows in the table, whether they pass or not."""
        return len(self._rows)

    def _shown(self, row: Any) -> Any:
        """The row as these subscribers get it; None where they do not."""
        return through(self._sight, self._predicate, row)

    def change(self, dirty: Mapping[Key, Any]) -> None:
        """Tells every subscriber what happened to the rows with these keys, each with what it was before, as far as it may see them.

        That something changed which it may not see would tell of it, too: when, and how often.
        """
        touched: dict[Key, None] = {}
        for key, old in dirty.items():
            row = self._shown(self._rows.get(key))
            if row is not None:
                if self._sight is not None and key in self._passed and row == self._shown(old):
                    continue
                self._passed.add(key)
            elif key in self._passed:
                self._passed.discard(key)
            else:
                continue
            touched[key] = None
        if touched:
            self._parts = None
        batch = self.encode(touched)
        for place in list(self.places.values()):
            place.flush(batch, touched)

    def encode(self, keys: Mapping[Key, None]) -> list[bytes]:
        """What these rows are now, as events; one that does not pass is removed."""
        changed, removed = [], []
        for key in keys:
            row = self._shown(self._rows.get(key))
            if row is not None:
                changed.append(row)
            else:
                removed.append(key)
        encoded = events_of(changed, lambda rows, last: self._changed(events.Changed(rows))) if changed else []
        if removed:
            encoded += events_of(removed, lambda gone, last: self._removed(events.Removed(gone)))
        return encoded

    def parts(self) -> list[bytes]:
        """The snapshot, kept until a row changes."""
        if self._parts is None:
            rows = [row for held in self._rows.values() if (row := self._shown(held)) is not None]
            self._parts = events_of(rows, lambda some, last: self._snapshot(events.Snapshot(some, not last)))
        return self._parts


class Place:
    """Where one subscriber stands: parts of the snapshot still to send, then keys that changed since."""

    def __init__(self, subscriber: Subscription, view: View, leave: Callable[[], None]) -> None:
        self.view = view
        self.leave = leave
        self._subscriber = subscriber
        self._fresh = True
        self._parts: list[bytes] = []
        self._pending: dict[Key, None] = {}

    def flush(self, batch: list[bytes], touched: Mapping[Key, None]) -> None:
        """After a tick: the shared batch if this one is up to date, else the keys are remembered."""
        if self._fresh or self._parts or self._pending or self._subscriber.credit < len(batch):
            if not self._fresh:
                self._pending.update(touched)
                self._fresh = len(self._pending) > MOST_PENDING + self.view.size
            self.advance()
            return
        for event in batch:
            self._subscriber.item(event)

    def advance(self) -> None:
        """Sends what is due as far as the credit goes."""
        subscriber = self._subscriber
        if subscriber.credit <= 0:
            return
        self._renew()
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

    def _renew(self) -> None:
        if self._fresh and not self._parts:
            self._fresh = False
            self._pending.clear()
            self._parts = list(self.view.parts())
            self._subscriber.restart()

    def rest(self) -> list[bytes]:
        """All that this subscriber has not been sent yet, for the end of the stream."""
        self._renew()
        return self._parts + self.view.encode(self._pending)
