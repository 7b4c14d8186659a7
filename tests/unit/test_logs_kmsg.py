"""The kernel's own records."""

import asyncio
import os
from pathlib import Path

import pytest

from denied import permissions_count
from services.logs import kmsg
from services.logs.kmsg import Kmsg, parse
from services.logs.query import Query
from sutra_client import errors
from sutra_client.errors import SutraError
from sutra_client.gen.logs import Priority

LINE = b"3,%d,1500000,-;I/O error, dev sda, sector 8\n SUBSYSTEM=block\n DEVICE=b8:0\n"


def test_a_record_of_the_kernel() -> None:
    number, record = parse(LINE % 7, drift=1_000_000_000, boot="ab")
    assert (number, record.time, record.boottime, record.cursor) == (7, 1_001_500_000, 1_500_000, "kmsg:7")
    assert (record.priority, record.identifier, record.message) == (Priority.ERR, "kernel", "I/O error, dev sda, sector 8")
    assert record.fields == {"SUBSYSTEM": "block", "DEVICE": "b8:0"}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"30,1,2,-;systemd[1]: Started x.\n", ("systemd", 1, "Started x.")),
        (b"30,1,2,-;udevd: hello\n", ("udevd", None, "hello")),
        (b"30,1,2,-;no program here\n", (None, None, "no program here")),
        (b"6,1,2,c;a\\x0ab\\xffc\n", ("kernel", None, "a\nb\\xffc")),
        (b"6,1,2,-,caller=T1;\n", ("kernel", None, "")),
    ],
)
def test_who_wrote_it_is_told_where_it_can_be(line: bytes, told: tuple[str | None, int | None, str]) -> None:
    _, record = parse(line)
    assert (record.identifier, record.pid, record.message) == told


@pytest.mark.parametrize("data", [b"", b"hello\n", b"\xff\xfe", b";", b"6,1;x\n"])
def test_garbage_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(SutraError) as refused:
        parse(data)
    assert refused.value.code == errors.FAILED


@pytest.fixture
def device(tmp_path: Path) -> tuple[Kmsg, int]:
    """A pipe in the place of the device: what is written at once is read at once."""
    path = str(tmp_path / "kmsg")
    os.mkfifo(path)
    return Kmsg(path), os.open(path, os.O_RDWR)


async def test_what_is_added_is_told_and_a_gap_is_counted(device: tuple[Kmsg, int]) -> None:
    source, writer = device
    os.write(writer, LINE % 1)
    follow = source.follow(Query(10))
    assert [record.cursor for record in await anext(follow) or []] == ["kmsg:1"]  # type: ignore[union-attr]
    for number, told in ((2, None), (9, 6)):
        waiting = asyncio.ensure_future(anext(follow))
        await asyncio.sleep(0)
        os.write(writer, LINE % number)
        if told is not None:
            assert await waiting == told
            waiting = asyncio.ensure_future(anext(follow))
        records = await waiting
        assert isinstance(records, list)
        assert [record.cursor for record in records] == [f"kmsg:{number}"]
    await follow.aclose()
    os.close(writer)


async def test_a_device_that_never_says_anything_is_not_waited_for(device: tuple[Kmsg, int]) -> None:
    source, writer = device
    assert await source.read(Query()) == []
    os.close(writer)


async def test_an_absent_or_forbidden_device_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kmsg"
    monkeypatch.setattr(kmsg, "DEVICE", str(path))
    assert kmsg.probe() == (False, f"{path} cannot be read: No such file or directory")
    with pytest.raises(SutraError) as refused:
        await Kmsg(str(path)).read(Query())
    assert refused.value.code == errors.UNAVAILABLE
    path.write_text("")
    path.chmod(0)
    with permissions_count():
        fits, why = kmsg.probe()
        with pytest.raises(SutraError) as refused:
            await Kmsg(str(path)).read(Query())
    assert not fits and "dmesg_restrict" in why
    assert refused.value.code == errors.DENIED


def test_an_image_has_no_running_kernel(tmp_path: Path) -> None:
    fits, why = kmsg.probe(str(tmp_path))
    assert not fits and "running kernel" in why
