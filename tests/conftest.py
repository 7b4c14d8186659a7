"""Fixtures of every test: nothing may be left behind, and no test meets the user's own files or bus."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

import facilities
import leaks
from boxes.fixtures import boxes_there, device_box, fresh_box, ostree_sysroot, systemd_box

__all__ = ["boxes_there", "device_box", "fresh_box", "ostree_sysroot", "systemd_box"]


@pytest.fixture(scope="session", autouse=True)
def temporary_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """TMPDIR of the run, for this process and those it starts: whatever a test leaves in it is a leak."""
    tmp_path_factory.getbasetemp()  # pytest's own folder stays where it would be
    folder = Path(tempfile.mkdtemp(prefix="avt-"))  # short: a socket's path has 107 bytes
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        patch.setattr(tempfile, "tempdir", str(folder))
        leaks.adopt_orphans()
        yield folder
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def nothing_left_behind(temporary_folder: Path) -> Iterator[None]:
    """Fails a test that leaves a thread, child process, open file, temporary file, mount or network namespace."""
    before = leaks.Traces.now(temporary_folder)
    yield
    left = leaks.left_behind(before, temporary_folder)
    if left:
        leaks.clean_up(before)
        pytest.fail("the test left behind:\n  " + "\n  ".join(left), pytrace=False)


@pytest.fixture(autouse=True)
async def no_unfinished_tasks(nothing_left_behind: None) -> AsyncIterator[None]:
    """Fails a test that leaves an asyncio task; looks before the loop is closed, which would cancel it silently."""
    yield
    left = await leaks.unfinished_tasks()
    if left:
        pytest.fail("the test left behind:\n  " + "\n  ".join(left), pytrace=False)


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test reads or writes the user's configuration, state or endpoints."""
    home = tmp_path_factory.getbasetemp() / "home"
    home.mkdir(exist_ok=True)
    for name in ("SUTRA_DIR", "AVYCTL_CONFIG", "NO_COLOR", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(home / name.lower()))


@pytest.fixture(autouse=True)
def facilities_there(request: pytest.FixtureRequest) -> None:
    """`@pytest.mark.needs("root", "dbus-daemon")`: skips a test where the machine lacks one of them; in CI see real/ABSENT.toml."""
    for marker in request.node.iter_markers("needs"):
        for name in marker.args:
            facilities.require(name)
