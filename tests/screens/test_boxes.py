"""The distros and containers as a person sees them."""

import asyncio
from collections.abc import AsyncGenerator, Callable

from msgspec.structs import replace
from textual.pilot import Pilot

from refusing import ABSENT, GONE, NOT_YOURS, Refusing
from screens.boxes import BoxesScreen
from services.containers.fake import NOW, FakeContainers, container
from services.containers.fake import ROWS as CONTAINERS
from services.distro.fake import ROWS as DISTROS
from services.distro.fake import FakeDistro
from sutra_client.errors import UNSUPPORTED, SutraError
from sutra_client.events import NO_FIELDS, NO_WHERE, Snapshot, TableEvent, Where
from sutra_client.gen.containers import Container, State
from sutra_client.gen.distro import Rootfs
from watching import app_on, lines_of, until, until_shown
from widgets.live_table import LiveTable

BOTH = "2 distros   1 in use   4 containers   2 running   1 unhealthy"
NO_ENGINE = SutraError(UNSUPPORTED, "no container engine: no socket at /run/podman/podman.sock", "install podman")


class Silent(FakeContainers):
    """An engine that accepts and does not answer."""

    async def containers(self, where: Where = NO_WHERE, fields: list[str] = NO_FIELDS) -> AsyncGenerator[TableEvent[Container], None]:
        await asyncio.Event().wait()
        yield Snapshot([])


def listed(app: object) -> LiveTable:
    return app.screen.query_one(LiveTable)  # type: ignore[attr-defined,no-any-return]


def line_of(app: object, text: str) -> str:
    """The line that has a text; "" where none has."""
    return next((line for line in lines_of(app) if text in line), "")  # type: ignore[arg-type]


async def test_distros_and_containers_stand_in_one_list_with_their_kind() -> None:
    app = app_on(pane="boxes")
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, BOTH)
        await until_shown(pilot, "[5 Boxes]")
        assert "● " in line_of(app, " alpine ") and "distro" in line_of(app, " alpine ") and "in use" in line_of(app, " alpine ")
        assert "✗ " in line_of(app, " api ") and "container" in line_of(app, " api ") and "unhealthy" in line_of(app, " api ")
        assert "exited 1" in line_of(app, " backup ")


async def test_sizes_come_without_being_asked_for() -> None:
    app = app_on(pane="boxes")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "12M" in line_of(app, " web ") and "9M" in line_of(app, " alpine "))


async def test_a_container_and_a_distro_that_come_change_and_go_are_followed() -> None:
    distro, containers = FakeDistro(findings=[]), FakeContainers(findings=[])
    app = app_on(pane="boxes", services={"distro": distro, "containers": containers})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, BOTH)
        new = container("e", "fresh", State.CREATED)
        containers.change(new)
        await until(pilot, lambda: "created" in line_of(app, " fresh "))
        containers.change(replace(new, state=State.RUNNING))
        await until_shown(pilot, "5 containers   3 running")
        containers.remove("e" * 64)
        await until(pilot, lambda: not line_of(app, " fresh "))
        distro.change(Rootfs("void", "/linux", "Void", "1", 0, pids=[]))
        await until_shown(pilot, "3 distros")
        distro.remove("void", "/linux")
        await until(pilot, lambda: not line_of(app, " void "))
        assert line_of(app, BOTH)


async def test_a_distro_and_a_container_of_one_name_are_two_rows() -> None:
    distro = FakeDistro([replace(DISTROS[0], name="web"), replace(DISTROS[0], name="web", place="/home/ann/Linux")], findings=[])
    app = app_on(pane="boxes", services={"distro": distro})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "4 containers")
        await until(pilot, lambda: sum(" web " in line for line in lines_of(app)) == 3)
        distro.remove("web", "/home/ann/Linux")
        await until(pilot, lambda: sum(" web " in line for line in lines_of(app)) == 2)


async def test_enter_shows_all_that_its_service_knows_of_either() -> None:
    app = app_on(pane="boxes")
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, BOTH)
        await pilot.press("enter")
        await until_shown(pilot, "folder    /linux/alpine")
        await until_shown(pilot, "size 9M")
        await pilot.press("y")
        await until_shown(pilot, "avyctl distro show alpine --place=/linux")
        await pilot.press("escape", "escape", "down", "down", "enter")
        await until_shown(pilot, "engine    podman /run/podman/podman.sock")
        await until_shown(pilot, "wrote 12M")
        await pilot.press("y")
        await until_shown(pilot, "avyctl containers show web")


async def test_a_host_without_a_container_engine_shows_its_distros_and_one_sentence() -> None:
    app = app_on(pane="boxes", services={"containers": Refusing(NO_ENGINE)})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "2 distros   1 in use")
        await until_shown(pilot, NO_ENGINE.message)
        await until_shown(pilot, "install podman")
        assert line_of(app, " alpine ") and not listed(app)._old
        await pilot.press("enter")
        await until_shown(pilot, "folder    /linux/alpine")


