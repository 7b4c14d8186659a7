"""The disks as a person sees them."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from refusing import ABSENT, GONE, NOT_YOURS, Refusing
from screens.disks import DisksScreen
from services.disks.fake import DEVICES, MOUNTS, STATUS, FakeDisks
from sutra_client.events import Changed, Removed, Snapshot
from sutra_client.gen.disks import Device, Kind
from watching import app_on, lines_of, until, until_shown
from widgets.live_table import LiveTable

SUMMARY = "/ 61 % of 29G   SN128 worn 12 %, healthy"


def listed(app: object) -> LiveTable:
    return app.screen.query_one(LiveTable)  # type: ignore[attr-defined,no-any-return]


def line_of(app: object, text: str) -> str:
    """The line that has a text; "" where none has."""
    return next((line for line in lines_of(app) if text in line), "")  # type: ignore[arg-type]


async def test_devices_stand_in_a_tree_with_what_is_on_them_how_full_and_where() -> None:
    app = app_on(pane="disks")
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, SUMMARY)
        await until_shown(pilot, "[7 Disks]")
        root = line_of(app, "└ mmcblk0p2")
        assert "ext4" in root and "██████────  61 %" in root and "29.2G" in root and "/, you are here" in root
        assert "SD/eMMC" in line_of(app, "▾ mmcblk0") and "protected: system" in line_of(app, "▾ mmcblk0")


async def test_a_disk_folds_and_unfolds() -> None:
    app = app_on(pane="disks")
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "└ mmcblk0p2")
        await pilot.press("left")
        await until(pilot, lambda: not line_of(app, "mmcblk0p2"))
        await pilot.press("right")
        await until_shown(pilot, "└ mmcblk0p2")


async def test_a_device_that_is_plugged_in_fills_and_is_pulled_out_is_followed() -> None:
    disks = FakeDisks(findings=[])
    app = app_on(pane="disks", services={"disks": disks})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "mmcblk0p2")
        new = Device("sdb", Kind.DISK, 1 << 30, "8:16", False, True, type="ext4", use=10.0, mounts=[b"/mnt"])
        disks.tell("devices", Changed([new]))
        await until_shown(pilot, "█─────────  10 %")
        disks.tell("devices", Changed([replace(new, use=98.0)]))
        await until_shown(pilot, "██████████  98 %")
        disks.tell("devices", Removed([("sdb",)]))
        await until(pilot, lambda: not line_of(app, "sdb"))


async def test_a_container_is_locked_until_something_stands_on_it() -> None:
    disks = FakeDisks(findings=[])
    app = app_on(pane="disks", services={"disks": disks})
    async with app.run_test(size=(110, 24)) as pilot:
        await until(pilot, lambda: "luks, loc" in line_of(app, "nvme0n1p1"))
        opened = Device("dm-0", Kind.CRYPT, 1 << 30, "253:0", False, False, "nvme0n1p1", parents=["nvme0n1p1"])
        disks.tell("devices", Changed([opened]))
        await until_shown(pilot, "└ dm-0")
        assert "luks, loc" not in line_of(app, "nvme0n1p1")
        disks.tell("devices", Removed([("dm-0",)]))
        await until(pilot, lambda: "luks, loc" in line_of(app, "nvme0n1p1"))


async def test_enter_tells_file_system_health_rates_and_mounts() -> None:
    disks = FakeDisks(findings=[])
    app = app_on(pane="disks", services={"disks": disks})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "mmcblk0p2")
        await pilot.press("enter")
        await until_shown(pilot, "worn 12 %  healthy")
        await until_shown(pilot, "reads 0B/s  writes 210k/s")
        await pilot.press("escape", "down", "down", "enter")
        await until_shown(pilot, "ext4  label root  uuid 6d0c1c2a-52d1-4a9e-9d0f-2b6c8a3f4e51")
        await until_shown(pilot, "17G of 29G (61 %)  rw,relatime")
        disks.tell("mounts", Changed([replace(MOUNTS[0], options="ro,noatime", read_only=True)]))
        await until_shown(pilot, "ro,noatime")


async def test_a_key_turns_the_list_to_the_mounts_and_escape_turns_back() -> None:
    disks = FakeDisks(findings=[])
    app = app_on(pane="disks", services={"disks": disks})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "└ mmcblk0p2")
        await pilot.press("m")
        await until_shown(pilot, "Mounts  3 mounts")
        await until_shown(pilot, "/media/ph\\xfcne")
        await pilot.press("end", "enter")
        await until_shown(pilot, "it did not answer within 2 s")
        await pilot.press("escape")
        disks.tell("mounts", Removed([(31,)]))
        await until_shown(pilot, "Mounts  2 mounts")
        await pilot.press("y")
        await until_shown(pilot, "avyctl disks mounts")
        await pilot.press("escape", "escape")
        await until_shown(pilot, "└ mmcblk0p2")


async def test_where_there_is_no_disk_service_the_pane_says_what_was_looked_for() -> None:
    app = app_on(pane="disks", services={"disks": Refusing(ABSENT)})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "first: no /first")
        await until_shown(pilot, "make one of them")
        await pilot.press("m", "enter", "escape", "escape")
        await until_shown(pilot, "second: no /second")


async def test_a_refusal_is_told_with_what_to_do() -> None:
    app = app_on(pane="disks", services={"disks": Refusing(NOT_YOURS)})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "reading it: not yours")
        await until_shown(pilot, "ask an operator")


async def test_a_stream_that_is_down_makes_the_list_old_until_it_is_back() -> None:
    disks = FakeDisks(findings=[])
    app = app_on(pane="disks", services={"disks": disks})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, SUMMARY)
        disks.tell("devices", GONE)
        await until_shown(pilot, "stale since 14:13:20")
        assert listed(app)._old and line_of(app, "mmcblk0p2")
        disks._status = replace(STATUS, root_use=62.0)
        disks.tell("devices", Snapshot(DEVICES[:3]))
        await until_shown(pilot, "/ 62 % of 29G")
        await until(pilot, lambda: not line_of(app, "stale since") and not line_of(app, "nvme0n1"))
        assert not listed(app)._old


async def test_leaving_the_pane_ends_its_streams_and_coming_back_shows_the_devices_at_once() -> None:
    disks = FakeDisks(findings=[])
    app = app_on(pane="disks", services={"disks": disks})
    async with app.run_test(size=(200, 50)) as pilot:
        await until_shown(pilot, "reads 0B/s  writes 210k/s")
        await pilot.press("9")
        await until(pilot, lambda: not disks._feeds["devices"] and not disks._feeds["mounts"])
        await pilot.press("7")
        await pilot.pause()
        assert isinstance(app.screen, DisksScreen)
        assert listed(app).rows.total == len(DEVICES)
        await until(pilot, lambda: bool(disks._feeds["devices"] and disks._feeds["mounts"]))


SnapCompare = Callable[..., bool]


async def settled(pilot: Pilot[None]) -> None:
    await until_shown(pilot, SUMMARY)
    await until_shown(pilot, "2 need attention")


async def opened(pilot: Pilot[None]) -> None:
    await settled(pilot)
    await pilot.press("down", "down")
    await until_shown(pilot, "17G of 29G (61 %)")


@pytest.mark.parametrize("size", [(80, 24), (60, 20)], ids=["80x24", "60x20"])
def test_picture_of_the_disks(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    assert snap_compare(app_on(pane="disks"), terminal_size=size, run_before=settled)


def test_picture_of_the_disks_with_a_device_beside_them(snap_compare: SnapCompare) -> None:
    assert snap_compare(app_on(pane="disks"), terminal_size=(200, 50), run_before=opened)


def test_picture_of_the_disks_on_a_vt(snap_compare: SnapCompare) -> None:
    assert snap_compare(app_on(pane="disks", term="linux"), terminal_size=(80, 24), run_before=settled)
