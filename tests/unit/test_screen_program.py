"""The whole program on a terminal: what a terminal without colours or UTF-8 is sent, how it ends when its terminal goes away."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from oneshots import LAUNCHER, environment
from ptys import Terminal

SGR = re.compile(rb"\x1b\[([0-9;]*)m")
WITHIN = 1.5
"""Seconds: one for the program, the rest for a busy machine."""


@contextmanager
def screen(*options: str, folder: str = "/nonexistent", **environ: str) -> Iterator[Terminal]:
    env = environment(folder, {"TERM": "xterm-256color", "LANG": "C.UTF-8", **environ})
    with Terminal(["-IS", LAUNCHER, *options], env=env) as terminal:
        terminal.read_until_shown("load")
        yield terminal


def colours(data: bytes) -> list[bytes]:
    """The SGR parameters that name a colour."""
    return [word for found in SGR.findall(data) for word in found.split(b";") if re.fullmatch(rb"[34]8|[349][0-7]|10[0-7]", word)]


@pytest.mark.parametrize(
    "environ", [{"NO_COLOR": "1"}, {"NO_COLOR": "1", "AVYCTL_THEME": "light"}, {"NO_COLOR": "1", "COLORTERM": "truecolor"}]
)
def test_no_color_sends_no_colour_at_all_and_stays_readable(environ: dict[str, str]) -> None:
    with screen("--embedded", **environ) as terminal:
        for keys in ("?", "\x1b", "\x10"):
            terminal.type(keys)
            terminal.read(0.3)
        assert colours(terminal.received) == []
        assert SGR.findall(terminal.received)


def test_without_no_color_there_are_colours() -> None:
    with screen("--embedded") as terminal:
        assert colours(terminal.received)


@pytest.mark.parametrize("environ", [{"LANG": "C"}, {"TERM": "vt100"}, {"TERM": "vt220", "LANG": "C"}], ids=["C", "vt100 utf-8", "vt220"])
def test_a_terminal_without_utf_8_is_sent_ascii_and_no_question_mark_for_a_glyph(environ: dict[str, str]) -> None:
    with screen("--embedded", **environ) as terminal:
        assert terminal.received.isascii()
        shown = "\n".join(terminal.screen.display)
        assert shown.replace("? help", "").count("?") == 0
        assert re.search(r"\w+/(admin|operator|reader|root)", shown)


@contextmanager
def hangup(ignored: bool) -> Iterator[None]:
    """What a program started meanwhile inherits."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


@contextmanager
def served(folder: str) -> Iterator[None]:
    service = subprocess.Popen([sys.executable, "-IS", LAUNCHER, "serve"], env=environment(folder, {}), stderr=subprocess.PIPE)
    assert service.stderr is not None
    try:
        while "system serves" not in (line := service.stderr.readline().decode()):
            assert line, "it does not serve"
        yield
    finally:
        service.terminate()
        service.wait()
        service.stderr.close()


def ends(pid: int) -> bool:
    """Whether it does within the time; it is gone afterwards either way."""
    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return True
        signal.sigtimedwait([], 0.02)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return False


@pytest.mark.parametrize("ignored", [False, True], ids=["SIGHUP", "SIGHUP ignored"])
@pytest.mark.parametrize("keys", ["", "?", "\x10", "!"], ids=["pane", "help", "palette", "shell"])
@pytest.mark.parametrize("where", ["embedded", "service"])
def test_a_terminal_that_goes_away_ends_the_program(ignored: bool, keys: str, where: str) -> None:
    with tempfile.TemporaryDirectory() as folder, hangup(ignored):
        if where == "service":
            with served(folder):
                assert gone_under(folder, keys)
        else:
            assert gone_under(folder, keys, "--embedded")


def gone_under(folder: str, keys: str, *options: str) -> bool:
    """Whether the program ends when its terminal is closed after these keys."""
    with screen(*options, folder=folder, SHELL="/bin/sh") as terminal:
        if keys:
            terminal.type(keys)
            terminal.read(0.3)
        os.close(terminal.master)
        pid, terminal.pid = terminal.pid, 0
        terminal.master = os.open("/dev/null", os.O_RDONLY)
        return ends(pid)


@pytest.mark.parametrize("key", ["q", "\x03"], ids=["q", "ctrl+c"])
def test_q_and_ctrl_c_quit(key: str) -> None:
    with screen("--embedded") as terminal:
        terminal.type(key)
        terminal.read(1.0)
        terminal.seconds_to_end()
        assert terminal.code == 0


def test_ctrl_q_is_nothing_and_ctrl_z_says_why_where_no_shell_is() -> None:
    with screen("--embedded") as terminal:
        terminal.type("\x11")
        terminal.type("\x1a")
        terminal.read_until_shown("no shell has started")
