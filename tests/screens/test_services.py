"""The services as a person sees them."""

from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from breaking import Breaking, refused
from screens.services import ServicesScreen
from services.init.fake import SERVICES, START, FakeInit, service
from services.logs.fake import FakeLogs, record
from sutra_client import events
from sutra_client.errors import DENIED, UNSUPPORTED, SutraError
from sutra_client.gen.core import Finding
from sutra_client.gen.init import Active, Detail, Kind, Service
from watching import app_on, lines_of, until, until_shown
from widgets.live_table import LiveTable

NONE: list[Finding] = []
SSH = next(row for row in SERVICES if row.name == "ssh.service")


def listed(app: object) -> LiveTable:
    return app.screen.query_one(LiveTable)  # type: ignore[attr-defined,no-any-return]


def shown(app: Any, text: str) -> bool:
    return any(text in line for line in lines_of(app))


class Scoped(FakeInit):
    """Two managers, and a memory of what was asked for."""

    def __init__(self) -> None:
        super().__init__([*SERVICES, replace(SSH, name="mine.service", scope="user")], NONE)
        self.asked: list[tuple[events.Where, list[str], list[Kind] | None]] = []

    async def services(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS, kinds: list[Kind] | None = None
    ) -> AsyncGenerator[events.TableEvent[Service], None]:
        self.asked.append((where, fields, kinds))
        scopes = [value for _, _, value in where]
        async for event in super().services(where, fields, kinds):
            assert isinstance(event, events.Snapshot)
            yield events.Snapshot([row for row in event.rows if not scopes or row.scope in scopes])


async def test_what_failed_stands_first_and_the_summary_counts() -> None:
    app = app_on(pane="services")
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "7 services, 5 active, 1 failed   system")
        assert "✗  bridge.service" in lines_of(app)[5]
        assert "○  bluetooth.service" in lines_of(app)[11]
        assert shown(app, "[3 Services]")
        assert shown(app, "4.3M    0.5%")


async def test_a_unit_that_comes_changes_and_goes_is_followed() -> None:
    init = FakeInit(findings=NONE)
    app = app_on(pane="services", services={"init": init})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "7 services")
        init.change(service("visitor.service", Active.ACTIVATING, "start-pre"))
        await until_shown(pilot, "↻  visitor.service")
        init.change(replace(service("visitor.service", Active.ACTIVE, "running"), job="stop"))
        await until_shown(pilot, "●  visitor.service")
        await until_shown(pilot, "running, stop")
        init.vanish("visitor.service")
        await until(pilot, lambda: not shown(app, "visitor"))


async def test_the_unit_that_avyctl_runs_in_is_called_yours() -> None:
    app = app_on(pane="services", services={"init": FakeInit([replace(SSH, you=True)], NONE)})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "ssh.service  (you)")


async def test_the_cursor_stays_on_its_unit_while_others_fail() -> None:
    init = FakeInit(findings=NONE)
    app = app_on(pane="services", services={"init": init})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "7 services")
        await pilot.press("down", "down")
        chosen = listed(app).cursor_key
        init.change(service("another.service", Active.FAILED, "failed"))
        await until_shown(pilot, "2 failed")
        assert listed(app).cursor_key == chosen == ("system", "dbus.service")


async def test_kinds_are_chosen_one_after_the_other() -> None:
    init = Scoped()
    app = app_on(pane="services", services={"init": init})
    async with app.run_test(size=(80, 24)) as pilot:
        for told in ("7 services, 5", "1 timer, 1", "1 socket, 0", "0 mounts, 0", "9 units, 6"):
            await until_shown(pilot, told)
            if told.startswith("0"):
                assert shown(app, "No mount of this host is known to its init system.")
            await pilot.press("K")
        await until_shown(pilot, "7 services, 5")
        assert all(fields == ["memory", "cpu", "tasks"] for _, fields, _ in init.asked)
        assert init.asked[1][2] == [Kind.TIMER]


async def test_whose_units_is_chosen_and_both_have_a_column_for_it() -> None:
    app = app_on(pane="services", services={"init": Scoped()})
    async with app.run_test(size=(120, 24)) as pilot:
        await until_shown(pilot, "7 services")
        assert not shown(app, "mine.service")
        await pilot.press("U")
        await until_shown(pilot, "1 service, 1 active, none failed   user")
        await pilot.press("U")
        await until_shown(pilot, "8 services")
        await until_shown(pilot, "mine.service")
        await pilot.press("U")
        await until_shown(pilot, "7 services")


async def test_details_tell_the_unit_and_what_it_writes() -> None:
    logs = FakeLogs(findings=NONE)
    app = app_on(pane="services", services={"logs": logs})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "7 services")
        await pilot.press("enter")
        await until_shown(pilot, "/usr/sbin/bridge -D")
        await until_shown(pilot, "cannot open /data/bridge.db: Permission denied")
        logs.source.write(record(9, "gave up", identifier="bridge"), record(10, "not ours"))
        await until_shown(pilot, "gave up")
        assert not shown(app, "not ours")
        await pilot.press("escape")
        await until(pilot, lambda: not shown(app, "gave up") and not logs.source._queues)


