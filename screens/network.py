"""Network: its links with what they carry, and its addresses, routes and neighbours."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import msgspec
from textual import work

from screens.many_lists import Listing, ManyLists
from screens.shell import Shell
from sutra_client import network_text as words
from sutra_client.actions import Action
from sutra_client.events import Changed, Key, Removed, Samples
from sutra_client.gen.network import Link, Network, Sample, Status, Traffic
from sutra_client.gen.network_table import TYPES
from sutra_client.kept import Kept
from sutra_client.plot import Buckets, sparkline
from sutra_client.text import NIL, value
from widgets.columns import Column
from widgets.lines import Part
from widgets.prose import Paragraph

_SPAN, _CELLS = 2_000_000, 5
"""Microseconds that one cell of a picture stands for, and how many there are."""
_QUIET = 10_240.0
"""B/s below which no picture reaches its top, so that a few packets do not look like a load."""
_RATE, _TEXT = partial(value, kind="u64?", unit="B/s"), partial(value, kind="string?")
_RATES = "rates"
_MOST_ROUTES = 50
"""Routes that the details of a link show at most."""


class LinkRow(msgspec.Struct, frozen=True):
    """A link as it is listed: with its rates, and what they were lately, as pictures."""

    name: str
    glyph: str
    title: str
    state: str
    address: str
    rx: int | None
    rx_plot: str
    tx: int | None
    tx_plot: str
    by: str | None
    kind: str | None
    mtu: int
    link: Link


class NetworkScreen(ManyLists):
    """Takes the network service."""

    NAME = "network"
    TITLE = "Network"
    KEY = ("name",)
    TREE = "title"
    LISTINGS: ClassVar[Mapping[str, Listing]] = {
        "links": Listing("Network", ("link", "links"), "list", ("name",)),
        "addresses": Listing(
            "Addresses",
            ("address", "addresses"),
            "addresses",
            ("link", "address", "prefix"),
            TYPES["Address"],
            (
                ("address", 18, 39),
                ("link", 8, 15),
                ("prefix", 6, 6),
                ("origin", 10, 10),
                ("scope", 6, 6),
                ("duplicate", 9, 9),
                ("valid_until", 16, 16),
                ("label", 6, 16),
            ),
        ),
        "routes": Listing(
            "Routes",
            ("route", "routes"),
            "routes",
            ("id",),
            TYPES["Route"],
            (
                ("destination", 18, 43),
                ("gateway", 12, 39),
                ("link", 6, 15),
                ("metric", 6, 6),
                ("protocol", 8, 8),
                ("table", 5, 8),
                ("down", 4, 4),
                ("type", 7, 12),
                ("source", 15, 39),
            ),
        ),
        "neighbours": Listing(
            "Neighbours",
            ("neighbour", "neighbours"),
            "neighbours",
            ("link", "address"),
            TYPES["Neighbour"],
            (("address", 15, 39), ("link", 6, 15), ("mac", 17, 17), ("state", 10, 10), ("router", 6, 6)),
        ),
    }
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("open", "enter", "details", "addresses, routes and neighbours of the link under the cursor"),
        Action("open", "d", "details", "the same", shown=False),
        Action("addresses", "a", "addresses", "all addresses in place of the links, and back"),
        Action("routes", "r", "routes", "all routes in place of the links, and back"),
        Action("neighbours", "n", "neighbours", "all neighbours in place of the links, and back"),
    )

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._network: Network = shell.services.client("network")
        self._links: Kept[Link] = Kept("name")
        self._traffic: dict[str, Traffic] = {}
        self._history: dict[str, tuple[Buckets, Buckets]] = {}

    def rows_of(self, listing: str) -> AsyncIterator[Any]:
        match listing:
            case "addresses":
                return self._network.addresses()
            case "routes":
                return self._network.routes()
            case "neighbours":
                return self._network.neighbours()
        self._links.begin()
        return self._network.links()

    def own_columns(self) -> Sequence[Column]:
        glyphs = self.glyphs
        tones = {glyphs.ok: "ok", glyphs.attention: "warning", glyphs.off: "dim"}
        return (
            Column("glyph", "", str, least=1, most=1, priority=1, tone=lambda glyph: tones.get(str(glyph), "")),
            Column("title", "link", str, least=12, most=24, priority=0),
            Column("state", "state", str, least=5, most=12, priority=2),
            Column("address", "address", str, least=18, most=43, priority=3, grow=True),
            Column("rx", "in", _RATE, True, 6, 7, 4, kind="u64?", unit="B/s"),
            Column("rx_plot", "", str, least=_CELLS, most=_CELLS, priority=7, tone=lambda plot: "accent"),
            Column("tx", "out", _RATE, True, 6, 7, 5, kind="u64?", unit="B/s"),
            Column("tx_plot", "", str, least=_CELLS, most=_CELLS, priority=8, tone=lambda plot: "accent"),
            Column("by", "by", _manager, least=4, most=14, priority=6),
            Column("kind", "kind", _TEXT, least=5, most=10, priority=9),
            Column("mtu", "mtu", str, True, 5, 6, 10, kind="u32"),
        )

    def above(self, row: Any) -> Key | None:
        return (row.link.master,) if row.link.master is not None else None

    def summary(self, rows: Iterable[Any]) -> Sequence[Part]:
        if not self.is_first:
            return super().summary(rows)
        parts: list[Part] = [(words.summary([row.link for row in rows], self.status), "")]
        return parts if self.status is None else [*parts, ("   ", ""), words.reach(self.status)]

    def tone(self, row: Any) -> str:
        return words.tone(row.link if isinstance(row, LinkRow) else row)

    def beside(self, row: Any) -> Mapping[str, tuple[AsyncIterator[Any], tuple[str, ...]]]:
        its = [("link", "=", row.name)]
        return {
            "addresses of the link": (self._network.addresses(its), self.LISTINGS["addresses"].key),
            "routes of the link": (self._network.routes(its), self.LISTINGS["routes"].key),
            "neighbours of the link": (self._network.neighbours(its), self.LISTINGS["neighbours"].key),
        }

    def detail(self, row: Any) -> Sequence[Paragraph]:
        if not isinstance(row, LinkRow):
            return super().detail(row)
        addresses, routes, neighbours = (
            self.rows_beside(f"{name} of the link") if self._beside_of == (row.name,) else []
            for name in ("addresses", "routes", "neighbours")
        )
        lines = words.detail(row.link, addresses, neighbours, self.clock())
        more = [f"and {len(routes) - _MOST_ROUTES} routes more"] if len(routes) > _MOST_ROUTES else []
        return [(" ", line) for line in [*lines, *words.routes(row.name, routes[:_MOST_ROUTES]), *more]]

    # What comes

    def subscribe(self) -> None:
        super().subscribe()
        self.watch_samples()
        self.watch_default()

    @work(exclusive=True, group="samples")
    async def watch_samples(self) -> None:
        await self.follow(_RATES, self._network.samples(), self._measured)

    @work(exclusive=True, group="default")
    async def watch_default(self) -> None:
        """What the summary tells changes with the default routes; DNS servers are read again with them, and each time the pane is seen."""
        await self.follow("default routes", self._network.routes([("destination", "=", "default")]), self._rerouted)

    def tell_note(self) -> None:
        self._waiting.discard(_RATES)  # the first have to be measured, which takes a while; nobody waits for them
        super().tell_note()

    def _rerouted(self, event: Any) -> None:
        self.read_status()

    async def ask_status(self) -> Status:
        return await self._network.status()

    def take(self, event: Any) -> None:
        if self.is_first and self._links.take(event) and isinstance(event, Removed):
            for key in event.keys:
                self._history.pop(str(key[0]), None)
        super().take(event)

    def _measured(self, event: Samples[Sample]) -> None:
        for sample in event.rows:
            self._traffic = {traffic.name: traffic for traffic in sample.links}
            for traffic in sample.links:
                ins, outs = self._history.setdefault(traffic.name, (Buckets(_SPAN, _CELLS), Buckets(_SPAN, _CELLS)))
                ins.add(sample.boottime, traffic.rx)
                outs.add(sample.boottime, traffic.tx)
        if self.is_first and self._complete:
            super().take(Changed(list(self._links.rows.values())))

    def listed(self, row: Any) -> Any:
        return self._listed(row) if isinstance(row, Link) else row

    def _listed(self, link: Link) -> LinkRow:
        traffic = self._traffic.get(link.name)
        rx, tx = (traffic.rx, traffic.tx) if traffic is not None else (None, None)
        ins, outs = self._history.get(link.name, (None, None))
        glyph, _ = words.glyph(link, self.glyphs)
        state, address, title = words.state(link), words.address(link), words.title(link)
        link = msgspec.structs.replace(link, rx=rx, tx=tx)
        plots = self._plot(ins), self._plot(outs)
        return LinkRow(link.name, glyph, title, state, address, rx, plots[0], tx, plots[1], link.by, link.kind, link.mtu, link)

    def _plot(self, history: Buckets | None) -> str:
        values = history.values if history is not None else []
        most = max((value for value in values if value is not None), default=0.0)
        return sparkline(values, _CELLS, self.glyphs.blocks, max(most, _QUIET))

    # Keys

    def action_addresses(self) -> None:
        self.turn_to("addresses")

    def action_routes(self) -> None:
        self.turn_to("routes")

    def action_neighbours(self) -> None:
        self.turn_to("neighbours")


def _manager(name: object) -> str:
    return "NM" if name == "NetworkManager" else NIL if name is None else str(name)


SCREEN = NetworkScreen
