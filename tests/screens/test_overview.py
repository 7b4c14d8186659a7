"""The overview as a person sees it."""

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from avyctl.app import AvyctlApp
from avyctl.themes import THEMES
from services.system.fake import FINDINGS, NOW, STATUS, FakeSystem, sample
from sutra_client import errors, events, options
from sutra_client.errors import SutraError
from sutra_client.gen.core import Finding, Severity
from sutra_client.gen.system import Sample
from sutra_client.terminal import detect
from watching import Said, app_on, lines_of, until, until_shown
from widgets.live_table import LiveTable

FAILED = Finding("unit:backup", Severity.ERROR, "backup.service", "exit code 1", "Make room on /var.", "avyctl services list", NOW)


class Scripted(FakeSystem):
    """A FakeSystem whose samples are what the test says."""

    def __init__(self, *script: events.SamplesEvent[Sample] | SutraError) -> None:
        super().__init__(findings=[])
        self._script = script

    async def samples(self, since: int | None = None) -> AsyncGenerator[events.SamplesEvent[Sample], None]:
        for step in self._script:
            if isinstance(step, SutraError):
                raise step
            yield step
        await asyncio.Event().wait()


async def test_it_says_which_host_this_is_how_it_is_and_who_you_are() -> None:
    async with app_on().run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "▲ 2 need attention")
        app = pilot.app
        assert isinstance(app, AvyctlApp)
        first = lines_of(app)[0]
        assert all(word in first for word in ("rpi-0042", "AerynOS 2026.10", "up 12d", "root·admin", "14:13"))


async def test_plots_show_the_last_minutes_and_go_on() -> None:
    system = FakeSystem()
    app = app_on(system)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "38 %")
        plots = lines_of(app)[3:7]
        assert "▆▆▆" in plots[0] and "load 0.12 0.20 0.18" in plots[0]
        assert "1.4G of 3.7G" in plots[1] and "pressure none" in plots[1]
        assert "eth0 192.168.7.42/24" in plots[2] and "wlan0 down" in plots[2]
        assert "/ 61 % of 29G" in plots[3]
        for _ in range(5):
            system.tick()
        await until_shown(pilot, "  72 %")


async def test_a_finding_comes_changes_and_goes() -> None:
    system = FakeSystem()
    app = app_on(system)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "2 need attention")
        system.report(FAILED)
        await until_shown(pilot, "✗ 3 need attention")
        await until_shown(pilot, "✗  backup.service")
        system.report(replace(FAILED, evidence="exit code 7"))
        await until_shown(pilot, "exit code 7")
        system.resolve(FAILED.id)
        await until_shown(pilot, "▲ 2 need attention")


async def test_a_healthy_host_is_said_to_be_healthy() -> None:
    async with app_on(FakeSystem(findings=[])).run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "● healthy")
        await until_shown(pilot, "Nothing needs attention.")


async def test_details_say_what_to_do() -> None:
    app = app_on()
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "/var")
        await pilot.press("d")
        await until_shown(pilot, "Start a time service")
        await until_shown(pilot, "same as  avyctl system status")
        await pilot.press("j")
        await until_shown(pilot, "Remove or move what is not needed.")
        for _ in range(2):
            await pilot.press("escape")
            await until(pilot, lambda: not any("Remove or move" in line for line in lines_of(app)))
            await pilot.press("enter")
            await until_shown(pilot, "Remove or move what is not needed.")
        assert lines_of(app)[-1].startswith(" enter open")


async def test_a_lost_stream_is_said_to_be_stale_and_then_live_again() -> None:
    system = FakeSystem()
    app = app_on(system)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "2 need attention")
        system._tables.send(events.Stale("connection reset", NOW))
        await until_shown(pilot, "stale since 14:13:20, connecting again: connection reset")
        assert "stale, 2 known" in lines_of(app)[0] and "need attention" not in lines_of(app)[0]
        await until_shown(pilot, "92 % full")
        system._tables.send(events.Snapshot(FINDINGS[:1]))
        await until_shown(pilot, "▲ 1 needs attention")
        assert not any("stale" in line for line in lines_of(app))


async def test_a_refused_stream_says_why_and_what_to_do() -> None:
    refused = SutraError(errors.DENIED, "samples: only readers may", "ask for the role reader")
    async with app_on(Scripted(refused)).run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "samples: only readers may")
        await until_shown(pilot, "ask for the role reader")


async def test_what_is_not_known_is_a_dash() -> None:
    app = app_on(Scripted(events.Samples([Sample(0, NOW, [], [], [], [], [])])))
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "- of -")
        assert not any("0 %" in line for line in lines_of(app)[3:7])


HOSTILE = "\x1b]52;c;aGk=\x07\x1b[2J[bold red]\u202egnp\x9b31m[/]"


