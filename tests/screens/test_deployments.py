"""The deployments as a person sees them."""

from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from breaking import Breaking, refused
from screens.deployments import DeploymentsScreen
from services.deployments.fake import NOW, ROWS, FakeDeployments, deployment
from sutra_client import events
from sutra_client.errors import DENIED, UNSUPPORTED, SutraError
from sutra_client.gen.core import Finding
from sutra_client.gen.deployments import Deployment, Status
from watching import app_on, lines_of, until, until_shown
from widgets.live_table import LiveTable

NONE: list[Finding] = []


def listed(app: object) -> LiveTable:
    return app.screen.query_one(LiveTable)  # type: ignore[attr-defined,no-any-return]


def shown(app: Any, text: str) -> bool:
    return any(text in line for line in lines_of(app))


async def test_what_runs_and_what_waits_is_seen_at_a_glance() -> None:
    app = app_on(pane="deployments")
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "Deployments  OSTree, arkes   4 deployments")
        await until_shown(pilot, "2.1G")
        rows = [line.split() for line in lines_of(app)[5:9]]
        assert rows[0] == ["▸", "0", "2026.11.19", "2026-09-20", "staged", "6.12.41", "212M", "-"]
        assert rows[1][:2] == ["●", "1"] and rows[1][-1] == "good"
        assert rows[2][3:5] == ["rollback,", "pinned"]
        assert rows[3][:2] == ["✗", "3"] and rows[3][-1] == "bad"
        assert shown(app, "[2 Deploy]")


async def test_a_deployment_that_comes_and_goes_is_followed_in_the_order_of_the_boot_menu() -> None:
    deployments = FakeDeployments(ROWS[1:], NONE)
    app = app_on(pane="deployments", services={"deployments": deployments})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "3 deployments")
        deployments.change(ROWS[0])
        await until_shown(pilot, "4 deployments")
        assert listed(app).rows.key_at(0) == (ROWS[0].id,)
        deployments.change(replace(ROWS[1], health="bad"))
        await until(pilot, lambda: lines_of(app)[6].lstrip().startswith("✗"))
        deployments.remove(ROWS[3].id)
        await until_shown(pilot, "3 deployments")
        assert not shown(app, "2026.10.01")


async def test_details_tell_where_it_comes_from_and_what_a_reboot_does() -> None:
    app = app_on(pane="deployments")
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "4 deployments")
        await pilot.press("enter")
        await until_shown(pilot, "arkes/system  build of 2026.11.19")
        await until_shown(pilot, "root=LABEL=SYS_ROOT rw quiet")
        await until_shown(pilot, "a reboot makes 2026.11.19 current; 2026.11.02 becomes the rollback")
        await pilot.press("escape", "down", "enter")
        await until_shown(pilot, "bbbbbbbbbbbb")
        assert not shown(app, "a reboot makes")


async def test_what_could_not_be_read_and_who_is_at_work_is_said() -> None:
    class Partly(FakeDeployments):
        async def status(self) -> Status:
            found = await super().status()
            return replace(found, busy="ostree (pid 8)", unseen=["Boot entries: /boot may not be read by this user."])

    app = app_on(pane="deployments", services={"deployments": Partly(findings=NONE)})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "ostree (pid 8) is at work")
        await pilot.press("enter")
        await until_shown(pilot, "Boot entries: /boot may not be read by this user.")


async def test_a_status_that_fails_leaves_the_list_and_says_why() -> None:
    class Partly(FakeDeployments):
        async def status(self) -> Status:
            raise SutraError(DENIED, "reading the deployments' state: not for you", "run it as root")

    app = app_on(pane="deployments", services={"deployments": Partly(findings=NONE)})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "2026.11.19")
        await until_shown(pilot, "reading the deployments' state: not for you")


@pytest.mark.parametrize("code", [UNSUPPORTED, DENIED])
async def test_a_host_without_an_engine_is_explained_and_the_other_panes_work(code: str) -> None:
    error = SutraError(code, "no deployment engine: /ostree is absent; moss is not installed; no /avyos", "nothing is wrong with that")

    class Absent(FakeDeployments):
        async def status(self) -> Status:
            raise error

        def deployments(self, *args: Any, **named: Any) -> AsyncGenerator[events.TableEvent[Deployment], None]:
            return refused(error)

    app = app_on(pane="deployments", services={"deployments": Absent(findings=NONE)})
    async with app.run_test(size=(80, 24)) as pilot:
        for sentence in ("/ostree is absent", "moss is not installed", "no /avyos", "nothing is wrong with that"):
            await until_shown(pilot, sentence)
        assert not shown(app, "Not known yet")
        await pilot.press("enter", "y", "9")
        await until_shown(pilot, "[9 Procs]")


async def test_an_engine_without_any_deployment_says_so() -> None:
    app = app_on(pane="deployments", services={"deployments": FakeDeployments([], NONE)})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "There is no deployment.")


async def test_what_is_old_is_said_to_be_until_the_service_is_back() -> None:
    breaking = Breaking(NOW - 60_000_000)
    fresh = deployment(4, "e", "2027.01.01", 0, "6.13.0")

    class Leaving(FakeDeployments):
        def deployments(self, *args: Any, **named: Any) -> AsyncGenerator[events.TableEvent[Deployment], None]:
            return breaking.stream([events.Snapshot(ROWS)], [events.Snapshot([*ROWS, fresh])])

    app = app_on(pane="deployments", services={"deployments": Leaving(findings=NONE)})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "2026.10.01")
        breaking.broken.set()
        await until_shown(pilot, "stale since 14:12:20")
        assert shown(app, "2026.10.01")
        breaking.mended.set()
        await until_shown(pilot, "2027.01.01")
        await until(pilot, lambda: not shown(app, "stale since"))


async def test_y_says_how_to_get_the_same() -> None:
    app = app_on(pane="deployments")
    async with app.run_test(size=(120, 24)) as pilot:
        await until_shown(pilot, "4 deployments")
        await pilot.press("y")
        await until_shown(pilot, "avyctl deployments list --fields=size")
        await pilot.press("escape", "enter", "y")
        await until_shown(pilot, f"avyctl deployments show {ROWS[0].id}")


async def test_leaving_the_pane_ends_its_stream_and_coming_back_shows_the_rows_at_once() -> None:
    deployments = FakeDeployments(findings=NONE)
    app = app_on(pane="deployments", services={"deployments": deployments})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "4 deployments")
        await pilot.press("9")
        await until(pilot, lambda: not deployments._tables)
        await pilot.press("2")
        await pilot.pause()
        assert isinstance(app.screen, DeploymentsScreen)
        assert listed(app).rows.total == 4
        await until(pilot, lambda: bool(deployments._tables))


SnapCompare = Callable[..., bool]


async def settled(pilot: Pilot[None]) -> None:
    await until_shown(pilot, "4 deployments")
    await until_shown(pilot, "2.1G" if pilot.app.size.width >= 80 else "good")
    await until_shown(pilot, "2 need attention")


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (200, 50)], ids=["80x24", "60x20", "200x50"])
def test_picture_of_the_deployments(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    assert snap_compare(app_on(pane="deployments"), terminal_size=size, run_before=settled)
