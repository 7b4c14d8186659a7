"""What a terminal gets to see of our driver, on a real pseudo-terminal."""

import os
import re
import signal
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import ptys

ROOT = Path(__file__).parent.parent.parent
PROGRAM = str(ROOT / "tests" / "data" / "screen_app.py")
SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[^\[\]])")
DRAWING = re.compile(rb"\x1b\[[0-9;]*[HCKJm]")


@contextmanager
def running(term: str = "xterm-256color", **environ: str) -> Iterator[ptys.Terminal]:
    env = {"TERM": term, "LANG": "C.UTF-8", "PATH": os.environ["PATH"], "HOME": os.environ["HOME"]} | environ
    with ptys.Terminal([PROGRAM, str(ROOT)], env=env) as terminal:
        terminal.read_until_shown("count 0")
        terminal.read(0.2)
        yield terminal


def modes(data: bytes) -> set[bytes]:
    return {sequence for sequence in SEQUENCE.findall(data) if not DRAWING.fullmatch(sequence)}


@pytest.mark.parametrize(
    ("term", "known"),
    [
        ("linux", {b"\x1b[?25l", b"\x1b[?7l", b"\x1b[?25h", b"\x1b[?7h"}),
        ("vt220", {b"\x1b[?25l", b"\x1b[?7l", b"\x1b[?25h", b"\x1b[?7h"}),
        ("vt100", {b"\x1b[?7l", b"\x1b[?7h"}),
    ],
)
def test_a_console_is_sent_no_mode_or_query_that_it_does_not_know(term: str, known: set[bytes]) -> None:
    with running(term) as terminal:
        terminal.type("c")
        terminal.read_until_shown("count 1")
        terminal.type("q")
        terminal.read(0.5)
        terminal.seconds_to_end()
        assert modes(terminal.received) == known


def test_every_mode_is_taken_back_at_the_end() -> None:
    with running() as terminal:
        terminal.type("q")
        terminal.read(1.0)
        terminal.seconds_to_end()
        sent = modes(terminal.received)
        on = {mode[:-1] for mode in sent if mode.endswith(b"h")}
        off = {mode[:-1] for mode in sent if mode.endswith(b"l")}
        assert on == off
        assert terminal.received.rstrip().endswith(b"\x1b[?25h")


def test_nothing_is_sent_when_nothing_changes() -> None:
    with running() as terminal:
        assert terminal.read(1.5) == b""


def test_a_changed_character_is_all_that_is_sent() -> None:
    with running() as terminal:
        terminal.type("c")
        terminal.read_until_shown("count 1")
        terminal.read(0.2)
        before = len(terminal.received)
        terminal.type("c")
        terminal.read_until_shown("count 2")
        terminal.read(0.2)
        assert len(terminal.received) - before < 20 * 12


def test_escape_sequences_in_a_frame_never_come_out() -> None:
    with running() as terminal:
        terminal.received = b""
        terminal.type("h")
        terminal.read_until_shown("hostile")
        assert modes(terminal.received) == set()
        assert b"\x1b[2J" not in terminal.received


def test_a_terminal_that_stops_reading_can_be_left_within_a_second() -> None:
    with running() as terminal:
        terminal.type("f")
        terminal.read_until_shown("flood")
        unread_until_full(terminal)
        terminal.type("q")
        assert terminal.seconds_to_end() < 1.0
        assert terminal.code == 0


def unread_until_full(terminal: ptys.Terminal) -> None:
    """Wait, without reading, until the kernel holds all that it takes: what is queued no longer grows."""
    queued = -1
    for _ in range(100):
        held = queue_length(terminal.master)
        if held == queued > 2000:
            return
        queued = held
        signal.sigtimedwait([], 0.3)
    raise AssertionError("the program never filled the terminal's queue")


def queue_length(master: int) -> int:
    import fcntl
    import struct

    (count,) = struct.unpack("i", fcntl.ioctl(master, termios.FIONREAD, bytes(4)))
    return int(count)


def test_after_a_pause_the_newest_state_is_shown_without_what_came_between() -> None:
    with running() as terminal:
        terminal.type("f")
        terminal.read_until_shown("flood")
        unread_until_full(terminal)
        kept = len(terminal.received)
        terminal.read(0.3)
        shown = re.findall(r"flood (\d+)", "\n".join(terminal.screen.display))
        assert len(terminal.received) - kept < 100_000
        assert shown


def test_the_terminal_is_as_it_was_after_the_end() -> None:
    with running() as terminal:
        before = termios.tcgetattr(terminal.master)
        assert not before[3] & termios.ICANON
        assert before[0] & termios.IXON, "XON/XOFF stays with the line's owner"
        terminal.type("q")
        terminal.read(1.0)
        terminal.seconds_to_end()
        assert termios.tcgetattr(terminal.master)[3] & termios.ICANON


def test_a_held_terminal_gets_nothing_until_it_is_let_go() -> None:
    with running() as terminal:
        terminal.type("\x13")
        terminal.read(0.2)
        terminal.type("c")
        assert terminal.read(0.5) == b""
        terminal.type("\x11")
        terminal.read_until_shown("count 1")


def test_a_resized_terminal_is_painted_again() -> None:
    with running() as terminal:
        terminal.screen.resize(10, 40)
        terminal.screen.reset()
        terminal.received = b""
        terminal.resize(40, 10)
        terminal.read_until_shown("count 0")
        assert b"\x1b[2J" in terminal.received


def test_painting_again_repairs_what_others_wrote() -> None:
    with running() as terminal:
        terminal.screen.draw("kernel: message")
        terminal.type("l")
        terminal.read_until(lambda: not any("kernel" in line for line in terminal.screen.display))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_gives_the_terminal_back(number: signal.Signals) -> None:
    with running() as terminal:
        os.kill(terminal.pid, number)
        terminal.read(1.0)
        terminal.seconds_to_end()
        assert b"\x1b[?1049l" in terminal.received
