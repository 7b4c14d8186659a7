"""Columns come from the generated tables and fit the room there is."""

from hypothesis import given
from hypothesis import strategies as st

from sutra_client.gen import system_table
from widgets.columns import Column, columns, layout


def test_columns_of_a_generated_type_have_its_units_titles_and_alignment() -> None:
    by_name = {column.name: column for column in columns(system_table.TYPES["Temperature"])}
    assert by_name["value"].right and not by_name["name"].right
    assert by_name["value"].format(51.6) == "52°C"
    assert by_name["high"].format(None) == "-"


def test_wide_fields_are_shown_only_when_chosen() -> None:
    assert "cores" not in [column.name for column in columns(system_table.TYPES["Sample"])]
    assert [column.title for column in columns(system_table.TYPES["Sample"], ["disk_busy"])] == ["disk busy"]


def some(count: int) -> list[Column]:
    return [Column(f"c{index}", f"c{index}", str, least=4, most=30, priority=index) for index in range(count)]


def test_what_fits_has_its_natural_width() -> None:
    assert layout(some(2), [5, 6], 80) == [(0, 0, 5), (1, 7, 6)]


def test_wide_columns_give_way_before_columns_are_left_out() -> None:
    assert [width for _, _, width in layout(some(2), [30, 6], 20)] == [12, 6]


def test_the_least_important_columns_are_left_out_first() -> None:
    assert [index for index, _, _ in layout(some(5), [10] * 5, 16)] == [0, 1, 2]


@given(st.lists(st.integers(0, 60), min_size=1, max_size=12), st.integers(0, 200))
def test_a_layout_never_leaves_the_room(natural: list[int], room: int) -> None:
    placed = layout(some(len(natural)), natural, room)
    assert all(x + width <= room for _, x, width in placed)


def test_what_is_left_goes_to_the_column_that_grows_as_far_as_its_content_reaches() -> None:
    first, second = some(2)
    growing = [first._replace(grow=True), second]
    assert layout(growing, [90, 6], 200) == [(0, 0, 90), (1, 92, 6)]
    assert [width for _, _, width in layout(growing, [90, 6], 60)] == [52, 6]
    assert [width for _, _, width in layout(growing, [90, 6], 20)] == [12, 6]
