"""The network service where something is absent, denied, hung or garbage, and what it makes of the kernel's messages."""

import asyncio
import errno
import socket
import threading
import time
from collections.abc import Callable
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.probing import choose
from services.core.tree import Tree
from services.network import decode, netlink, readings, rtnl, watched
from services.network.decode import Ends
from services.network.netlink import NetlinkNetwork
from services.network.watched import Watched
from sutra_client import errors, events
from sutra_client.errors import SutraError

LIFETIMES = decode._CACHE.pack(60, 120, 1, 7)


def test_a_mounted_image_has_no_links(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(SutraError) as refused:
        choose("dev.avyctl.network", "0", ("services.network.netlink",), str(tmp_path_factory.getbasetemp()))
    assert refused.value.code == errors.UNSUPPORTED and "does not run" in refused.value.message


def test_a_kernel_without_netlink_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "NETLINK_ROUTE", 99)
    fits, reason = netlink.probe()
    assert not fits and "no routing netlink: Protocol not supported" in reason


def failing(error: Exception) -> Callable[..., list[bytes]]:
    def fail(request: int, body: bytes) -> list[bytes]:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "code"),
    [(PermissionError(errno.EPERM, "Operation not permitted"), errors.DENIED), (TimeoutError(), errors.TIMEOUT),
     (OSError(errno.ENOBUFS, "No buffer space available"), errors.FAILED)],
)  # fmt: skip
async def test_a_kernel_that_refuses_or_hangs_ends_the_stream_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
) -> None:
    monkeypatch.setattr(rtnl, "dump", failing(error))
    network = NetlinkNetwork()
    for stream in (network.links(), network.addresses(), network.routes(), network.rules(), network.neighbours(), network.findings()):
        async with aclosing(stream) as read:
            with pytest.raises(SutraError) as refused:
                await anext(read)
        assert refused.value.code == code
    await network.stop()


async def test_notices_that_may_not_be_had_end_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rtnl.GROUPS, "rule", (1 << 20,))
    network = NetlinkNetwork()
    async with aclosing(network.rules()) as stream:
        with pytest.raises(SutraError) as refused:
            await anext(stream)
    assert refused.value.code == errors.UNAVAILABLE and "routing rules" in refused.value.message
    await network.stop()


async def test_a_reader_that_leaves_in_the_midst_of_a_reading_does_not_spoil_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, released = threading.Event(), threading.Event()

    def slow() -> dict[events.Key, str]:
        begun.set()
        released.wait(20)
        return {("a",): "row"}

    source = Watched("a slow table", slow, ("link",))
    async with aclosing(source.rows(lambda rows: rows)) as stream:
        first = asyncio.ensure_future(anext(stream))
        await asyncio.to_thread(begun.wait, 10)
        first.cancel()
        await asyncio.wait([first])
    async with aclosing(source.rows(lambda rows: rows)) as stream:
        second = asyncio.ensure_future(anext(stream))
        asyncio.get_running_loop().call_soon(released.set)
        assert await asyncio.wait_for(second, 10) == events.Snapshot(["row"])
    await source.stop()


async def test_a_table_that_is_not_there_is_refused_by_name() -> None:
    network = NetlinkNetwork()
    async with aclosing(network.routes(table="mian")) as stream:
        with pytest.raises(SutraError) as refused:
            await anext(stream)
    assert refused.value.code == errors.INVALID and "main" in refused.value.hint


@given(st.binary(max_size=200))
def test_garbage_from_the_kernel_is_never_an_exception(message: bytes) -> None:
    for _, _, body in rtnl.messages(message):
        rtnl.attributes(body)
    head = bytes((2, 24, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0))
    for body in (message, head + message, bytes((10,)) + message):
        decode.link_name(body)
        decode.link(body, {})
        decode.address(body, {}, Ends(), 0)
        decode.route_table(body)
        decode.route(body, {})
        decode.neighbour(body, {})
        decode.rule(body)


async def test_garbage_in_a_dump_gives_no_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtnl, "dump", lambda request, body: [b"", b"\xff" * 7, b"\0"])
    network = NetlinkNetwork()
    for stream in (network.links(), network.addresses(), network.routes(), network.rules(), network.neighbours()):
        async with aclosing(stream) as read:
            assert await anext(read) == events.Snapshot([])
    await network.stop()


def test_a_truncated_message_ends_the_datagram() -> None:
    whole = rtnl.HEADER.pack(20, 24, 0, 1, 0) + b"abcd"
    assert [body for _, _, body in rtnl.messages(whole + whole[:18])] == [b"abcd"]
    assert list(rtnl.messages(rtnl.HEADER.pack(3, 24, 0, 1, 0))) == []


def test_an_end_stands_still_until_it_is_set_anew() -> None:
    ends = Ends()
    ends.begin()
    assert ends.of(("a",), LIFETIMES, 1_000_000) == (121_000_000, 61_000_000)
    ends.begin()
    assert ends.of(("a",), LIFETIMES, 9_000_000) == (121_000_000, 61_000_000)
    ends.begin()
    assert ends.of(("a",), decode._CACHE.pack(60, 120, 1, 8), 9_000_000) == (129_000_000, 69_000_000)


def test_your_link_is_that_of_the_ssh_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.9 50000 fe80::1%eth0 22")
    assert readings.your_address(Tree()) == "fe80::1"
    monkeypatch.setenv("SSH_CONNECTION", "what")
    assert readings.your_address(Tree()) is None


async def test_a_reading_rests_for_several_times_as_long_as_it_took() -> None:
    source = Watched("a table", lambda: threading.Event().wait(0.05), ("link",))
    before = time.monotonic()
    await source._read()
    assert source._rested - before >= (1 + watched.REST) * 0.05
    await source.stop()
