"""The network service against the kernel, in network namespaces of the tests' own."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from pyroute2 import IPRoute

from namespaces import own_network
from services.network.netlink import NetlinkNetwork
from sutra_client import events
from sutra_client.gen.network import Connectivity, Origin, State

pytestmark = pytest.mark.needs("root")
ODD = "a..\u202e;$[x"
"""A name that the kernel takes: anything of 15 bytes without slash, colon, space and percent sign."""


class Kernel:
    """pyroute2 on a thread of its own, because it runs a loop of its own; the test waits for each call."""

    def __init__(self, thread: ThreadPoolExecutor) -> None:
        self._thread = thread
        self._connection = thread.submit(IPRoute).result()

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        return lambda *args, **words: self._thread.submit(lambda: getattr(self._connection, verb)(*args, **words)).result()


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    """Makes links in a namespace of its own, which every reader of the test is in too."""
    with own_network(), ThreadPoolExecutor(1) as thread:
        made = Kernel(thread)
        made.link("set", index=1, state="up")
        yield made
        made.close()


@pytest.fixture
async def network(kernel: Kernel) -> AsyncIterator[NetlinkNetwork]:
    backend = NetlinkNetwork()
    yield backend
    await backend.stop()


class Seen:
    """The rows of a table stream as a reader has them."""

    def __init__(self, stream: Any, key: Callable[[Any], Any]) -> None:
        self._stream = stream
        self._key = key
        self.rows: dict[Any, Any] = {}

    async def until(self, holds: Callable[[dict[Any, Any]], bool]) -> dict[Any, Any]:
        async with asyncio.timeout(10):
            while not self.rows or not holds(self.rows):
                match await anext(self._stream):
                    case events.Snapshot(rows=rows):
                        self.rows = {self._key(row): row for row in rows}
                    case events.Changed(rows=rows):
                        self.rows |= {self._key(row): row for row in rows}
                    case events.Removed(keys=keys):
                        for key in keys:
                            del self.rows[key[0] if len(key) == 1 else key]
        return self.rows


def index(kernel: Kernel, name: str) -> int:
    return int(kernel.link_lookup(ifname=name)[0])


def pair(kernel: Kernel, one: str = "va", other: str = "vb") -> None:
    kernel.link("add", ifname=one, kind="veth", peer=other)


def up(kernel: Kernel, *names: str) -> None:
    for name in names:
        kernel.link("set", index=index(kernel, name), state="up")


async def test_a_pair_appears_comes_up_and_vanishes(kernel: Kernel, network: NetlinkNetwork) -> None:
    async with aclosing(network.links()) as stream:
        seen = Seen(stream, lambda row: row.name)
        assert set(await seen.until(lambda rows: True)) == {"lo"}
        pair(kernel)
        rows = await seen.until(lambda rows: {"va", "vb"} <= rows.keys())
        assert (rows["va"].peer, rows["va"].kind, rows["va"].driver, rows["va"].carrier) == ("vb", "veth", "veth", None)
        up(kernel, "va", "vb")
        rows = await seen.until(lambda rows: rows["va"].state == State.UP)
        assert rows["va"].carrier is True and rows["va"].speed == 10000
        kernel.addr("add", index=index(kernel, "va"), address="192.0.2.1", prefixlen=24)
        await seen.until(lambda rows: "192.0.2.1/24" in rows["va"].addresses)
        kernel.link("set", index=index(kernel, "va"), ifalias="to the lab")
        await seen.until(lambda rows: rows["va"].alias == "to the lab")
        kernel.link("del", index=index(kernel, "va"))
        await seen.until(lambda rows: set(rows) == {"lo"})


async def test_ports_of_a_bridge_and_what_a_link_stands_on_are_named(kernel: Kernel, network: NetlinkNetwork) -> None:
    pair(kernel)
    kernel.link("add", ifname="br0", kind="bridge")
    kernel.link("set", index=index(kernel, "va"), master=index(kernel, "br0"))
    kernel.link("add", ifname="mv0", kind="macvlan", link=index(kernel, "vb"))
    async with aclosing(network.links()) as stream:
        rows = await Seen(stream, lambda row: row.name).until(lambda rows: True)
    assert (rows["va"].master, rows["br0"].kind, rows["mv0"].lower, rows["mv0"].kind) == ("br0", "bridge", "vb", "macvlan")


async def test_a_name_of_odd_characters_is_kept(kernel: Kernel, network: NetlinkNetwork) -> None:
    pair(kernel, ODD)
    async with aclosing(network.links()) as stream:
        rows = await Seen(stream, lambda row: row.name).until(lambda rows: True)
    assert rows[ODD].peer == "vb"


async def test_routes_go_with_their_link_though_the_kernel_says_nothing(kernel: Kernel, network: NetlinkNetwork) -> None:
    pair(kernel)
    up(kernel, "va", "vb")
    kernel.addr("add", index=index(kernel, "va"), address="192.0.2.1", prefixlen=24)
    async with aclosing(network.routes()) as stream:
        seen = Seen(stream, lambda row: row.id)
        near, far, hole = "-4 main 192.0.2.0/24 dev va", "-4 main default via 192.0.2.9 dev va", "-4 main blackhole 203.0.113.0/24"
        await seen.until(lambda rows: near in rows)
        kernel.route("add", dst="default", gateway="192.0.2.9")
        kernel.route("add", dst="203.0.113.0/24", type="blackhole")
        rows = await seen.until(lambda rows: {far, hole} <= rows.keys())
        assert (rows[far].gateway, rows[far].link, rows[far].destination) == ("192.0.2.9", "va", "default")
        assert (rows[hole].type, rows[hole].link) == ("blackhole", None)
        kernel.link("set", index=index(kernel, "va"), state="down")
        await seen.until(lambda rows: near not in rows and far not in rows)
    assert (await network.status()).connectivity != Connectivity.ROUTED


async def test_rules_and_neighbours_are_followed(kernel: Kernel, network: NetlinkNetwork) -> None:
    pair(kernel)
    up(kernel, "va", "vb")
    async with aclosing(network.rules()) as stream:
        seen = Seen(stream, lambda row: row.id)
        await seen.until(lambda rows: True)
        kernel.rule("add", priority=100, src="192.0.2.0", src_len=24, table=77, fwmark=5)
        await seen.until(lambda rows: "ipv4 100 from 192.0.2.0/24 fwmark 0x5 lookup 77" in rows)
    async with aclosing(network.neighbours()) as stream:
        seen = Seen(stream, lambda row: (row.link, row.address))
        kernel.neigh("add", dst="192.0.2.7", lladdr="00:11:22:33:44:55", ifindex=index(kernel, "va"), state=0x80)
        rows = await seen.until(lambda rows: ("va", "192.0.2.7") in rows)
    assert rows["va", "192.0.2.7"].mac == "00:11:22:33:44:55" and rows["va", "192.0.2.7"].state == "permanent"


async def test_an_address_with_a_lifetime_has_an_end_that_stands_still(kernel: Kernel, network: NetlinkNetwork) -> None:
    pair(kernel)
    info = {"ifa_preferred": 60, "ifa_valid": 120}
    kernel.addr("add", index=index(kernel, "va"), address="192.0.2.1", prefixlen=24, IFA_CACHEINFO=info)
    ends = []
    async with aclosing(network.addresses()) as stream:
        seen = Seen(stream, lambda row: (row.link, row.address, row.prefix))
        rows = await seen.until(lambda rows: ("va", "192.0.2.1", 24) in rows)
        ends.append(rows["va", "192.0.2.1", 24])
        kernel.addr("add", index=index(kernel, "vb"), address="192.0.2.2", prefixlen=24)
        rows = await seen.until(lambda rows: ("vb", "192.0.2.2", 24) in rows)
        ends.append(rows["va", "192.0.2.1", 24])
    assert ends[0] == ends[1] and ends[0].origin == Origin.DYNAMIC
    assert ends[0].valid_until - ends[0].preferred_until == 60_000_000


async def test_a_storm_that_overflows_the_socket_ends_with_the_truth(kernel: Kernel, network: NetlinkNetwork) -> None:
    pair(kernel)
    up(kernel, "va", "vb")
    async with aclosing(network.links()) as stream:
        seen = Seen(stream, lambda row: row.name)
        await seen.until(lambda rows: True)
        va = index(kernel, "va")
        for number in range(400):  # the loop stands still meanwhile, so nobody takes notices off the socket
            kernel.link("set", index=va, ifalias=f"{number}" * 40)
        sockets = [line.split() for line in Path("/proc/thread-self/net/netlink").read_text().splitlines()[1:]]
        assert any(int(columns[8]) for columns in sockets), "nothing was dropped"
        await seen.until(lambda rows: rows["va"].alias == "399" * 40)


@pytest.mark.needs("ip")
async def test_all_tables_agree_with_ip(kernel: Kernel, network: NetlinkNetwork) -> None:
    pair(kernel)
    kernel.link("add", ifname="br0", kind="bridge")
    up(kernel, "va", "vb", "br0")
    kernel.addr("add", index=index(kernel, "va"), address="192.0.2.1", prefixlen=24)
    kernel.addr("add", index=index(kernel, "vb"), address="2001:db8::1", prefixlen=64)
    kernel.route("add", dst="198.51.100.0/24", gateway="192.0.2.2", priority=50, proto=4)
    kernel.route("add", dst="198.51.101.0/24", table=1000, multipath=[{"gateway": "192.0.2.3"}, {"gateway": "192.0.2.4", "hops": 1}])

    async def rows(stream: Any, key: Callable[[Any], Any]) -> dict[Any, Any]:
        async with aclosing(stream):
            return await Seen(stream, key).until(lambda rows: True)

    def ip(*words: str) -> Any:
        return json.loads(subprocess.run(["ip", "-j", *words], capture_output=True, check=True).stdout)

    links = await rows(network.links(), lambda row: row.name)
    assert {(link["ifname"], link["ifindex"], link["mtu"], link.get("master")) for link in ip("link")} == {
        (link.name, link.index, link.mtu, link.master) for link in links.values()
    }
    addresses = await rows(network.addresses(), lambda row: (row.link, row.address, row.prefix))
    assert {(link["ifname"], one["local"], one["prefixlen"]) for link in ip("address") for one in link["addr_info"]} == set(addresses)
    for family in ("-4", "-6"):
        theirs = {(one["dst"], one.get("gateway"), one.get("metric") or None) for one in ip(family, "route", "show", "table", "all")}
        ours = await rows(network.routes(table="all"), lambda row: row.id)
        mine = {(one.destination.removesuffix("/32").removesuffix("/128"), one.gateway, one.metric)
                for one in ours.values() if one.id.startswith(family)}  # fmt: skip
        assert mine == theirs
    [several] = [one for one in ours.values() if one.table == "1000"]
    assert several.hops == ["via 192.0.2.3 dev va weight 1", "via 192.0.2.4 dev va weight 2"]


async def test_traffic_shows_as_a_rate(kernel: Kernel, network: NetlinkNetwork) -> None:
    async with aclosing(network.links(fields=["rx"])) as stream:
        seen = Seen(stream, lambda row: row.name)
        rows = await seen.until(lambda rows: True)
        assert rows["lo"].rx is None
        await seen.until(lambda rows: rows["lo"].rx == 0)


async def test_two_hosts_with_one_address_are_a_finding(kernel: Kernel, network: NetlinkNetwork) -> None:
    pair(kernel)
    up(kernel, "va", "vb")
    async with aclosing(network.findings()) as stream:
        seen = Seen(stream, lambda row: row.id)
        rows = await seen.until(lambda rows: True)
        assert "route" in rows and rows["route"].since is None
        kernel.addr("add", index=index(kernel, "va"), address="2001:db8::9", prefixlen=64, flags=0x02)
        kernel.addr("add", index=index(kernel, "vb"), address="2001:db8::9", prefixlen=64)
        rows = await seen.until(lambda rows: "duplicate:vb:2001:db8::9" in rows)
        assert rows["duplicate:vb:2001:db8::9"].since is not None
