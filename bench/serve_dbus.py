"""The same service over D-Bus by dbus-fast: `python -m bench.serve_dbus ADDRESS`. "emit N" on standard input sends N signals."""

import asyncio
import sys
from typing import Annotated, Any

from dbus_fast import Message
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusSignature, DBusStr, DBusUInt32
from dbus_fast.service import ServiceInterface, dbus_method, dbus_signal

from bench import payload

ROUND_TRIP_EVERY = 50
"""Signals sent before the daemon is waited for: dbus-fast drops its connection when the socket's buffer is full."""
PING = Message(destination="org.freedesktop.DBus", path="/org/freedesktop/DBus", interface="org.freedesktop.DBus.Peer", member="Ping")
Row = Annotated[list[Any], DBusSignature(payload.SIGNATURE)]
Rows = Annotated[list[Any], DBusSignature("a" + payload.SIGNATURE)]
Event = Annotated[list[Any], DBusSignature(payload.PAIR)]


class Things(ServiceInterface):
    """Answers with values that are made once, so that only D-Bus is measured."""

    def __init__(self) -> None:
        super().__init__(payload.INTERFACE)
        self._status = payload.structure(payload.status())
        self._rows = [payload.structure(payload.row(number)) for number in range(payload.ROWS)]

    @dbus_method(name="Get")
    def get(self, name: DBusStr) -> Row:
        return self._status

    @dbus_method(name="Rows")
    def rows(self, count: DBusUInt32) -> Rows:
        return self._rows

    @dbus_signal(name="Changed")
    def changed(self, number: int, turn: int) -> Event:
        event = payload.event(number, turn)
        return [event.host, event.port, event.state]


async def serve(address: str) -> None:
    bus = await MessageBus(bus_address=address).connect()
    things = Things()
    bus.export(payload.PATH, things)
    await bus.request_name(payload.NAME)
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    print("ready", flush=True)
    turn = 0
    while command := (await commands.readline()).split():
        turn += 1
        for number in range(int(command[1])):
            things.changed(number, turn)
            if number % ROUND_TRIP_EVERY == ROUND_TRIP_EVERY - 1:
                await bus.call(PING)
        print("sent", flush=True)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
