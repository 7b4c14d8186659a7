"""A network that never changes unless a test says so; not in the wheel."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from services.core.fake import Feed
from sutra_client import events
from sutra_client.gen.core import Finding, Severity
from sutra_client.gen.network import (
    Address,
    Connectivity,
    Family,
    Link,
    Neighbour,
    Origin,
    Route,
    Rule,
    Sample,
    Server,
    State,
    Status,
    Traffic,
)

NOW = 1_790_000_000_000_000
UPTIME = 12 * 86_400_000_000
LINKS = [
    Link("lo", State.UNKNOWN, True, 1, 65536, "loopback", True, ["127.0.0.1/8", "::1/128"], 0, 0),
    Link("eth0", State.UP, True, 2, 1500, "ethernet", True, ["192.168.7.42/24", "2001:db8::42/64"], 1_258_291, 86_016, "NetworkManager",
         True, "dc:a6:32:01:02:03", 1000, "full", "bcmgenet", carrier_changes=4),
    Link("wg0", State.UNKNOWN, True, 3, 1420, "wireguard", True, ["10.8.0.7/24"], 2_048, 1_024, "networkd"),
    Link("wlan0", State.DOWN, False, 4, 1500, "wireless", None, [], 0, 0, "NetworkManager", mac="dc:a6:32:01:02:04", driver="brcmfmac"),
    Link("br0", State.UP, True, 5, 1500, "bridge", True, ["172.20.0.1/16"], 0, 0),
    Link("veth3", State.UP, True, 6, 1500, "veth", True, [], 0, 0, master="br0", netns=0),
]  # fmt: skip
ADDRESSES = [
    Address("lo", "127.0.0.1", 8, Family.IPV4, Origin.LOOPBACK, "host", False, False, False),
    Address("lo", "::1", 128, Family.IPV6, Origin.LOOPBACK, "host", False, False, False),
    Address("eth0", "192.168.7.42", 24, Family.IPV4, Origin.DYNAMIC, "global", False, False, False, NOW + 3_600_000_000),
    Address("eth0", "2001:db8::42", 64, Family.IPV6, Origin.STATIC, "global", False, False, False),
    Address("wg0", "10.8.0.7", 24, Family.IPV4, Origin.STATIC, "global", False, False, False),
    Address("br0", "172.20.0.1", 16, Family.IPV4, Origin.STATIC, "global", False, False, False),
]
ROUTES = [
    Route("default", "main", "dhcp", Family.IPV4, "unicast", "global", "-4 main default via 192.168.7.1 dev eth0 metric 100",
          "192.168.7.1", "eth0", 100, "192.168.7.42"),
    Route("192.168.7.0/24", "main", "kernel", Family.IPV4, "unicast", "link", "-4 main 192.168.7.0/24 dev eth0 metric 100", None, "eth0",
          100, "192.168.7.42"),
]  # fmt: skip
RULES = [Rule(32766, Family.IPV4, "from all", "lookup main", "kernel", "ipv4 32766 from all lookup main")]
NEIGHBOURS = [Neighbour("192.168.7.1", "eth0", "reachable", Family.IPV4, "00:00:5e:00:53:01", True)]
STATUS = Status(
    "rpi-0042",
    Connectivity.ROUTED,
    ROUTES[:1],
    [Server("192.168.7.1", b"/etc/resolv.conf", "NetworkManager")],
    ["lan"],
    [],
)
FINDINGS = [
    Finding("flapping:eth0", Severity.WARNING, "eth0", "its carrier came or went 8 times within the last 10 min",
            "Look at the cable, the port and the other end.", "avyctl network list -o wide", NOW - 600_000_000),
]  # fmt: skip


class FakeNetwork:
    """Implements the Protocol Network. tell() reaches those who read a table stream."""

    def __init__(self, status: Status = STATUS, findings: list[Finding] = FINDINGS) -> None:
        self.unseen = status.unseen
        self.rows: dict[str, list[Any]] = {
            "links": LINKS,
            "addresses": ADDRESSES,
            "routes": ROUTES,
            "rules": RULES,
            "neighbours": NEIGHBOURS,
            "findings": findings,
        }
        """What each table begins with."""
        self._status = status
        self._feeds: dict[str, Feed[Any]] = {name: Feed() for name in self.rows}

    async def start(self, keep: bool = False) -> None:
        """Nothing to do."""

    async def stop(self) -> None:
        """Nothing to undo."""

    async def status(self) -> Status:
        return self._status

    def links(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Link], None]:
        return self._table("links")

    def addresses(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Address], None]:
        return self._table("addresses")

    def routes(
        self,
        where: events.Where = events.NO_WHERE,
        fields: list[str] = events.NO_FIELDS,
        table: str | None = None,
        family: Family | None = None,
        offset: int = 0,
        limit: int | None = None,
    ) -> AsyncGenerator[events.TableEvent[Route], None]:
        return self._table("routes", offset, limit)

    def rules(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Rule], None]:
        return self._table("rules")

    def neighbours(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Neighbour], None]:
        return self._table("neighbours")

    def findings(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Finding], None]:
        return self._table("findings")

    async def samples(self, since: int | None = None) -> AsyncGenerator[events.SamplesEvent[Sample], None]:
        """One, and then none."""
        yield events.Samples([Sample(UPTIME, NOW, [Traffic(link.name, link.rx, link.tx, 0.0, 0.0, 0.0, 0.0) for link in LINKS])])
        await asyncio.Event().wait()

    def tell(self, table: str, event: events.TableEvent[Any]) -> None:
        """Something happens to the rows of a table."""
        self._feeds[table].send(event)

    def _table(self, name: str, offset: int = 0, limit: int | None = None) -> AsyncGenerator[events.TableEvent[Any], None]:
        return self._feeds[name].follow(lambda: [events.Snapshot(self.rows[name][offset : None if limit is None else offset + limit])])
