"""The real program against this very machine: a service in its own process, the screen on a terminal, one-shots in pipes."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from oneshots import LAUNCHER, environment
from ptys import Terminal

AVYCTL = [sys.executable, "-IS", LAUNCHER]
NODE = os.uname().nodename


@pytest.fixture
def folder() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as path:
        yield path


@contextmanager
def served(folder: str) -> Iterator["subprocess.Popen[str]"]:
    """`avyctl serve`, ready; stopped in the end if it still runs."""
    service = subprocess.Popen([*AVYCTL, "serve"], env=environment(folder, {}), stderr=subprocess.PIPE, text=True)
    assert service.stderr is not None
    try:
        assert "system serves at" in service.stderr.readline()
        yield service
    finally:
        service.terminate()
        service.wait()
        service.stderr.close()


def run(folder: str, *words: str, script: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*AVYCTL, *words], env=environment(folder, {}), input=script, capture_output=True, text=True, check=False)


def test_a_killed_service_leaves_a_screen_that_says_so_and_comes_back(folder: str) -> None:
    size = {"TERM": "xterm-256color", "LANG": "C.UTF-8"}
    with served(folder) as service, Terminal(["-IS", LAUNCHER], env=environment(folder, size)) as terminal:
        terminal.read_until_shown(NODE)
        terminal.read_until_shown("load")
        service.kill()
        service.wait()
        terminal.read_until_shown("stale since")
        with served(folder):
            terminal.read_until(lambda: not any("stale" in line for line in terminal.screen.display))
            terminal.read_until_shown(NODE)
            fresh = [line.rstrip() for line in terminal.screen.display]
            terminal.type("q")
            terminal.seconds_to_end()
        assert terminal.code == 0
    with served(folder), Terminal(["-IS", LAUNCHER], env=environment(folder, size)) as again:
        again.read_until_shown(NODE)
        again.read_until_shown("load")
        titles = [line.split("  ")[0] for line in fresh]
        again.read_until(lambda: [line.rstrip().split("  ")[0] for line in again.screen.display] == titles)  # as if nothing had been
        again.type("q")
        again.seconds_to_end()


def test_a_script_on_standard_input_gives_json_lines(folder: str) -> None:
    with served(folder):
        done = run(folder, "--exec", "-", "-o", "jsonl", script="system status\n# a comment\nsystem history --since 1m\n")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[0]["hostname"] == NODE
    checked = subprocess.run(
        [sys.executable, "-m", "json.tool", "--json-lines"], input=done.stdout, text=True, capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


def test_what_is_said_of_this_machine_is_what_the_machine_says(folder: str) -> None:
    with served(folder):
        status = json.loads(run(folder, "system", "status", "-o", "json").stdout)
        directly = json.loads(run(folder, "system", "status", "-o", "json", "--embedded").stdout)
    assert (status["hostname"], status["kernel"], status["architecture"]) == (NODE, os.uname().release, os.uname().machine)
    assert status["memory_total"] == int(Path("/proc/meminfo").read_text().split()[1]) * 1024
    assert status["boot_id"] == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert status["cpus"] == len(os.sched_getaffinity(0)) or status["cpus"] == os.cpu_count()
    moving = {"uptime", "load1", "load5", "load15", "memory_available", "swap_used", "pressure", "boot_time", "clock_error", "users"}
    assert {name: value for name, value in status.items() if name not in moving} == {
        name: value for name, value in directly.items() if name not in moving
    }


def test_a_service_that_is_told_to_stop_removes_its_socket_and_ends_well(folder: str) -> None:
    with served(folder) as service:
        assert os.listdir(folder) == ["dev.avyctl.system"]
        second = run(folder, "serve", "system")
        assert second.returncode == 6
        assert "answers there already" in second.stderr
        service.send_signal(signal.SIGTERM)
        assert service.wait() == 0
    assert os.listdir(folder) == []
    gone = run(folder, "system", "status", "-o", "json")
    assert gone.returncode == 7
    assert json.loads(gone.stdout)["error"]["code"] == "UNAVAILABLE"


def test_a_watch_ends_well_when_interrupted(folder: str) -> None:
    with served(folder):
        watching = subprocess.Popen(
            [*AVYCTL, "system", "metrics", "-w", "-o", "jsonl"], env=environment(folder, {}), stdout=subprocess.PIPE, text=True
        )
        assert watching.stdout is not None
        first = json.loads(watching.stdout.readline())
        assert (first["event"], "cpu" in first["row"]) == ("samples", True) or first["event"]
        watching.send_signal(signal.SIGINT)
        assert watching.wait() == 0
        watching.stdout.close()


@pytest.mark.needs("root")
def test_names_that_are_not_utf_8_break_nothing(folder: str) -> None:
    """A process, a mount point and a host name of bytes, in namespaces of their own."""
    inside = (
        "import os, socket, subprocess, sys\n"
        'socket.sethostname(b"h\\xff\\x1b[31mst")\n'
        'mount = os.fsencode(sys.argv[1]) + b"/m\\xfe\\x1b]0;x\\x07nt"\n'
        "os.mkdir(mount)\n"
        'subprocess.run(["mount", "-t", "tmpfs", "none", mount], check=True)\n'
        'open("/proc/self/comm", "wb").write(b"p\\xffrocess")\n'
        'for words in (["status"], ["findings"], ["metrics"], ["status", "-o", "json"], ["history", "-o", "yaml"]):\n'
        '    subprocess.run([*sys.argv[2:], "system", *words, "--embedded"], check=True)\n'
    )
    command = ["unshare", "-m", "-u", "--propagation", "private", sys.executable, "-c", inside, folder, *AVYCTL]
    done = subprocess.run(command, capture_output=True, env=environment(folder, {}), check=False)
    assert done.returncode == 0, done.stderr
    assert b"\x1b" not in done.stdout
    assert b"h\\xff" in done.stdout
    assert json.loads(next(line for line in done.stdout.splitlines() if line.startswith(b"{")))["hostname"].startswith("h\\xff")
