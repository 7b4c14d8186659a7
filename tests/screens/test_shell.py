"""What every pane can: the command line, the palette, the list of actions, the one-shot to copy, the way from pane to pane."""

from functools import partial

import pytest
from textual.command import CommandPalette
from textual.widgets import Input

from avyctl.app import AvyctlApp
from avyctl.panes import PANES
from screens.pane import PaneScreen
from services.system.fake import FakeSystem
from watching import Said, app_on, lines_of, until, until_shown


async def test_a_command_is_typed_run_and_its_answer_shown_until_escape() -> None:
    said = Said({"system status": (0, ["hostname  rpi-0042", "kernel    6.12"])})
    app = app_on(commands=said)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "2 need attention")
        await pilot.press("colon", *"system status", "enter")
        await until_shown(pilot, "kernel    6.12")
        await until_shown(pilot, "● done")
        assert said.lines == ["system status"]
        await pilot.press("escape")
        await until_shown(pilot, "2 need attention")


async def test_a_command_that_fails_says_its_exit_code() -> None:
    app = app_on(commands=Said({"system nope": (2, ["avyctl: no such verb"])}))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("colon", *"system nope", "enter")
        await until_shown(pilot, "exit code 2")
        await until_shown(pilot, "avyctl: no such verb")


async def test_history_comes_back_by_the_arrow() -> None:
    said = Said()
    app = app_on(commands=said)
    async with app.run_test(size=(80, 24)) as pilot:
        for line in ("system users", "system status"):
            await pilot.press("colon", *line, "enter")
            await until_shown(pilot, f"did {line}")
            await pilot.press("escape")
        await pilot.press("colon", "up", "up", "enter")
        await until(pilot, lambda: said.lines == ["system users", "system status", "system users"])


async def test_tab_completes_and_shows_what_there_is_to_choose_from() -> None:
    app = app_on(commands=Said(words=["status", "stations", "users"]))
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "rpi-0042")
        await pilot.press("colon", *"system s", "tab")
        await until_shown(pilot, ":system stat")
        await until_shown(pilot, "status  stations")
        await pilot.press("u", "tab")
        await until_shown(pilot, ":system status ")


async def test_escape_leaves_the_command_line_and_the_keys_work_again() -> None:
    app = app_on()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("colon", *"quit", "escape")
        assert not app.screen.query_one("Foot").has_class("-asking")
        await pilot.press("q")
    assert app.return_code == 0


async def test_quit_can_be_typed() -> None:
    app = app_on()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("colon", *"quit", "enter")
        await pilot.pause()
    assert app.return_code == 0


async def test_an_open_quote_is_said_and_nothing_runs() -> None:
    said = Said()
    app = app_on(commands=said)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("colon", *'system "sta', "enter")
        await until_shown(pilot, "quote")
        assert not said.lines


async def test_two_colons_open_the_palette() -> None:
    app = app_on()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("colon", "colon")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))


async def test_the_palette_has_every_pane_and_every_action_of_the_screen() -> None:
    app = app_on()
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "rpi-0042")
        titles = [command.title for command in app.get_system_commands(app.screen)]
        assert [f"Go to {pane.full}" for pane in PANES] == [title for title in titles if title.startswith("Go to")]
        assert isinstance(app.screen, PaneScreen)
        assert {action.label.capitalize() for action in app.screen.ACTIONS} <= set(titles)


async def test_a_search_in_the_palette_is_bounded() -> None:
    app = app_on()
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "rpi-0042")
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette) and app.screen.query_one(Input).max_length == 80)


async def test_x_lists_every_action_and_runs_the_chosen_one() -> None:
    app = app_on()
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "/var")
        await pilot.press("x")
        await until_shown(pilot, "enter d  open")
        assert any("yes" in line for line in lines_of(app))
        await pilot.press("enter")
        await until_shown(pilot, "Start a time service")


async def test_y_shows_the_same_as_a_command() -> None:
    app = app_on()
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "rpi-0042")
        await pilot.press("y")
        await until_shown(pilot, " avyctl system status")
        assert app.clipboard == "avyctl system status"
        await pilot.press("escape")
        await until(pilot, lambda: not any("avyctl system status" in line for line in lines_of(app)))


@pytest.mark.parametrize("keys", [("question_mark",), ("x",), ("colon", *"system users", "enter")], ids=["help", "actions", "output"])
async def test_what_covers_a_pane_ends_its_subscriptions_until_it_is_seen_again(keys: tuple[str, ...]) -> None:
    system = FakeSystem()
    app = app_on(system)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: bool(system._samples and system._tables))
        await pilot.press(*keys)
        await until(pilot, lambda: not system._samples and not system._tables)
        await pilot.press("escape")
        await until(pilot, lambda: bool(system._samples and system._tables))


async def test_each_digit_opens_its_pane_and_tab_goes_round() -> None:
    app = app_on()
    async with app.run_test(size=(80, 24)) as pilot:
        for pane in PANES:
            if pane.key:
                await pilot.press(pane.key)
                await until_shown(pilot, f"[{pane.key} {pane.short}]")
        await pilot.press("1")
        for pane in (*PANES[1:], PANES[0]):
            await pilot.press("tab")
            await until(pilot, partial(in_pane, app, pane.name))
        await pilot.press("shift+tab")
        await until(pilot, partial(in_pane, app, PANES[-1].name))


async def test_a_pane_can_be_gone_to_by_name() -> None:
    app = app_on(commands=(said := Said()))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("colon", *PANES[-1].name, "enter")
        await until(pilot, partial(in_pane, app, PANES[-1].name))
        assert not said.lines


def in_pane(app: AvyctlApp, name: str) -> bool:
    return isinstance(app.screen, PaneScreen) and name == app.screen.NAME
