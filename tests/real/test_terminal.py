"""The whole program on terminals of every kind: what each is sent, and what it may send."""

import os
import random
import signal
import tempfile
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hostile import assert_only_ours
from oneshots import LAUNCHER, environment
from ptys import Terminal, has_ended

TERMS = [
    ("xterm-256color", "xterm"),
    ("xterm", "xterm"),
    ("tmux-256color", "xterm"),
    ("screen", "screen"),
    ("linux", "linux"),
    ("vt220", "vt220"),
    ("vt100", "vt100"),
    ("unknown-term", "unknown"),
]
"""TERM, and the key of hostile.MODES that it is held to."""
QUIT = 5.0
"""Seconds: one for the program, the rest for a busy machine."""


@contextmanager
def screen(folder: str, size: tuple[int, int] = (80, 24), **environ: str) -> Iterator[Terminal]:
    env = environment(folder, {"TERM": "xterm-256color", "LANG": "C.UTF-8", **environ})
    with Terminal(["-IS", LAUNCHER, "--embedded"], size, env) as terminal:
        terminal.read_until_shown("load")
        yield terminal


@pytest.fixture
def folder() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as path:
        yield path


def settle(terminal: Terminal) -> None:
    """Read until there is nothing for a while."""
    while terminal.read(0.2):
        pass


@pytest.mark.parametrize(("term", "level"), TERMS)
def test_no_terminal_is_sent_what_it_does_not_know(folder: str, term: str, level: str) -> None:
    with screen(folder, TERM=term) as terminal:
        for keys in ("j", "?", "\x1b", "\x0c"):
            terminal.type(keys)
            settle(terminal)
        terminal.type("q")
        terminal.read(1.0)
        assert terminal.seconds_to_end() < QUIT
        assert terminal.code == 0
        assert_only_ours(terminal.received, level)


@pytest.mark.parametrize("environ", [{"TERM": "dumb"}, {"TERM": ""}], ids=["dumb", "unset"])
def test_a_terminal_that_can_do_nothing_is_written_lines(folder: str, environ: dict[str, str]) -> None:
    with Terminal(["-IS", LAUNCHER, "--embedded"], env=environment(folder, {"LANG": "C.UTF-8", **environ})) as terminal:
        terminal.read_until_shown("avyctl>")
        terminal.type("quit\n")
        terminal.read(1.0)
        terminal.seconds_to_end()
        assert b"\x1b" not in terminal.received


def test_the_shell_and_back_leaves_both_as_they_were(folder: str) -> None:
    with screen(folder, SHELL="/bin/sh", PS1="shell> ", ENV="") as terminal:
        ours = termios.tcgetattr(terminal.master)
        settle(terminal)
        terminal.received = b""
        terminal.type("!")
        terminal.read_until(lambda: terminal.received.endswith(b"> ") or terminal.received.endswith(b"# "))
        assert termios.tcgetattr(terminal.master)[3] & (termios.ICANON | termios.ECHO) or b"shell" in terminal.received
        assert b"\x1b[?1049l" in terminal.received and b"\x1b[?1000l" in terminal.received
        terminal.screen.reset()
        terminal.type("exit\n")
        terminal.read_until_shown("load")
        assert termios.tcgetattr(terminal.master) == ours
        assert_only_ours(terminal.received.partition(b"exit")[2].partition(b"\n")[2], "xterm")


def test_noise_and_late_answers_press_no_key(folder: str) -> None:
    with screen(folder) as terminal:
        settle(terminal)
        before = terminal.screen.display[:2]
        for noise in (b"[?1;2c", b"]11;rgb:0/0/0\x1b\\", b"[I\x1b[O", b"[<999;999;999M", b"[M !!", b"P1$r?q\x1b\\", b"[12"):
            os.write(terminal.master, b"\x1b" + noise)
            settle(terminal)
        assert terminal.screen.display[:2] == before
        terminal.type("?")
        terminal.read_until_shown("esc goes back")


def test_whatever_is_typed_at_it_it_can_be_left(folder: str) -> None:
    """Noise without the keys that leave it, stop it or hold it, without the palette, which thinks for long about long words, and without
    copying and cutting, which fill the clipboard.
    """
    source = random.Random(5)
    noise = bytes(byte for byte in source.randbytes(10_000) if byte not in b"qy\x03\x10\x18\x1a!\x13\x11\x1c\r")
    with screen(folder) as terminal:
        os.set_blocking(terminal.master, False)
        deadline = time.monotonic() + 30
        while noise and time.monotonic() < deadline:
            try:
                noise = noise[os.write(terminal.master, noise[:2048]) :]
            except BlockingIOError:
                terminal.read(0.01)
        assert not noise
        os.set_blocking(terminal.master, True)
        settle(terminal)
        terminal.type("\x03")
        descriptor = os.pidfd_open(terminal.pid)
        try:
            terminal.read_until(lambda: has_ended(descriptor))
        finally:
            os.close(descriptor)
        terminal.seconds_to_end()
        assert terminal.code == 0
        assert_only_ours(terminal.received, "xterm")


@pytest.mark.parametrize("size", [(1, 1), (500, 300)], ids=["1x1", "500x300"])
def test_sizes_without_sense_are_survived(folder: str, size: tuple[int, int]) -> None:
    with screen(folder) as terminal:
        terminal.resize(*size)
        settle(terminal)
        terminal.screen.reset()
        terminal.received = b""
        terminal.resize(80, 24)
        terminal.read_until_shown("load")
        os.kill(terminal.pid, signal.SIGTERM)
        assert terminal.seconds_to_end() < QUIT
