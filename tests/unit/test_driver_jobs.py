"""The screen as a job of a real shell: stopped, sent to the background, brought back, and a terminal that is left as it was found."""

import os
import shutil
import signal
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import ptys

ROOT = Path(__file__).parent.parent.parent
PROGRAM = f"{sys.executable} {ROOT / 'tests' / 'data' / 'screen_app.py'} {ROOT}"
BASH = shutil.which("bash") or ""
pytestmark = pytest.mark.needs("bash")


@contextmanager
def shell() -> Iterator[ptys.Terminal]:
    env = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "PATH": os.environ["PATH"], "HOME": "/nonexistent", "PS1": "ready> "}
    with ptys.Terminal(["--norc", "--noprofile", "--noediting"], env=env, program=BASH) as terminal:
        terminal.read_until_shown("ready>")
        try:
            yield terminal
        finally:
            for pid in children(terminal.pid):
                os.kill(pid, signal.SIGKILL)


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def modes(terminal: ptys.Terminal) -> list[object]:
    return termios.tcgetattr(terminal.master)


def screen_is_ours(terminal: ptys.Terminal) -> bool:
    """Alternate screen, no cursor, mouse: by the last word on each."""
    sent = terminal.received
    on = [sent.rfind(f"\x1b[?{mode}".encode()) > sent.rfind(f"\x1b[?{off}".encode()) for mode, off in MODES]
    assert len(set(on)) == 1, on
    return on[0]


MODES = (("1049h", "1049l"), ("25l", "25h"), ("1000h", "1000l"), ("1006h", "1006l"), ("2004h", "2004l"), ("7l", "7h"))


def start(terminal: ptys.Terminal, after: str = "") -> int:
    """The pid of the screen, which counts from 0."""
    terminal.type(f"{PROGRAM}{after}\n")
    terminal.read_until_shown("count 0")
    (pid,) = children(terminal.pid)
    return pid


def stop(terminal: ptys.Terminal, pid: int) -> None:
    os.kill(pid, signal.SIGTSTP)
    terminal.read_until(lambda: state(pid) == "T")
    terminal.read_until(lambda: b"Stopped" in terminal.received and terminal.received.endswith(b"ready> "))


def bring_back(terminal: ptys.Terminal) -> None:
    terminal.screen.reset()
    terminal.received = b""
    terminal.type("fg\n")
    terminal.read_until_shown("count ")


def leave(terminal: ptys.Terminal) -> None:
    terminal.type("q")
    terminal.read_until(lambda: terminal.received.endswith(b"ready> "))
    assert not children(terminal.pid)


def test_stopped_and_brought_back_it_shows_all_again_and_answers() -> None:
    with shell() as terminal:
        before = modes(terminal)
        pid = start(terminal)
        ours = modes(terminal)
        assert ours != before
        stop(terminal, pid)
        assert modes(terminal) == before and not screen_is_ours(terminal)
        bring_back(terminal)
        assert modes(terminal) == ours and screen_is_ours(terminal)
        terminal.read_until(lambda: sum("count 0" in line for line in terminal.screen.display) == 20)
        terminal.type("c")
        terminal.read_until_shown("count 1")
        leave(terminal)
        assert modes(terminal) == before and not screen_is_ours(terminal)


def test_in_the_background_it_stays_stopped_and_leaves_the_terminal_alone() -> None:
    with shell() as terminal:
        before = modes(terminal)
        pid = start(terminal)
        stop(terminal, pid)
        terminal.received = b""
        terminal.type("bg\n")
        terminal.read_until(lambda: terminal.received.endswith(b"ready> "))
        terminal.type("echo done\n")
        terminal.read_until(lambda: state(pid) == "T")
        terminal.read_until(lambda: b"done\r\n" in terminal.received)
        assert b"\x1b" not in terminal.received
        assert modes(terminal) == before
        bring_back(terminal)
        leave(terminal)
        assert modes(terminal) == before and not screen_is_ours(terminal)


def test_started_in_the_background_it_waits_for_its_turn() -> None:
    with shell() as terminal:
        before = modes(terminal)
        terminal.type(f"{PROGRAM} &\n")
        terminal.read_until(lambda: len(children(terminal.pid)) == 1)
        (pid,) = children(terminal.pid)
        terminal.read_until(lambda: state(pid) == "T")
        assert b"\x1b" not in terminal.received
        assert modes(terminal) == before
        bring_back(terminal)
        leave(terminal)
        assert modes(terminal) == before


def test_told_to_continue_without_having_stopped_it_still_gives_the_terminal_back() -> None:
    with shell() as terminal:
        before = modes(terminal)
        pid = start(terminal)
        terminal.screen.draw("kernel: message")
        os.kill(pid, signal.SIGCONT)
        terminal.read_until(lambda: not any("kernel" in line for line in terminal.screen.display))
        terminal.type("c")
        terminal.read_until_shown("count 1")
        leave(terminal)
        assert modes(terminal) == before and not screen_is_ours(terminal)


def test_stopped_by_force_it_takes_the_terminal_again() -> None:
    with shell() as terminal:
        before = modes(terminal)
        pid = start(terminal)
        ours = modes(terminal)
        os.kill(pid, signal.SIGSTOP)
        terminal.read_until(lambda: terminal.received.endswith(b"ready> "))
        bring_back(terminal)
        terminal.read_until(lambda: modes(terminal) == ours)
        terminal.type("c")
        terminal.read_until_shown("count 1")
        leave(terminal)
        assert modes(terminal) == before and not screen_is_ours(terminal)


@pytest.mark.parametrize("stopped", [False, True], ids=["running", "stopped"])
def test_the_death_of_the_shell_is_its_end(stopped: bool) -> None:
    with shell() as terminal:
        pid = start(terminal)
        if stopped:
            stop(terminal, pid)
        descriptor = os.pidfd_open(pid)
        os.kill(terminal.pid, signal.SIGKILL)
        try:
            terminal.read_until(lambda: ptys.has_ended(descriptor))
        finally:
            os.close(descriptor)
