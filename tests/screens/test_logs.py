"""The logs as a person reads them."""

from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from breaking import Breaking, refused
from screens import logs as screen
from screens.logs import LogsScreen
from services.logs.fake import RECORDS, START, FakeLogs, record
from sutra_client import events
from sutra_client.errors import DENIED, UNSUPPORTED, SutraError
from sutra_client.gen.core import Finding
from sutra_client.gen.logs import Priority, Record
from watching import app_on, lines_of, until, until_shown
from widgets.live_table import LiveTable

NONE: list[Finding] = []
MANY = [record(number, f"message {number}") for number in range(1, 101)]


def listed(app: object) -> LiveTable:
    return app.screen.query_one(LiveTable)  # type: ignore[attr-defined,no-any-return]


def shown(app: Any, text: str) -> bool:
    return any(text in line for line in lines_of(app))


async def test_the_newest_record_stands_last_and_the_cursor_follows_it() -> None:
    logs = FakeLogs(MANY, NONE)
    app = app_on(pane="logs", services={"logs": logs})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "any priority   any unit   follow ●")
        await until_shown(pilot, "message 100")
        assert shown(app, "[8 Logs]")
        for number in range(101, 141):
            logs.source.write(record(number, f"message {number}"))
        await until_shown(pilot, "message 140")
        assert "message 140" in lines_of(app)[22]
        assert shown(app, "140/140")


async def test_moving_up_stays_where_it_is_read_until_the_end_is_asked_for_again() -> None:
    logs = FakeLogs(MANY, NONE)
    app = app_on(pane="logs", services={"logs": logs})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "message 100")
        await pilot.press("up", "up")
        await until_shown(pilot, "follow ○")
        logs.source.write(*(record(number, f"message {number}") for number in range(101, 121)))
        await until(pilot, lambda: listed(app).rows.total == 120)
        assert shown(app, "message 98 ") and not shown(app, "message 120")
        await pilot.press("f")
        await until_shown(pilot, "message 120")
        await until_shown(pilot, "follow ●")
        logs.source.write(record(121, "message 121"))
        await until_shown(pilot, "message 121")


async def test_only_so_many_records_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen, "KEPT", 60)
    logs = FakeLogs(MANY[:50], NONE)
    app = app_on(pane="logs", services={"logs": logs})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "message 50")
        logs.source.write(*MANY[50:])
        await until_shown(pilot, "message 100")
        assert listed(app).rows.total == 60
        assert listed(app).rows.key_at(0) == (41,)
        await pilot.press("up", "up")
        logs.source.write(*(record(number, f"message {number}") for number in range(101, 121)))
        await until(pilot, lambda: listed(app).rows.total == 80)
        assert listed(app).rows.key_at(0) == (41,)
        await pilot.press("f")
        logs.source.write(record(121, "message 121"))
        await until(pilot, lambda: listed(app).rows.total == 60)


async def test_records_that_were_lost_have_a_line_where_they_are_missing() -> None:
    logs = FakeLogs(findings=NONE)
    app = app_on(pane="logs", services={"logs": logs})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "cannot open")
        logs.source.lose(42)
        logs.source.write(record(9, "after the gap"))
        await until_shown(pilot, "after the gap")
        at = next(number for number, line in enumerate(lines_of(app)) if "after the gap" in line)
        assert "42 records lost here" in lines_of(app)[at - 1]


async def test_priority_is_chosen_by_keys_and_the_service_does_the_choosing() -> None:
    logs = FakeLogs(findings=NONE)
    app = app_on(pane="logs", services={"logs": logs})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "cannot open")
        await pilot.press("p", "p", "p")
        await until_shown(pilot, "warning and worse")
        await until(pilot, lambda: listed(app).rows.total == 2)
        [query] = logs.source._queues.values()
        assert query.priority == Priority.WARNING
        await pilot.press("p", "p", "p", "p")
        await until_shown(pilot, "No record that is crit or worse. What comes will stand here.")
        await pilot.press("P", "P", "P", "P", "P", "P", "P")
        await until_shown(pilot, "any priority")
        await until(pilot, lambda: listed(app).rows.total == len(RECORDS))


async def test_one_unit_is_chosen_by_its_record_and_left_again() -> None:
    logs = FakeLogs(findings=NONE)
    app = app_on(pane="logs", services={"logs": logs})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "cannot open")
        await pilot.press("u")
        await until_shown(pilot, "bridge.service")
        await until(pilot, lambda: listed(app).rows.total == 2)
        logs.source.write(record(10, "from sshd"), record(11, "from bridge", identifier="bridge"))
        await until_shown(pilot, "from bridge")
        assert not shown(app, "from sshd")
        await pilot.press("u")
        await until_shown(pilot, "any unit")
        await until_shown(pilot, "from sshd")
        await pilot.press("home", "u")
        await until_shown(pilot, "of this record it is not known which unit wrote it")


