"""Rows keep their identity while they are sorted, filtered, changed and taken away."""

import msgspec
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


def test_descending_is_the_same_upside_down() -> None:
    rows = Rows(("name",))
    rows.load(units(("a", 1), ("b", 2), ("c", None)))
    rows.sort(by_size, descending=True)
    assert names(rows) == ["c", "b", "a"]
    assert [rows.line(key) for key in rows.keys(0, 3)] == [0, 1, 2]


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


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.one_of(st.none(), st.integers(0, 4)), st.booleans()), max_size=60), st.booleans())
def test_kept_order_is_the_order_that_sorting_anew_gives(steps: list[tuple[str, int | None, bool]], descending: bool) -> None:
    rows = Rows(("name",))
    rows.sort(by_size, descending)
    for name, size, remove in steps:
        if remove:
            rows.remove([(name,)])
        else:
            rows.change([Unit(name, size)])
    held = [rows.get(key) for key in rows.keys(0, len(rows))]
    ranks = [by_size(row) for row in held if row is not None]
    assert ranks == sorted(ranks, reverse=descending)
    assert len(held) == rows.total
    places: list[Key] = [rows.key_at(line) for line in range(len(rows))]
    assert [rows.line(key) for key in places] == list(range(len(rows)))