async def test_hostile_strings_are_shown_as_what_they_are() -> None:
    system = FakeSystem(
        replace(STATUS, hostname=HOSTILE, os=HOSTILE, board=HOSTILE), [replace(FAILED, object=HOSTILE, evidence=HOSTILE, next=HOSTILE)]
    )
    app = app_on(system)
    async with app.run_test(size=(200, 50)) as pilot:
        await until_shown(pilot, "1 needs attention")
        await pilot.press("d")
        await until_shown(pilot, "same as")
        shown = "\n".join(lines_of(app))
        assert all(char.isprintable() or char == "\n" for char in shown)
        assert "[bold red]" in shown and "\\x1b]52" in shown and "\\u202e" in shown


async def test_a_hidden_overview_holds_no_subscription() -> None:
    system = FakeSystem()
    async with app_on(system).run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: bool(system._samples and system._tables))
        await pilot.press("question_mark")
        await until(pilot, lambda: not system._samples and not system._tables)
        await pilot.press("escape")
        await until(pilot, lambda: bool(system._samples and system._tables))


async def test_help_is_searched_by_typing() -> None:
    app = app_on()
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "rpi-0042")
        await pilot.press("question_mark")
        await until_shown(pilot, "all that is known about the finding")
        await pilot.press("slash", *"swap")
        await until(pilot, lambda: not any("all that is known" in line for line in lines_of(app)))
        await until_shown(pilot, "mem   what is in use")


async def test_q_quits() -> None:
    app = app_on()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("q")
    assert app.return_code == 0


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (200, 50)])
async def test_every_size_shows_what_matters(size: tuple[int, int]) -> None:
    app = app_on()
    async with app.run_test(size=size) as pilot:
        await until_shown(pilot, "2 need attention")
        await until_shown(pilot, "1.4G of 3.7G")
        lines = lines_of(app)
        assert all(any(word in line for line in lines) for word in ("rpi-0042", "cpu", "disk", "/var", "clock", "quit", "14:13", "aarch64"))


async def test_a_poor_terminal_is_shown_ascii_only() -> None:
    system = FakeSystem()
    app = app_on(system, "vt220", LC_ALL="C", COLORTERM="")
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "! 2 need attention")
        system.report(FAILED)
        await until_shown(pilot, "x  backup.service")
        assert "\n".join(lines_of(app)).replace("·", "").replace("…", "").isascii()  # the driver has twins for these


@pytest.mark.parametrize("theme", [theme.name for theme in THEMES])
async def test_every_theme_says_the_same_in_words(theme: str) -> None:
    app = app_on()
    async with app.run_test(size=(80, 24)) as pilot:
        app.theme = theme
        await until_shown(pilot, "▲ 2 need attention")
        row = next(line for line in lines_of(app) if "/var" in line)
        assert "▲" in row
        assert app.screen.query_one(LiveTable).has_focus


def test_no_color_and_sixteen_colours_choose_their_theme() -> None:
    assert app_on(term="linux", COLORTERM="").theme == "avyos-16"
    assert app_on().theme == "avyos"
    assert app_on(NO_COLOR="1").theme == "mono"


async def test_the_newest_sample_is_the_one_in_words() -> None:
    async with app_on(Scripted(events.Samples([sample(4), sample(5)]))).run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "  72 %")


async def test_the_worst_finding_stands_first() -> None:
    system = FakeSystem()
    app = app_on(system)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "/var")
        system.report(FAILED)
        await until_shown(pilot, "backup.service")
        listed = [line for line in lines_of(app) if line[1:2] in ("✗", "▲")]
        assert "backup.service" in listed[0]


SnapCompare = Callable[..., bool]


async def settled(pilot: Pilot[None]) -> None:
    await until_shown(pilot, "2 need attention")
    await until_shown(pilot, "eth0 192.168.7.")


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (200, 50)], ids=["80x24", "60x20", "200x50"])
def test_picture_of_the_overview(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    assert snap_compare(app_on(), terminal_size=size, run_before=settled)


@pytest.mark.parametrize("theme", ["light", "mono", "high-contrast"])
def test_picture_of_a_theme(snap_compare: SnapCompare, theme: str) -> None:
    app = app_on()
    app.theme = theme
    assert snap_compare(app, terminal_size=(80, 24), run_before=settled)


def test_picture_of_a_vt(snap_compare: SnapCompare) -> None:
    assert snap_compare(app_on(term="linux", COLORTERM=""), terminal_size=(80, 24), run_before=settled)


@pytest.mark.parametrize(
    ("wanted", "term", "gets"),
    [("light", "xterm-256color", "light"), ("light", "linux", "avyos-16"), ("mono", "linux", "mono"), ("", "xterm-256color", "avyos")],
)
async def test_the_theme_that_was_asked_for_is_used_where_the_terminal_has_the_colours(wanted: str, term: str, gets: str) -> None:
    terminal = detect({"TERM": term, "LANG": "C.UTF-8"}, (80, 24))
    assert AvyctlApp(app_on().shell.services, Said(), terminal, theme=wanted).theme == gets
    assert {theme.name for theme in THEMES} == {*options.THEMES, "avyos-16"}
