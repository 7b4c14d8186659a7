"""States that are read as a whole: when they are read, what readers are told, and that nothing is left behind."""

import asyncio
import errno
import os
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from services.core import inotify
from services.core.bell import Bell
from services.core.live import GATHER, Live, rest
from services.core.sizes import Sizes, measure
from streams import Reading, first
from sutra_client import errors, events
from sutra_client.errors import SutraError
from sutra_client.gen.core import Candidate

Rows = dict[events.Key, Candidate]


class Folder:
    """The files of a folder as rows; counts how often it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.reads = 0
        self.error: Exception | None = None

    async def read(self) -> Rows:
        self.reads += 1
        if self.error is not None:
            raise self.error
        return {(name,): Candidate(name, True, (self.path / name).read_text()) for name in sorted(os.listdir(self.path))}

    def watched(self, rows: Rows) -> Mapping[str, int]:
        return {str(self.path): inotify.ENTRIES | inotify.CLOSE_WRITE, str(self.path / "absent"): inotify.ENTRIES}


def write(path: Path, text: str) -> None:
    """In one step, as what is watched does."""
    new = path.with_name(f".{path.name}")
    new.write_text(text)
    new.rename(path)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    write(tmp_path / "a", "1")
    return Folder(tmp_path)


async def test_readers_share_one_reading_and_are_told_differences(folder: Folder) -> None:
    live = Live(folder.read, folder.watched)
    async with Reading(live.rows(dict), "name") as one, Reading(live.rows(dict), "name") as two:
        read = folder.reads
        write(folder.path / "b", "1")
        await one.until(lambda: ("b",) in one.rows)
        await two.until(lambda: ("b",) in two.rows)
        (folder.path / "a").unlink()
        await one.until(lambda: ("a",) not in one.rows)
        assert folder.reads - read <= 4
    assert live.latest is not None
    assert (await first(live.rows(dict)))[0].name == "b"


async def test_nothing_is_read_while_nobody_looks(folder: Folder) -> None:
    live = Live(folder.read, folder.watched)
    await first(live.rows(dict))
    read = folder.reads
    write(folder.path / "b", "1")
    await asyncio.sleep(0.1)
    assert folder.reads == read


async def test_a_failure_ends_every_stream_and_the_next_one_begins_anew(folder: Folder) -> None:
    live = Live(folder.read, folder.watched)
    stream = live.rows(dict)
    await anext(stream)
    folder.error = SutraError(errors.DENIED, "no")
    write(folder.path / "a", "2")
    with pytest.raises(SutraError, match="no"):
        await asyncio.wait_for(anext(stream), 10)
    folder.error = None
    assert len(await first(live.rows(dict))) == 1


async def test_stopping_tells_readers_that_the_service_stops(folder: Folder) -> None:
    live = Live(folder.read, folder.watched)
    stream = live.rows(dict)
    await anext(stream)
    await live.stop()
    with pytest.raises(SutraError) as raised:
        await asyncio.wait_for(anext(stream), 10)
    assert raised.value.code == errors.UNAVAILABLE


async def test_without_inotify_changes_are_looked_for(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr("services.core.live.Inotify", none)
    monkeypatch.setattr("services.core.live.FALLBACK", 0.02)
    live = Live(folder.read, folder.watched)
    async with Reading(live.rows(dict), "name") as reading:
        write(folder.path / "b", "1")
        await reading.until(lambda: ("b",) in reading.rows)
    assert "no inotify instance to spare" in live.unwatched


async def test_a_period_reads_what_the_kernel_announces_to_nobody(folder: Folder) -> None:
    live = Live(folder.read, period=0.02)
    async with Reading(live.rows(dict), "name") as reading:
        write(folder.path / "b", "1")
        await reading.until(lambda: ("b",) in reading.rows)


async def test_a_folder_that_is_made_anew_is_watched_again(tmp_path: Path) -> None:
    inner = Folder(tmp_path / "inner")
    inner.path.mkdir()

    async def read() -> Rows:
        return await inner.read() if inner.path.is_dir() else {}

    watched = {str(tmp_path): inotify.ENTRIES, str(inner.path): inotify.ENTRIES}
    live = Live(read, lambda rows: watched)
    async with Reading(live.rows(dict), "name") as reading:
        write(inner.path / "a", "1")
        await reading.until(lambda: ("a",) in reading.rows)
        (inner.path / "a").unlink()
        inner.path.rmdir()
        await reading.until(lambda: not reading.rows)
        inner.path.mkdir()
        write(inner.path / "b", "1")
        await reading.until(lambda: ("b",) in reading.rows)
        write(inner.path / "c", "1")
        await reading.until(lambda: ("c",) in reading.rows)


def tree(root: Path) -> Path:
    (root / "folder").mkdir(parents=True)
    (root / "folder/file").write_bytes(b"x" * 100_000)
    os.link(root / "folder/file", root / "folder/link")
    (root / "folder/up").symlink_to("/")
    return root


def test_a_size_counts_each_file_once_and_follows_no_link(tmp_path: Path) -> None:
    size = measure(str(tree(tmp_path / "tree")), threading.Event())
    assert size is not None
    assert 100_000 <= size < 200_000


def test_a_size_that_cannot_be_told_whole_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from denied import permissions_count

    root = tree(tmp_path / "tree")
    (root / "folder").chmod(0)
    with permissions_count():
        assert measure(str(root), threading.Event()) is None
    (root / "folder").chmod(0o755)
    cancelled = threading.Event()
    cancelled.set()
    assert measure(str(root), cancelled) is None
    monkeypatch.setattr("services.core.sizes.MOST_ENTRIES", 0)
    assert measure(str(root), threading.Event()) is None


async def test_sizes_are_given_up_when_nobody_wants_them(tmp_path: Path) -> None:
    bell = Bell()
    sizes = Sizes("sizes", bell)
    async with sizes.wanted(True):
        rung = bell.next()
        sizes.want([str(tree(tmp_path / "one")), str(tmp_path / "absent")])
        await asyncio.wait_for(rung.wait(), 10)
        while len(sizes.known) < 2:
            await asyncio.wait_for(bell.next().wait(), 10)
        assert sizes.known[str(tmp_path / "absent")] is None
        sizes.want([str(tree(tmp_path / "two"))])
    assert sizes.known == {}


@pytest.mark.parametrize(("took", "quiet", "seconds"), [(0.0, 0.0, GATHER), (3.0, 0.0, 3.0), (3.0, 1.0, 2.0), (3.0, 60.0, GATHER)])
def test_a_change_after_a_quiet_time_is_read_at_once_and_many_changes_leave_half_of_the_time(
    took: float, quiet: float, seconds: float
) -> None:
    assert rest(took, quiet) == seconds
