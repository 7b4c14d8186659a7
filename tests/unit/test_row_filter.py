"""What is typed over a list finds what the list shows."""

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sutra_client import row_filter
from sutra_client.errors import INVALID, SutraError
from sutra_client.gen import system_table
from widgets.columns import Column, columns


class Task(msgspec.Struct, frozen=True):
    name: str
    state: str = "running"
    cpu: float | None = None
    memory: int | None = None
    age: int = 0
    ports: list[int] = []
    path: bytes = b""


FIELDS = columns(
    [
        ("name", "string", "", "", None, "", ""),
        ("state", "string", "", "", None, "", ""),
        ("cpu", "f64?", "", "%", None, "", ""),
        ("memory", "u64?", "", "B", None, "resident set", ""),
        ("age", "duration", "", "", None, "", ""),
        ("ports", "[]u32", "", "", None, "", ""),
        ("path", "bytes", "", "", None, "", ""),
    ]
)
GLYPH = Column("state", "", lambda state: "x" if state == "failed" else "o")
TASKS = (
    Task("sshd.service", cpu=1.5, memory=4 << 20, age=12 * 86_400_000_000, ports=[22], path=b"/usr/sbin/sshd"),
    Task("backup today", "failed", None, None, 180_000_000),
    Task("API-é", cpu=77.0, memory=3 << 30, age=2_000_000, ports=[80, 8080]),
    Task("fe80::1 12:30 a=b !", cpu=0.0, memory=100 << 20),
)


def found(words: str) -> set[str]:
    accepts = row_filter.compile(words, FIELDS)
    return {task.name.split()[0] for task in TASKS if accepts(task)}


SSHD, BACKUP, API, ODD = "sshd.service", "backup", "API-é", "fe80::1"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", {SSHD, BACKUP, API, ODD}),
        ("   ", {SSHD, BACKUP, API, ODD}),
        ("SSHD", {SSHD}),
        ("api-É", {API}),
        ("run sshd", {SSHD}),
        ("!failed", {SSHD, API, ODD}),
        ("!", {SSHD, BACKUP, API, ODD}),
        ('"backup today"', {BACKUP}),
        ("'backup tod", {BACKUP}),
        ('!"backup today" !sshd', {API, ODD}),
        ("state:fail", {BACKUP}),
        ("STATE:FAIL", {BACKUP}),
        ("!state:running", {BACKUP}),
        ("name:running", set()),
        ('name:"backup today"', {BACKUP}),
        ("name:", {SSHD, BACKUP, API, ODD}),
        ("12:30", {ODD}),
        ("fe80::1", {ODD}),
        ("a=b", {ODD}),
        ('"!"', {ODD}),
        ("resident_set>=100M", {API, ODD}),
        ("memory>=100M", {API, ODD}),
        ("memory<0.1G", {SSHD, ODD}),
        ("memory>2.5g", {API}),
        ("cpu>50", {API}),
        ("cpu>50%", {API}),
        ("cpu<=1.5", {SSHD, ODD}),
        ("!cpu>50", {SSHD, BACKUP, ODD}),
        ("cpu=-", {BACKUP}),
        ("cpu!=-", {SSHD, API, ODD}),
        ("memory=4M", {SSHD}),
        ("state=fail", set()),
        ("state=Failed", {BACKUP}),
        ("state!=failed cpu>1", {SSHD, API}),
        ("age>1h", {SSHD}),
        ("age<5m age>1s", {BACKUP, API}),
        ("ports=80", {API}),
        ("ports=80,8080", {API}),
        ("ports>1000", {API}),
        ("path:sbin", {SSHD}),
        ("path=/usr/sbin/sshd", {SSHD}),
        ('"state:failed"', set()),
    ],
)
def test_words_find_what_they_say(words: str, expected: set[str]) -> None:
    assert found(words) == expected


@pytest.mark.parametrize(
    "words", ["cpu>", "memory>=", "state=", "cpu>much", "memory<4MM", "age>12", "cpu>-", "cpu>1_0", "ports>٣", "memory>nan", "!cpu>x"]
)
def test_what_cannot_be_compared_is_said(words: str) -> None:
    with pytest.raises(SutraError) as error:
        row_filter.compile(words, FIELDS)
    assert error.value.code == INVALID


def test_the_word_behind_a_glyph_is_found_and_so_is_the_glyph() -> None:
    for words in ("failed", "state:fail", "state=failed", "x", "state=x"):
        accepts = row_filter.compile(words, [GLYPH])
        assert [accepts(task) for task in TASKS] == [False, True, False, False]


def test_rows_of_the_wire_are_filtered_like_structs() -> None:
    accepts = row_filter.compile("state:fail cpu=-", FIELDS)
    assert [accepts(msgspec.to_builtins(task)) for task in TASKS] == [False, True, False, False]


def test_hostile_text_is_found_as_it_is_shown() -> None:
    task = Task("\x1b[2J\n\t\u202e")
    assert row_filter.compile("\\x1b[2j\\x0a\\x09\\u202e", FIELDS)(task)
    assert row_filter.compile("\u202e", FIELDS)(task)
    assert not row_filter.compile("state:\\x1b", FIELDS)(task)


def test_units_of_a_schema_are_understood() -> None:
    fields = columns(system_table.TYPES["Temperature"])
    hot = row_filter.compile("value>=50°C", fields)
    assert [hot({"name": "cpu", "value": value}) for value in (49.9, 50.0, None)] == [False, True, False]


@given(st.text(), st.text())
def test_no_text_is_too_odd_to_be_typed(words: str, name: str) -> None:
    with suppress(SutraError):
        assert row_filter.compile(words, FIELDS)(Task(name)) in (True, False)


@given(st.text(st.characters(exclude_categories=["Cs", "Mn", "Me"], exclude_characters='"')))
def test_a_quoted_text_finds_the_rows_that_show_it(text: str) -> None:
    """A combining mark is left out: whether it is shown depends on what stands before it."""
    assert row_filter.compile(f'"{text}"', FIELDS)(Task(f"before {text} after"))