async def test_a_log_that_fails_leaves_the_details() -> None:
    class Refusing(FakeLogs):
        def follow(self, *args: Any, **named: Any) -> AsyncGenerator[events.LogEvent[Any], None]:
            return refused(SutraError(DENIED, "reading the journal: this user may not read any of its files", "ask to become a member"))

    app = app_on(pane="services", services={"logs": Refusing(findings=NONE)})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "7 services")
        await pilot.press("enter")
        await until_shown(pilot, "/usr/sbin/bridge -D")
        await until_shown(pilot, "log      reading the journal: this user may not read any of its files")


async def test_a_unit_that_wrote_nothing_is_said_to_have() -> None:
    app = app_on(pane="services", services={"logs": FakeLogs([], NONE)})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "7 services")
        await pilot.press("enter")
        await until_shown(pilot, "it has written nothing")


async def test_details_that_are_refused_say_why() -> None:
    class Refusing(FakeInit):
        async def get(self, name: str, scope: str = "system") -> Detail:
            raise SutraError(DENIED, f"asking systemd about {name}: not for you", "run it as root")

    app = app_on(pane="services", services={"init": Refusing(findings=NONE)})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "7 services")
        await pilot.press("enter")
        await until_shown(pilot, "asking systemd about bridge.service: not for you")
        await until_shown(pilot, "run it as root")
        await until_shown(pilot, "MQTT bridge to the plant")


@pytest.mark.parametrize("code", [UNSUPPORTED, DENIED])
async def test_a_host_without_them_is_explained_and_the_other_panes_work(code: str) -> None:
    class Absent(FakeInit):
        def services(self, *args: Any, **named: Any) -> AsyncGenerator[events.TableEvent[Service], None]:
            return refused(SutraError(code, "no init system: systemd does not run; s6 has no /run/service", "start one"))

    app = app_on(pane="services", services={"init": Absent(findings=NONE)})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "systemd does not run")
        await until_shown(pilot, "s6 has no /run/service")
        await until_shown(pilot, "start one")
        assert not shown(app, "Not known yet")
        await pilot.press("K", "U", "enter", "y", "9")
        await until_shown(pilot, "[9 Procs]")


async def test_what_is_old_is_said_to_be_until_the_service_is_back() -> None:
    breaking = Breaking(START - 60_000_000)

    class Leaving(FakeInit):
        def services(self, *args: Any, **named: Any) -> AsyncGenerator[events.TableEvent[Service], None]:
            return breaking.stream([events.Snapshot([SSH])], [events.Snapshot([SSH, replace(SSH, name="back.service")])])

    app = app_on(pane="services", services={"init": Leaving(findings=NONE)})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "1 service")
        breaking.broken.set()
        await until_shown(pilot, "stale since 14:12:20")
        assert shown(app, "ssh.service")
        breaking.mended.set()
        await until_shown(pilot, "back.service")
        await until(pilot, lambda: not shown(app, "stale since"))


async def test_y_says_how_to_get_the_same() -> None:
    app = app_on(pane="services")
    async with app.run_test(size=(200, 24)) as pilot:
        await until_shown(pilot, "7 services")
        await pilot.press("K", "y")
        await until_shown(pilot, "avyctl services list --where=scope=system --fields=memory --fields=cpu --fields=tasks --kinds=timer")
        await pilot.press("escape", "K", "K", "K", "K")
        await until_shown(pilot, "7 services")
        await pilot.press("enter", "y")
        await until_shown(pilot, "avyctl services status bridge.service")


async def test_leaving_the_pane_ends_its_streams_and_coming_back_shows_the_rows_at_once() -> None:
    init, logs = FakeInit(findings=NONE), FakeLogs(findings=NONE)
    app = app_on(pane="services", services={"init": init, "logs": logs})
    async with app.run_test(size=(200, 24)) as pilot:
        await until_shown(pilot, "Permission denied")
        await pilot.press("9")
        await until(pilot, lambda: not init._tables and not logs.source._queues)
        await pilot.press("3")
        await pilot.pause()
        assert isinstance(app.screen, ServicesScreen)
        assert listed(app).rows.total == 7
        await until(pilot, lambda: bool(init._tables and logs.source._queues))


SnapCompare = Callable[..., bool]


async def settled(pilot: Pilot[None]) -> None:
    await until_shown(pilot, "7 services")
    await until_shown(pilot, "2 need attention")
    if pilot.app.size.width > 110:
        await until_shown(pilot, "cannot open /data/bridge.db")


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (200, 50)], ids=["80x24", "60x20", "200x50"])
def test_picture_of_the_services(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    assert snap_compare(app_on(pane="services"), terminal_size=size, run_before=settled)
