"""Distros in folders, as their files and the process table tell them."""

import os
import threading
from pathlib import Path

import pytest

from denied import permissions_count
from hosts import HOSTILE, avyos, program, release
from planted import plant
from services.core.files import FileTables, Found
from services.core.tree import Tree
from services.distro import folders
from streams import Reading, first
from sutra_client import errors
from sutra_client.errors import SutraError
from sutra_client.gen.distro import Rootfs


def look(root: Path) -> Found[Rootfs]:
    return folders.read(Tree(str(root)), ["/linux"])


def test_each_folder_is_a_distro_with_its_release_and_processes(tmp_path: Path) -> None:
    avyos(tmp_path)
    found = look(tmp_path)
    alpine, half = found.rows["alpine", "/linux"], found.rows["half", "/linux"]
    assert (alpine.os, alpine.version, alpine.os_id, alpine.processes, alpine.pids) == ("Alpine Linux v3.22", "3.22.1", "alpine", 1, [41])
    assert (alpine.owner, alpine.problem, alpine.path) == (os.getuid(), None, b"/linux/alpine")
    assert "did not end" in (half.problem or "")
    assert list(found.findings) == [("broken:/linux/half",)]


def test_linux_itself_can_be_the_distro(tmp_path: Path) -> None:
    plant(tmp_path, {"/linux/bin/sh": "", "/linux/usr/lib/os-release": release(id="debian", version="12")})
    [row] = look(tmp_path).rows.values()
    assert (row.name, row.place, row.path, row.os_id, row.processes) == ("linux", "/", b"/linux", "debian", None)


def test_links_within_a_distro_are_its_own(tmp_path: Path) -> None:
    plant(tmp_path, {"/secret": "PRETTY_NAME=secret\n", "/linux/x/usr/bin/sh": "", "/linux/x/bin": "-> usr/bin"})
    plant(tmp_path, {"/linux/x/etc/os-release": f"-> {tmp_path}/secret", "/linux/x/usr/lib/os-release": f'NAME="{HOSTILE}"\n'})
    row = look(tmp_path).rows["x", "/linux"]
    assert (row.os, row.problem) == (HOSTILE, None)


@pytest.mark.parametrize("data", [b"", bytes(range(256)) * 100, b"ID=\nNAME\n=x\n", b'NAME="' + b"x" * 1000])
def test_garbage_in_a_release_file_leaves_the_distro_in_the_list(tmp_path: Path, data: bytes) -> None:
    plant(tmp_path, {"/linux/x/bin/sh": "", "/linux/x/etc/os-release": data})
    assert look(tmp_path).rows["x", "/linux"].version is None


def test_names_stay_raw_whatever_bytes_they_have(tmp_path: Path) -> None:
    plant(tmp_path, {"/linux/a/bin/sh": ""})
    os.mkdir(os.fsencode(tmp_path / "linux") + b"/\xff\n")
    row = look(tmp_path).rows["\\xff\n", "/linux"]
    assert row.path == b"/linux/\xff\n"


def test_a_place_that_may_not_be_read_is_told_as_unseen(tmp_path: Path) -> None:
    avyos(tmp_path)
    (tmp_path / "linux").chmod(0)
    with permissions_count():
        found = look(tmp_path)
    (tmp_path / "linux").chmod(0o755)
    assert found.rows == {}
    assert "/linux may not be read by this user." in found.unseen


def test_processes_that_may_not_be_looked_at_are_counted(tmp_path: Path) -> None:
    avyos(tmp_path)
    plant(tmp_path, {"/hidden/place/x": ""})
    program(tmp_path, 99, ["/bin/x"], tree="/hidden/place", procfs="/cache/kernel/processes")
    (tmp_path / "hidden").chmod(0)
    with permissions_count():
        found = look(tmp_path)
    (tmp_path / "hidden").chmod(0o755)
    assert found.unseen == ["The root of 1 processes of other users may not be looked at: some may run in a distro."]


def test_a_host_without_distros_says_what_is_absent(tmp_path: Path) -> None:
    assert folders.probe(str(tmp_path)) == (False, "no folder of distros: /linux is absent")
    assert [place.rpartition("/")[2] for place in folders.places("/")] == ["linux", "Linux", "linux"]


async def test_a_folder_that_hangs_is_a_timeout(tmp_path: Path) -> None:
    over = threading.Event()
    tables = FileTables[Rootfs]("the folders of distros", lambda: (over.wait(20) and look(tmp_path)) or look(tmp_path))
    tables._reader._seconds = 0.05
    with pytest.raises(SutraError) as raised:
        await first(tables.findings())
    assert raised.value.code == errors.TIMEOUT
    over.set()
    await tables.stop()


async def test_a_distro_that_comes_and_goes_is_told(tmp_path: Path) -> None:
    backend = folders.make(avyos(tmp_path))
    async with Reading(backend.distros(), "name", "place") as reading:
        plant(tmp_path, {"/linux/arch/bin/sh": ""})
        await reading.until(lambda: ("arch", "/linux") in reading.rows)
        (tmp_path / "linux/arch").rename(tmp_path / "gone")
        await reading.until(lambda: ("arch", "/linux") not in reading.rows)
    await backend.stop()


async def test_sizes_are_measured_in_the_background(tmp_path: Path) -> None:
    avyos(tmp_path)
    (tmp_path / "linux/alpine/bin/large").write_bytes(b"x" * 300_000)
    os.link(tmp_path / "linux/alpine/bin/large", tmp_path / "linux/alpine/bin/again")
    backend = folders.make(str(tmp_path))
    async with Reading(backend.distros(fields=["size"]), "name", "place") as reading:
        assert reading.rows["alpine", "/linux"].size is None
        await reading.until(lambda: all(row.size is not None for row in reading.rows.values()))
        sizes = {name: row.size for (name, _), row in reading.rows.items()}
    assert 300_000 <= sizes["alpine"] < 400_000
    await backend.stop()
