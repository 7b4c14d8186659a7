"""The network as a person sees it."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Input

from refusing import ABSENT, GONE, NOT_YOURS, Refusing
from screens.network import NetworkScreen
from services.network.fake import ADDRESSES, LINKS, NOW, ROUTES, STATUS, UPTIME, FakeNetwork
from sutra_client.events import Changed, Removed, Samples, SamplesEvent, Snapshot
from sutra_client.gen.network import Link, Sample, State, Status, Traffic
from watching import app_on, lines_of, until, until_shown
from widgets.live_table import LiveTable

ETH0 = LINKS[1]
SUMMARY = "default 192.168.7.1 via eth0   DNS 192.168.7.1   routed"


def listed(app: object) -> LiveTable:
    return app.screen.query_one(LiveTable)  # type: ignore[attr-defined,no-any-return]


def line_of(app: object, text: str) -> str:
    """The line that has a text; "" where none has."""
    return next((line for line in lines_of(app) if text in line), "")  # type: ignore[arg-type]


class Rated(FakeNetwork):
    """Its rates are what the test says."""

    def __init__(self) -> None:
        super().__init__(findings=[])
        self.second = 0
        self.queue: asyncio.Queue[SamplesEvent[Sample]] = asyncio.Queue()

    def carry(self, **rates: int) -> None:
        """Two more seconds pass in which links receive so much a second."""
        self.second += 2
        links = [Traffic(name, rate, 0) for name, rate in rates.items()]
        self.queue.put_nowait(Samples([Sample(UPTIME + self.second * 1_000_000, NOW, links)]))

    async def samples(self, since: int | None = None) -> AsyncGenerator[SamplesEvent[Sample], None]:
        while True:
            yield await self.queue.get()


async def test_links_are_listed_with_state_and_address_and_the_summary_tells_the_way_out() -> None:
    app = app_on(pane="network")
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, SUMMARY)
        await until_shown(pilot, "[6 Net]")
        eth0 = line_of(app, "eth0 (you)")
        assert "● " in eth0 and " up " in eth0 and "192.168.7.42/24 +1" in eth0 and " NM" in eth0
        assert "○ " in line_of(app, "wlan0") and " off " in line_of(app, "wlan0")


async def test_ports_stand_below_their_bridge_and_fold_away() -> None:
    app = app_on(pane="network")
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "└ veth3")
        await pilot.press(*["down"] * 4, "left")
        await until(pilot, lambda: not line_of(app, "veth3"))
        await pilot.press("right")
        await until_shown(pilot, "└ veth3")


async def test_a_link_that_comes_changes_and_goes_is_followed() -> None:
    network = FakeNetwork(findings=[])
    app = app_on(pane="network", services={"network": network})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "6 links")
        new = Link("tap7", State.DOWN, True, 9, 1500, "tun", False)
        network.tell("links", Changed([new]))
        await until_shown(pilot, "7 links")
        assert "▲ " in line_of(app, "tap7") and "no c" in line_of(app, "tap7")
        network.tell("links", Changed([replace(new, state=State.UP, carrier=True, addresses=["203.0.113.9/24"])]))
        await until_shown(pilot, "203.0.113.9/24")
        network.tell("links", Removed([("tap7",)]))
        await until(pilot, lambda: not line_of(app, "tap7"))


async def test_a_name_that_would_disturb_the_terminal_is_shown_escaped() -> None:
    network = FakeNetwork(findings=[])
    app = app_on(pane="network", services={"network": network})
    async with app.run_test(size=(200, 50)) as pilot:
        await until_shown(pilot, "6 links")
        network.tell("links", Changed([replace(ETH0, name="\x1b[2J[b]\u202e", alias="\x1b]0;x\x07")]))
        await until_shown(pilot, "\\x1b[2J[b]\\u202e")
        await pilot.press("end")
        await until_shown(pilot, "\\x1b]0;x\\x07")


async def test_of_very_many_routes_the_details_of_a_link_count_the_rest() -> None:
    network = FakeNetwork(findings=[])
    network.rows["routes"] = [replace(ROUTES[1], id=f"route {number}", destination=f"10.0.{number}.0/24") for number in range(60)]
    app = app_on(pane="network", services={"network": network})
    async with app.run_test(size=(200, 80)) as pilot:
        await until_shown(pilot, "eth0 (you)")
        await pilot.press("down")
        await until_shown(pilot, "route 10.0.49.0/24")
        await until_shown(pilot, "and 10 routes more")
        assert not line_of(app, "10.0.50.0/24")


async def test_rates_have_a_picture_that_moves_left() -> None:
    network = Rated()
    app = app_on(pane="network", services={"network": network})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "6 links")
        network.carry(eth0=1_258_291)
        await until(pilot, lambda: "1.2M/s      █" in line_of(app, "(you)"))
        network.carry(eth0=0)
        await until(pilot, lambda: "0B/s     █▁" in line_of(app, "(you)"))
        network.carry(eth0=4096)
        await until(pilot, lambda: "4k/s    █▁▁" in line_of(app, "(you)"))


async def test_a_link_at_rest_looks_at_rest() -> None:
    network = Rated()
    app = app_on(pane="network", services={"network": network})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "6 links")
        network.carry(eth0=90)
        await until_shown(pilot, "90B/s      ▁")


async def test_enter_tells_a_links_addresses_routes_and_neighbours_and_keeps_them_up() -> None:
    network = FakeNetwork(findings=[])
    app = app_on(pane="network", services={"network": network})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "eth0 (you)")
        await pilot.press("down", "enter")
        await until_shown(pilot, "2001:db8::42/64  static")
        await until_shown(pilot, "route default  via 192.168.7.1  metric 100  by dhcp")
        await until_shown(pilot, "neighbour 192.168.7.1  00:00:5e:00:53:01  reachable")
        network.tell("addresses", Changed([replace(ADDRESSES[2], address="192.168.7.99", duplicate=True)]))
        await until_shown(pilot, "192.168.7.99/24  dynamic")
        assert "duplicate" in line_of(app, "192.168.7.99")
        await pilot.press("escape")
        await until(pilot, lambda: not line_of(app, "neighbour 192.168.7.1"))
        assert listed(app).has_focus


async def test_a_key_turns_the_list_to_addresses_routes_or_neighbours_and_escape_turns_back() -> None:
    app = app_on(pane="network")
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "eth0 (you)")
        await pilot.press("a")
        await until_shown(pilot, "Addresses  6 addresses")
        await until_shown(pilot, "2001:db8::42")
        await pilot.press("r")
        await until_shown(pilot, "Routes  2 routes")
        await until_shown(pilot, "192.168.7.0/24")
        await pilot.press("n")
        await until_shown(pilot, "Neighbours  1 neighbour")
        await until_shown(pilot, "00:00:5e:00:53:01")
        await pilot.press("escape")
        await until_shown(pilot, "└ veth3")
        await pilot.press("r", "r")
        await until_shown(pilot, "└ veth3")


async def test_a_filter_and_an_order_do_not_reach_into_another_list() -> None:
    network = FakeNetwork(findings=[])
    app = app_on(pane="network", services={"network": network})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "eth0 (you)")
        await pilot.press("greater_than_sign", "slash", *"state:up", "enter")
        await until(pilot, lambda: not line_of(app, "wlan0"))
        await pilot.press("a")
        await until_shown(pilot, "Addresses  6 addresses")
        assert app.screen.query_one("#filter", Input).value == ""
        network.tell("addresses", Removed([("wg0", "10.8.0.7", 24)]))
        await until_shown(pilot, "Addresses  5 addresses")


async def test_details_of_a_row_of_any_list_name_every_field() -> None:
    app = app_on(pane="network")
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "eth0 (you)")
        await pilot.press("r")
        await until_shown(pilot, "192.168.7.0/24")
        await pilot.press("enter")
        await until_shown(pilot, "source")
        assert "192.168.7.42" in line_of(app, "source")


async def test_the_summary_follows_the_default_route() -> None:
    class Rerouted(FakeNetwork):
        now = STATUS

        async def status(self) -> Status:
            return self.now

    network = Rerouted(findings=[])
    app = app_on(pane="network", services={"network": network})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, SUMMARY)
        network.now = replace(STATUS, routes=[])
        network.tell("routes", Removed([(ROUTES[0].id,)]))
        await until_shown(pilot, "no default route")


async def test_where_there_is_no_network_service_the_pane_says_what_was_looked_for() -> None:
    app = app_on(pane="network", services={"network": Refusing(ABSENT)})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "first: no /first")
        await until_shown(pilot, "second: no /second")
        await until_shown(pilot, "make one of them")
        await pilot.press("a", "n", "enter", "escape", "escape", "y")
        await until_shown(pilot, "avyctl network list")
        await until_shown(pilot, "second: no /second")


async def test_a_refusal_is_told_with_what_to_do() -> None:
    app = app_on(pane="network", services={"network": Refusing(NOT_YOURS)})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "reading it: not yours")
        await until_shown(pilot, "ask an operator")


async def test_rates_that_fail_leave_the_links_as_they_are() -> None:
    class Unmeasured(FakeNetwork):
        def samples(self, since: int | None = None) -> AsyncGenerator[SamplesEvent[Sample], None]:
            return Refusing(NOT_YOURS).samples()  # type: ignore[no-any-return]

    app = app_on(pane="network", services={"network": Unmeasured(findings=[])})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "reading it: not yours")
        await until_shown(pilot, "eth0 (you)")
        assert not listed(app)._old


async def test_a_stream_that_is_down_makes_the_list_old_until_it_is_back() -> None:
    network = FakeNetwork(findings=[])
    app = app_on(pane="network", services={"network": network})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "eth0 (you)")
        network.tell("links", GONE)
        await until_shown(pilot, "stale since 14:13:20")
        assert listed(app)._old and line_of(app, "eth0 (you)")
        network.tell("links", Snapshot(LINKS[:2]))
        await until_shown(pilot, "2 links")
        await until(pilot, lambda: not line_of(app, "stale since"))
        assert not listed(app)._old


async def test_rates_that_take_their_time_leave_the_links_as_they_are() -> None:
    network = Rated()
    app = app_on(pane="network", services={"network": network})
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "6 links")
        app.screen._wait_no_longer()  # type: ignore[attr-defined]
        await pilot.pause()
        assert not listed(app)._old and not line_of(app, "waiting since")


async def test_leaving_the_pane_ends_its_streams_and_coming_back_shows_the_links_at_once() -> None:
    network = FakeNetwork(findings=[])
    app = app_on(pane="network", services={"network": network})
    async with app.run_test(size=(200, 50)) as pilot:
        await until_shown(pilot, "127.0.0.1/8  loopback")
        await pilot.press("9")
        await until(pilot, lambda: not any(queues for name, queues in network._feeds.items() if name != "findings"))
        await pilot.press("6")
        await pilot.pause()
        assert isinstance(app.screen, NetworkScreen)
        assert listed(app).rows.total == len(LINKS)
        await until(pilot, lambda: bool(network._feeds["links"] and network._feeds["addresses"]))


async def test_y_says_how_to_get_the_same() -> None:
    app = app_on(pane="network")
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "eth0 (you)")
        await pilot.press("a", "y")
        await until_shown(pilot, "avyctl network addresses")
        await pilot.press("escape", "escape", "down", "enter", "y")
        await until_shown(pilot, "avyctl network list --where=")


SnapCompare = Callable[..., bool]


async def settled(pilot: Pilot[None]) -> None:
    """All is there, and the marks of what changed are gone, however fast it came."""
    await until_shown(pilot, "default 192.168.7.1 via eth0")
    await until_shown(pilot, "1.2M/s")
    await until_shown(pilot, "2 need attention")
    table = listed(pilot.app)
    table._clock = lambda: time.monotonic() + 60
    table._cool()


async def opened(pilot: Pilot[None]) -> None:
    await settled(pilot)
    await pilot.press("down")
    await until_shown(pilot, "neighbour 192.168.7.1")


@pytest.mark.parametrize("size", [(80, 24), (60, 20)], ids=["80x24", "60x20"])
def test_picture_of_the_network(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    assert snap_compare(app_on(pane="network"), terminal_size=size, run_before=settled)


def test_picture_of_the_network_with_a_link_beside_it(snap_compare: SnapCompare) -> None:
    assert snap_compare(app_on(pane="network"), terminal_size=(200, 50), run_before=opened)
