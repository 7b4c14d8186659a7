"""Sorting, marks, trees, filters and the mouse of the live table, as a user meets them."""

from collections.abc import Iterable

import msgspec
import pytest
from textual.app import App, ComposeResult
from textual.events import MouseScrollDown

from sutra_client.errors import SutraError
from sutra_client.glyphs import ASCII, FULL, Glyphs
from widgets.columns import Column
from widgets.live_table import LiveTable
from widgets.rows import Row


class Task(msgspec.Struct, frozen=True):
    name: str
    parent: str = ""
    memory: int | None = None
    state: str = "running"


COLUMNS = (
    Column("name", "name", str, least=6, most=24, priority=0, grow=True),
    Column("memory", "memory", lambda memory: "-" if memory is None else str(memory), right=True, least=6, most=8, priority=1),
    Column("state", "state", str, least=4, most=8, priority=2, tone=lambda state: "error" if state == "failed" else ""),
)
TREE = [Task("init"), Task("shell", "init", 5), Task("vim", "shell", 9), Task("sshd", "init", 7), Task("lost", "gone", 1)]


class Manners(App[None]):
    def __init__(self, glyphs: Glyphs = FULL) -> None:
        super().__init__()
        self.glyphs = glyphs
        self.counted = 0
        self.reordered = 0

    def compose(self) -> ComposeResult:
        yield LiveTable(COLUMNS, ("name",), glyphs=self.glyphs)

    def on_mount(self) -> None:
        self.table.focus()

    def on_live_table_counted(self) -> None:
        self.counted += 1

    def on_live_table_sorted(self) -> None:
        self.reordered += 1

    @property
    def table(self) -> LiveTable:
        return self.query_one(LiveTable)

    @property
    def lines(self) -> list[str]:
        return [self.table.render_line(y).text.rstrip() for y in range(self.size.height)]

    @property
    def names(self) -> list[str]:
        return [str(key[0]) for key in self.table.rows.keys(0, 99)]


def above(row: Row) -> tuple[str] | None:
    assert isinstance(row, Task)
    return (row.parent,) if row.parent else None


def tasks(count: int) -> Iterable[Task]:
    return [Task(f"task{number}", memory=number % 7) for number in range(count)]


async def test_a_click_on_a_title_sorts_by_it_and_again_turns_it_round() -> None:
    app = Manners()
    async with app.run_test(size=(60, 12)) as pilot:
        app.table.load(TREE)
        await pilot.click(LiveTable, offset=(2, 0))
        assert app.table.sorted_by == ("name", False)
        assert app.lines[0].startswith(" name↑")
        assert app.names == ["init", "lost", "shell", "sshd", "vim"]
        await pilot.click(LiveTable, offset=(2, 0))
        assert app.table.sorted_by == ("name", True)
        assert app.names == ["vim", "sshd", "shell", "lost", "init"]
        await pilot.click(LiveTable, offset=(app.lines[0].index("memory") + 2, 0))
        assert app.table.sorted_by == ("memory", True)
        assert "↓memory" in app.lines[0]
        assert app.names == ["vim", "sshd", "shell", "lost", "init"]
        assert app.reordered == 3


async def test_sorting_moves_no_title() -> None:
    app = Manners(ASCII)
    async with app.run_test(size=(60, 12)) as pilot:
        app.table.load(TREE)
        await pilot.pause()
        before = app.lines[0]
        for column in COLUMNS:
            app.table.sort_by(column.name, True)
            await pilot.pause()
            assert app.lines[0].count("v") == 1
            assert app.lines[0].replace("v", " ").rstrip() == before


async def test_the_order_walks_through_the_columns_that_are_seen() -> None:
    app = Manners()
    async with app.run_test(size=(60, 12)) as pilot:
        app.table.load(TREE)
        await pilot.pause()
        app.table.reverse_sort()
        assert app.table.sorted_by is None
        seen: list[tuple[str, bool] | None] = []
        for _ in range(4):
            app.table.sort_next(1)
            seen.append(app.table.sorted_by)
        assert seen == [("name", False), ("memory", True), ("state", False), ("name", False)]
        app.table.sort_next(-1)
        app.table.reverse_sort()
        assert app.table.sorted_by == ("state", True)


