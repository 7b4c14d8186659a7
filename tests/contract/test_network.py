"""What every backend of the network service promises, directly and over a connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from services.core.server import Server
from services.network.fake import FakeNetwork
from services.network.netlink import NetlinkNetwork
from serving import about
from sutra_client import events
from sutra_client.connection import Connection
from sutra_client.gen.core import Severity
from sutra_client.gen.network import SERVICE, Network, NetworkClient
from sutra_client.transport import memory


@pytest.fixture(params=["netlink", "netlink over a connection", "fake", "fake over a connection"])
async def network(request: pytest.FixtureRequest) -> AsyncIterator[Network]:
    name, _, remote = request.param.partition(" ")
    async with AsyncExitStack() as stack:
        backend: Network = FakeNetwork()
        if name == "netlink":
            netlink = NetlinkNetwork()
            await netlink.start()
            stack.push_async_callback(netlink.stop)
            backend = netlink
        if remote:
            server = Server(SERVICE, backend, about)
            stack.push_async_callback(server.stop)
            backend = NetworkClient(await stack.enter_async_context(Connection(SERVICE, memory(server.session))))
        yield backend


async def first(stream: AsyncIterator[Any]) -> Any:
    event = await asyncio.wait_for(anext(stream), 10)
    await stream.aclose()  # type: ignore[attr-defined]
    return event


async def rows(stream: AsyncIterator[Any]) -> list[Any]:
    event = await first(stream)
    assert isinstance(event, events.Snapshot) and not event.more
    return event.rows


async def test_links_have_loopback_with_its_addresses(network: Network) -> None:
    links = {link.name: link for link in await rows(network.links())}
    assert links["lo"].kind == "loopback" and links["lo"].index >= 1 and links["lo"].mtu > 0
    addresses = await rows(network.addresses())
    assert {address.link for address in addresses} <= links.keys()
    for link in links.values():
        assert set(link.addresses) == {f"{one.address}/{one.prefix}" for one in addresses if one.link == link.name}


async def test_routes_can_be_read_a_page_at_a_time(network: Network) -> None:
    whole = await rows(network.routes())
    assert len({route.id for route in whole}) == len(whole)
    pages = [await rows(network.routes(offset=start, limit=1)) for start in range(len(whole))]
    assert [page[0].id for page in pages] == [route.id for route in whole]


async def test_rules_and_neighbours_begin_with_a_snapshot(network: Network) -> None:
    assert all(rule.action and rule.selector for rule in await rows(network.rules()))
    assert all(neighbour.address and neighbour.link for neighbour in await rows(network.neighbours()))


async def test_status_tells_the_default_routes_and_the_servers_with_their_file(network: Network) -> None:
    status = await network.status()
    assert status.hostname
    assert all(route.destination == "default" for route in status.routes)
    assert all(server.source.startswith(b"/") for server in status.dns)


async def test_a_sample_has_every_link(network: Network) -> None:
    event = await first(network.samples())
    assert isinstance(event, events.Samples)
    assert event.rows[0].boottime > 0
    assert "lo" in {traffic.name for traffic in event.rows[0].links}


async def test_findings_can_be_acted_on(network: Network) -> None:
    for finding in await rows(network.findings()):
        assert finding.object and finding.evidence and finding.next
        assert finding.severity in Severity
