"""The source of a samples, log or operation stream: events in order, and what may be left out when a reader is slow."""

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from services.core.pump import Pump
from services.core.sight import Sight
from services.core.split import split
from services.core.subscription import Subscription
from sutra_client import events
from sutra_client.errors import SutraError
from sutra_client.wire import Encode, Encoding

RING = 1 << 20
"""Bytes of log records kept for a slow reader before the oldest are lost."""


class Entry(NamedTuple):
    """One encoded event that waits for credit."""

    event: bytes
    records: int
    """How many log records are lost if this is dropped."""
    newest: bool
    """A newer one takes its place."""


class Feed:
    """Samples: the newest wins. Log: a bounded ring, then Lost(n). Operation: the newest progress, and always the result."""

    def __init__(self, row: Any, result: Any, pump: Pump, idle: Callable[[], None]) -> None:
        self._types: dict[type, Any] = {
            events.Samples: events.Samples[row],
            events.Records: events.Records[row],
            events.Lost: events.Lost,
            events.Progress: events.Progress[row],
            events.Done: events.Done[result],
        }
        self._encoders: dict[tuple[str, type], Encode] = {}
        self._backlogs: dict[Subscription, Backlog] = {}
        self._latest: events.Samples[Any] | None = None
        self._idle = idle
        self._pump = pump

    def join(self, subscriber: Subscription, sight: Sight | None = None) -> None:
        """A latecomer to samples gets the latest one at once. Without `sight` the subscriber sees all that there is."""
        backlog = self._backlogs[subscriber] = Backlog(subscriber, sight)
        if self._latest is not None:
            backlog.put(self._entries(self._latest, subscriber.encoding, sight, live=True))
        self._pump.start(self._take, self._end)

    def leave(self, subscriber: Subscription) -> None:
        if self._backlogs.pop(subscriber, None) is not None and not self._backlogs:
            self._pump.stop()
            self._idle()

    def granted(self, subscriber: Subscription) -> None:
        if subscriber in self._backlogs:
            self._backlogs[subscriber].send()

    def _take(self, event: object) -> None:
        if isinstance(event, events.Samples | events.Records) and not event.rows:
            return
        encoded: dict[tuple[str, object], list[Entry]] = {}
        for subscriber, backlog in list(self._backlogs.items()):
            shared = subscriber.encoding.name, backlog.sight.key if backlog.sight is not None else None
            if shared not in encoded:
                encoded[shared] = self._entries(event, subscriber.encoding, backlog.sight, live=self._latest is not None)
            backlog.put(encoded[shared])
        if isinstance(event, events.Samples):
            self._latest = events.Samples(event.rows[-1:])

    def _entries(self, event: object, encoding: Encoding, sight: Sight | None, live: bool) -> list[Entry]:
        """`live` is false for the first event alone: it may be the history that was asked for, of which nothing is left out."""
        if sight is not None:
            event = _seen(event, sight)
        kind = type(event)
        encode = self._encoders.get((encoding.name, kind))
        if encode is None:
            encode = self._encoders[encoding.name, kind] = encoding.encoder(self._types[kind])
        match event:
            case events.Samples(rows=[]) | events.Records(rows=[]):
                return []
            case events.Samples(rows=rows) if live:
                return [Entry(encode(events.Samples(rows[-1:])), 0, True)]
            case events.Samples(rows=rows):
                return [Entry(part, 0, len(rows) == 1) for part, _ in split(rows, lambda some, last: encode(events.Samples(some)))]
            case events.Records(rows=rows):
                return [Entry(part, count, False) for part, count in split(rows, lambda some, last: encode(events.Records(some)))]
            case events.Lost(count=count):
                return [Entry(encode(event), count, False)]
            case _:
                return [Entry(encode(event), 0, isinstance(event, events.Progress))]

    def _end(self, error: SutraError | None) -> None:
        for subscriber, backlog in list(self._backlogs.items()):
            backlog.finish(error)
            self.leave(subscriber)


def _seen(event: object, sight: Sight) -> object:
    match event:
        case events.Samples(rows=rows):
            return events.Samples(sight.rows(rows))
        case events.Records(rows=rows):
            return events.Records(sight.rows(rows))
        case events.Progress(state=state):
            return events.Progress(sight.row(state))
        case events.Done(result=result):
            return events.Done(sight.row(result))
    return event


class Backlog:
    """What one subscriber has not been sent yet, at most one replaceable event, or RING bytes of log."""

    def __init__(self, subscriber: Subscription, sight: Sight | None) -> None:
        self.sight = sight
        self._subscriber = subscriber
        self._entries: deque[Entry] = deque()
        self._bytes = 0
        self._lost = 0
        self._encode_lost = subscriber.encoding.encoder(events.Lost)

    def put(self, entries: list[Entry]) -> None:
        for entry in entries:
            if entry.newest and self._entries and self._entries[-1].newest:
                self._bytes -= len(self._entries.pop().event)
            self._entries.append(entry)
            self._bytes += len(entry.event)
        while self._bytes > RING and len(self._entries) > 1 and self._entries[0].records:
            oldest = self._entries.popleft()
            self._bytes -= len(oldest.event)
            self._lost += oldest.records
        self.send()

    def send(self) -> None:
        """As far as the credit goes; what was lost is said first, where it is missing."""
        while self._subscriber.credit > 0 and (self._lost or self._entries):
            if self._lost:
                lost, self._lost = self._lost, 0
                self._subscriber.item(self._encode_lost(events.Lost(lost)))
            else:
                entry = self._entries.popleft()
                self._bytes -= len(entry.event)
                self._subscriber.item(entry.event)

    def finish(self, error: SutraError | None) -> None:
        """The session keeps what is left, so that a result is never lost to a reader without credit."""
        left = [entry.event for entry in self._entries]
        if self._lost:
            left.insert(0, self._encode_lost(events.Lost(self._lost)))
        self._subscriber.end(error, left)