async def test_a_tree_shows_what_stands_below_what() -> None:
    app = Manners()
    async with app.run_test(size=(60, 12)) as pilot:
        app.table.load(TREE)
        app.table.as_tree(above)
        await pilot.pause()
        assert [line.split()[:2] for line in app.lines[1:6]] == [["▾", "init"], ["├", "shell"], ["│", "└"], ["└", "sshd"], ["lost", "1"]]
        app.table.sort_by("memory", True)
        assert app.names == ["lost", "init", "sshd", "shell", "vim"]
        app.table.change([Task("bash", "sshd", 3)])
        assert app.names == ["lost", "init", "sshd", "bash", "shell", "vim"]
        app.table.drop([("init",)])
        assert app.names == ["sshd", "bash", "shell", "vim", "lost"]
        app.table.as_tree(None)
        assert app.names == ["vim", "sshd", "shell", "bash", "lost"]


async def test_left_folds_then_goes_up_and_right_unfolds_then_goes_down() -> None:
    app = Manners(ASCII)
    async with app.run_test(size=(60, 12)) as pilot:
        app.table.load(TREE)
        app.table.as_tree(above)
        await pilot.press("j", "left")
        assert app.names == ["init", "shell", "sshd", "lost"]
        assert app.lines[2].startswith("   | > shell")
        await pilot.press("left")
        assert app.table.cursor_key == ("init",)
        await pilot.press("left")
        assert app.names == ["init", "lost"]
        assert app.lines[1].startswith(" > init")
        await pilot.press("right", "right", "right")
        assert app.names == ["init", "shell", "vim", "sshd", "lost"]
        assert app.table.cursor_key == ("shell",)


async def test_a_filtered_tree_keeps_what_leads_to_a_match_and_unfolds_it() -> None:
    app = Manners()
    async with app.run_test(size=(60, 12)) as pilot:
        app.table.load(TREE)
        app.table.as_tree(above)
        app.table.fold(("init",), True)
        app.table.filter_text("vim")
        await pilot.pause()
        assert [(line.key[0], line.context) for line in app.table.rows.lines(0, 9)] == [("init", True), ("shell", True), ("vim", False)]
        dim = [any(segment.style and segment.style.dim for segment in app.table.render_line(y)) for y in (1, 2, 3)]
        assert dim == [True, True, False]
        app.table.mark_all()
        assert app.table.chosen == [("vim",)]
        app.table.filter_text("")
        assert app.names == ["init", "lost"]


async def test_rows_that_are_above_each_other_are_still_shown() -> None:
    app = Manners()
    async with app.run_test(size=(60, 12)):
        app.table.load([Task("a", "b"), Task("b", "c"), Task("c", "a"), Task("d", "a"), Task("e", "e")])
        app.table.as_tree(above)
        assert sorted(app.names) == ["a", "b", "c", "d", "e"]
        app.table.filter_text("d")
        assert "d" in app.names


async def test_ten_thousand_rows_below_each_other_are_drawn() -> None:
    app = Manners()
    async with app.run_test(size=(60, 12)) as pilot:
        app.table.load([Task(f"t{number}", f"t{number - 1}") for number in range(10_000)])
        app.table.as_tree(above)
        await pilot.press("end")
        assert "t9999" in app.lines[11]


async def test_marks_are_counted_and_chosen_and_stay_with_their_rows() -> None:
    app = Manners()
    async with app.run_test(size=(60, 12)) as pilot:
        app.table.load(tasks(30))
        assert app.table.chosen == [("task0",)]
        await pilot.press("space", "space", "j", "space")
        assert app.lines[0].endswith("3 marked  5/30")
        assert app.lines[1].startswith("◆task0")
        app.table.sort_by("name", True)
        assert app.table.chosen == [("task3",), ("task1",), ("task0",)]
        app.table.filter_text("task3")
        assert len(app.table.chosen) == 3
        app.table.mark_all()
        assert len(app.table.chosen) == 3
        app.table.unmark_all()
        assert app.table.chosen == [("task1",), ("task0",)]
        app.table.filter_text("")
        app.table.load(list(tasks(30))[1:])
        assert app.table.marked == {("task1",)}
        await pilot.pause()
        assert app.counted >= 5


