"""What avyctl takes a terminal for."""

import pytest

from sutra_client.terminal import detect


@pytest.mark.parametrize(
    ("environ", "device", "level"),
    [
        ({"TERM": "xterm-256color", "LANG": "C.UTF-8"}, "/dev/pts/3", "full"),
        ({"TERM": "xterm-kitty"}, "/dev/pts/3", "full"),
        ({"TERM": "tmux-256color"}, "/dev/pts/3", "full"),
        ({"TERM": "linux"}, "/dev/tty1", "vt"),
        ({"TERM": "screen"}, "/dev/pts/3", "vt"),
        ({"TERM": "tmux"}, "/dev/pts/3", "vt"),
        ({"TERM": "vt100"}, "/dev/pts/3", "vt"),
        ({"TERM": "vt220"}, "/dev/ttyS0", "slow"),
        ({"TERM": "xterm-256color"}, "/dev/ttyAMA0", "slow"),
        ({"TERM": "linux"}, "/dev/hvc0", "slow"),
        ({"TERM": "dumb"}, "/dev/pts/3", "line"),
        ({}, "/dev/pts/3", "line"),
    ],
)
def test_level_follows_from_term_and_line(environ: dict[str, str], device: str, level: str) -> None:
    assert detect(environ, (80, 24), device).level == level


def test_an_asked_for_level_wins() -> None:
    assert detect({"TERM": "xterm-256color"}, force="line").level == "line"
    assert detect({"TERM": "xterm-256color"}, force="slow").glyphs == "ascii"


@pytest.mark.parametrize("term", ["linux", "vt100", "vt220", "vt510", "ansi", "dumb"])
def test_consoles_are_asked_nothing_and_lend_no_mouse_or_second_screen(term: str) -> None:
    terminal = detect({"TERM": term})
    assert not (terminal.queries or terminal.mouse or terminal.alternate_screen)


@pytest.mark.parametrize(
    ("environ", "device", "utf8"),
    [
        ({"TERM": "xterm", "LANG": "en_GB.UTF-8"}, "", True),
        ({"TERM": "xterm", "LANG": "C.utf8"}, "", True),
        ({"TERM": "xterm", "LANG": "de_DE.UTF-8@euro"}, "", True),
        ({"TERM": "xterm", "LC_ALL": "C", "LANG": "en_GB.UTF-8"}, "", False),
        ({"TERM": "xterm", "LANG": "de_DE.ISO-8859-1"}, "", False),
        ({"TERM": "xterm"}, "", True),
        ({"TERM": "linux"}, "/dev/tty1", True),
        ({"TERM": "vt220"}, "", False),
        ({"TERM": "vt100", "LANG": "C.UTF-8"}, "", False),
        ({"TERM": "xterm"}, "/dev/ttyS0", False),
    ],
)
def test_utf8_follows_from_the_locale_or_the_line(environ: dict[str, str], device: str, utf8: bool) -> None:
    terminal = detect(environ, device=device)
    assert terminal.utf8 is utf8
    assert utf8 or terminal.glyphs == "ascii"


@pytest.mark.parametrize(
    ("environ", "colours"),
    [
        ({"TERM": "xterm-256color"}, 256),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, 1 << 24),
        ({"TERM": "linux"}, 16),
        ({"TERM": "vt100"}, 0),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"}, 0),
    ],
)
def test_colours_follow_from_term(environ: dict[str, str], colours: int) -> None:
    assert detect(environ).colours == colours


def test_a_line_without_size_is_80_by_24() -> None:
    terminal = detect({"TERM": "vt220"}, (0, 0), "/dev/ttyS0", 9600)
    assert (terminal.columns, terminal.rows, terminal.speed) == (80, 24, 9600)


def test_the_speed_of_a_pseudo_terminal_means_nothing() -> None:
    assert detect({"TERM": "xterm"}, (80, 24), "/dev/pts/0", 38400).speed == 0


def test_ssh_is_noticed() -> None:
    assert detect({"TERM": "xterm", "SSH_CONNECTION": "10.0.0.5 50000 10.0.0.9 22"}).remote
