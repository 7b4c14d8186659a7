"""The rows of the network service from the bodies of rtnetlink messages; each is None for what is not such a message."""

import socket
import struct
import sys
from collections.abc import Mapping

from services.network import names
from services.network.names import FAMILIES, named
from services.network.rtnl import Attributes, attributes, i32, text, u8, u32
from sutra_client.gen.network import Address, Family, Link, Neighbour, Origin, Route, Rule, State

IFF_UP, IFF_LOOPBACK = 0x1, 0x8
_LINK = struct.Struct("=BxHiII")  # family, hardware type, index, flags, change mask
_ADDRESS = struct.Struct("=BBBBI")  # family, prefix length, flags, scope, link index
_ROUTE = struct.Struct("=BBBBBBBBI")  # family, prefix lengths of destination and source, tos, table, protocol, scope, type, flags
_NEIGHBOUR = struct.Struct("=BxxxiHBB")  # family, link index, state, flags, type
_RULE = struct.Struct("=BBBBBBBBI")  # as a route's: family, dst_len, src_len, tos, table, reserved, reserved, action, flags
_HOP = struct.Struct("=HBBi")  # length, flags, weight, link index
_CACHE = struct.Struct("=IIII")  # preferred, valid, created, updated: seconds left, and hundredths of a second since boot
FOREVER = 0xFFFFFFFF
RTM_F_CLONED = 0x200
FIB_RULE_INVERT = 0x2
DEAD = 0x1 | 0x10  # RTNH_F_DEAD, RTNH_F_LINKDOWN
Names = Mapping[int, str]
"""Link index -> name."""


def address_text(family: int, raw: bytes | None) -> str | None:
    if raw is None or len(raw) != {2: 4, 10: 16}.get(family):
        return None
    return socket.inet_ntop(socket.AF_INET if family == 2 else socket.AF_INET6, raw)


def link_name(message: bytes) -> tuple[int, str] | None:
    """Index and name."""
    if len(message) < _LINK.size:
        return None
    index = _LINK.unpack_from(message)[2]
    return index, text(attributes(message, _LINK.size), 3) or str(index)


def link(message: bytes, by_index: Names) -> Link | None:
    """Without addresses, driver, speed and manager, which other places tell."""
    if len(message) < _LINK.size:
        return None
    _, hardware, index, flags, _ = _LINK.unpack_from(message)
    found = attributes(message, _LINK.size)
    info = attributes(found.get(18, b""))
    kind = text(info, 1) or names.HARDWARE.get(hardware)
    state = u8(found, 16) or 0
    admin, carrier = bool(flags & IFF_UP), u8(found, 33)
    other, netns = u32(found, 5), i32(found, 37)
    elsewhere = netns is not None and netns >= 0
    near = by_index.get(other) if other and not elsewhere and other != index else None
    master, mac = u32(found, 10), found.get(1, b"")
    return Link(
        name=text(found, 3) or str(index),
        state=names.STATES[state] if state < len(names.STATES) else State.UNKNOWN,
        admin=admin,
        index=index,
        mtu=u32(found, 4) or 0,
        kind=kind,
        carrier=bool(carrier) if admin and carrier is not None else None,
        mac=mac.hex(":") if any(mac) else None,
        master=by_index.get(master, str(master)) if master else None,
        lower=near if kind != "veth" else None,
        peer=near if kind == "veth" else None,
        netns=netns if elsewhere else None,
        carrier_changes=u32(found, 35),
        alias=text(found, 20),
    )


