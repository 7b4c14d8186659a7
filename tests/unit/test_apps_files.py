"""Apps in folders and flatpaks, as their files tell them."""

import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from denied import permissions_count
from hosts import HOSTILE, avyos, entries, program, width
from planted import plant
from services.apps import files
from services.core.files import FileTables, Found
from services.core.tree import Tree
from streams import Reading, first
from sutra_client import errors
from sutra_client.errors import SutraError
from sutra_client.gen.apps import App, Kind

HELLO = "/var/lib/flatpak/app/org.avy.Hello"
METADATA = "[Application]\nname=org.avy.Hello\nruntime=org.avy.Platform/x86_64/1\ncommand=hello\n"


def look(root: Path) -> Found[App]:
    return files.read(Tree(str(root)), "")


def app(root: Path, identity: str, source: str) -> App:
    return look(root).rows[identity, source]


def deployed(metadata: bytes) -> bytes:
    """flatpak's `deploy` file: (ssasta{sv})."""
    body = b"flathub\0" + b"c0ffee\0"
    ends = [8, 15, 15]
    body += b"\0" * (-len(body) % 8) + (1 << 20).to_bytes(8, "big") + metadata
    size = width(len(body), len(ends))
    return body + b"".join(end.to_bytes(size, "little") for end in reversed(ends))


def flatpak(root: Path) -> str:
    told = entries({"appdata-name": ("s", b"Hello told\0"), "appdata-version": ("s", b"3.0\0")})
    return plant(
        root,
        {
            "/proc/stat": "",
            f"{HELLO}/current": "-> x86_64/stable",
            f"{HELLO}/x86_64/stable/active": "-> c0ffee",
            f"{HELLO}/x86_64/stable/c0ffee/metadata": METADATA,
            f"{HELLO}/x86_64/stable/c0ffee/deploy": deployed(told),
            f"{HELLO}/x86_64/stable/c0ffee/export/share/applications/org.avy.Hello.desktop": "[Desktop Entry]\nName=Hello\n",
            "/var/lib/flatpak/runtime/org.avy.Platform/x86_64/1/active": "-> beef",
            "/var/lib/flatpak/runtime/org.avy.Platform/x86_64/1/beef/metadata": "[Runtime]\n",
        },
    )


def test_the_first_place_wins_and_the_other_is_shadowed(tmp_path: Path) -> None:
    avyos(tmp_path)
    core, own = app(tmp_path, "dev.avyos.files", "/avyos/apps"), app(tmp_path, "dev.avyos.files", "/apps")
    assert (core.name, core.shadowed, own.name, own.shadowed) == ("Files", False, "My Files", True)
    assert (core.exec, core.icon) == (b"/avyos/apps/dev.avyos.files/./files", b"/avyos/apps/dev.avyos.files/icon.svg")
    assert own.exec == b"/apps/dev.avyos.files/exec"
    assert app(tmp_path, "dev.avyos.edit", "/apps").exec == b"/avyos/cmd/edit"
    assert ("not-an-app", "/apps") not in look(tmp_path).rows


def test_running_instances_are_processes_of_the_folder(tmp_path: Path) -> None:
    avyos(tmp_path)
    program(tmp_path, 50, ["/bin/sh", "/apps/dev.avyos.edit/start"], procfs="/cache/kernel/processes")
    program(tmp_path, 51, ["/bin/sh", "/apps/dev.avyos.editor/start"], procfs="/cache/kernel/processes")
    assert app(tmp_path, "dev.avyos.files", "/avyos/apps").pids == [40]
    assert app(tmp_path, "dev.avyos.edit", "/apps").pids == [50]
    assert app(tmp_path, "dev.avyos.gone", "/apps").running == 0


def test_without_procfs_running_is_unknown(tmp_path: Path) -> None:
    plant(tmp_path, {"/apps/a/manifest.json": "{}", "/apps/a/exec": ""})
    assert (app(tmp_path, "a", "/apps").running, app(tmp_path, "a", "/apps").problem) == (None, None)


@pytest.mark.parametrize(
    ("manifest", "problem"),
    [
        (b"", "its manifest is not valid"),
        (b"[]", "its manifest is not valid"),
        (b'{"name": 7}', "its manifest is not valid"),
        (b"[" * 100_000, "its manifest is not valid"),
        (b'{"name": "\xff"}', "its manifest is not valid"),
        (b'{"exec": "./none"}', "its program ./none is not there"),
        (b'{"exec": "../../../../../../etc/none"}', "is not there"),
        (b'{"exec": "a\\u0000b"}', "is not there"),
        (b'{"id": "other"}', "its manifest says that its id is other"),
        (b'{"id": "x", "more": [1, {"a": null}]}', ""),
    ],
)
def test_a_manifest_that_is_wrong_is_told_and_hides_no_other(tmp_path: Path, manifest: bytes, problem: str) -> None:
    plant(tmp_path, {"/apps/x/manifest.json": manifest, "/apps/x/exec": "", "/apps/y/manifest.json": "{}", "/apps/y/exec": ""})
    found = look(tmp_path)
    told = found.rows["x", "/apps"].problem or ""
    assert problem in told and bool(problem) == bool(told)
    assert found.rows["y", "/apps"].problem is None
    assert bool(problem) == (("broken:/apps/x",) in found.findings)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.binary(max_size=200))
