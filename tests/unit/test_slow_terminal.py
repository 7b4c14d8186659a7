"""Terminals that read slowly, not at all, or change their size all the time: everything else goes on."""

import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

import ptys

ROOT = Path(__file__).parent.parent.parent
PROGRAM = str(ROOT / "tests" / "data" / "slow_screen.py")
STALL = float(os.environ.get("STALL_SECONDS", "2"))
"""How long the terminal does not read; minutes in a soak."""
FRAME = 4000
"""Bytes that paint all of 80x24, at most."""
KERNEL = 24_000
"""Bytes that the kernel holds of what was written and not read."""
QUIT = 5.0
"""Seconds: a fraction of one for the program, the rest for a busy machine."""


class Report(NamedTuple):
    """What the program counted, and its resident memory in KiB."""

    changes: int
    timers: int
    messages: int
    memory: int
    keys: int


class Screen(ptys.Terminal):
    """The program, and its other way to tell how it is."""

    def __init__(self, speed: int, period: float, reports: int, pipe: int, size: tuple[int, int] = (80, 24)) -> None:
        env = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
        super().__init__([PROGRAM, str(ROOT), str(pipe), str(speed), str(period)], size, env)
        self._reports = open(reports, encoding="ascii")

    def report(self) -> Report:
        return Report(*map(int, self._reports.readline().split()))

    def close_reports(self) -> None:
        self._reports.close()

    def reported(self, timers: int) -> Report:
        """The first report after so many more of them."""
        first = report = self.report()
        while report.timers < first.timers + timers:
            report = self.report()
        return report


def shows(terminal: Screen, text: str) -> bool:
    return any(text in line for line in terminal.screen.display)


@contextmanager
def screen(speed: int = 0, period: float = 0.01, shown: str = "keys 0") -> Iterator[Screen]:
    reports, pipe = os.pipe()
    os.set_inheritable(pipe, True)
    terminal = Screen(speed, period, reports, pipe)
    os.close(pipe)
    with terminal:
        try:
            if shown:
                terminal.read_until_shown(shown)
            yield terminal
        finally:
            terminal.close_reports()


def test_a_terminal_that_does_not_read_stops_nothing_and_costs_nothing() -> None:
    with screen() as terminal:
        terminal.reported(10)  # the kernel's queue fills meanwhile
        before = terminal.report()
        after = terminal.reported(int(STALL * 10))
        spent = after.timers - before.timers
        assert after.messages - before.messages > spent and after.changes - before.changes > spent
        assert after.memory - before.memory < 2048
        terminal.type("s")
        seen = len(terminal.received)
        terminal.read_until_shown("stopped at")
        terminal.read_until(lambda: sum("stopped at" in line for line in terminal.screen.display) == 22)
        assert len(terminal.received) - seen < KERNEL + 2 * FRAME, "one frame that was on its way, and one that is true"


@pytest.mark.parametrize("how", ["q", "SIGTERM"])
@pytest.mark.parametrize("held", [False, True], ids=["unread", "held by XOFF"])
def test_a_terminal_that_does_not_read_can_be_left(how: str, held: bool) -> None:
    with screen() as terminal:
        if held:
            terminal.type("\x13")
            while terminal.read(0.3):
                pass
            terminal.received = b""
        terminal.reported(5)
        if how == "q":
            terminal.type("q")
        else:
            os.kill(terminal.pid, signal.SIGTERM)
        assert terminal.seconds_to_end() < QUIT
        terminal.read(1.0)
        assert terminal.received.endswith(b"\x1b[0m\x1b[?7h\x1b[?1049l\x1b[?25h"), "the next program has a terminal to write to"


def test_a_held_terminal_shows_the_newest_when_it_is_let_go() -> None:
    with screen() as terminal:
        terminal.type("\x13")
        while terminal.read(0.3):
            pass
        held = len(terminal.received)
        terminal.type("s")
        before = terminal.report()
        assert terminal.reported(5).messages > before.messages
        assert terminal.read(0.1) == b""
        terminal.type("\x11")
        terminal.read_until(lambda: sum("stopped at" in line for line in terminal.screen.display) == 22)
        assert len(terminal.received) - held < 2 * FRAME


@pytest.mark.parametrize("speed", [9600, 115200])
def test_on_a_slow_line_keys_go_first_and_changes_take_half_of_it(speed: int) -> None:
    rate = speed // 10
    with screen(speed, 0.1, shown="") as terminal:
        line = ptys.Line(terminal, rate)
        line.run(lambda: any("keys 0" in text for text in terminal.screen.display))
        seen = len(terminal.received)
        seconds = line.rest(1.5)
        assert len(terminal.received) - seen < rate * seconds * 0.75
        took = []
        for count in range(1, 8):
            line.rest(0.2 + 0.037 * count)
            terminal.type("k")
            took.append(line.run(partial(shows, terminal, f"keys {count} ")))
        assert sorted(took)[len(took) // 2] < 0.3, took
        assert line.backlog < rate * 0.5, "half a second of line"


def test_on_a_slow_line_what_is_old_is_never_sent() -> None:
    with screen(9600, 0.02, shown="") as terminal:
        line = ptys.Line(terminal, 960)
        line.run(lambda: any("keys 0" in text for text in terminal.screen.display))
        line.rest(0.5)
        terminal.type("s")
        before = len(terminal.received)
        line.run(lambda: sum("stopped at" in text for text in terminal.screen.display) == 22)
        assert len(terminal.received) - before < FRAME


def test_a_line_of_unknown_speed_that_is_slow_freezes_nothing() -> None:
    with screen(shown="") as terminal:
        line = ptys.Line(terminal, 960)
        line.run(lambda: "keys" in "".join(terminal.screen.display) or len(terminal.received) > 960)
        before = terminal.report()
        line.rest(0.5)
        assert terminal.reported(3).messages > before.messages
        terminal.type("q")
        assert terminal.seconds_to_end() < QUIT


def test_any_number_of_sizes_end_in_the_last_of_them() -> None:
    choice = random.Random(3)
    with screen(period=0.05) as terminal:
        for number in range(200):
            size = choice.choice([(1, 1), (500, 300), (0, 0), (65535, 65535), (80, 24), (choice.randint(1, 200), choice.randint(1, 80))])
            terminal.resize(*size)
            if number % 10 == 0:
                terminal.read(0.01)
        terminal.type("s")
        terminal.resize(80, 24)
        terminal.report()
        while not terminal.received.endswith(b"\x1b[K") or terminal.read(0.3):
            terminal.read(0.3)
        terminal.screen.reset()
        terminal.screen.resize(24, 80)
        terminal.resize(70, 30)
        terminal.screen.resize(30, 70)
        terminal.read_until(lambda: sum("stopped at" in text for text in terminal.screen.display) == 22)
        terminal.read_until_shown("keys 0")
        terminal.screen.resize(24, 80)
        terminal.screen.reset()
        terminal.received = b""
        terminal.resize(80, 24)
        terminal.read_until(lambda: sum("stopped at" in text for text in terminal.screen.display) == 22)
        terminal.read_until_shown("keys 0")
        assert len(terminal.received) < 2 * FRAME


def test_a_size_that_came_and_went_leaves_the_screen_whole() -> None:
    with screen(period=60, shown="keys 0") as terminal:
        terminal.type("s")
        terminal.read_until_shown("stopped at")
        for _ in range(20):
            terminal.resize(60, 20)
            terminal.resize(80, 24)
        while terminal.read(0.3):
            pass
        assert sum("stopped at" in text for text in terminal.screen.display) == 22
        assert "keys 0" in terminal.screen.display[22]
