"""Rows keep their identity while they are sorted, filtered, changed and taken away."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sutra_client.events import Key
from widgets.rows import Row, Rows, rank


class Unit(msgspec.Struct, frozen=True):
    name: str
    size: int | None = 0


def size_of(row: Row) -> int | None:
    assert isinstance(row, Unit)
    return row.size


def by_size(row: Row) -> tuple[bool, float, str]:
    return rank(size_of(row))


def names(rows: Rows) -> list[str | int]:
    return [key[0] for key in rows.keys(0, len(rows))]


def units(*pairs: tuple[str, int | None]) -> list[Unit]:
    return [Unit(name, size) for name, size in pairs]


def test_without_sorting_rows_stand_as_they_came() -> None:
    rows = Rows(("name",))
    rows.load(units(("b", 1), ("a", 2)))
    rows.change(units(("c", 0), ("b", 9)))
    assert names(rows) == ["b", "a", "c"]


def test_a_change_moves_a_row_where_its_value_belongs() -> None:
    rows = Rows(("name",))
    rows.load(units(("a", 1), ("b", 2), ("c", 3)))
    rows.sort(by_size)
    before, moved = rows.change(units(("a", 5)))
    assert moved and before == {("a",): Unit("a", 1)}
    assert names(rows) == ["b", "c", "a"]


def test_a_change_that_keeps_the_order_moves_nothing() -> None:
    rows = Rows(("name",))
    rows.load(units(("a", 1), ("b", 2)))
    assert rows.change(units(("a", 7))) == ({("a",): Unit("a", 1)}, False)


def test_a_row_sent_again_unchanged_is_no_change() -> None:
    rows = Rows(("name",))
    rows.load(units(("a", 1)))
    assert rows.change(units(("a", 1))) == ({}, False)


def test_descending_keeps_the_order_of_equals_and_the_unknown_last() -> None:
    rows = Rows(("name",))
    rows.load(units(("a", 1), ("n", None), ("b", 2), ("c", 2), ("m", None)))
    rows.sort(by_size, descending=True)
    assert names(rows) == ["b", "c", "a", "n", "m"]
    rows.change(units(("d", 2), ("a", 2), ("k", None)))
    assert names(rows) == ["a", "b", "c", "d", "n", "m", "k"]
    assert [rows.line(key) for key in rows.keys(0, 7)] == list(range(7))
    rows.sort(by_size)
    assert names(rows) == ["a", "b", "c", "d", "n", "m", "k"]


@pytest.mark.parametrize(
    "sorted_values",
    [
        ["eth2", "eth10", "Eth11", "lo"],
        [-1, 0.5, 2, True + 2, 1 << 63, None],
        ["", "a", "a1", "a01", None],
        [b"a", b"b\xff", b"c"],
        [[], ["a2"], ["a10", "b"], ["b"]],
        ["9" * 5000 + "z", "x" * 300 + "1", "y"],
        [1.0, float("nan"), None],
    ],
)
def test_any_kind_of_cell_can_be_sorted_by(sorted_values: list[object]) -> None:
    assert [rank(value) for value in sorted_values] == sorted(rank(value) for value in sorted_values)


def test_a_row_that_no_longer_passes_the_filter_leaves_and_comes_back() -> None:
    rows = Rows(("name",))
    rows.load(units(("a", 1), ("b", 2)))
    rows.filter(lambda row: (size_of(row) or 0) < 5)
    rows.change(units(("a", 9)))
    assert names(rows) == ["b"] and rows.total == 2
    rows.change(units(("a", 3)))
    assert sorted(map(str, names(rows))) == ["a", "b"]


def test_a_snapshot_in_parts_shows_when_it_is_complete() -> None:
    rows = Rows(("name",))
    rows.load(units(("old", 1)))
    assert not rows.load(units(("a", 1)), more=True)
    assert names(rows) == ["old"]
    assert rows.load(units(("b", 1)))
    assert names(rows) == ["a", "b"]


def arrival(steps: list[tuple[str, int | None, bool]], row: Row) -> int:
    """When the row came, after it was last away."""
    assert isinstance(row, Unit)
    of_row = [(index, remove) for index, (name, _, remove) in enumerate(steps) if name == row.name]
    last_gone = max((index for index, remove in of_row if remove), default=-1)
    return min(index for index, _ in of_row if index > last_gone)


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.one_of(st.none(), st.integers(0, 4)), st.booleans()), max_size=60), st.booleans())
def test_kept_order_is_the_order_that_sorting_anew_gives(steps: list[tuple[str, int | None, bool]], descending: bool) -> None:
    rows = Rows(("name",))
    rows.sort(by_size, descending)
    for name, size, remove in steps:
        if remove:
            rows.remove([(name,)])
        else:
            rows.change([Unit(name, size)])
    anew = Rows(("name",))
    anew.sort(by_size, descending)
    anew.load(sorted((row for key in rows.all_keys() if (row := rows.get(key))), key=lambda row: arrival(steps, row)))
    places: list[Key] = [rows.key_at(line) for line in range(len(rows))]
    assert places == anew.keys(0, len(anew)) and len(places) == rows.total
    assert [rows.line(key) for key in places] == list(range(len(rows)))


def test_numbers_of_any_size_and_none_at_all_have_a_place() -> None:
    assert rank(-(10**400)) < rank(-1.5) < rank(2) < rank(10**400) < rank(float("inf"))
    assert rank(float("nan")) == rank(None) > rank(10**400)


def test_a_snapshot_that_was_cut_off_leaves_nothing_in_the_next() -> None:
    rows = Rows(("name",))
    rows.load(units(("half", 1)), more=True)
    rows.restart()
    rows.load(units(("a", 1)))
    assert names(rows) == ["a"]
