"""Log files, however they are written, rotated and spoiled."""

import asyncio
import os
import threading
from pathlib import Path

import pytest

from denied import permissions_count
from planted import plant
from recorded import SYSLOG
from services.logs import file
from services.logs.file import LONGEST, Files, Place, Tail
from services.logs.query import Query
from services.logs.syslog import parse
from sutra_client import errors
from sutra_client.errors import SutraError
from sutra_client.gen.logs import Priority, Record

NOW = 1_793_700_000.0
"""3 November 2026."""


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@pytest.mark.parametrize(
    ("line", "when", "told"),
    [
        (b"Nov  2 10:00:05 board sshd[812]: hello", 1_793_613_605, ("board", "sshd", 812, "hello", None)),
        (b"Dec 31 23:59:59 board cron: late", 1_767_225_599, ("board", "cron", None, "late", None)),
        (b"Nov  2 10:00:05 sshd[812]: small", 1_793_613_605, (None, "sshd", 812, "small", None)),
        (b"Nov  2 10:00:05 board auth.info sshd[8]: busybox", 1_793_613_605, ("board", "sshd", 8, "busybox", Priority.INFO)),
        (b"Nov  2 10:00:05 daemon.warn sshd: small", 1_793_613_605, (None, "sshd", None, "small", Priority.WARNING)),
        (b"2026-11-02T10:00:06.250000+01:00 board kernel: x", 1_793_610_006.25, ("board", "kernel", None, "x", None)),
        (b"<34>1 2026-11-02T10:00:07.003Z board su 77 ID47 - 'x", 1_793_613_607.003, ("board", "su", 77, "'x", Priority.CRIT)),
        (b"<13>1 2026-11-02T10:00:07Z - - - - - text", 1_793_613_607, (None, None, None, "text", Priority.NOTICE)),
        (b"2026-11-02 10:00:05.123456789  s6: a b", 1_793_613_605.123456, (None, None, None, "s6: a b", None)),
        (b"no time at all", None, (None, None, None, "no time at all", None)),
        (b"Nov 99 10:00:05 board x: y", None, None),
        (b"2026-13-02T10:00:05Z board x: y", None, None),
        (b"\xff\x00\x1b[2J", None, (None, None, None, "\\xff\x00\x1b[2J", None)),
    ],
)
def test_a_line_tells_when_and_by_whom(line: bytes, when: float | None, told: tuple[object, ...] | None) -> None:
    record = parse(line, "/var/log/messages", NOW)
    if told is not None:
        assert record.time == (None if when is None else round(when * 1_000_000))
        assert (record.host, record.identifier, record.pid, record.message, record.priority) == told
    assert record.transport == "/var/log/messages"


def texts(records: list[Record] | int) -> list[str | None]:
    assert isinstance(records, list)
    return [record.message for record in records]


def files(*paths: Path) -> Files:
    return Files([Place(str(path), str(path)) for path in paths])


async def test_the_newest_that_fit_are_found_from_the_end(tmp_path: Path) -> None:
    path = tmp_path / "messages"
    path.write_bytes(b"".join(b"Nov  2 10:00:05 board a: line %d %s\n" % (number, b"x" * (number % 900)) for number in range(2000)))
    found = await files(path).read(Query(3, text="LINE 1"))
    assert [text.split()[1] for text in texts(found) if text] == ["1997", "1998", "1999"]
    assert len(await files(path).read(Query(10_000))) == 2000


async def test_long_lines_and_a_line_without_end_are_bounded(tmp_path: Path) -> None:
    path = tmp_path / "messages"
    path.write_bytes(b"first\n" + b"x" * (3 * LONGEST) + b"\nlast")
    found = await files(path).read(Query(100))
    assert texts(found)[0] == "first"
    assert texts(found)[-1] == "last"
    assert all(len(text or "") <= LONGEST for text in texts(found))


async def test_conditions_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "messages"
    path.write_bytes(SYSLOG)
    assert texts(await files(path).read(Query(unit="sshd.service"))) == ["Accepted publickey for anna"]
    assert texts(await files(path).read(Query(priority=Priority.ERR))) == ["'su root' failed"]
    assert texts(await files(path).read(Query(kernel=True))) == ["I/O error, dev sda, sector 8"]
    assert await files(path).read(Query(boot="0" * 32)) == []


async def test_following_survives_rotation_truncation_and_removal(tmp_path: Path) -> None:
    path = tmp_path / "messages"
    path.write_text("one\n")
    follow = files(path).follow(Query(10))
    assert texts(await anext(follow)) == ["one"]

    async def next_texts() -> list[str | None]:
        return texts(await asyncio.wait_for(anext(follow), 10))

    with path.open("a") as log:
        log.write("two\nhal")
        log.flush()
        assert await next_texts() == ["two"]
        log.write("f\n")
        log.flush()
        assert await next_texts() == ["half"]
        path.rename(tmp_path / "messages.1")
        log.write("into the old one\n")
    path.write_text("into the new one\n")
    seen: list[str | None] = []
    while "into the new one" not in seen:
        seen += await next_texts()
    assert seen == ["into the old one", "into the new one"]
    path.write_text("cut\n")
    assert await next_texts() == ["cut"]
    path.unlink()
    path.write_text("made anew\n")
    assert await next_texts() == ["made anew"]
    await follow.aclose()


async def test_logs_of_several_services_are_merged(tmp_path: Path) -> None:
    root = plant(
        tmp_path,
        {
            "/cache/log/services/a.log": "2026-11-02 10:00:05.5  first\n2026-11-02 10:00:07.5  third\n",
            "/cache/log/services/b.log": "2026-11-02 10:00:06.5  second\n",
        },
    )
    assert file.probe(root) == (True, "/cache/log/services/a.log can be read, and 1 more")
    records = await file.make(root).records()
    assert [(record.unit, record.message) for record in records] == [("a", "first"), ("b", "second"), ("a", "third")]


def test_a_host_without_log_files_does_not_fit(tmp_path: Path) -> None:
    fits, why = file.probe(str(tmp_path))
    assert not fits and "/var/log/syslog is absent" in why
    plant(tmp_path, {"/var/log/messages": "x\n"})
    (tmp_path / "var/log/messages").chmod(0)
    os.mkfifo(tmp_path / "var/log/syslog")
    with permissions_count():
        fits, why = file.probe(str(tmp_path))
    assert not fits
    assert "/var/log/syslog is no file, /var/log/messages may not be read by this user" in why


async def test_a_file_that_became_forbidden_or_another_thing_is_said(tmp_path: Path) -> None:
    path = tmp_path / "messages"
    path.write_text("x\n")
    path.chmod(0)
    source = files(path)
    with permissions_count(), pytest.raises(SutraError) as refused:
        await source.read(Query())
    assert refused.value.code == errors.DENIED
    path.unlink()
    assert await source.read(Query()) == []
    os.mkfifo(path)
    with pytest.raises(SutraError) as refused:
        await source.read(Query())
    assert refused.value.code == errors.FAILED


async def test_a_file_system_that_hangs_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(Tail, "open", lambda tail: release.wait(30))
    path = tmp_path / "messages"
    path.write_text("x\n")
    source = Files([Place(str(path), "/var/log/messages")], deadline=0.05)
    reading = asyncio.ensure_future(source.read(Query()))
    await asyncio.wait([reading], timeout=0.2)
    release.set()
    with pytest.raises(SutraError) as refused:
        await reading
    assert refused.value.code == errors.TIMEOUT