def test_garbage_in_a_manifest_is_never_an_exception(tmp_path: Path, data: bytes) -> None:
    plant(tmp_path, {"/apps/x/manifest.json": data})
    assert len(look(tmp_path).rows) == 1


def test_names_stay_raw_whatever_bytes_they_have(tmp_path: Path) -> None:
    avyos(tmp_path)
    assert app(tmp_path, "dev.avyos.gone", "/apps").name == HOSTILE
    folder = tmp_path.joinpath("apps").__fspath__().encode() + b"/\xff\x1b"
    Path(folder.decode("utf-8", "surrogateescape")).mkdir()
    Path((folder + b"/manifest.json").decode("utf-8", "surrogateescape")).write_text("{}")
    row = app(tmp_path, "\\xff\x1b", "/apps")
    assert row.path == b"/apps/\xff\x1b"


def test_a_flatpak_is_told_from_its_files(tmp_path: Path) -> None:
    flatpak(tmp_path)
    plant(tmp_path, {"/run/user/1000/.flatpak/77/info": "[Application]\nname=org.avy.Hello\n", "/run/user/1000/.flatpak/77/pid": "4711"})
    plant(tmp_path, {"/proc/4711/comm": "hello"})
    plant(tmp_path, {"/run/user/1000/.flatpak/78/info": "[Application]\nname=org.avy.Hello\n", "/run/user/1000/.flatpak/78/pid": "4712"})
    row = app(tmp_path, "org.avy.Hello", "/var/lib/flatpak")
    assert (row.kind, row.name, row.version, row.origin) == (Kind.FLATPAK, "Hello", "3.0", "flathub")
    assert (row.branch, row.architecture, row.runtime_ref) == ("stable", "x86_64", "org.avy.Platform/x86_64/1")
    assert (row.running, row.pids, row.problem) == (1, [4711], None)


def test_a_flatpak_without_its_runtime_or_folder_is_told(tmp_path: Path) -> None:
    flatpak(tmp_path)
    (tmp_path / "var/lib/flatpak/runtime/org.avy.Platform/x86_64/1/active").unlink()
    assert "org.avy.Platform/x86_64/1 is not installed" in (app(tmp_path, "org.avy.Hello", "/var/lib/flatpak").problem or "")
    (tmp_path / f"{HELLO}/x86_64/stable/active".lstrip("/")).unlink()
    assert "did not end" in (app(tmp_path, "org.avy.Hello", "/var/lib/flatpak").problem or "")


def test_garbage_in_flatpaks_files_leaves_the_app_in_the_list(tmp_path: Path) -> None:
    flatpak(tmp_path)
    for name in ("deploy", "metadata"):
        (tmp_path / f"{HELLO}/x86_64/stable/c0ffee/{name}".lstrip("/")).write_bytes(bytes(range(256)) * 9)
    row = app(tmp_path, "org.avy.Hello", "/var/lib/flatpak")
    assert (row.origin, row.problem) == (None, "its metadata cannot be read")


def test_a_place_that_may_not_be_read_is_told_as_unseen(tmp_path: Path) -> None:
    avyos(tmp_path)
    (tmp_path / "apps").chmod(0)
    with permissions_count():
        found = look(tmp_path)
    (tmp_path / "apps").chmod(0o755)
    assert list(found.rows) == [("dev.avyos.files", "/avyos/apps")]
    assert any(sentence.startswith("/apps may not be read") for sentence in found.unseen)


def test_a_host_without_apps_says_what_is_absent(tmp_path: Path) -> None:
    fits, reason = files.probe(str(tmp_path))
    assert not fits
    assert reason.endswith("/avyos/apps is absent, /apps is absent, /var/lib/flatpak/app is absent")


async def test_a_folder_that_hangs_is_a_timeout(tmp_path: Path) -> None:
    over = threading.Event()
    tables = FileTables[App]("the folders of apps", lambda: (over.wait(20) and look(tmp_path)) or look(tmp_path))
    tables._reader._seconds = 0.05
    with pytest.raises(SutraError) as raised:
        await first(tables.findings())
    assert raised.value.code == errors.TIMEOUT
    over.set()
    await tables.stop()


async def test_an_app_that_is_installed_and_removed_is_told(tmp_path: Path) -> None:
    backend = files.make(avyos(tmp_path))
    async with Reading(backend.apps(), "id", "source") as reading:
        plant(tmp_path, {"/apps/new/manifest.json": '{"name": "New"}', "/apps/new/exec": ""})
        await reading.until(lambda: ("new", "/apps") in reading.rows and reading.rows["new", "/apps"].name == "New")
        (tmp_path / "apps/new/manifest.json").unlink()
        await reading.until(lambda: ("new", "/apps") not in reading.rows)
    await backend.stop()


async def test_one_app_is_found_by_id_and_place(tmp_path: Path) -> None:
    avyos(tmp_path)
    backend = files.make(flatpak(tmp_path))
    assert (await backend.get("dev.avyos.files")).source == "/avyos/apps"
    assert (await backend.get("dev.avyos.files", "/apps")).name == "My Files"
    with pytest.raises(SutraError) as raised:
        await backend.get("nothing")
    assert raised.value.code == errors.NOT_FOUND
    await backend.stop()
