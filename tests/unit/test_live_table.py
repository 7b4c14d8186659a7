"""The live table: objects keep their cursor and marks, and only what changed is painted."""

from collections.abc import Callable

import msgspec
import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot

from sutra_client.events import Key
from widgets.columns import Column
from widgets.live_table import LiveTable


class Unit(msgspec.Struct, frozen=True):
    name: str
    state: str = "running"
    memory: int = 0


COLUMNS = (
    Column("name", "name", str, least=6, most=24, priority=0),
    Column("state", "state", str, least=4, most=10, priority=1),
    Column("memory", "memory", str, right=True, least=6, most=8, priority=2),
)


class Watched(LiveTable):
    """Remembers what it painted again and which rows it formatted."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.painted: list[Region] = []
        self.formatted: list[object] = []
        names = COLUMNS[0]._replace(format=self.format_name)
        super().__init__((names, *COLUMNS[1:]), ("name",), clock=clock)

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> "Watched":
        self.painted += regions
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def format_name(self, name: object) -> str:
        self.formatted.append(name)
        return str(name)


class TableApp(App[None]):
    now = 100.0

    def compose(self) -> ComposeResult:
        yield Watched(lambda: self.now)

    @property
    def table(self) -> Watched:
        return self.query_one(Watched)

    @property
    def lines(self) -> list[str]:
        return [self.table.render_line(y).text.rstrip() for y in range(self.size.height)]


def units(count: int) -> list[Unit]:
    return [Unit(f"unit-{number:05}") for number in range(count)]


async def loaded(pilot: Pilot[None], count: int) -> Watched:
    app = pilot.app
    assert isinstance(app, TableApp)
    app.table.load(units(count))
    app.table.focus()
    await pilot.pause()
    app.table.painted.clear()
    app.table.formatted.clear()
    return app.table


async def test_ten_thousand_rows_are_formatted_only_where_seen() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.table.load(units(10_000))
        await pilot.pause()
        assert app.lines[1].startswith(" unit-00000")
        assert len(app.table.formatted) < 300


async def test_a_changed_cell_is_painted_alone() -> None:
    async with TableApp().run_test(size=(60, 20)) as pilot:
        table = await loaded(pilot, 100)
        table.change([Unit("unit-00003", memory=77)])
        assert [(region.y, region.height) for region in table.painted] == [(4, 1)]
        assert table.painted[0].width < 10
        await pilot.pause()
        assert "77" in table.render_line(4).text


async def test_a_row_out_of_sight_costs_nothing() -> None:
    async with TableApp().run_test(size=(60, 20)) as pilot:
        table = await loaded(pilot, 100)
        table.change([Unit("unit-00090", memory=77)])
        assert table.painted == [] and "unit-00090" not in table.formatted


async def test_a_change_is_marked_for_a_second() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 20)) as pilot:
        table = await loaded(pilot, 10)

        def marked() -> bool:
            return any(segment.style is not None and segment.style.bold and "77" in segment.text for segment in table.render_line(4))

        table.change([Unit("unit-00003", memory=77)])
        assert marked()
        table._cool()
        assert marked()
        app.now += 1.0
        table._cool()
        assert not marked()


async def test_the_cursor_stays_on_its_object_when_rows_come_and_go() -> None:
    async with TableApp().run_test(size=(60, 20)) as pilot:
        table = await loaded(pilot, 10)
        table.sort("name")
        await pilot.press("j", "j", "j")
        assert table.cursor_key == ("unit-00003",)
        table.change([Unit("a-first"), Unit("b-second")])
        table.drop([("unit-00001",)])
        assert table.cursor_key == ("unit-00003",)
        await pilot.press("enter")
        await pilot.press("j")
        assert table.cursor_key == ("unit-00004",)


async def test_when_its_object_goes_the_cursor_keeps_the_line() -> None:
    async with TableApp().run_test(size=(60, 20)) as pilot:
        table = await loaded(pilot, 3)
        await pilot.press("end")
        table.drop([("unit-00002",)])
        assert table.cursor_key == ("unit-00001",)
        table.drop([("unit-00000",), ("unit-00001",)])
        assert table.cursor_key is None


async def test_marks_stay_with_their_objects_and_go_with_them() -> None:
    async with TableApp().run_test(size=(60, 20)) as pilot:
        table = await loaded(pilot, 5)
        await pilot.press("space", "space")
        assert table.marked == {("unit-00000",), ("unit-00001",)}
        table.sort("name", descending=True)
        assert table.marked == {("unit-00000",), ("unit-00001",)}
        table.drop([("unit-00000",)])
        assert table.marked == {("unit-00001",)}


async def test_sorting_and_filter_hold_while_rows_change() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 20)) as pilot:
        table = await loaded(pilot, 4)
        table.sort("memory", descending=True)
        table.filter(lambda row: isinstance(row, Unit) and row.state == "running")
        table.change([Unit("unit-00002", memory=9), Unit("unit-00001", state="failed", memory=99)])
        await pilot.pause()
        assert "unit-00002" in app.lines[1]
        assert not any("unit-00001" in line for line in app.lines)


async def test_a_wider_cell_widens_its_column() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 20)) as pilot:
        table = await loaded(pilot, 3)
        table.change([Unit("a-much-longer-name")])
        await pilot.pause()
        assert any("a-much-longer-name" in line for line in app.lines)


@pytest.mark.parametrize(("keys", "expected"), [(["end"], 99), (["pagedown"], 18), (["end", "home"], 0), (["end", "pageup"], 81)])
async def test_keys_go_through_the_rows_and_the_cursor_is_seen(keys: list[str], expected: int) -> None:
    app = TableApp()
    async with app.run_test(size=(60, 20)) as pilot:
        table = await loaded(pilot, 100)
        await pilot.press(*keys)
        key: Key = (f"unit-{expected:05}",)
        assert table.cursor_key == key
        assert any(f"unit-{expected:05}" in line for line in app.lines)
        assert f"{expected + 1}/100" in app.lines[0]


async def test_hostile_cells_are_shown_as_what_they_are() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.table.load([Unit("[red]\x1b[2J\u202e")])
        await pilot.pause()
        assert "[red]\\x1b[2J\\u202e" in app.lines[1]


async def test_an_empty_table_says_why() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.table.empty = "No units: no init system answers."
        app.table.load([])
        await pilot.pause()
        assert app.lines[1].strip() == "No units: no init system answers."


async def test_a_narrow_table_leaves_out_what_matters_least() -> None:
    app = TableApp()
    async with app.run_test(size=(20, 10)) as pilot:
        await loaded(pilot, 3)
        assert app.lines[1].split() == ["unit-000…", "running"]
        assert "memory" not in app.lines[0]