async def test_a_filter_says_how_many_of_all_it_found() -> None:
    app = Manners()
    async with app.run_test(size=(60, 12)) as pilot:
        app.table.load(tasks(30))
        app.table.filter_text("memory>=5")
        await pilot.pause()
        assert app.lines[0].endswith("1/8 of 30")
        with pytest.raises(SutraError):
            app.table.filter_text("memory>")
        assert len(app.table.rows) == 8
        app.table.drop([("task0",)])
        await pilot.pause()
        assert app.lines[0].endswith("1/8 of 29")


async def test_a_filter_over_many_rows_takes_effect_and_the_newest_wins() -> None:
    app = Manners()
    async with app.run_test(size=(60, 12)) as pilot:
        app.table.load(tasks(20_000))
        app.table.filter_text("no such task")
        app.table.filter_text("task19999")
        while not app.counted:
            await pilot.pause()
        assert app.names == ["task19999"]
        app.table.change([Task("late task19999")])
        assert app.names == ["task19999", "late task19999"]


async def test_old_rows_are_dim_until_all_are_there_again() -> None:
    app = Manners()
    async with app.run_test(size=(60, 12)) as pilot:

        def dim() -> bool:
            return all(segment.style is not None and segment.style.dim for segment in app.table.render_line(1))

        app.table.load(TREE)
        app.table.age(True)
        await pilot.pause()
        assert dim() and app.names[0] == "init"
        app.table.load(TREE[:1], more=True)
        assert dim()
        app.table.load(TREE[1:])
        assert not dim()


async def test_a_cell_has_its_own_tone_and_loses_it() -> None:
    app = Manners()
    async with app.run_test(size=(60, 12)) as pilot:
        app.table.load([Task("a", state="failed"), Task("b")])
        await pilot.pause()
        texts = {segment.text.strip(): segment.style for segment in app.table.render_line(1)}
        assert texts["failed"] == app.table._style("") + app.table._style("error") + app.table._style("cursor")


async def test_the_wheel_scrolls_and_what_comes_does_not_scroll_back() -> None:
    app = Manners()
    async with app.run_test(size=(60, 12)) as pilot:
        app.table.load(tasks(100))
        await pilot.pause()
        for _ in range(5):
            await pilot._post_mouse_events([MouseScrollDown], LiveTable, (5, 5), button=0)
        await pilot.pause()
        top = app.table.scroll_offset.y
        assert top >= 5
        app.table.change([Task("new")])
        app.table.drop([("task50",)])
        await pilot.pause()
        assert app.table.scroll_offset.y == top
        await pilot.press("j")
        assert app.table.cursor_key == ("task1",) and "task1 " in app.lines[app.table._cursor_line - app.table.scroll_offset.y + 1]


async def test_a_table_that_nobody_sees_takes_everything() -> None:
    table = LiveTable(COLUMNS, ("name",))
    table.load(TREE)
    table.sort_by("memory", True)
    table.as_tree(above)
    table.filter_text("i")
    table.change([Task("vim", "init", 2)])
    table.drop([("lost",)])
    table.mark_all()
    table.age(True)
    table.fold(("init",), True)
    table.sort_next()
    assert [key[0] for key in table.rows.keys(0, 9)] == ["init", "sshd", "shell", "vim"]


async def test_the_column_that_grows_uses_a_wide_terminal_and_gives_way_in_a_narrow_one() -> None:
    app = Manners()
    async with app.run_test(size=(120, 12)) as pilot:
        app.table.load([Task("x" * 90)])
        await pilot.pause()
        assert "x" * 90 in app.lines[1]
        await pilot.resize_terminal(20, 3)
        await pilot.pause()
        assert len(app.table.render_line(1).text) == 20 and "…" in app.lines[1]


async def test_a_filter_holds_when_other_columns_are_shown() -> None:
    app = Manners()
    async with app.run_test(size=(60, 8)):
        app.table.load(TREE)
        app.table.filter_text("state:running memory>6")
        app.table.lay_out(COLUMNS[:1])
        assert app.names == ["vim", "sshd"]
        app.table.change([Task("vim", "shell", 9, "failed"), Task("new", "", 8)])
        assert app.names == ["sshd", "new"]
        app.table.filter_text("ssh")
        assert app.names == ["sshd"]
        app.table.filter(lambda row: getattr(row, "memory", None) == 1)
        app.table.lay_out(COLUMNS)
        assert app.names == ["lost"]
