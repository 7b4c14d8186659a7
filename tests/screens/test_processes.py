"""The processes as a person sees them."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from screens.processes import ProcessesScreen
from services.processes.fake import ROWS, FakeProcesses
from sutra_client.errors import DENIED, SutraError
from sutra_client.gen.processes import Details
from watching import app_on, lines_of, until, until_shown
from widgets.live_table import LiveTable

SHELL = next(row for row in ROWS if not row.kernel and row.ppid == 1)


def listed(app: object) -> LiveTable:
    return app.screen.query_one(LiveTable)  # type: ignore[attr-defined,no-any-return]


async def test_the_busiest_process_stands_first_and_the_summary_counts() -> None:
    app = app_on(pane="processes")
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, " processes")
        table = listed(app)
        await until(pilot, lambda: table.rows.total > 0)
        busiest = max((row for row in ROWS if not row.kernel), key=lambda row: row.cpu)
        assert table.rows.key_at(0) == (busiest.pid, busiest.started)
        assert any("[9 Procs]" in line for line in lines_of(app))
        await until_shown(pilot, "2 need attention")
        assert "rpi-0042" in lines_of(app)[0]


async def test_a_process_that_comes_changes_and_goes_is_followed() -> None:
    processes = FakeProcesses(findings=[])
    app = app_on(pane="processes", services={"processes": processes})
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: listed(app).rows.total > 0)
        processes.spawn(replace(SHELL, pid=4242, started=999_999, command="new-thing --now", cpu=99.0))
        await until_shown(pilot, "new-thing --now")
        processes.end(4242)
        await until(pilot, lambda: not any("new-thing" in line for line in lines_of(app)))


async def test_typing_a_filter_narrows_the_list_and_escape_brings_all_back() -> None:
    app = app_on(pane="processes")
    async with app.run_test(size=(80, 24)) as pilot:
        table = listed(app)
        await until(pilot, lambda: table.rows.total > 0)
        whole = len(table.rows)
        await pilot.press("slash", *"user:root")
        await until(pilot, lambda: 0 < len(table.rows) < whole)
        await pilot.press("enter")
        await until_shown(pilot, "/user:root")
        assert table.has_focus
        await pilot.press("escape")
        await until(pilot, lambda: len(table.rows) == whole)


async def test_a_filter_that_makes_no_sense_says_so_and_changes_nothing() -> None:
    app = app_on(pane="processes")
    async with app.run_test(size=(80, 24)) as pilot:
        table = listed(app)
        await until(pilot, lambda: table.rows.total > 0)
        await pilot.press("slash", *"cpu>lots")
        await until_shown(pilot, "cpu>lots")
        assert any("number" in line for line in lines_of(app)[2:4])


async def test_kernel_threads_are_hidden_until_asked_for() -> None:
    app = app_on(pane="processes")
    async with app.run_test(size=(80, 24)) as pilot:
        table = listed(app)
        await until(pilot, lambda: table.rows.total > 0)
        hidden = table.rows.total
        await pilot.press("K")
        await until(pilot, lambda: table.rows.total == len(ROWS) > hidden)


async def test_a_tree_shows_children_below_their_parents() -> None:
    app = app_on(pane="processes")
    async with app.run_test(size=(80, 24)) as pilot:
        table = listed(app)
        await until(pilot, lambda: table.rows.total > 0)
        await pilot.press("t")
        await until_shown(pilot, "└")
        lines = table.rows.lines(0, len(table.rows))
        rows = [table.rows.get(line.key) for line in lines]
        assert getattr(rows[0], "ppid", None) == 0
        await pilot.press("t")
        await until(pilot, lambda: not any("└" in line for line in lines_of(app)))


async def test_enter_shows_what_is_known_of_a_process_and_escape_goes_back() -> None:
    app = app_on(pane="processes")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: listed(app).rows.total > 0)
        await pilot.press("enter")
        await until_shown(pilot, "open  4 of 1024")
        await pilot.press("escape")
        await until(pilot, lambda: not any("open  4 of 1024" in line for line in lines_of(app)))
        assert listed(app).has_focus


async def test_details_that_are_refused_say_why() -> None:
    class Refusing(FakeProcesses):
        async def get(self, pid: int, started: int | None = None, environment: bool | None = None) -> Details:
            raise SutraError(DENIED, "looking into process 1: not yours", "run it as root")

    app = app_on(pane="processes", services={"processes": Refusing(findings=[])})
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: listed(app).rows.total > 0)
        await pilot.press("enter")
        await until_shown(pilot, "looking into process 1: not yours")
        await until_shown(pilot, "run it as root")


async def test_pss_is_a_column_when_it_is_asked_for() -> None:
    app = app_on(pane="processes")
    async with app.run_test(size=(200, 24)) as pilot:
        await until(pilot, lambda: listed(app).rows.total > 0)
        assert not any(" pss" in line for line in lines_of(app))
        await pilot.press("p")
        await until_shown(pilot, " pss")


async def test_the_order_follows_the_keys() -> None:
    app = app_on(pane="processes")
    async with app.run_test(size=(80, 24)) as pilot:
        table = listed(app)
        await until(pilot, lambda: table.rows.total > 0)
        assert table.sorted_by == ("cpu", True)
        await pilot.press("greater_than_sign")
        assert table.sorted_by == ("memory", True)
        await pilot.press("R")
        assert table.sorted_by == ("memory", False)


async def test_y_says_how_to_get_the_same_list() -> None:
    app = app_on(pane="processes")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: listed(app).rows.total > 0)
        await pilot.press("K", "y")
        await until_shown(pilot, "avyctl processes list --kernel=true")


async def test_leaving_the_pane_ends_its_stream_and_coming_back_shows_the_rows_at_once() -> None:
    processes = FakeProcesses(findings=[])
    app = app_on(pane="processes", services={"processes": processes})
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: listed(app).rows.total > 0)
        await pilot.press("1")
        await until(pilot, lambda: not processes._readers)
        await pilot.press("9")
        await pilot.pause()
        assert isinstance(app.screen, ProcessesScreen)
        assert listed(app).rows.total > 0
        await until(pilot, lambda: bool(processes._readers))


SnapCompare = Callable[..., bool]


async def settled(pilot: Pilot[None]) -> None:
    await until_shown(pilot, " processes,")
    await until_shown(pilot, "2 need attention")


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (200, 50)], ids=["80x24", "60x20", "200x50"])
def test_picture_of_the_processes(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    assert snap_compare(app_on(pane="processes"), terminal_size=size, run_before=settled)