class Ends:
    """When addresses end: what the kernel counts down in whole seconds becomes a time that stands still until it is set anew."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], tuple[int | None, int | None]] = {}
        self._fresh: dict[tuple[object, ...], tuple[int | None, int | None]] = {}

    def begin(self) -> None:
        """A reading begins: what the one before did not ask for is forgotten."""
        self._known, self._fresh = self._fresh, {}

    def of(self, key: tuple[object, ...], cache: bytes | None, wall: int) -> tuple[int | None, int | None]:
        """(valid, preferred) until, unix microseconds; `wall` is now."""
        if cache is None or len(cache) < _CACHE.size:
            return None, None
        preferred, valid, _, updated = _CACHE.unpack_from(cache)
        if valid == FOREVER and preferred == FOREVER:
            return None, None
        key = (*key, updated, preferred == 0)
        until = self._known.get(key)
        if until is None:
            until = None if valid == FOREVER else wall + valid * 1_000_000, None if preferred == FOREVER else wall + preferred * 1_000_000
        self._fresh[key] = until
        return until


def address(message: bytes, by_index: Names, ends: Ends, wall: int) -> Address | None:
    if len(message) < _ADDRESS.size:
        return None
    family, prefix, flags, scope, index = _ADDRESS.unpack_from(message)
    found = attributes(message, _ADDRESS.size)
    local, remote = address_text(family, found.get(2)), address_text(family, found.get(1))
    own = local or remote  # IFA_ADDRESS is the peer's on point-to-point links
    if own is None or family not in FAMILIES:
        return None
    flags = u32(found, 8) or flags
    valid, preferred = ends.of((index, own, prefix), found.get(6), wall)
    name, label = by_index.get(index, str(index)), text(found, 3)
    return Address(
        link=name,
        address=own,
        prefix=prefix,
        family=FAMILIES[family],
        origin=_origin(own, scope, flags, FAMILIES[family]),
        scope=named(names.SCOPES, scope),
        tentative=bool(flags & 0x40),
        duplicate=bool(flags & 0x08),
        deprecated=bool(flags & 0x20),
        valid_until=valid,
        preferred_until=preferred,
        peer=remote if local is not None and remote not in (local, None) else None,
        label=label if label != name else None,
    )


def _origin(own: str, scope: int, flags: int, family: Family) -> Origin:
    if own.startswith("127.") or own == "::1":
        return Origin.LOOPBACK
    if scope == 253 and family == Family.IPV6:
        return Origin.LINK_LOCAL
    if flags & 0x01 and family == Family.IPV6:
        return Origin.TEMPORARY  # the same bit means a secondary address in IPv4
    return Origin.STATIC if flags & 0x80 else Origin.DYNAMIC


def route_table(message: bytes) -> int | None:
    """Its table, at little cost."""
    if len(message) < _ROUTE.size:
        return None
    short = message[4]
    return (u32(attributes(message, _ROUTE.size), 15) or short) if short in (0, 252) else short


def route(message: bytes, by_index: Names) -> Route | None:
    """None for a cached copy of a route too."""
    if len(message) < _ROUTE.size:
        return None
    family, bits, source_bits, tos, short, protocol, scope, kind, flags = _ROUTE.unpack_from(message)
    if family not in FAMILIES or flags & RTM_F_CLONED:
        return None
    found = attributes(message, _ROUTE.size)
    table = named(names.TABLES, u32(found, 15) or short)
    network = address_text(family, found.get(1))
    destination = f"{network}/{bits}" if network is not None and bits else "default"
    gateway, index, metric = address_text(family, found.get(5)) or _via(found), u32(found, 4), u32(found, 6)
    link = by_index.get(index, str(index)) if index else None
    hops = _hops(found.get(9, b""), family, by_index)
    word = names.TYPES[kind] if kind < len(names.TYPES) else str(kind)
    words = [table, *([word] if word != "unicast" else []), destination]
    words += ["from", f"{address_text(family, found.get(2))}/{source_bits}"] if source_bits else []
    words += ["tos", str(tos)] if tos else []
    words += ["via", gateway] if gateway else []
    words += ["dev", link] if link else []
    words += [f"nexthop {hop}" for hop in hops]
    words += ["metric", str(metric)] if metric else []
    return Route(
        destination=destination,
        table=table,
        protocol=named(names.PROTOCOLS, protocol),
        family=FAMILIES[family],
        type=word,
        scope=named(names.SCOPES, scope),
        # 0.0.0.0/0 and ::/0 would be the same words
        id=" ".join(["-6" if family == 10 else "-4", *words]),
        gateway=gateway,
        link=link,
        metric=metric or None,
        source=address_text(family, found.get(7)),
        hops=hops,
        down=bool(flags & DEAD),
    )


def _via(found: Attributes) -> str | None:
    """RTA_VIA: a next hop of the other family."""
    raw = found.get(18, b"")
    return address_text(int.from_bytes(raw[:2], sys.byteorder), raw[2:]) if len(raw) > 2 else None


def _hops(data: bytes, family: int, by_index: Names) -> list[str]:
    """RTA_MULTIPATH."""
    hops, place = [], 0
    while place + _HOP.size <= len(data):
        length, _, weight, index = _HOP.unpack_from(data, place)
        if length < _HOP.size:
            break
        found = attributes(data[place : place + length], _HOP.size)
        gateway = address_text(family, found.get(5)) or _via(found)
        words = (["via", gateway] if gateway else []) + ["dev", by_index.get(index, str(index))]
        hops.append(" ".join([*words, "weight", str(weight + 1)]))
        place += (length + 3) & ~3
    return hops


def neighbour(message: bytes, by_index: Names) -> Neighbour | None:
    """None also for what needs no asking: multicast, broadcast and a link's own addresses."""
    if len(message) < _NEIGHBOUR.size:
        return None
    family, index, state, flags, _ = _NEIGHBOUR.unpack_from(message)
    found = attributes(message, _NEIGHBOUR.size)
    own = address_text(family, found.get(1))
    if own is None or state & 0x40:
        return None
    mac = found.get(2, b"")
    return Neighbour(
        address=own,
        link=by_index.get(index, str(index)),
        state=names.NEIGHBOUR_STATES.get(state, "none" if not state else str(state)),
        family=FAMILIES[family],
        mac=mac.hex(":") if any(mac) else None,
        router=bool(flags & 0x80),
    )


def rule(message: bytes) -> Rule | None:
    if len(message) < _RULE.size:
        return None
    family, to_bits, from_bits, tos, short, _, _, action, flags = _RULE.unpack_from(message)
    if family not in FAMILIES:
        return None
    found = attributes(message, _RULE.size)
    source, target = address_text(family, found.get(2)), address_text(family, found.get(1))
    mark, mask = u32(found, 10), u32(found, 16)
    words = ["not"] if flags & FIB_RULE_INVERT else []
    words += ["from", f"{source}/{from_bits}" if source else "all"]
    words += ["to", f"{target}/{to_bits}"] if target else []
    words += ["tos", str(tos)] if tos else []
    words += ["fwmark", f"{mark or 0:#x}" + (f"/{mask:#x}" if mask not in (None, FOREVER) else "")] if mark or mask else []
    for kind, word in ((3, "iif"), (17, "oif")):
        words += [word, name] if (name := text(found, kind)) else []
    does = named(names.ACTIONS, action)
    if action == 1:
        does += " " + ("l3mdev" if u8(found, 19) else named(names.TABLES, u32(found, 15) or short))
    elif action == 2:
        does += f" {u32(found, 4) or 0}"
    priority, selector = u32(found, 6) or 0, " ".join(words)
    return Rule(
        priority,
        FAMILIES[family],
        selector,
        does,
        named(names.PROTOCOLS, u8(found, 21) or 0),
        f"{FAMILIES[family]} {priority} {selector} {does}",
    )
