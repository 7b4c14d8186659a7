"""Requests to daemons that answer as they like, or not at all."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from denied import permissions_count
from engines import serving
from services.core import unix_http
from sutra_client import errors
from sutra_client.errors import SutraError


def saying(*parts: bytes) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """A daemon that says this and closes, whatever it was asked."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for part in parts:
            writer.write(part)
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    return behave


def for_ever(head: bytes, part: bytes) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """A daemon that never stops saying it."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        while True:
            writer.write(part)
            await writer.drain()

    return behave


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def failing(path: str, code: str, **options: float) -> SutraError:
    with pytest.raises(SutraError) as raised:
        await unix_http.get(path, "/x", **options)  # type: ignore[arg-type]
    assert raised.value.code == code
    assert path in raised.value.message
    return raised.value


@pytest.mark.parametrize(
    "answer",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n", b"3;x=y\r\nllo\r\n0\r\nTrailer: 1\r\n\r\n"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nhel", b"lo"),
    ],
)
async def test_every_way_to_send_a_body_is_understood(answer: tuple[bytes, ...]) -> None:
    async with serving(saying(*answer)) as path:
        assert await unix_http.get(path, "/x") == (200, b"hello")


@pytest.mark.parametrize(
    "answer",
    [
        b"hello\r\n\r\n",
        b"\0" * 100_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_a_failure(answer: bytes) -> None:
    async with serving(saying(answer)) as path:
        error = await failing(path, errors.FAILED)
    assert "bytearray" not in error.message and len(error.message) < 200


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.binary(max_size=300))
def test_garbage_is_an_error_or_an_answer(data: bytes) -> None:
    async def ask() -> None:
        async with serving(saying(b"HTTP/1.1 200 OK\r\n" + data)) as path:
            with contextlib.suppress(SutraError):
                assert (await unix_http.get(path, "/x", seconds=5)).status == 200

    asyncio.run(ask())


async def test_an_answer_without_end_is_cut_off() -> None:
    async with serving(for_ever(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"4000\r\n" + b"x" * 0x4000 + b"\r\n")) as path:
        error = await failing(path, errors.FAILED, limit=1 << 20)
        assert "longer than 1 MiB" in error.message


async def test_interim_answers_without_end_are_a_timeout() -> None:
    async with serving(for_ever(b"", b"HTTP/1.1 102 Processing\r\n\r\n")) as path:
        await failing(path, errors.TIMEOUT, seconds=0.2)


async def test_a_daemon_that_says_nothing_is_a_timeout() -> None:
    async with serving(silent) as path:
        await failing(path, errors.TIMEOUT, seconds=0.05)


async def test_a_daemon_that_hangs_up_is_unavailable() -> None:
    async with serving(saying()) as path:
        with pytest.raises(SutraError) as raised:
            await unix_http.get(path, "/x")
        assert raised.value.code in (errors.UNAVAILABLE, errors.FAILED)


async def test_a_socket_that_is_absent_dead_or_private_says_so() -> None:
    async with serving(silent, 0) as path:
        with permissions_count():
            await failing(path, errors.DENIED)
    await failing(path, errors.UNAVAILABLE)
    await failing("/" + "x" * 200, errors.UNAVAILABLE)


async def test_lines_come_one_by_one_however_they_are_cut() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with serving(saying(head, b"4\r\none\n\r\n2\r\ntw\r\n", b"3\r\no\nt\r\n", b"5\r\nhree\n\r\n0\r\n\r\n")) as path:
        assert [line async for line in unix_http.lines(path, "/x")] == [b"one", b"two", b"three"]


async def test_a_line_without_end_is_cut_off() -> None:
    async with serving(for_ever(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"4000\r\n" + b"x" * 0x4000 + b"\r\n")) as path:
        with pytest.raises(SutraError, match="a line of /x is longer than 1 MiB"):
            _ = [line async for line in unix_http.lines(path, "/x")]


async def test_lines_that_are_refused_say_with_what() -> None:
    async with serving(saying(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")) as path:
        with pytest.raises(SutraError, match="status 500"):
            _ = [line async for line in unix_http.lines(path, "/x")]
