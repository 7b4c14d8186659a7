"""Calls through Sutra, through a D-Bus daemon by dbus-fast, and through a bare socket, with the same payloads; two processes each."""

import asyncio
import socket
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import msgspec
from dbus_fast.aio import MessageBus

from bench import payload
from bench.bus import private_bus
from bench.measure import Limit, Metric, alternate, alternate_async, helper, p50, p50_async
from gen import example
from sutra_client import blocking, runtime
from sutra_client.connection import Connection
from sutra_client.json_text import read_object
from sutra_client.transport import unix

ROUNDS = 7
CALLS = 400
LISTS = 40
IN_FLIGHT = 64
REQUEST_BYTES = 40

RAW_ROWS: runtime.Call[runtime.SamplesArgs, list[msgspec.Raw]] = runtime.Call(5, "rows", runtime.SamplesArgs, list[msgspec.Raw])
"""`rows` as a list that decodes what it paints would call it; the one argument is the count."""


class Floor:
    """A blocking client of serve_echo."""

    def __init__(self, path: str, reply: int) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self._reply = reply
        self._request = bytes(REQUEST_BYTES)

    def call(self) -> None:
        self.socket.sendall(self._request)
        self.socket.recv(self._reply, socket.MSG_WAITALL)


async def connected(address: str) -> MessageBus:
    """A client's connection; made within the loop that it belongs to."""
    return await MessageBus(bus_address=address).connect()


async def proxy(bus: MessageBus) -> Any:
    """serve_dbus' interface; dbus-fast makes its methods from what the service says of itself, so no type can be told here."""
    described = await bus.introspect(payload.NAME, payload.PATH)
    return bus.get_proxy_object(payload.NAME, payload.PATH, described).get_interface(payload.INTERFACE)


async def rate(seconds: float, call: Callable[[], Awaitable[object]]) -> float:
    """Calls a second with IN_FLIGHT of them under way."""
    stop = time.perf_counter() + seconds
    done = 0

    async def worker() -> None:
        nonlocal done
        while time.perf_counter() < stop:
            await call()
            done += 1

    start = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
    return done / (time.perf_counter() - start)


def floor_rate(floor: Floor, seconds: float) -> float:
    """IN_FLIGHT requests in one write, their replies in one read."""
    stop = time.perf_counter() + seconds
    done = 0
    start = time.perf_counter()
    while time.perf_counter() < stop:
        floor.socket.sendall(bytes(REQUEST_BYTES) * IN_FLIGHT)
        floor.socket.recv(payload.STATUS_BYTES * IN_FLIGHT, socket.MSG_WAITALL)
        done += IN_FLIGHT
    return done / (time.perf_counter() - start)


async def _asynchronous(endpoint: str, address: str, small: Floor, large: Floor) -> list[Metric]:
    name = payload.row(0).name
    dbus = await connected(address)
    try:
        async with Connection(example.SERVICE, unix(endpoint)) as connection:
            ours, peer = example.ExampleClient(connection), await proxy(dbus)
            count = runtime.SamplesArgs(payload.ROWS)
            if len(await ours.rows(payload.ROWS)) != payload.ROWS:
                raise RuntimeError("rows: not as many as asked for")
            calls = await alternate_async(
                ROUNDS,
                ours=lambda: p50_async(CALLS, lambda: ours.get(name)),
                peer=lambda: p50_async(CALLS, lambda: peer.call_get(name)),
                floor=lambda: _now(p50(CALLS, small.call)),
            )
            lists = await alternate_async(
                ROUNDS,
                ours=lambda: p50_async(LISTS, lambda: ours.rows(payload.ROWS)),
                raw=lambda: p50_async(LISTS, lambda: connection.call(RAW_ROWS, count)),
                peer=lambda: p50_async(LISTS, lambda: peer.call_rows(payload.ROWS)),
                floor=lambda: _now(p50(LISTS, large.call)),
            )
            rates = await alternate_async(
                ROUNDS,
                ours=lambda: rate(0.5, lambda: ours.get(name)),
                peer=lambda: rate(0.5, lambda: peer.call_get(name)),
                floor=lambda: _now(floor_rate(small, 0.2)),
            )
    finally:
        dbus.disconnect()
    raw = {**lists, "ours": lists["raw"]}
    return [
        Metric("small call, async client, p50", "us", calls, [Limit("peer", 0.25)]),
        Metric("500-row list, typed rows, p50", "us", lists, [Limit("peer", 0.2)]),
        Metric("500-row list, raw rows, p50", "us", raw, [Limit("peer", 0.1)]),
        Metric("64 in flight, small calls", "/s", rates, [Limit("peer", 5, at_least=True)]),
    ]


async def _now(value: float) -> float:
    return value


def _blocking(endpoint: str, address: str, small: Floor) -> Metric:
    name = payload.row(0).name
    with asyncio.Runner() as runner, closing(blocking.connect(endpoint, example.SERVICE.id)) as client:
        bus = runner.run(connected(address))
        peer = runner.run(proxy(bus))
        samples = alternate(
            ROUNDS,
            ours=lambda: p50(CALLS, lambda: read_object(client.call(1, {"name": name}), "thing")),
            peer=lambda: runner.run(p50_async(CALLS, lambda: peer.call_get(name))),
            floor=lambda: p50(CALLS, small.call),
        )
        bus.disconnect()
    return Metric("small call, blocking client, p50", "us", samples, [Limit("peer", 0.12)])


def measure() -> list[Metric]:
    """About 30 s."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="avb-"))
        bus = stack.enter_context(private_bus())
        stack.enter_context(helper("bench.serve_sutra", folder))
        stack.enter_context(helper("bench.serve_dbus", bus.address))
        floors = []
        for kind, reply in (("small", payload.STATUS_BYTES), ("large", 51_000)):
            path = str(Path(folder, kind))
            stack.enter_context(helper("bench.serve_echo", path, str(REQUEST_BYTES), str(reply)))
            floors.append(Floor(path, reply))
            stack.enter_context(floors[-1].socket)
        endpoint = str(Path(folder, example.SERVICE.id))
        metrics = asyncio.run(_asynchronous(endpoint, bus.address, *floors))
        return [*metrics, _blocking(endpoint, bus.address, floors[0])]
