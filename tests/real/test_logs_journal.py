"""Logs of a real journald: records are what journalctl shows, and new ones arrive as they are written."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest

from boxes.bound import AVYCTL
from boxes.box import Box
from services.logs.journal import Journal, make
from services.logs.reading import SourcedLogs
from sutra_client import errors, events
from sutra_client.errors import SutraError
from sutra_client.gen.logs import Priority, Record

SEND = (
    "import socket, sys\n"
    "journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
    "journal.sendto(sys.stdin.buffer.read(), '/run/systemd/journal/socket')\n"
)
pytestmark = pytest.mark.needs("box")


def inside(box: Box, user: str = "root") -> SourcedLogs:
    """journalctl of the box, run in it."""
    return SourcedLogs(Journal(box.entered(["journalctl"], user)))


async def write(box: Box, message: str, *options: str) -> None:
    await asyncio.to_thread(box.run, ["logger", "--id=77", "--tag", "visitor", *options, "--", message], check=True)


async def until(stream: AsyncIterator[events.LogEvent[Record]], message: str) -> Record:
    while True:
        event = await asyncio.wait_for(anext(stream), 10)
        assert isinstance(event, events.Records)
        for record in event.rows:
            if record.message == message:
                return record


async def test_records_are_those_that_journalctl_shows(systemd_box: Box) -> None:
    await write(systemd_box, "the last one")
    [*_, last] = [record for record in await inside(systemd_box).records(lines=500) if record.message == "the last one"]
    shown = systemd_box.text("journalctl", "--output=json", "--no-pager", f"--until=@{(last.time or 0) / 1e6:.6f}")
    entries = [json.loads(line) for line in shown.splitlines()][-400:]
    found = await inside(systemd_box).records(lines=400, until=last.time)
    assert [record.cursor for record in found] == [entry["__CURSOR"] for entry in entries]
    for record, entry in zip(found, entries, strict=True):
        assert (str(record.time), str(record.boottime), record.boot) == (
            entry["__REALTIME_TIMESTAMP"],
            entry["__MONOTONIC_TIMESTAMP"],
            entry["_BOOT_ID"],
        )
        assert record.message == entry["MESSAGE"]
        assert record.priority is None or list(Priority).index(record.priority) == int(entry["PRIORITY"])
        assert record.identifier == (entry.get("SYSLOG_IDENTIFIER") or entry.get("_COMM"))


async def test_the_same_is_read_from_outside_by_root(systemd_box: Box) -> None:
    await write(systemd_box, "seen from outside")
    outside = await make(str(systemd_box.root)).records(lines=50)
    assert "seen from outside" in [record.message for record in outside]


async def test_conditions_are_kept_by_the_source(systemd_box: Box) -> None:
    logs = inside(systemd_box)
    since = time.time_ns() // 1000
    await write(systemd_box, "a.b*c is [odd]", "--priority=user.err")
    await write(systemd_box, "axbxc is odd", "--priority=user.info")
    texts = [record.message for record in await logs.records(text="A.B*C is [", since=since)]
    assert texts == ["a.b*c is [odd]"]
    assert [record.message for record in await logs.records(priority=Priority.ERR, text=" is ", since=since)] == ["a.b*c is [odd]"]
    assert await logs.records(text="nothing has this text") == []
    assert await logs.records(since=since + 3_600_000_000) == []
    assert [record.message for record in await logs.records(lines=1, text="odd", since=since)] == ["axbxc is odd"]
    boot = (await logs.records(lines=1))[0].boot
    assert len(await logs.records(lines=5, boot=boot)) == 5
    assert {record.unit for record in await logs.records(lines=3, unit="ssh")} <= {"ssh.service", "init.scope"}


async def test_new_records_arrive_once_and_in_order(systemd_box: Box) -> None:
    await write(systemd_box, "before")
    stream = inside(systemd_box).follow(lines=3, text="e")
    try:
        event = await asyncio.wait_for(anext(stream), 10)
        assert isinstance(event, events.Records)
        assert event.rows[-1].message == "before"
        await write(systemd_box, "one more")
        await write(systemd_box, "nothing to find")
        await write(systemd_box, "the end")
        seen: list[str | None] = []
        while "the end" not in seen:
            event = await asyncio.wait_for(anext(stream), 10)
            assert isinstance(event, events.Records)
            seen += [record.message for record in event.rows if record.identifier == "visitor"]
        assert seen == ["one more", "the end"]
    finally:
        await stream.aclose()


async def test_what_is_no_text_and_what_is_long_come_through(systemd_box: Box) -> None:
    long = "x" * 20_000
    stream = inside(systemd_box).follow(lines=0)
    try:
        assert await asyncio.wait_for(anext(stream), 10) == events.Records([])
        entry = b"MESSAGE\n" + (4).to_bytes(8, "little") + b"a\xff\x1b[" + b"\nPRIORITY=4\nSYSLOG_IDENTIFIER=odd\n"
        await asyncio.to_thread(systemd_box.run, ["python3", "-c", SEND], stdin=entry, check=True)
        odd = await until(stream, "a\\xff\x1b[")
        assert (odd.priority, odd.identifier) == (Priority.WARNING, "odd")
        await asyncio.to_thread(systemd_box.run, ["python3", "-c", SEND], stdin=f"MESSAGE={long}\n".encode(), check=True)
        assert (await until(stream, long[:16_383] + "…")).transport == "journal"
    finally:
        await stream.aclose()


async def test_a_user_who_may_not_is_told_so(systemd_box: Box) -> None:
    logs = inside(systemd_box, user="rita")
    with pytest.raises(SutraError) as refused:
        await logs.records(lines=5)
    assert refused.value.code == errors.DENIED
    assert await inside(systemd_box, user="lena").records(lines=5)


async def test_one_shots_end_and_follow_goes_on(systemd_box: Box) -> None:
    await write(systemd_box, "for the one-shot")
    done = await asyncio.to_thread(systemd_box.avyctl, "logs", "list", "--lines", "50", "-o", "json")
    assert done.code == 0, done
    assert "for the one-shot" in [record["message"] for record in json.loads(done.out)]
    command = f"{AVYCTL} logs follow --lines 0 --text now -o jsonl | head -n 1"
    following = asyncio.create_task(asyncio.to_thread(systemd_box.run, ["sh", "-c", command], check=True))
    while not following.done():
        await write(systemd_box, "now or never")
        await asyncio.wait([following], timeout=0.2)
    assert json.loads((await following).out)["message"] == "now or never"
