"""What is typed ahead, and how one gets on from every screen that covers a pane, and back."""

import asyncio
import gc
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from textual import events as terminal_events
from textual._styles_cache import StylesCache
from textual.pilot import Pilot

from avyctl.app import AvyctlApp
from avyctl.panes import PANES
from avyctl.reach import Reach
from screens.sutra import SutraScreen
from screens.sutra_form import FormScreen
from screens.sutra_service import SutraServiceScreen
from screens.sutra_stream import StreamScreen
from services.processes.fake import FakeProcesses
from services.system.fake import FakeSystem
from sutra_client import events
from sutra_client.errors import UNAVAILABLE, SutraError
from sutra_client.gen.core import Finding
from sutra_client.terminal import detect
from watching import Held, Said, app_on, lines_of, until, until_shown
from widgets.live_table import LiveTable
from widgets.note import Note
from widgets.text_view import TextView


def typed(app: AvyctlApp, *keys: str) -> None:
    """All at once, as a paste or a slow line brings them."""
    for key in keys:
        app.post_message(terminal_events.Key(key, key if len(key) == 1 else None))


async def test_keys_that_come_in_one_piece_reach_what_the_first_of_them_opened() -> None:
    said = Said()
    app = app_on(commands=said)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "2 need attention")
        typed(app, "colon", *"status", "enter")
        await until(pilot, lambda: said.lines == ["status"])
        await until_shown(pilot, "did status")


async def test_what_is_pasted_behind_a_key_goes_where_that_key_leads() -> None:
    app = app_on(pane="processes")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: listed(app).rows.total > 0)
        typed(app, "slash")
        app.post_message(terminal_events.Paste("user:nobody-at-all"))
        await until_shown(pilot, "/user:nobody-at-all")


async def test_keys_behind_one_that_closed_its_own_screen_are_not_lost() -> None:
    said = Said()
    app = app_on(commands=said)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "2 need attention")
        await pilot.press("question_mark")
        typed(app, "escape", "colon", *"late", "enter")
        await until(pilot, lambda: said.lines == ["late"])


@pytest.mark.parametrize("key", ["escape", "q", "question_mark"])
async def test_help_is_left_by(key: str) -> None:
    app = app_on()
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "2 need attention")
        await pilot.press("question_mark")
        await until_shown(pilot, "/ searches")
        await pilot.press(key)
        await until_shown(pilot, "2 need attention")


async def test_help_says_how_to_move_and_how_to_come_to_a_pane_without_a_digit() -> None:
    app = app_on()
    async with app.run_test(size=(80, 40)) as pilot:
        await until_shown(pilot, "2 need attention")
        await pilot.press("question_mark")
        await until_shown(pilot, " arrows ")
        await until_shown(pilot, "the name of a pane goes there, such as sutra")


async def test_the_palette_names_an_action_with_two_keys_once() -> None:
    app = app_on(pane="processes")
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, " processes")
        titles = [command.title for command in app.get_system_commands(app.screen)]
        assert len(titles) == len(set(titles))


async def test_what_is_said_at_the_foot_is_folded_where_it_is_longer_than_a_line() -> None:
    app = app_on()
    async with app.run_test(size=(60, 20)) as pilot:
        await until_shown(pilot, "2 need attention")
        await pilot.press("colon", *"system 'x", "enter")
        await until_shown(pilot, "the quote ' never ends")
        foot = " ".join(line.strip() for line in lines_of(app)[-4:-1])
        assert "put a backslash before it" in foot


async def test_y_names_the_root_that_is_looked_at() -> None:
    terminal = detect({"TERM": "xterm-256color", "LANG": "C.UTF-8"}, (80, 24))
    app = AvyctlApp(Held(None, "", {}), Said(), terminal, options=["--root=/mnt/card"])
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "2 need attention")
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == "avyctl --root=/mnt/card system status")


async def test_an_endpoint_that_is_gone_has_no_place_and_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUTRA_DIR", str(tmp_path))
    async with Reach() as reach:
        assert reach.place("system") == ""


async def test_a_filter_that_nothing_passes_is_said_to_be_the_reason() -> None:
    app = app_on(pane="processes")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: listed(app).rows.total > 0)
        await pilot.press("slash", *"nothing-is-called-so")
        await until_shown(pilot, "Nothing passes the filter; esc shows all again.")
        await pilot.press("escape")
        await until(pilot, lambda: not any("Nothing passes" in line for line in lines_of(app)))


@pytest.mark.parametrize("cells", [20, 40, 60, 80])
async def test_the_panes_line_shows_where_one_is_however_short_it_is(cells: int) -> None:
    app = app_on()
    async with app.run_test(size=(cells, 20)) as pilot:
        for pane in PANES:
            app.action_pane(pane.name)
            await until_shown(pilot, f"[{pane.key} {pane.short}]".replace("[ ", "["))
            assert "~" not in lines_of(app)[1] and "…" not in lines_of(app)[1]


