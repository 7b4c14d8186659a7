"""A client of any service, by the interface that it serves itself: its methods and streams, with no binding of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from sutra_client import json_text, made_types, runtime
from sutra_client.connection import Connection
from sutra_client.errors import INVALID, UNAVAILABLE, UNSUPPORTED, SutraError
from sutra_client.gen.core import CoreClient
from sutra_client.json_form import BytesText, twin
from sutra_client.json_text import Json
from sutra_client.schema import Entry
from sutra_client.shape import checked
from sutra_client.text import display
from sutra_client.transport import Connect
from sutra_client.wire import JSON


class Anything:
    """Names of methods and streams are those of the schema; `schema.entries` has them by verb. Rows and answers are Structs whose
    fields are attributes, as those of a generated client.
    """

    def __init__(self, connection: runtime.Connection, text: str) -> None:
        """`text` is what the service at the other end answers to `introspect`; raises SutraError UNAVAILABLE where that is no schema."""
        self.schema, self.service = made_types.made(text)
        self.core = CoreClient(connection)
        """What every service answers: about, statistics, allowed and their streams."""
        self._connection = connection
        self._calls = {call.name: call for call in self.service.calls}
        self._streams = {stream.name: stream for stream in self.service.streams}

    @staticmethod
    async def on(connection: runtime.Connection) -> "Anything":
        """Over a connection that is open already, whatever it was opened for; raises SutraError."""
        return Anything(connection, await CoreClient(connection).introspect())

    async def call(self, name: str, args: dict[str, Json]) -> Any:
        """The answer of a method; raises SutraError, INVALID for arguments that do not fit before anything is sent."""
        call = self._calls.get(name)
        if call is None:
            raise self._unknown("method", name)
        return await self._connection.call(call, self._arguments(name, args, call.args))

    def follow(self, name: str, args: dict[str, Json]) -> AsyncIterator[Any]:
        """The events of a stream, of its kind's types in events.py; raises SutraError INVALID at once for arguments that do not fit."""
        stream = self._streams.get(name)
        if stream is None:
            raise self._unknown("stream", name)
        if stream.kind not in ("table", "samples", "log", "operation"):
            raise SutraError(UNSUPPORTED, f"{self.schema.id}: {name} is of kind {stream.kind}, which this version cannot follow")
        return getattr(self._connection, stream.kind)(stream, self._arguments(name, args, stream.args))  # type: ignore[no-any-return]

    def plain(self, name: str, value: object) -> Json:
        """An answer of a method, or a row or result of a stream, as JSON has it: with names of fields, and bytes as text."""
        if name in self._calls:
            kind = self._calls[name].out
        else:
            stream = self._streams[name]
            kind = stream.row if type(value) is stream.row else stream.result
        return json_text.read(JSON.encoder(kind)(value))

    def entry(self, name: str) -> Entry:
        """What the schema says of a method or stream; raises SutraError for one that it has not."""
        for entry in self.schema.entries.values():
            if entry[2] == name:
                return entry
        raise self._unknown("method or stream", name)

    def _arguments(self, name: str, args: dict[str, Json], kind: type[msgspec.Struct]) -> msgspec.Struct:
        entry = self.entry(name)
        args = checked(self.schema, entry, args)
        try:
            text = msgspec.convert(args, twin(kind), dec_hook=BytesText.read)
            return msgspec.convert(text, kind, from_attributes=True)
        except msgspec.ValidationError as error:
            raise SutraError(INVALID, f"{self.schema.id}: {name}: {error}") from None

    def _unknown(self, what: str, name: str) -> SutraError:
        return SutraError(UNSUPPORTED, f"{self.schema.id} has no {what} {name!r}", "its schema lists what there is")


@asynccontextmanager
async def reached(connect: Connect, service: str = "", deadline: float = 30.0) -> AsyncIterator[Anything]:
    """Over a connection of its own, which is mended when its link is lost; raises SutraError. `service` is an id, where it is known."""
    async with Connection(runtime.Service(service, "", "", "", (), ()), connect, deadline) as connection:
        reached = await Anything.on(connection)
        if service and reached.schema.id != service:
            raise SutraError(UNAVAILABLE, f"{service}: what answers there says that it is {display(reached.schema.id, 80) or 'nothing'}")
        connection.service = reached.service
        yield reached
