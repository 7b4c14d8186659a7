import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sutra_client import words
from sutra_client.errors import INVALID, SutraError

WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(st.lists(st.lists(WORDS, min_size=1), min_size=1))
def test_what_is_quoted_splits_back(commands: list[list[str]]) -> None:
    assert words.split("; ".join(words.join(command) for command in commands)) == commands


@given(WORDS)
def test_what_is_quoted_is_harmless_to_a_terminal(word: str) -> None:
    assert words.quote(word).isprintable()


@pytest.mark.needs("bash")
@pytest.mark.parametrize("word", ["a b", "it's", "\x1b[2J\n", "\u202eé", "", "$HOME `id` $(id)", "\\", "a;b#c", "日本 x", "*"])
def test_bash_reads_a_quoted_word_as_we_meant_it(word: str) -> None:
    told = subprocess.run(["bash", "-c", "printf %s " + words.quote(word)], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"})
    assert told.stdout.decode() == word


def test_bytes_that_are_not_utf8_come_through() -> None:
    assert words.split(words.quote("/\udcff")) == [["/\udcff"]]


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("a b;c", [["a", "b"], ["c"]]),
        ("a 'b;c' \"d e\" f\\ g", [["a", "b;c", "d e", "f g"]]),
        ("# all of it\na # b\n\n;;", [["a"]]),
        ("a#b", [["a#b"]]),
        ("a \\\n b", [["a", "b"]]),
        ('"a\\"b\\x\\$"', [['a"b\\x$']]),
        ("'' \"\"", [["", ""]]),
        ("a'b'\"c\"", [["abc"]]),
        ("$HOME *", [["$HOME", "*"]]),
        ("a\\", [["a\\"]]),
    ],
)
def test_words_split_as_in_a_shell_without_expansion(text: str, commands: list[list[str]]) -> None:
    assert words.split(text) == commands


@pytest.mark.parametrize("text", ["a 'b", 'a "b', "a $'b", "$'\\x1'", "$'\\q'"])
def test_a_broken_quote_is_refused(text: str) -> None:
    with pytest.raises(SutraError) as caught:
        words.split(text)
    assert caught.value.code == INVALID