async def test_a_text_filter_looks_in_the_list_and_in_what_comes() -> None:
    logs = FakeLogs(findings=NONE)
    app = app_on(pane="logs", services={"logs": logs})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "cannot open")
        await pilot.press("slash", *"permission", "enter")
        await until(pilot, lambda: len(listed(app).rows) == 1)
        logs.source.write(record(10, "no such file"), record(11, "permission asked for"))
        await until_shown(pilot, "permission asked for")
        assert not shown(app, "no such file")
        assert shown(app, "/permission")
        await pilot.press("escape")
        await until_shown(pilot, "no such file")


async def test_details_have_the_whole_message_and_every_field() -> None:
    logs = FakeLogs([record(1, "first line\nsecond line", _UID="1000")], NONE)
    app = app_on(pane="logs", services={"logs": logs})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "first line second line")
        await pilot.press("enter")
        await until(pilot, lambda: any(line.strip() == "second line" for line in lines_of(app)))
        await pilot.press("end")
        await until_shown(pilot, "_UID     1000")
        await pilot.press("escape")
        assert listed(app).has_focus


async def test_the_picture_counts_what_is_listed() -> None:
    app = app_on(pane="logs", services={"logs": FakeLogs(MANY, NONE)})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "100 in 1m")
        assert lines_of(app)[4].count("█") > 20


async def test_records_of_another_day_say_which() -> None:
    old = Record(time=START - 40 * 86_400_000_000, message="long ago")
    app = app_on(pane="logs", services={"logs": FakeLogs([old, *RECORDS], NONE)})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "08-12 14:13:20")
        assert shown(app, "14:13:26        err")


async def test_sorting_says_that_records_stay_as_they_came() -> None:
    app = app_on(pane="logs")
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "cannot open")
        for key in ("greater_than_sign", "R"):
            await pilot.press(key)
            await until_shown(pilot, "records stand in the order in which they came")
            await pilot.press("escape")


@pytest.mark.parametrize("code", [UNSUPPORTED, DENIED])
async def test_a_host_without_them_is_explained_and_the_other_panes_work(code: str) -> None:
    class Absent(FakeLogs):
        def follow(self, *args: Any, **named: Any) -> AsyncGenerator[events.LogEvent[Record], None]:
            return refused(SutraError(code, "no logs: no journal; no log file", "ask to become a member of systemd-journal"))

    app = app_on(pane="logs", services={"logs": Absent(findings=NONE)})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "no log file")
        await until_shown(pilot, "ask to become a member")
        assert not shown(app, "Not known yet")
        await pilot.press("p", "u", "f", "enter", "y", "9")
        await until_shown(pilot, "[9 Procs]")


async def test_after_a_break_the_list_begins_anew_without_doubles() -> None:
    breaking = Breaking(START - 60_000_000)

    class Leaving(FakeLogs):
        def follow(self, *args: Any, **named: Any) -> AsyncGenerator[events.LogEvent[Record], None]:
            return breaking.stream([events.Records(RECORDS)], [events.Records([*RECORDS, record(9, "meanwhile")])])

    app = app_on(pane="logs", services={"logs": Leaving(findings=NONE)})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "cannot open")
        breaking.broken.set()
        await until_shown(pilot, "stale since 14:12:20")
        assert shown(app, "cannot open")
        breaking.mended.set()
        await until_shown(pilot, "meanwhile")
        assert listed(app).rows.total == len(RECORDS) + 1
        await until(pilot, lambda: not shown(app, "stale since"))


async def test_y_says_how_to_get_the_same() -> None:
    app = app_on(pane="logs")
    async with app.run_test(size=(100, 24)) as pilot:
        await until_shown(pilot, "cannot open")
        await pilot.press("p", "p", "p", "u", "y")
        await until_shown(pilot, "avyctl logs list --priority=warning --unit=bridge.service")


async def test_leaving_the_pane_ends_its_stream_and_coming_back_shows_the_records_at_once() -> None:
    logs = FakeLogs(findings=NONE)
    app = app_on(pane="logs", services={"logs": logs})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "cannot open")
        await pilot.press("9")
        await until(pilot, lambda: not logs.source._queues)
        logs.source.write(record(9, "while away"))
        await pilot.press("8")
        await pilot.pause()
        assert isinstance(app.screen, LogsScreen)
        assert listed(app).rows.total >= len(RECORDS)
        await until_shown(pilot, "while away")
        assert listed(app).rows.total == len(RECORDS) + 1


SnapCompare = Callable[..., bool]


async def settled(pilot: Pilot[None]) -> None:
    await until_shown(pilot, "6 in 5s")
    await until_shown(pilot, "2 need attention")
    if pilot.app.size.width > 110:
        await until_shown(pilot, "fake:6")


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (200, 50)], ids=["80x24", "60x20", "200x50"])
def test_picture_of_the_logs(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    assert snap_compare(app_on(pane="logs"), terminal_size=size, run_before=settled)