async def test_screens_that_were_left_keep_nothing_of_what_they_painted() -> None:
    def painted() -> int:
        gc.collect()
        return sum(isinstance(each, StylesCache) for each in gc.get_objects())

    app = app_on()
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "2 need attention")
        before = painted()
        for _ in range(5):
            for key in ("question_mark", "x", "ctrl+p"):
                await pilot.press(key, "escape")
        await until(pilot, lambda: painted() <= before + 4)


async def test_v_says_why_it_goes_nowhere() -> None:
    app = app_on()
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "/var")
        await pilot.press("v")
        await until_shown(pilot, "no other pane tells more of it")


async def test_what_was_known_before_is_said_to_be_stale_where_nothing_comes_any_more() -> None:
    class Silent(FakeSystem):
        silent = False

        async def findings(
            self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
        ) -> AsyncGenerator[events.TableEvent[Finding], None]:
            async for event in super().findings(where, fields):
                if self.silent:
                    await asyncio.Event().wait()
                yield event

    system = Silent()
    app = app_on(system)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "2 need attention")
        system.silent = True
        for key in ("9", "1"):
            app.shell.host.stale = False
            await pilot.press(key)
            await until(pilot, lambda: "stale, 2 known" in lines_of(app)[0])
        system.silent = False
        await pilot.press("9", "1")
        await until(pilot, lambda: "2 need attention" in lines_of(app)[0])


async def test_home_says_of_which_parts_nothing_is_known_and_keeps_its_note_for_its_own_troubles() -> None:
    class Gone(FakeProcesses):
        here = False

        async def findings(
            self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
        ) -> AsyncGenerator[events.TableEvent[Finding], None]:
            async for event in super().findings(where, fields):
                if not self.here:
                    raise SutraError(UNAVAILABLE, "no such service is to be seen", "start it")
                yield event

    app = app_on(services={"processes": Gone(findings=[])})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "Needs attention  2   not known of Procs")
        assert not app.screen.query_one(Note).text


async def test_details_below_a_list_say_how_they_are_closed() -> None:
    app = app_on(pane="processes")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: listed(app).rows.total > 0)
        await pilot.press("d")
        await until_shown(pilot, "── esc closes, arrows scroll ──")
        await pilot.press("escape")
        await until(pilot, lambda: not any("esc closes" in line for line in lines_of(app)))


async def test_the_environment_is_shown_on_one_v_and_hidden_on_the_next() -> None:
    app = app_on(pane="processes", services={"processes": FakeProcesses(findings=[])})
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: listed(app).rows.total > 0)
        await pilot.press("v")
        await until_shown(pilot, "environment  ")
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard.endswith(" --environment=true"))
        await pilot.press("v")
        await until(pilot, lambda: not any("environment  " in line for line in lines_of(app)))


async def test_every_screen_of_sutra_has_its_command_and_says_the_way_back() -> None:
    app = app_on(pane="sutra")
    async with app.run_test(size=(110, 30)) as pilot:
        await until(pilot, lambda: listed(app).rows.total > 0)
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == "avyctl sutra")
        await pilot.press("escape", "enter")
        await until(pilot, lambda: isinstance(app.screen, SutraServiceScreen) and listed(app).rows.total > 0)
        assert lines_of(app)[-1].startswith(" esc back")
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == "avyctl sutra /run/sutra/dev.avyctl.example")
        await pilot.press("escape")
        await to_member(pilot, "things")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, StreamScreen) and listed(app).rows.total == 2)
        assert lines_of(app)[-1].startswith(" esc back   enter details")
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == "avyctl monitor /run/sutra/dev.avyctl.example things")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, SutraServiceScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SutraScreen))
        assert not any("esc closes" in line for line in lines_of(app)), "opening a service opens no details"


async def test_q_leaves_a_form_without_fields_and_not_the_program() -> None:
    app = app_on(pane="sutra")
    async with app.run_test(size=(110, 30)) as pilot:
        await until(pilot, lambda: listed(app).rows.total > 0)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SutraServiceScreen) and listed(app).rows.total > 0)
        await to_member(pilot, "tree")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, FormScreen) and app.screen.query_one(TextView).has_focus)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, SutraServiceScreen))


async def test_a_form_tells_all_of_the_field_that_is_filled_in() -> None:
    app = app_on(pane="sutra")
    async with app.run_test(size=(60, 20)) as pilot:
        await until(pilot, lambda: listed(app).rows.total > 0)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SutraServiceScreen) and listed(app).rows.total > 0)
        await to_member(pilot, "get")
        await pilot.press("enter")
        await until_shown(pilot, " name string")
        entry = app.screen._entry  # type: ignore[attr-defined]
        shown = " ".join(" ".join(lines_of(app)).split())
        assert entry[3] in shown and entry[5][0][2] in shown


def listed(app: AvyctlApp) -> LiveTable:
    return app.screen.query_one(LiveTable)


async def to_member(pilot: Pilot[None], name: str) -> None:
    """The cursor of a service's list to that method or stream."""
    table = pilot.app.screen.query_one(LiveTable)
    await pilot.press("home")
    for _ in range(len(table.rows)):
        if table.cursor_key == (name,):
            return
        await pilot.press("down")
    raise AssertionError(f"there is no {name}")
