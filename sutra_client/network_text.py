"""The network in words: what screens and line mode say about it. Plain functions; strings from the host stay raw here."""

from collections.abc import Sequence

from sutra_client.gen.network import Address, Connectivity, Link, Neighbour, Route, State, Status
from sutra_client.glyphs import Glyphs
from sutra_client.text import NIL, amount, moment

RATE_FIELDS = ["rx", "tx"]
"""What a screen names in `fields` to see rates."""


def summary(links: Sequence[Link], status: Status | None) -> str:
    """How many links there are, the default route, and who answers for names."""
    words = [f"{len(links)} link" + ("" if len(links) == 1 else "s")]
    if status is None:
        return words[0]
    if status.routes:
        first = status.routes[0]
        words.append(f"default {first.gateway or 'on the link'} via {first.link or NIL}")
    else:
        words.append("no default route")
    servers = [server.address for server in status.dns]
    words.append("DNS " + " ".join(servers[:2]) + (f" +{len(servers) - 2}" if len(servers) > 2 else "") if servers else "no DNS server")
    return "   ".join(words)


def reach(status: Status) -> tuple[str, str]:
    """(words, tone) for how far packets can be expected to get."""
    if status.connectivity == Connectivity.ROUTED:
        return "routed", "ok"
    return ("links only", "warning") if status.connectivity == Connectivity.LINK else ("loopback only", "warning")


def is_up(link: Link) -> bool:
    """A link whose driver keeps no state is up as long as it is switched on and has a carrier."""
    return link.state == State.UP or (link.state == State.UNKNOWN and link.admin and link.carrier is not False)


def state(link: Link) -> str:
    """One word, or two."""
    if is_up(link):
        return "up"
    if not link.admin:
        return "off"
    return "no carrier" if link.carrier is False else str(link.state)


def glyph(link: Link, glyphs: Glyphs) -> tuple[str, str]:
    """(glyph, tone)."""
    if is_up(link):
        return glyphs.ok, "ok"
    return (glyphs.off, "dim") if not link.admin else (glyphs.attention, "warning")


def tone(row: Link | Address | Route | Neighbour) -> str:
    """The tone of a row, which repeats what it says."""
    match row:
        case Link():
            return "dim" if not row.admin else ""
        case Address():
            return "error" if row.duplicate else ""
        case Route():
            return "dim" if row.down else ""
    return "warning" if row.state == "failed" else ""


def title(link: Link) -> str:
    return link.name + (" (you)" if link.you else "")


def address(link: Link) -> str:
    """The first address and how many more there are; of an end of a pair without one, where the other is."""
    if link.addresses:
        return link.addresses[0] + (f" +{len(link.addresses) - 1}" if len(link.addresses) > 1 else "")
    if link.peer is not None:
        return f"-> {link.peer}"
    return f"-> netns {link.netns}" if link.netns is not None else NIL


def nested(links: Sequence[Link]) -> list[tuple[int, Link]]:
    """(depth, link): ports follow the bridge, bond or VRF that they belong to."""
    ports: dict[str, list[Link]] = {}
    names = {link.name for link in links}
    for link in links:
        if link.master in names and link.master != link.name:
            ports.setdefault(link.master or "", []).append(link)
    placed: dict[str, tuple[int, Link]] = {}

    def place(link: Link, depth: int) -> None:
        if link.name not in placed:
            placed[link.name] = depth, link
            for port in ports.get(link.name, ()):
                place(port, depth + 1)

    for link in links:
        if link.master not in names:
            place(link, 0)
    for link in links:
        place(link, 0)  # links that are ports of each other: no kernel makes them, but a lost moment may show them
    return list(placed.values())


def detail(link: Link, addresses: Sequence[Address], neighbours: Sequence[Neighbour], now: float | None = None) -> list[str]:
    """All that is known of a link, a fact or a few a line."""
    facts = [f"{link.name}  {link.kind or 'link'}", state(link), f"mtu {link.mtu}"]
    facts += [link.mac] if link.mac else []
    facts += [f"{link.speed} Mbit/s {link.duplex or ''}".rstrip()] if link.speed else []
    lines = ["  ".join(facts)]
    more = [
        f"{word} {value}"
        for word, value in (
            ("driver", link.driver),
            ("by", link.by),
            ("port of", link.master),
            ("on", link.lower),
            ("other end", link.peer),
            ("other end in netns", link.netns),
            ("carrier changed", f"{link.carrier_changes} times" if link.carrier_changes is not None else None),
        )
        if value is not None
    ]
    lines += ["  ".join(more)] if more else []
    if link.rx is not None and link.tx is not None:
        lines.append(f"in {amount(link.rx, 'B/s')}  out {amount(link.tx, 'B/s')}")
    for one in addresses:
        if one.link == link.name:
            until = f"  until {moment(one.valid_until, now)}" if one.valid_until is not None else ""
            flags = "  duplicate" if one.duplicate else "  tentative" if one.tentative else "  deprecated" if one.deprecated else ""
            lines.append(f"{one.address}/{one.prefix}  {one.origin}{until}{flags}")
    lines += [f"neighbour {one.address}  {one.mac or NIL}  {one.state}" for one in neighbours if one.link == link.name]
    return [*lines, link.alias] if link.alias else lines


def routes(name: str, rows: Sequence[Route]) -> list[str]:
    """The routes over a link, one a line."""
    return [f"route {route_line(row)}" for row in rows if row.link == name]


def route_line(row: Route) -> str:
    """Where it leads, how, and who made it."""
    parts = [row.destination, f"via {row.gateway}" if row.gateway else "", f"metric {row.metric}" if row.metric is not None else ""]
    parts += ["" if row.type == "unicast" else row.type, "" if row.table == "main" else f"table {row.table}", f"by {row.protocol}"]
    return "  ".join([part for part in [*parts, "not used" if row.down else ""] if part])
