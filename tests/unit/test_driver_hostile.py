"""Strings that want to get at the terminal, through every widget and every way that a person sees them."""

import os
import time
from pathlib import Path

import pytest

import ptys
from hostile import MODES, STRINGS, assert_only_ours, foreign

ROOT = Path(__file__).parent.parent.parent
PROGRAM = [str(ROOT / "tests" / "data" / "hostile_screen.py"), str(ROOT)]
ROWS = 40


def environ(term: str) -> dict[str, str]:
    return {"TERM": term, "LANG": "C.UTF-8", "PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}


def ends(terminal: ptys.Terminal) -> list[int]:
    """Where the last cell of each row of the table stands."""
    return [cells.index("|") for cells in map(terminal.row, range(ROWS)) if "|" in cells]


@pytest.mark.parametrize(("term", "level", "keys"), [("xterm-256color", "xterm", "nt"), ("vt100", "vt100", "n")])
def test_no_string_gets_at_the_terminal_or_moves_a_column(term: str, level: str, keys: str) -> None:
    """`n` shows the next string, `t` shows it in a notification too."""
    with ptys.Terminal(PROGRAM, (100, ROWS), environ(term)) as terminal:
        terminal.read_until_shown("cpu")
        for number, name in enumerate(STRINGS):
            terminal.type(keys)
            terminal.read_until_shown(f"shown {number} ")
            terminal.read_until(lambda: len(ends(terminal)) == 3)
            assert len(set(ends(terminal))) == 1, f"{name}: columns stand at {ends(terminal)}"
        for key, shown in (("h", "arrows PgUp"), ("\x1b", "shown"), ("p", "lqqk")):
            terminal.type(key)
            terminal.read_until_shown(shown)
        terminal.type("\x1b")
        terminal.read_until_shown("shown")
        terminal.type("q")
        terminal.read(1.0)
        terminal.seconds_to_end()
        assert terminal.code == 0
        assert_only_ours(terminal.received, level)


def test_a_pasted_string_is_what_can_be_seen_of_it() -> None:
    with ptys.Terminal(PROGRAM, (100, ROWS), environ("xterm-256color")) as terminal:
        terminal.read_until_shown("cpu")
        terminal.type("n")
        terminal.read_until_shown("shown 0")
        terminal.type("i")
        terminal.read_until_shown("typing")
        for name, string in STRINGS.items():
            if len(string) < 100:
                os.write(terminal.master, b"\x1b[200~" + string.encode("utf-8", "backslashreplace") + f" {name}\x1b[201~".encode())
        terminal.read_until_shown("[/ markup")
        assert_only_ours(terminal.received, "xterm")


def test_a_megabyte_in_one_paste_freezes_nothing() -> None:
    with ptys.Terminal(PROGRAM, (100, ROWS), environ("xterm-256color")) as terminal:
        terminal.read_until_shown("cpu")
        terminal.type("n")
        terminal.read_until_shown("shown 0")
        terminal.type("i")
        terminal.read_until_shown("typing")
        feed(terminal, b"\x1b[200~" + b"\x1b[31m0123456789" * 70_000 + b"\x1b[201~")
        terminal.read_until_shown("[31m0123456789")
        terminal.type("typed after")
        terminal.read_until_shown("typed after")
        assert_only_ours(terminal.received, "xterm")


def feed(terminal: ptys.Terminal, data: bytes) -> None:
    """Write as fast as the program reads, and read what it answers."""
    os.set_blocking(terminal.master, False)
    deadline = time.monotonic() + ptys.LONGEST
    while data:
        assert time.monotonic() < deadline, f"{len(data)} bytes are never read"
        try:
            data = data[os.write(terminal.master, data[:4096]) :]
        except BlockingIOError:
            terminal.read(0.01)
    os.set_blocking(terminal.master, True)


@pytest.mark.parametrize("level", MODES)
def test_the_reader_of_output_finds_what_is_not_ours(level: str) -> None:
    for name in ("clear", "move", "title", "clipboard", "c1", "right to left", "zero width", "tags", "reset", "charset", "answerback"):
        allowed = name in ("clear", "move")  # drawing, which the driver's grid and not this reader keeps in its place
        assert bool(foreign(STRINGS[name].encode(), level)) != allowed, name
    assert not foreign(b"\x1b[0m\x1b[H\x1b[2Jtext\r\n\x1b[12;3H\x1b[1m", level)
