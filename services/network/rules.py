"""When the network needs attention. Each rule is a pure function of what was seen; see View."""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from services.network.dns import Names
from services.network.traffic import Count, Counts
from sutra_client.gen.core import Finding, Severity
from sutra_client.gen.network import Address, Link, Route

WINDOW = 600_000_000
"""Microseconds in which the carrier's coming and going is counted."""
FLAPS = 6
"""Changes within it: three times away and back."""
MINUTE = 60_000_000
ERRORS = 10
"""Packets with errors within a minute."""
DROPS, DROP_SHARE = 100, 0.01
"""Dropped packets within a minute, and their share of all: a few are dropped on any healthy link."""


class View(NamedTuple):
    """The network at one moment."""

    boottime: int
    links: Mapping[str, Link] = {}
    addresses: tuple[Address, ...] = ()
    defaults: tuple[Route, ...] = ()
    names: Names | None = None
    listens: bool | None = None
    """Whether a DNS server runs on this host."""
    changes: Mapping[str, int] = {}
    """Link -> carrier changes within the window."""
    bad: Mapping[str, tuple[Count, int]] = {}
    """Link -> what it counted within the last minute or less, and that time in microseconds."""


class Past:
    """What the counters were, as far back as the rules look."""

    def __init__(self) -> None:
        self._changes: dict[str, deque[tuple[int, int]]] = {}
        self._counts: deque[Counts] = deque()

    def changes(self, boottime: int, links: Mapping[str, Link]) -> dict[str, int]:
        """Carrier changes of each link within the window, as far as it was watched."""
        kept: dict[str, deque[tuple[int, int]]] = {}
        found: dict[str, int] = {}
        for name, link in links.items():
            if link.carrier_changes is None:
                continue
            past = self._changes.get(name, deque())
            if past and past[-1][1] > link.carrier_changes:
                past.clear()  # another link of the same name
            past.append((boottime, link.carrier_changes))
            # One from before the window stays: what changed since then lies within.
            while len(past) > 1 and past[1][0] <= boottime - WINDOW:
                past.popleft()
            kept[name] = past
            found[name] = link.carrier_changes - past[0][1]
        self._changes = kept
        return found

    def counted(self, now: Counts) -> dict[str, tuple[Count, int]]:
        """The difference over the last minute, or since it is watched."""
        self._counts.append(now)
        while len(self._counts) > 1 and self._counts[1].boottime <= now.boottime - MINUTE:
            self._counts.popleft()
        first = self._counts[0]
        found: dict[str, tuple[Count, int]] = {}
        for name, count in now.links.items():
            old = first.links.get(name)
            if old is not None and first is not now and all(new >= past for new, past in zip(count, old, strict=True)):
                difference = Count(*(new - past for new, past in zip(count, old, strict=True)))
                found[name] = difference, now.boottime - first.boottime
        return found


def no_route(now: View) -> Iterator[Finding]:
    """A host with links and no way out."""
    others = [link.name for link in now.links.values() if link.kind != "loopback"]
    usable = [route for route in now.defaults if not route.down and route.type == "unicast"]
    if not others or usable:
        return
    dead = f"the default route over {now.defaults[0].link or 'nothing'} is down" if now.defaults else "there is no default route"
    advice = "Connect a link, or see whether its address and route were given."
    yield Finding("route", Severity.WARNING, "default route", dead, advice, "avyctl network routes")


def dns(now: View) -> Iterator[Finding]:
    """Nobody to ask for names, or nobody who would answer."""
    if now.names is None or not now.defaults:
        return  # without a route there is nothing to resolve for
    if not now.names.servers:
        text = "/etc/resolv.conf names no server" if now.names.present else "/etc/resolv.conf is absent or cannot be read"
        yield Finding("dns", Severity.WARNING, "dns", text, "Set a DNS server, or start what sets it.", "avyctl network status")
    elif now.names.stub and now.listens is False:
        text = f"{now.names.servers[0].address} on this host is to answer, and nothing listens there"
        yield Finding("dns", Severity.ERROR, "dns", text, "Start the local resolver, or name another server.", "avyctl network status")


def flapping(now: View) -> Iterator[Finding]:
    """A carrier that comes and goes."""
    for name, count in now.changes.items():
        if count >= FLAPS:
            text = f"its carrier came or went {count} times within the last 10 min"
            advice = "Look at the cable, the port and the other end."
            yield Finding(f"flapping:{name}", Severity.WARNING, name, text, advice, "avyctl network list -o wide")


def duplicate(now: View) -> Iterator[Finding]:
    """An address that another host has."""
    for address in now.addresses:
        if address.duplicate:
            text = f"{address.address} is in use by another host, so {address.link} does not use it"
            advice = "Give one of the two another address."
            yield Finding(
                f"duplicate:{address.link}:{address.address}", Severity.ERROR, address.link, text, advice, "avyctl network addresses"
            )


def errors(now: View) -> Iterator[Finding]:
    """Errors and drops that rise."""
    for name, (count, span) in now.bad.items():
        seconds = f"in {max(1, round(span / 1e6))} s"
        if count.errors >= ERRORS:
            text = f"{count.errors} packets with errors {seconds}"
            advice = "Look at the cable and at the speed that was agreed."
            yield Finding(f"errors:{name}", Severity.WARNING, name, text, advice, "avyctl network metrics -w")
        packets = count.rx_packets + count.tx_packets
        if count.drops >= DROPS and count.drops >= DROP_SHARE * packets:
            text = f"{count.drops} packets dropped {seconds}, {packets} carried"
            advice = "Look for a receiver that is too slow, or a link that is full."
            yield Finding(f"drops:{name}", Severity.WARNING, name, text, advice, "avyctl network metrics -w")


RULES = (no_route, dns, flapping, duplicate, errors)


class Judge:
    """Findings by id, each with the time it began where that was seen."""

    def __init__(self) -> None:
        self._rows: dict[str, Finding] | None = None

    def rows(self, now: View, wall: int) -> dict[str, Finding]:
        """`wall` in unix microseconds."""
        before = self._rows
        found: dict[str, Finding] = {}
        for rule in RULES:
            for finding in rule(now):
                old = before.get(finding.id) if before is not None else None
                since = old.since if old is not None else None if before is None else wall
                found[finding.id] = replace(finding, since=since)
        self._rows = found
        return found
