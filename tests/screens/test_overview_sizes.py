"""The overview while it waits, on wide and narrow screens, and its help."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from screens.pane import UNSAID
from services.system.fake import FakeSystem
from sutra_client import errors, events
from sutra_client.errors import SutraError
from sutra_client.gen.core import Finding
from sutra_client.gen.system import Sample, Status
from watching import app_on, lines_of, until, until_shown


class Mute(FakeSystem):
    """A service that takes calls and answers none."""

    async def status(self) -> Status:
        await asyncio.Event().wait()
        raise AssertionError

    async def samples(self, since: int | None = None) -> AsyncGenerator[events.SamplesEvent[Sample], None]:
        await asyncio.Event().wait()
        yield events.Samples([])

    async def findings(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Finding], None]:
        await asyncio.Event().wait()
        yield events.Snapshot([])


async def test_a_service_that_does_not_answer_is_said_to_be_waited_for() -> None:
    app = app_on(Mute(), place="/run/avyctl/dev.avyctl.system")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(UNSAID + 0.1)
        await until_shown(pilot, " waiting since 14:13:20 for the system service at /run/avyctl/dev.avyctl.system")


class Sampleless(FakeSystem):
    """All but the samples comes."""

    async def samples(self, since: int | None = None) -> AsyncGenerator[events.SamplesEvent[Sample], None]:
        await asyncio.Event().wait()
        yield events.Samples([])


class Late(Mute):
    """Its call comes to its deadline."""

    async def status(self) -> Status:
        raise SutraError(errors.TIMEOUT, "status: no answer within 30 s", "see what the service does")


async def test_a_call_that_was_not_answered_is_an_error_with_its_hint() -> None:
    async with app_on(Late()).run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "status: no answer within 30 s")
        await until_shown(pilot, "see what the service does")
        await pilot.pause(UNSAID + 0.1)
        await until_shown(pilot, "status: no answer within 30 s")


async def test_what_answers_is_not_waited_for() -> None:
    app = app_on(Sampleless())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(UNSAID + 0.1)
        await until_shown(pilot, " waiting since 14:13:20 for samples of the system service")


async def test_a_wide_screen_has_details_beside_the_findings_and_wider_plots() -> None:
    app = app_on()
    async with app.run_test(size=(120, 24)) as pilot:
        await until_shown(pilot, "2 need attention")
        await until_shown(pilot, "Start a time service")
        row = next(line for line in lines_of(app) if "▲  clock" in line)
        assert "clock: warning since" in row
        assert any("1 Overview" in line for line in lines_of(app))
        narrow = max(line.count("█") for line in lines_of(app))
    app = app_on()
    async with app.run_test(size=(200, 24)) as pilot:
        await until_shown(pilot, "eth0 192.")
        assert max(line.count("█") for line in lines_of(app)) > narrow + 50


@pytest.mark.parametrize(("size", "cut"), [((80, 12), 1), ((60, 20), 1), ((40, 12), 1)])
async def test_help_can_be_read_to_its_end(size: tuple[int, int], cut: int) -> None:
    app = app_on()
    async with app.run_test(size=size) as pilot:
        await until_shown(pilot, "rpi-0042")
        await pilot.press("question_mark")
        await until_shown(pilot, "all that is known")
        assert not any("last known" in line for line in lines_of(app))
        await pilot.press("end")
        await until_shown(pilot, "last known")
        assert not any("…" in line for line in lines_of(app)[cut:])
        await pilot.press("home", "j", "down")
        await until(pilot, lambda: not any("all that is known" in line for line in lines_of(app)))
        await pilot.press("k", "up")
        await until_shown(pilot, "all that is known")
        for _ in range(30):
            await pilot.press("pagedown")
        await until_shown(pilot, "last known")


@pytest.mark.parametrize("columns", [40, 60, 80])
async def test_the_key_line_has_whole_hints_only(columns: int) -> None:
    app = app_on()
    async with app.run_test(size=(columns, 12)) as pilot:
        await until_shown(pilot, "q quit")
        keys = lines_of(app)[-1]
        assert "…" not in keys and keys.rstrip().endswith("  q quit")
        assert "enter open" in keys and "? help" in keys


@pytest.mark.parametrize(
    ("term", "colorterm", "offered"),
    [("xterm-256color", "", {"avyos", "light", "mono", "high-contrast"}), ("linux", "", {"avyos", "mono"}), ("vt100", "", {"mono"})],
)
async def test_the_palette_offers_the_themes_that_can_be_had_here(term: str, colorterm: str, offered: set[str]) -> None:
    app = app_on(term=term, COLORTERM=colorterm)
    async with app.run_test(size=(80, 24)):
        titles = [command.title for command in app.get_system_commands(app.screen)]
    assert {title.removeprefix("Theme: ") for title in titles if title.startswith("Theme")} == offered
