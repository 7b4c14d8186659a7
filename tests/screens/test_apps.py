"""The apps as a person sees them."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from refusing import ABSENT, GONE, NOT_YOURS, Refusing
from screens.apps import AppsScreen
from services.apps.fake import ROWS, FakeApps
from sutra_client.errors import DENIED, SutraError
from sutra_client.events import Snapshot
from sutra_client.gen.apps import App, Kind
from watching import app_on, lines_of, until, until_shown
from widgets.live_table import LiveTable


def listed(app: object) -> LiveTable:
    return app.screen.query_one(LiveTable)  # type: ignore[attr-defined,no-any-return]


def line_of(app: object, text: str) -> str:
    """The line that has a text; "" where none has."""
    return next((line for line in lines_of(app) if text in line), "")  # type: ignore[arg-type]


async def test_apps_are_listed_with_a_glyph_and_a_word_for_how_they_are() -> None:
    app = app_on(pane="apps")
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "3 apps   1 running")
        await until_shown(pilot, "[4 Apps]")
        assert "● " in line_of(app, "Files") and "running" in line_of(app, "Files")
        assert "✗ " in line_of(app, "Edit") and "broken" in line_of(app, "Edit")


async def test_an_app_that_is_installed_started_and_removed_is_followed() -> None:
    apps = FakeApps(findings=[])
    app = app_on(pane="apps", services={"apps": apps})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "3 apps")
        apps.change(App("org.new", "/apps", Kind.FOLDER, "New thing", "0.1", 0, pids=[]))
        await until_shown(pilot, "4 apps   1 running")
        apps.change(App("org.new", "/apps", Kind.FOLDER, "New thing", "0.1", 2, pids=[7, 9]))
        await until_shown(pilot, "4 apps   2 running")
        assert "2 run" in line_of(app, "New thing")
        apps.remove("org.new", "/apps")
        await until(pilot, lambda: not line_of(app, "New thing"))


async def test_enter_shows_manifest_and_running_instances() -> None:
    app = app_on(pane="apps")
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "Files")
        await pilot.press("enter")
        await until_shown(pilot, "starts    /apps/dev.avyos.files/exec")
        await until_shown(pilot, "running   pid 812")
        await pilot.press("y")
        await until_shown(pilot, "avyctl apps show dev.avyos.files --source=/apps")
        await pilot.press("escape", "escape", "down", "enter")
        await until_shown(pilot, "broken    its program /apps/dev.avyos.edit/exec is not there")


async def test_sizes_are_computed_when_they_are_asked_for() -> None:
    app = app_on(pane="apps")
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "Hello")
        assert " size" not in line_of(app, "   name ")
        await pilot.press("s")
        await until(pilot, lambda: "120M" in line_of(app, "Hello"))
        await pilot.press("y")
        await until_shown(pilot, "avyctl apps list --fields=size")
        await pilot.press("escape", "s")
        await until(pilot, lambda: not line_of(app, "120M"))


async def test_details_that_are_refused_say_why_below_what_the_list_knows() -> None:
    class Closed(FakeApps):
        async def get(self, app: str, source: str | None = None) -> App:
            raise SutraError(DENIED, "reading the manifest: not yours", "ask an operator")

    app = app_on(pane="apps", services={"apps": Closed(findings=[])})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "Files")
        await pilot.press("enter")
        await until_shown(pilot, "reading the manifest: not yours")
        assert line_of(app, "starts    /apps/dev.avyos.files/exec")


async def test_where_there_is_no_folder_of_apps_the_pane_says_what_was_looked_for() -> None:
    app = app_on(pane="apps", services={"apps": Refusing(ABSENT)})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "first: no /first")
        await until_shown(pilot, "make one of them")
        await pilot.press("s", "enter", "escape", "y")
        await until_shown(pilot, "avyctl apps list")


async def test_a_refusal_is_told_with_what_to_do() -> None:
    app = app_on(pane="apps", services={"apps": Refusing(NOT_YOURS)})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "reading it: not yours")
        await until_shown(pilot, "ask an operator")


async def test_a_stream_that_is_down_makes_the_list_old_until_it_is_back() -> None:
    apps = FakeApps(findings=[])
    app = app_on(pane="apps", services={"apps": apps})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "Files")
        apps._tables.send(GONE)
        await until_shown(pilot, "stale since 14:13:20")
        assert listed(app)._old and line_of(app, "Files")
        apps._tables.send(Snapshot([replace(ROWS[0], name="Folders")]))
        await until_shown(pilot, "Folders")
        await until(pilot, lambda: not line_of(app, "stale since") and not line_of(app, "Hello"))
        assert not listed(app)._old


async def test_leaving_the_pane_ends_its_stream_and_coming_back_shows_the_apps_at_once() -> None:
    apps = FakeApps(findings=[])
    app = app_on(pane="apps", services={"apps": apps})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "Files")
        await pilot.press("9")
        await until(pilot, lambda: not apps._tables)
        await pilot.press("4")
        await pilot.pause()
        assert isinstance(app.screen, AppsScreen)
        assert listed(app).rows.total == len(ROWS)
        await until(pilot, lambda: bool(apps._tables))


SnapCompare = Callable[..., bool]


async def settled(pilot: Pilot[None]) -> None:
    await until_shown(pilot, "3 apps   1 running")
    await until_shown(pilot, "2 need attention")


async def opened(pilot: Pilot[None]) -> None:
    await settled(pilot)
    await until_shown(pilot, "running   pid 812")


def test_picture_of_the_apps(snap_compare: SnapCompare) -> None:
    assert snap_compare(app_on(pane="apps"), terminal_size=(80, 24), run_before=settled)


def test_picture_of_the_apps_with_one_beside_them(snap_compare: SnapCompare) -> None:
    assert snap_compare(app_on(pane="apps"), terminal_size=(200, 50), run_before=opened)


@pytest.mark.parametrize("error", [ABSENT, NOT_YOURS], ids=["absent", "denied"])
def test_picture_of_a_pane_without_its_service(snap_compare: SnapCompare, error: SutraError) -> None:
    async def explained(pilot: Pilot[None]) -> None:
        await until_shown(pilot, error.hint)
        await until_shown(pilot, "2 need attention")

    app = app_on(pane="apps", services={"apps": Refusing(error)})
    assert snap_compare(app, terminal_size=(80, 24), run_before=explained)
