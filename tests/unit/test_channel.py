"""Many connections over one pair of pipes, as the bridge of another host carries them."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeExample, thing
from gen import example
from services.core.peer import of_self
from serving import server
from sutra_client import events, frame
from sutra_client.channel import ChannelParser, Mux
from sutra_client.connection import Connection
from sutra_client.errors import SutraError
from sutra_client.parser import FrameError
from sutra_client.transport import Connect, memory, stdio


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=200)), max_size=6), st.data())
def test_channels_arrive_whole_however_the_bytes_were_cut(sent: list[tuple[int, bytes]], data: st.DataObject) -> None:
    frames = [(channel, frame.pack(frame.ITEM, 1, 2, payload)) for channel, payload in sent]
    stream = b"".join(channel.to_bytes(2, "little") + whole for channel, whole in frames)
    parser, received = ChannelParser(), []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        received += list(parser.feed(stream[:size]))
        stream = stream[size:]
    assert received == frames


def test_a_channel_cannot_smuggle_an_oversized_frame() -> None:
    with pytest.raises(FrameError, match="exceeds the limit of 100"):
        list(ChannelParser(100).feed(b"\x01\x00" + frame.HEADER.pack(101, frame.REPLY, 0, 1, 1)))


@asynccontextmanager
async def bridged(backend: FakeExample) -> AsyncIterator[Mux]:
    """Our end of two pipes, whose far end reaches a server of the example service."""
    there_in, here_out = os.pipe()
    here_in, there_out = os.pipe()
    running = server(backend)

    def accept(service: str) -> Connect:
        async def connect(protocol: asyncio.Protocol) -> None:
            if service != example.SERVICE.id:
                raise SutraError("UNAVAILABLE", f"{service} is not here")
            await memory(lambda: running.session(of_self()))(protocol)

        return connect

    near, far = Mux(), Mux(accept)
    await stdio(there_in, there_out)(far)
    await stdio(here_in, here_out)(near)
    try:
        yield near
    finally:
        near.close()
        await asyncio.wait_for(asyncio.gather(near.closed, far.closed), 5)
        await running.stop()


async def test_calls_and_streams_cross_the_bridge() -> None:
    backend = FakeExample((thing("a"),))
    async with bridged(backend) as mux, Connection(example.SERVICE, mux.channel(example.SERVICE.id)) as connection:
        client = example.ExampleClient(connection)
        assert await client.get("a") == thing("a")
        assert len(await client.rows(20_000)) == 20_000, "more than a window at once"
        stream = client.things()
        assert await anext(stream) == events.Snapshot([thing("a")])
        backend.change(thing("b"))
        assert await asyncio.wait_for(anext(stream), 5) == events.Changed([thing("b")])


async def test_two_channels_do_not_wait_for_each_other() -> None:
    backend = FakeExample((thing("a"),))
    async with (
        bridged(backend) as mux,
        Connection(example.SERVICE, mux.channel(example.SERVICE.id)) as one,
        Connection(example.SERVICE, mux.channel(example.SERVICE.id)) as two,
    ):
        slow = asyncio.create_task(example.ExampleClient(one).slow(60_000_000))
        await asyncio.wait_for(backend.slow_started.wait(), 5)
        assert (await example.ExampleClient(two).get("a")).name == "a"
        slow.cancel()
        await asyncio.wait([slow])
        await asyncio.wait_for(backend.slow_cancelled.wait(), 5)


async def test_a_service_that_is_not_there_is_refused_by_name() -> None:
    async with bridged(FakeExample()) as mux:
        protocol = asyncio.Protocol()
        with pytest.raises(SutraError, match=r"dev.avyctl.nothing is not here"):
            await mux.channel("dev.avyctl.nothing")(protocol)


async def test_a_bridge_that_breaks_takes_its_connections_with_it() -> None:
    backend = FakeExample((thing("a"),))
    async with bridged(backend) as mux, Connection(example.SERVICE, mux.channel(example.SERVICE.id)) as connection:
        slow = asyncio.create_task(example.ExampleClient(connection).slow(60_000_000))
        await asyncio.wait_for(backend.slow_started.wait(), 5)
        mux.close()
        with pytest.raises(SutraError) as caught:
            await asyncio.wait_for(slow, 5)
        assert caught.value.code == "UNAVAILABLE"
