import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sutra_client import text
from sutra_client.json_text import Json

HOSTILE = "\x1b]52;c;aGk=\x07 \x1b[2J \x9b31m \u202eevil\u2066 \u200b\ufeff \u2028 \x00 \ud800 \U000e0041 \x7f"


@given(st.text())
def test_nothing_displayed_can_act_on_a_terminal(raw: str) -> None:
    shown = text.display(raw, 0)
    assert shown.isprintable()
    assert not set(shown) & set("\u200b\u200e\u202e\u2066\ufeff\u2028\u3164\ufe0f")


def test_hostile_characters_become_visible_escapes() -> None:
    shown = text.display(HOSTILE)
    assert shown.startswith("\\x1b]52;c;aGk=\\x07 \\x1b[2J \\x9b31m \\u202eevil\\u2066 \\u200b\\ufeff")
    assert shown.endswith("\\ud800 \\U000e0041 \\x7f")


@pytest.mark.parametrize("plain", ["", "sshd.service", "/dev/sda1 é ß", "日本語", "☃ and 👍"])
def test_what_anyone_can_read_stays_as_it_is(plain: str) -> None:
    assert text.display(plain) == plain


def test_marks_stack_no_higher_than_four_and_never_on_what_stands_before() -> None:
    assert text.display("e" + "\u0301" * 6) == "e" + "\u0301" * 4 + "\\u0301" * 2
    assert text.display("\u0301x") == "\\u0301x"


def test_a_long_text_is_cut_and_says_so() -> None:
    assert text.display("x" * 5000) == "x" * 4096 + "…"
    assert text.display("x" * 5000, 0) == "x" * 5000


def test_newlines_separate_lines_only_where_lines_are_asked_for() -> None:
    assert text.display("a\nb") == "a\\x0ab"
    assert text.display_lines("a\nb\tc") == ["a", "b       c"]


@pytest.mark.parametrize(("shown", "cells"), [("abc", 3), ("é", 1), ("日本", 4), ("e\u0301", 1), ("👍", 2), ("", 0)])
def test_width_counts_terminal_cells(shown: str, cells: int) -> None:
    assert text.width(shown) == cells


@given(st.text().map(text.display), st.integers(0, 20))
def test_fit_is_exactly_as_wide_as_asked(shown: str, cells: int) -> None:
    assert text.width(text.fit(shown, cells)) == cells
    assert text.width(text.fit(shown, cells, right=True)) == cells


def test_a_cut_is_marked() -> None:
    assert text.clip("backup.service", 8) == "backup.…"
    assert text.clip("日本語", 4) == "日…"
    assert text.fit("7", 3, right=True) == "  7"


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0, "B", "0B"),
        (1023, "B", "1023B"),
        (1536, "B", "1.5k"),
        (212 << 20, "B", "212M"),
        (1023.9 * 1024, "B", "1M"),
        (86_016, "B/s", "84k/s"),
        (2_400_000_000, "Hz", "2.4GHz"),
        (38, "%", "38%"),
        (4.04, "%", "4.0%"),
        (51.6, "degC", "52°C"),
        (1800, "rpm", "1800rpm"),
        (5.1, "V", "5.10V"),
        (2.1, "s", "2.1s"),
        (0.02, "", "0.02"),
        (7, "", "7"),
    ],
)
def test_numbers_carry_their_unit(value: float, unit: str, shown: str) -> None:
    assert text.amount(value, unit) == shown


@pytest.mark.parametrize(
    ("microseconds", "shown"),
    [
        (0, "0s"),
        (20, "20us"),
        (350_000, "350ms"),
        (2_100_000, "2.1s"),
        (59_000_000, "59s"),
        (180_000_000, "3m"),
        (12 * 86_400_000_000, "12d"),
        (-60_000_000, "-1m"),
    ],
)
def test_durations_are_said_in_their_largest_unit(microseconds: int, shown: str) -> None:
    assert text.span(microseconds) == shown


def test_times_are_local_and_short_when_today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        now = 1_790_000_000
        assert text.moment(now * 1_000_000 + 5_000_000, now) == "16:13:25"
        assert text.moment((now - 86_400) * 1_000_000, now) == "2026-09-20 16:13"
        assert [text.day(moment * 1_000_000, now) for moment in (now, now - 86_400)] == ["16:13:20", "2026-09-20"]
        assert text.moment(1 << 62, now) == "@4611686018427"
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()


@pytest.mark.parametrize(
    ("content", "kind", "unit", "shown"),
    [
        (None, "u64?", "B", "-"),
        (True, "bool", "", "yes"),
        (["a", "b"], "[]string", "", "a,b"),
        ([1024, 2048], "[]u64?", "B", "1k,2k"),
        ({"a": 1, "b": 2}, "map[string]u8", "", "a=1 b=2"),
        ({"base64": "L/8="}, "bytes?", "", "/\\xff"),
        ({"base64": "%%%"}, "bytes", "", "%%%"),
        (b"/\xff", "bytes", "", "/\\xff"),
        (60_000_000, "duration?", "", "1m"),
        ("\x1b[2J", "Active", "", "\\x1b[2J"),
    ],
)
def test_values_of_every_kind_fit_one_line(content: Json | bytes, kind: str, unit: str, shown: str) -> None:
    assert text.value(content, kind, unit) == shown
