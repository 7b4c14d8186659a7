"""What a terminal sends becomes keys, mouse events and pastes; what is none of these becomes nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.message import Message
from textual.messages import TerminalSupportsSynchronizedOutput

from widgets.typed import PASTE_MOST, Typed


def named(messages: list[Message]) -> list[str]:
    """Keys by name, others by their class and what they hold."""
    found = []
    for message in messages:
        match message:
            case events.Key(key=key):
                found.append(key)
            case events.Paste(text=text):
                found.append(f"paste {text!r}")
            case _:
                found.append(type(message).__name__)
    return found


def read(*pieces: bytes) -> list[str]:
    """What pieces that come one after the other, and then silence, are taken for."""
    typed = Typed()
    messages = [message for piece in pieces for message in typed.feed(piece)]
    return named([*messages, *typed.silence()])


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b"a\r\t q", ["a", "enter", "tab", "space", "q"]),
        (b"\x1b[A\x1bOB\x1b[5~\x1b[1;5C", ["up", "down", "pageup", "ctrl+right"]),
        (b"\x1b[[A\x1b[11~\x1bOP", ["f1", "f1", "f1"]),
        (b"\x03\x10\x7f", ["ctrl+c", "ctrl+p", "backspace"]),
        ("é漢".encode(), ["é", "漢"]),
        (b"\x1bx", ["alt+x"]),
        (b"\x1b", ["escape"]),
        (b"\x1b\x1b", ["escape", "escape"]),
        (b"\x1b\x1b[A", ["escape", "up"]),
        (b"\x1b[97;5u", ["ctrl+a"]),
        (b"\x1b[<0;5;6M\x1b[<0;5;6m\x1b[<65;1;1M", ["MouseDown", "MouseUp", "MouseScrollDown"]),
    ],
)
def test_keys_are_keys(data: bytes, keys: list[str]) -> None:
    assert read(data) == keys
    typed = Typed()
    assert named([message for byte in data for message in typed.feed(bytes([byte]))] + [*typed.silence()]) == keys


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x1b[?1;2c\x1b[>41;378;0c\x1b[24;80R\x1b[0n", id="answers to others' questions"),
        pytest.param(b"\x1b]11;rgb:0000/0000/0000\x07\x1b]11;rgb:ffff/ffff/ffff\x1b\\", id="colours"),
        pytest.param(b"\x1bP>|xterm(378)\x1b\\\x1bP1$r0m\x1b\\", id="device control"),
        pytest.param(b"\x1b[I\x1b[O", id="focus, which we never asked for"),
        pytest.param(b"\x1b[M !!\x1b[M#\x7f\x7f", id="mouse of the old kind"),
        pytest.param(b"\x1b[<99999999999;1;1M\x1b[<;;M\x1b[<1;2M\x1b[<0;0;0;0M", id="mouse of no kind"),
        pytest.param(b"\x1b[99999999u\x1b[1114112;1u\x1b[48;1;2;3;4t", id="numbers without sense"),
        pytest.param(b"\x1b[" + b"1;" * 5000 + b"m", id="long"),
        pytest.param(b"\x1b[1;2", id="begun"),
        pytest.param(b"\x1b[\x1b[200\x1b[1;", id="begun anew"),
        pytest.param(b"\x1b]0;never ended q q q", id="a string without end"),
        pytest.param(b"\xc2\x9b", id="c1"),
        pytest.param(b"\x1b[201~", id="the end of no paste"),
    ],
)
def test_what_is_no_key_is_nothing(data: bytes) -> None:
    assert read(data) == []
    assert read(*(data[start : start + 100] for start in range(0, len(data), 100))) == []


def test_after_nonsense_and_silence_keys_are_keys_again() -> None:
    typed = Typed()
    for nonsense in (b"\x1b[1;", b"\x1b]0;x", b"\x1bO", b"\x1b[M!", b"\xe6\xbc"):
        list(typed.feed(nonsense))
        list(typed.silence())
        assert named(list(typed.feed(b"q")))[-1] == "q"


def test_a_character_cut_in_two_is_one() -> None:
    assert read("漢".encode()[:1], "漢".encode()[1:]) == ["漢"]


def test_a_terminal_that_can_synchronize_says_so() -> None:
    assert read(b"\x1b[?2026;2$y") == [TerminalSupportsSynchronizedOutput.__name__]
    assert read(b"\x1b[?2026;0$y") == []


def test_a_paste_is_one_text_of_what_can_be_seen() -> None:
    assert read(b"\x1b[200~one\r\ntwo\x1b[31m\x00\x07\xe2\x80\xae\tthree\x1b[20", b"1~q") == ["paste 'one\\ntwo[31m\\tthree'", "q"]


def test_a_paste_goes_on_after_silence_and_can_be_ended() -> None:
    typed = Typed()
    assert named([*typed.feed(b"\x1b[200~half"), *typed.silence()]) == []
    assert typed.pasting and not typed.unfinished
    assert named(list(typed.end_paste())) == ["paste 'half'"]
    assert named(list(typed.feed(b"q"))) == ["q"]


def test_a_paste_has_a_most() -> None:
    typed = Typed()
    for piece in (b"\x1b[200~", *[b"x" * 4096] * 256):
        assert not list(typed.feed(piece))
    (paste,) = typed.feed(b"\x1b[201~")
    assert isinstance(paste, events.Paste) and len(paste.text) == PASTE_MOST


@given(st.lists(st.binary(max_size=64)))
def test_no_bytes_break_it(pieces: list[bytes]) -> None:
    typed = Typed()
    for piece in pieces:
        list(typed.feed(piece))
        list(typed.silence())
    list(typed.end_paste())
    list(typed.silence())
    assert named(list(typed.feed(b"\x18q")))[-1] == "q"


@given(st.lists(st.sampled_from(["\x1b", "[", "<", "1", ";", "M", "m", "u", "~", "O", "]", "P", "\\", "\x07", "\x18", "200~", "é", "?"])))
def test_no_sequence_breaks_it(words: list[str]) -> None:
    typed = Typed()
    list(typed.feed("".join(words).encode()))
    list(typed.end_paste())
    list(typed.silence())
    assert named(list(typed.feed(b"q"))) == ["q"]
