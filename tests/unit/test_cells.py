"""Whatever is drawn, the terminal ends up showing it; and nothing but drawing ever reaches it."""

import re

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sutra_client.terminal import Terminal, detect
from widgets.cells import PLAIN, Grid, apply
from widgets.paint import Painter

WIDTH, HEIGHT = 24, 6
XTERM = detect({"TERM": "xterm-256color", "LANG": "C.UTF-8"})


class Shown:
    """A terminal emulator behind a Painter."""

    def __init__(self, terminal: Terminal = XTERM) -> None:
        self.grid = Grid(WIDTH, HEIGHT)
        self.painter = Painter(terminal)
        self.screen = pyte.Screen(WIDTH, HEIGHT)
        self.screen.reset_mode(pyte.modes.DECAWM)
        self.stream = pyte.ByteStream(self.screen)
        self.sent = b""

    def draw(self, data: str) -> bytes:
        self.grid.feed(data)
        self.sent = self.painter.frame(self.grid)
        self.stream.feed(self.sent.replace(b"\n", b"\r\n"))
        return self.sent

    @property
    def wanted(self) -> list[str]:
        return ["".join(row) for row in self.grid.text]


@pytest.fixture
def shown() -> Shown:
    return Shown()


def test_nothing_is_sent_when_nothing_changed(shown: Shown) -> None:
    shown.draw("\x1b[1;1Hhello")
    assert shown.draw("\x1b[1;1Hhello") == b""


def test_one_changed_cell_is_a_move_and_a_character(shown: Shown) -> None:
    shown.draw("\x1b[3;1Hcount 1")
    shown.draw("\x1b[6;1Hx")
    assert shown.draw("\x1b[3;1Hcount 2") == b"\x1b[3;7H2"


def test_a_line_end_that_became_blank_is_erased(shown: Shown) -> None:
    shown.draw("\x1b[2;1H" + "x" * WIDTH)
    sent = shown.draw("\x1b[2;1Hx" + " " * (WIDTH - 1))
    assert sent.endswith(b"\x1b[K") and b" " not in sent
    assert shown.screen.display[1].rstrip() == "x"


def test_a_coloured_line_end_is_written_out_where_erasing_has_no_colour() -> None:
    line = "\x1b[1;1H\x1b[44m" + " " * WIDTH
    assert b"\x1b[K" in Shown().draw(line)
    assert b"\x1b[K" not in Shown(detect({"TERM": "screen"})).draw(line)


def test_a_terminal_without_colours_gets_none() -> None:
    sent = Shown(detect({"TERM": "vt100"})).draw("\x1b[1;1H\x1b[1;31;44mhot\x1b[0m cold")
    assert b"\x1b[1m" in sent and b"31" not in sent and b"44" not in sent


def test_a_terminal_without_utf8_gets_ascii() -> None:
    terminal = Shown(detect({"TERM": "xterm", "LC_ALL": "C"}))
    assert terminal.draw("\x1b[1;1Hä日●").isascii()
    assert terminal.screen.display[0].startswith("a__o"), "the letter, two cells for a wide one, our own twin"


def test_a_wide_character_is_replaced_whole(shown: Shown) -> None:
    shown.draw("\x1b[1;1H日本")
    shown.draw("\x1b[1;2Hx")
    assert shown.wanted[0].startswith(" x本")
    assert shown.screen.display[0].startswith(" x本")


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b]52;c;aGk=\x07",
        "\x1b[2J",
        "\x1b]0;title\x1b\\",
        "\x9b31m",
        "\x1bc",
        "\x1bP1$r\x1b\\",
        "\x1b[?1000h",
        "\x07",
        "\x1b[6n",
        "\x00",
        "\x7f",
    ],
)
def test_an_escape_sequence_in_data_never_reaches_the_terminal(shown: Shown, hostile: str) -> None:
    shown.draw("\x1b[1;1Hstart")
    sent = shown.draw(f"\x1b[2;1Hbefore{hostile}after")
    assert re.fullmatch(r"(\x1b\[[0-9;]*[HCKm]|\r\n|[^\x00-\x1f\x7f-\x9f])*", sent.decode())


def test_unknown_attributes_change_nothing() -> None:
    assert apply(PLAIN, "999;77;38;5") is PLAIN
    assert apply(apply(PLAIN, "1;38;5;208;48;2;1;2;3"), "0") is PLAIN


TEXT = st.text(st.sampled_from("ab  日本é●x"), max_size=12)
STEP = st.tuples(st.integers(1, HEIGHT), st.integers(1, WIDTH), st.sampled_from(["", "1", "7", "31", "44", "0", "1;38;5;9;48;5;4"]), TEXT)


@given(st.lists(STEP, max_size=25), st.integers(1, 4), st.sampled_from(["xterm-256color", "linux", "screen", "vt100"]))
def test_the_terminal_shows_what_was_drawn_whatever_was_drawn_before(steps: list[tuple[int, int, str, str]], every: int, term: str) -> None:
    shown = Shown(detect({"TERM": term, "LANG": "C.UTF-8"})._replace(utf8=True))
    for number, (row, column, style, text) in enumerate(steps):
        shown.grid.feed(f"\x1b[{row};{column}H\x1b[{style}m{text}\x1b[0m")
        if number % every == 0:
            shown.draw("")
    shown.draw("")
    assert shown.screen.display == shown.wanted
    for y, pens in enumerate(shown.grid.pens):
        for x, pen in enumerate(pens):
            if shown.grid.text[y][x] not in ("", " ") and term != "vt100":
                assert shown.screen.buffer[y][x].bold == ("1" in pen[0])
