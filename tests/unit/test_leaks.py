"""A test that leaves something behind fails, whatever it is; one that tidies up does not."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import leaks

SLEEP = [sys.executable, "-I", "-S", "-c", "import sys; sys.stdin.read()"]


@pytest.fixture
def before(temporary_folder: Path) -> leaks.Traces:
    return leaks.Traces.now(temporary_folder)


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(SLEEP, stdin=subprocess.PIPE) as process:
        yield process


def test_nothing_is_found_where_nothing_was_left(before: leaks.Traces, temporary_folder: Path) -> None:
    assert leaks.left_behind(before, temporary_folder) == []


async def test_a_running_task_is_found_and_cancelled() -> None:
    task = asyncio.create_task(asyncio.Event().wait(), name="forgotten")
    (left,) = await leaks.unfinished_tasks(grace=0.01)
    assert left.startswith("task forgotten ")
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_task_that_is_ending_is_waited_for() -> None:
    task = asyncio.create_task(asyncio.sleep(0.01))
    assert await leaks.unfinished_tasks() == []
    assert task.done()


def test_a_thread_is_found(before: leaks.Traces) -> None:
    release = threading.Event()
    thread = threading.Thread(target=release.wait, name="forgotten")
    thread.start()
    assert leaks.left_behind(before, grace=0.01) == [f"thread {thread.ident} forgotten"]
    release.set()
    thread.join()


def test_a_child_process_is_found(before: leaks.Traces, child: subprocess.Popen[bytes]) -> None:
    assert any(line.startswith(f"child process {child.pid} ") for line in leaks.left_behind(before, grace=0.01))


def test_a_child_that_ended_and_was_not_waited_for_is_found(before: leaks.Traces) -> None:
    process = subprocess.Popen([sys.executable, "-I", "-S", "-c", ""])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    (left,) = leaks.left_behind(before, grace=0.01)
    assert left.startswith(f"child process {process.pid} ") and left.endswith("(ended, not waited for)")
    process.wait()


def test_a_process_that_daemonized_itself_is_found_and_ended(before: leaks.Traces) -> None:
    keeper, theirs = os.pipe()
    daemon = "import os, sys; os.setsid(); print(os.getpid(), flush=True); os.read(int(sys.argv[1]), 1)"
    script = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', sys.argv[1], sys.argv[2]], pass_fds=[int(sys.argv[2])])"
    command = [sys.executable, "-c", script, daemon, str(keeper)]
    reader, writer = os.pipe()
    subprocess.run(command, pass_fds=[keeper], stdout=writer, check=True)
    pid = int(os.read(reader, 32))
    for fd in (reader, writer, keeper):
        os.close(fd)
    assert any(line.startswith(f"child process {pid} ") for line in leaks.left_behind(before, grace=0.01))
    leaks.clean_up(before)
    os.close(theirs)
    assert leaks.left_behind(before) == []


def test_an_open_file_is_found(before: leaks.Traces, tmp_path: Path) -> None:
    path = tmp_path / "open"
    with path.open("w") as file:
        assert leaks.left_behind(before, grace=0.01) == [f"open file {file.fileno()} {path}"]


def test_a_temporary_file_is_found(before: leaks.Traces, temporary_folder: Path) -> None:
    folder = tempfile.mkdtemp()
    assert leaks.left_behind(before, temporary_folder, grace=0.01) == [f"temporary file {folder}"]
    shutil.rmtree(folder)


@pytest.mark.needs("root")
def test_a_mount_is_found(before: leaks.Traces, tmp_path: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", tmp_path], check=True)
    left = leaks.left_behind(before, grace=0.01)
    subprocess.run(["umount", tmp_path], check=True)
    (line,) = left
    assert line.startswith("mount ") and line.endswith(f" {tmp_path}")


def test_a_network_namespace_is_found(before: leaks.Traces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "forgotten").touch()
    monkeypatch.setattr(leaks, "_NETNS", str(tmp_path))
    assert leaks.left_behind(before, grace=0.01) == [f"network namespace {tmp_path / 'forgotten'}"]


def test_looking_costs_less_than_two_milliseconds(temporary_folder: Path) -> None:
    fastest = 1.0
    for _ in range(20):
        start = time.perf_counter()
        leaks.left_behind(leaks.Traces.now(temporary_folder), temporary_folder)
        fastest = min(fastest, time.perf_counter() - start)
    assert fastest < 0.002


INNER = """
import asyncio, threading

async def test_leaves_a_task():
    asyncio.create_task(asyncio.Event().wait())

def test_leaves_a_file():
    global file
    file = open("/dev/null")

def test_leaves_nothing():
    pass
"""


def test_the_fixtures_fail_just_the_tests_that_leave_something(tmp_path: Path) -> None:
    (tmp_path / "test_inner.py").write_text(INNER)
    here = Path(leaks.__file__).parent
    options = "-q -p no:cacheprovider -p conftest -o markers=needs --import-mode=importlib --rootdir . -o asyncio_mode=auto"
    options += " -o asyncio_default_fixture_loop_scope=function test_inner.py"
    command = [sys.executable, "-m", "pytest", *options.split()]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(here)}, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "3 passed, 2 errors" in done.stdout, done.stdout
    assert "task Task-" in done.stdout and "open file " in done.stdout and "/dev/null" in done.stdout
