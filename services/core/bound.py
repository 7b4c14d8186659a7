"""A service bound to its backend: what each opcode calls, and the encoders and decoders it needs, made once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from hashlib import sha256
from typing import Any, TypeVar

import msgspec

from services.core.counting import Count
from services.core.feed import Feed
from services.core.pump import Pump
from services.core.sight import Eyes, Lens, Sees, Sight
from services.core.subscription import Subscription
from services.core.table import Table
from services.core.where import check_field, predicate
from sutra_client import runtime
from sutra_client.gen import core
from sutra_client.wire import Encoding

T = TypeVar("T")
Source = Table | Feed


class Made(dict[Encoding, T]):
    """A function of an encoding whose result is made at its first use: a one-shot needs only one of them."""

    def __init__(self, make: Callable[[Encoding], T]) -> None:
        self._make = make

    def __missing__(self, encoding: Encoding) -> T:
        made = self[encoding] = self._make(encoding)
        return made


class BoundCall:
    """One method of a backend."""

    def __init__(self, call: runtime.Call[Any, Any], backend: object, sees: Sees) -> None:
        self.call = call
        self.count = Count()
        self.lens = Lens(call.sees, (call.out,), sees)
        self.handler: Callable[..., Coroutine[object, None, object]] = getattr(backend, call.name)
        self.instant: bool = getattr(self.handler, "instant", False)
        self.decode = Made(lambda encoding: encoding.asked(call.args))
        self.encode = Made(lambda encoding: encoding.encoder(call.out))


class BoundStream:
    """One stream of a backend; subscribers with equal arguments share a source where the kind allows it."""

    def __init__(self, stream: runtime.Stream[Any, Any], backend: object, sees: Sees) -> None:
        self.stream = stream
        self.count = Count()
        self._lens = Lens(stream.sees, (stream.row, stream.result), sees)
        self._iterate: Callable[..., AsyncIterator[Any]] = getattr(backend, stream.name)
        self.decode = Made(lambda encoding: encoding.asked(stream.args))
        self._sources: dict[bytes, Source] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        """Backend iterators that run, or are still closing."""

    def join(self, subscriber: Subscription, args: msgspec.Struct, eyes: Eyes) -> Source:
        """Raises SutraError INVALID for a `where` or `fields` that does not fit the row."""
        sight = self._lens.sight(eyes)
        if self.stream.kind == "table":
            return self._join_table(subscriber, args, sight)
        shared = self.stream.kind == "samples" and getattr(args, "since", None) is None
        feed = self._source(args, shared, lambda pump, idle: Feed(self.stream.row, self.stream.result, pump, idle))
        assert isinstance(feed, Feed)
        feed.join(subscriber, sight)
        return feed

    def _join_table(self, subscriber: Subscription, args: msgspec.Struct, sight: Sight | None) -> Table:
        row: Any = self.stream.row
        where = getattr(args, "where", [])
        passes = predicate(where, row)
        for field in getattr(args, "fields", []):
            check_field(field, row)
        if where:
            args = msgspec.structs.replace(args, where=[])
        table = self._source(args, True, lambda pump, idle: Table(row, self.stream.key, pump, idle))
        assert isinstance(table, Table)
        table.join(subscriber, sha256(msgspec.msgpack.encode(where)).digest() if where else b"", passes, sight)
        return table

    def _source(self, args: msgspec.Struct, shared: bool, make: Callable[[Pump, Callable[[], None]], Source]) -> Source:
        name = msgspec.msgpack.encode(args)
        if shared and name in self._sources:
            return self._sources[name]
        pump = Pump(lambda: self._iterate(*msgspec.structs.astuple(args)), self.tasks)
        source = make(pump, lambda: self._forget(name, source))
        if shared:
            self._sources[name] = source
        return source

    def _forget(self, name: bytes, source: Source) -> None:
        if self._sources.get(name) is source:
            del self._sources[name]


class Bound:
    """Everything that one endpoint answers, by opcode."""

    def __init__(self, service: runtime.Service, backend: object) -> None:
        self.calls: dict[int, BoundCall] = {}
        self.streams: dict[int, BoundStream] = {}
        self._sees = dict(core.SERVICE.sees)
        self.add(service, backend)

    @property
    def tasks(self) -> "set[asyncio.Task[None]]":
        """Backend iterators that run, or are still closing."""
        return set().union(*(stream.tasks for stream in self.streams.values()))

    def count(self, opcode: int) -> Count | None:
        """None for an opcode that nothing answers."""
        bound = self.calls.get(opcode) or self.streams.get(opcode)
        return bound.count if bound is not None else None

    def add(self, service: runtime.Service, backend: object) -> None:
        """A backend whose host shows less than the schema says has `narrowed`: by name of a member, another `role` or `sees`."""
        narrowed: Mapping[str, Mapping[str, str]] = getattr(backend, "narrowed", {})
        self._sees.update(service.sees)
        for call in service.calls:
            self.calls[call.opcode] = BoundCall(msgspec.structs.replace(call, **narrowed.get(call.name, {})), backend, self._sees)
        for stream in service.streams:
            self.streams[stream.opcode] = BoundStream(msgspec.structs.replace(stream, **narrowed.get(stream.name, {})), backend, self._sees)