async def test_a_host_without_distros_shows_its_containers_and_one_sentence() -> None:
    app = app_on(pane="boxes", services={"distro": Refusing(ABSENT)})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "4 containers   2 running")
        await until_shown(pilot, "first: no /first; second: no /second")
        assert line_of(app, " web ") and not listed(app)._old


async def test_a_host_with_neither_says_both() -> None:
    app = app_on(pane="boxes", services={"distro": Refusing(ABSENT), "containers": Refusing(NO_ENGINE)})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "first: no /first; second: no /second")
        await until_shown(pilot, NO_ENGINE.message)
        await pilot.press("enter", "escape", "y")
        await until_shown(pilot, "avyctl containers list")
        assert not line_of(app, "Not known yet")


async def test_containers_that_are_refused_leave_the_distros_as_they_are() -> None:
    app = app_on(pane="boxes", services={"containers": Refusing(NOT_YOURS)})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "reading it: not yours")
        await until_shown(pilot, "ask an operator")
        await until(pilot, lambda: bool(line_of(app, " alpine ")))
        assert not listed(app)._old


async def test_an_engine_that_says_nothing_is_waited_for_in_words_beside_why_there_are_no_distros() -> None:
    app = app_on(pane="boxes", services={"distro": Refusing(ABSENT), "containers": Silent(findings=[])})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "first: no /first; second: no /second")
        await until(pilot, lambda: "for containers" in line_of(app, "waiting since"))


async def test_one_stream_that_is_down_makes_the_list_old_until_it_is_back() -> None:
    containers = FakeContainers(findings=[])
    distro = FakeDistro(findings=[])
    app = app_on(pane="boxes", services={"containers": containers, "distro": distro})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, BOTH)
        containers._tables.send(GONE)
        await until_shown(pilot, "stale since 14:13:20")
        distro.change(replace(DISTROS[0], processes=0, pids=[]))
        await until_shown(pilot, "0 in use")
        assert listed(app)._old and line_of(app, " web ")
        containers._tables.send(Snapshot(CONTAINERS[:1]))
        await until_shown(pilot, "1 container   1 running")
        await until(pilot, lambda: not line_of(app, "stale since") and not line_of(app, " old "))
        assert not listed(app)._old


async def test_leaving_the_pane_ends_both_streams_and_coming_back_shows_the_boxes_at_once() -> None:
    distro, containers = FakeDistro(findings=[]), FakeContainers(findings=[])
    app = app_on(pane="boxes", services={"distro": distro, "containers": containers})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, BOTH)
        await pilot.press("9")
        await until(pilot, lambda: not distro._tables and not containers._tables)
        containers._rows.pop(("d" * 64,))
        await pilot.press("5")
        await pilot.pause()
        assert isinstance(app.screen, BoxesScreen)
        assert line_of(app, " web ")
        await until_shown(pilot, "3 containers")


async def test_what_happened_today_has_its_time_and_the_rest_its_day() -> None:
    rows = [replace(CONTAINERS[0], since=NOW - 60_000_000), replace(CONTAINERS[1], since=NOW - 10 * 86_400_000_000)]
    app = app_on(pane="boxes", services={"containers": FakeContainers(rows, findings=[])})
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "14:12:20" in line_of(app, " web "))
        assert "2026-09-11" in line_of(app, " api ")


SnapCompare = Callable[..., bool]


async def settled(pilot: Pilot[None]) -> None:
    await until_shown(pilot, BOTH)
    await until_shown(pilot, "2 need attention")


async def opened(pilot: Pilot[None]) -> None:
    await settled(pilot)
    await pilot.press("down", "down")
    await until_shown(pilot, "engine    podman")


def test_picture_of_the_boxes(snap_compare: SnapCompare) -> None:
    assert snap_compare(app_on(pane="boxes"), terminal_size=(80, 24), run_before=settled)


def test_picture_of_the_boxes_with_one_beside_them(snap_compare: SnapCompare) -> None:
    assert snap_compare(app_on(pane="boxes"), terminal_size=(200, 50), run_before=opened)


def test_picture_of_the_boxes_without_a_container_engine(snap_compare: SnapCompare) -> None:
    async def explained(pilot: Pilot[None]) -> None:
        await until_shown(pilot, NO_ENGINE.message)
        await until_shown(pilot, "2 distros")
        await until_shown(pilot, "2 need attention")

    app = app_on(pane="boxes", services={"containers": Refusing(NO_ENGINE)})
    assert snap_compare(app, terminal_size=(80, 24), run_before=explained)
