"""Readings of the kernel's tables, each whole; all of them raise OSError and sleep for as long as the kernel dumps."""

import os
import sys
import time
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import NamedTuple

from msgspec.structs import replace

from services.core.tree import Tree
from services.network import decode, names, rtnl
from services.network.decode import Ends
from services.network.ethtool import Drivers
from services.network.managers import read_managers
from sutra_client.events import Key
from sutra_client.gen.network import Address, Family, Link, Neighbour, Route, Rule

# struct ifinfomsg, then IFLA_EXT_MASK with RTEXT_FILTER_SKIP_STATS: the counters are half of each message.
_LINKS = bytes(16) + rtnl.ATTRIBUTE.pack(8, 29) + (8).to_bytes(4, sys.byteorder)
_NUMBERS = {Family.IPV4: 2, Family.IPV6: 10}


class Links(NamedTuple):
    """Links with their addresses."""

    links: Mapping[Key, Link]
    addresses: Mapping[Key, Address]


class Network:
    """What one backend remembers between readings."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._drivers = Drivers()
        self._ends = Ends()

    def links(self) -> Links:
        found = rtnl.dump(rtnl.GETLINK, _LINKS)
        by_index = dict(pair for message in found if (pair := decode.link_name(message)) is not None)
        rows = [row for message in found if (row := decode.link(message, by_index)) is not None]
        wall = time.time_ns() // 1000
        self._ends.begin()
        held = (decode.address(message, by_index, self._ends, wall) for message in rtnl.dump(rtnl.GETADDR, bytes(8)))
        addresses = [row for row in held if row is not None]
        of: dict[str, list[Address]] = {}
        for address in addresses:
            of.setdefault(address.link, []).append(address)
        managers, yours = read_managers(self._tree), your_address(self._tree)
        hardware = self._drivers.of([(row.index, row.name, row.carrier_changes) for row in rows])
        links: dict[Key, Link] = {}
        for row, told in zip(rows, hardware, strict=True):
            own = sorted(of.get(row.name, []), key=lambda one: (one.scope == "link", one.family == Family.IPV6))
            links[row.name,] = replace(
                row,
                addresses=[f"{one.address}/{one.prefix}" for one in own],
                by=managers.get(row.index) or managers.get(row.name),
                you=any(one.address == yours for one in own),
                speed=told.speed if row.carrier else None,
                duplex=told.duplex if row.carrier else None,
                driver=told.driver,
            )
        return Links(links, {(row.link, row.address, row.prefix): row for row in addresses})


def your_address(tree: Tree) -> str | None:
    """This host's end of the ssh session that started this process; SSH_CONNECTION is client, port, server, port."""
    words = os.environ.get("SSH_CONNECTION", "").split()
    return words[2].partition("%")[0] if len(words) == 4 and not tree.root else None


def read_routes(table: str | None, family: Family | None, offset: int, limit: int | None) -> Mapping[Key, Route]:
    """`table` by name or number, or all; None for all but local. In the kernel's order."""
    by_index = link_names()
    messages = rtnl.dump(rtnl.GETROUTE, bytes((_NUMBERS.get(family, 0) if family is not None else 0,)) + bytes(11))
    wanted = (message for message in messages if _in_table(message, table))
    return _routes(islice(wanted, offset, None if limit is None else offset + limit), by_index)


def read_defaults() -> tuple[Route, ...]:
    """The default routes of the main table, the preferred first, IPv4 before IPv6."""
    by_index = link_names()
    messages = rtnl.dump(rtnl.GETROUTE, bytes(12))
    # Of 100,000 routes none but these is decoded: the second byte is the length of the network prefix.
    found = _routes((message for message in messages if message[1:2] == b"\0" and _in_table(message, "main")), by_index).values()
    return tuple(sorted(found, key=lambda route: (route.family, route.metric or 0)))


def _routes(messages: Iterable[bytes], by_index: Mapping[int, str]) -> Mapping[Key, Route]:
    rows = [row for message in messages if (row := decode.route(message, by_index)) is not None]
    return {(row.id,): row for row in rows}


def _in_table(message: bytes, table: str | None) -> bool:
    number = decode.route_table(message)
    if number is None or table == "all":
        return number is not None
    return number != 255 if table is None else table in (str(number), names.TABLES.get(number))


def read_rules() -> Mapping[Key, Rule]:
    rows = [row for message in rtnl.dump(rtnl.GETRULE, bytes(12)) if (row := decode.rule(message)) is not None]
    return {(row.id,): row for row in rows}


def read_neighbours() -> Mapping[Key, Neighbour]:
    by_index = link_names()
    found = (decode.neighbour(message, by_index) for message in rtnl.dump(rtnl.GETNEIGH, bytes(12)))
    return {(row.link, row.address): row for row in found if row is not None}


def link_names() -> dict[int, str]:
    return dict(pair for message in rtnl.dump(rtnl.GETLINK, _LINKS) if (pair := decode.link_name(message)) is not None)
