"""What the kernel tells of files that change."""

import asyncio
import errno
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.core import inotify
from services.core.inotify import Event, Inotify


@pytest.fixture
async def watcher() -> AsyncIterator[Inotify]:
    made = Inotify()
    yield made
    made.close()


async def happened(watcher: Inotify) -> list[Event]:
    return await asyncio.wait_for(watcher.events(), 5)


async def test_entries_of_a_folder_are_told_by_name(watcher: Inotify, tmp_path: Path) -> None:
    watch = watcher.watch(str(tmp_path), inotify.ENTRIES)
    (tmp_path / "new").write_text("")
    assert Event(watch, inotify.CREATE, b"new") in await happened(watcher)
    (tmp_path / "new").rename(tmp_path / "old")
    assert [(event.mask, event.name) for event in await happened(watcher)] == [(inotify.MOVED_FROM, b"new"), (inotify.MOVED_TO, b"old")]


async def test_a_name_may_hold_any_byte(watcher: Inotify, tmp_path: Path) -> None:
    folder = bytes(tmp_path) + b"/\xff\n"
    Path(folder.decode("utf-8", "surrogateescape")).mkdir()
    watcher.watch(folder, inotify.ENTRIES)
    Path((folder + b"/\xfe").decode("utf-8", "surrogateescape")).touch()
    assert (await happened(watcher))[0].name == b"\xfe"


async def test_a_forgotten_folder_is_silent(watcher: Inotify, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    forgotten, kept = watcher.watch(str(one), inotify.ENTRIES), watcher.watch(str(two), inotify.ENTRIES)
    watcher.forget(forgotten)
    (one / "x").touch()
    (two / "y").touch()
    events = await happened(watcher)
    assert Event(kept, inotify.CREATE, b"y") in events
    assert b"x" not in {event.name for event in events}


async def test_what_is_absent_is_an_error_with_its_path(watcher: Inotify, tmp_path: Path) -> None:
    with pytest.raises(OSError) as raised:
        watcher.watch(str(tmp_path / "absent"), inotify.ENTRIES)
    assert (raised.value.errno, raised.value.filename) == (errno.ENOENT, str(tmp_path / "absent"))


async def test_closing_lets_a_reader_go() -> None:
    watcher = Inotify()
    reading = asyncio.create_task(watcher.events())
    await asyncio.sleep(0)
    watcher.close()
    watcher.close()
    assert await reading == []


async def test_a_flood_becomes_one_overflow(watcher: Inotify, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inotify, "MOST_WAITING", 10)
    watcher.watch(str(tmp_path), inotify.CREATE)
    for number in range(20):
        (tmp_path / str(number)).touch()
    assert await happened(watcher) == [Event(-1, inotify.OVERFLOW, b"")]


def test_half_an_event_is_passed_over() -> None:
    assert inotify.parse(b"\x01\x00\x00") == []
