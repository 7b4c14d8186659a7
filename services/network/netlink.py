"""The network service by rtnetlink, procfs and the files of resolvers and managers, without any daemon."""

import os
import socket
import time
from collections.abc import AsyncGenerator, Mapping
from functools import partial

from msgspec.structs import replace

from services.core.meter import Meter
from services.core.reader import Reader
from services.core.tree import Tree, shown
from services.network.dns import listens, read_names
from services.network.names import TABLES
from services.network.readings import Links, Network, read_defaults, read_neighbours, read_routes, read_rules
from services.network.rules import Judge, Past, View
from services.network.traffic import Counts, rates, read_counts
from services.network.watched import Watched
from sutra_client import errors, events
from sutra_client.errors import SutraError
from sutra_client.events import Key
from sutra_client.gen.core import Finding
from sutra_client.gen.network import Address, Connectivity, Family, Link, Neighbour, Route, Rule, Sample, Status

LOOK = 10.0
"""Seconds between two looks at the counters and at resolv.conf, while findings are read."""


def probe(root: str = "/") -> tuple[bool, str]:
    """Fits the running kernel alone: a mounted image has no links."""
    if root.rstrip("/"):
        return False, f"{root} is an image that does not run: links and routes are the running kernel's"
    try:
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE).close()
    except OSError as error:
        return False, f"the kernel gives no routing netlink: {error.strerror}"
    return True, "the kernel's routing netlink"


def make(root: str = "/") -> "NetlinkNetwork":
    """The backend for the network namespace of this process."""
    return NetlinkNetwork(root)


class NetlinkNetwork:
    """Implements the Protocol Network. Nothing is read or listened to while nobody looks."""

    def __init__(self, root: str = "/") -> None:
        self._tree = Tree(root)
        self._links = Watched("links and addresses", Network(self._tree).links, ("link", "address"))
        self._rules = Watched("routing rules", read_rules, ("rule",))
        self._neighbours = Watched("neighbours", read_neighbours, ("neighbour", "link"))
        self._default_routes = Reader("default routes", read_defaults)
        self._routes: set[Watched[Mapping[Key, Route]]] = set()
        self._meter = Meter(self._counts, sample, self._links.ring)
        self._judge, self._past = Judge(), Past()
        self._defaults: tuple[Route, ...] = ()
        self._findings = Watched("the state of the network", partial(self._view, Network(self._tree)), ("link", "address", "route"), LOOK)

    @property
    def unseen(self) -> list[str]:
        """What this user cannot see here, a sentence each, as far as it was tried yet."""
        return sorted(self._tree.problems.values())

    async def start(self, keep: bool = False) -> None:
        """Nothing is read before somebody asks."""

    async def stop(self) -> None:
        """Streams that are still read end; no task, thread or socket is left."""
        await self._meter.stop()
        for watched in self._routes.copy():
            await watched.stop()
        await self._default_routes.close()
        await self._links.stop()
        await self._rules.stop()
        await self._neighbours.stop()
        await self._findings.stop()

    async def status(self) -> Status:
        """Raises SutraError DENIED, TIMEOUT or FAILED."""
        links = await self._links.read()
        defaults = await self._default_routes()
        names = read_names(self._tree)
        hostname = shown(os.fsencode(os.uname().nodename))
        return Status(hostname, connectivity(links.links, defaults), list(defaults), names.servers, names.search, self.unseen)

    async def links(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Link], None]:
        """Rates come with the second after the first rows."""
        metered = "rx" in fields or "tx" in fields
        async with self._meter.needed(metered):
            stream = self._links.rows(self._rated if metered else lambda state: state.links)
            try:
                async for event in stream:
                    yield event
            finally:
                await stream.aclose()

    def addresses(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Address], None]:
        return self._links.rows(lambda state: state.addresses)

    async def routes(
        self,
        where: events.Where = events.NO_WHERE,
        fields: list[str] = events.NO_FIELDS,
        table: str | None = None,
        family: Family | None = None,
        offset: int = 0,
        limit: int | None = None,
    ) -> AsyncGenerator[events.TableEvent[Route], None]:
        """IPv4 routes vanish with their link without a notice of their own: notices of links count too. Raises SutraError INVALID."""
        if table is not None and table not in ("all", *TABLES.values()) and not table.isdecimal():
            raise SutraError(errors.INVALID, f"no routing table {table!r}", f"a number, all, or one of {' '.join(TABLES.values())}")
        watched = Watched("routes", partial(read_routes, table, family, offset, limit), ("route", "link", "address"))
        self._routes.add(watched)
        stream = watched.rows(lambda rows: rows)
        try:
            async for event in stream:
                yield event
        finally:
            await stream.aclose()
            self._routes.discard(watched)
            await watched.stop()

    def rules(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Rule], None]:
        return self._rules.rows(lambda rows: rows)

    def neighbours(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Neighbour], None]:
        return self._neighbours.rows(lambda rows: rows)

    def samples(self, since: int | None = None) -> AsyncGenerator[events.SamplesEvent[Sample], None]:
        """No history is kept here."""
        return self._meter.samples()

    def findings(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Finding], None]:
        return self._findings.rows(lambda rows: rows)

    def _rated(self, state: Links) -> dict[Key, Link]:
        carried = {row.name: row for row in self._meter.latest.links} if self._meter.latest is not None else {}
        return {key: replace(row, rx=rate.rx, tx=rate.tx) if (rate := carried.get(row.name)) else row for key, row in state.links.items()}

    def _counts(self) -> Counts:
        return read_counts(self._tree, boottime())

    def _view(self, network: Network) -> Mapping[Key, Finding]:
        if self._findings.noticed:
            self._findings.noticed = False
            self._defaults = read_defaults()
        now = boottime()
        state = network.links()
        links = {link.name: link for link in state.links.values()}
        names = read_names(self._tree)
        counted = self._past.counted(read_counts(self._tree, now))
        changes = self._past.changes(now, links)
        listening = listens(self._tree) if names.stub else None
        view = View(now, links, tuple(state.addresses.values()), self._defaults, names, listening, changes, counted)
        return {(finding.id,): finding for finding in self._judge.rows(view, time.time_ns() // 1000).values()}


def boottime() -> int:
    """CLOCK_BOOTTIME in microseconds."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000


def sample(before: Counts, now: Counts) -> Sample:
    return Sample(now.boottime, time.time_ns() // 1000, rates(before, now))


def connectivity(links: Mapping[Key, Link], defaults: tuple[Route, ...]) -> Connectivity:
    """By what is configured alone."""
    if any(not route.down and route.type == "unicast" for route in defaults):
        return Connectivity.ROUTED
    up = [link for link in links.values() if link.kind != "loopback" and link.admin and link.carrier is not False]
    return Connectivity.LINK if up else Connectivity.NONE
