"""What the numbers of rtnetlink are called (linux/rtnetlink.h, if_arp.h, neighbour.h, fib_rules.h), in the words of ip(8)."""

from sutra_client.gen.network import Family, State

FAMILIES = {2: Family.IPV4, 10: Family.IPV6}
STATES = (State.UNKNOWN, State.NOT_PRESENT, State.DOWN, State.LOWER_LAYER_DOWN, State.TESTING, State.DORMANT, State.UP)
"""By IFLA_OPERSTATE."""
HARDWARE = {1: "ethernet", 772: "loopback", 801: "wireless", 802: "wireless", 803: "wireless", 512: "ppp", 768: "ipip", 776: "sit",
            778: "gre", 280: "can", 32: "infiniband", 65534: "tun"}  # fmt: skip
SCOPES = {0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}
TABLES = {253: "default", 254: "main", 255: "local"}
TYPES = ("unspecified", "unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit", "throw", "nat",
         "xresolve")  # fmt: skip
PROTOCOLS = {0: "unspecified", 1: "redirect", 2: "kernel", 3: "boot", 4: "static", 8: "gated", 9: "ra", 10: "mrt", 11: "zebra", 12: "bird",
             13: "dnrouted", 14: "xorp", 15: "ntk", 16: "dhcp", 17: "mrouted", 18: "keepalived", 42: "babel", 84: "openr", 186: "bgp",
             187: "isis", 188: "ospf", 189: "rip", 192: "eigrp"}  # fmt: skip
ACTIONS = {1: "lookup", 2: "goto", 3: "nop", 6: "blackhole", 7: "unreachable", 8: "prohibit"}
NEIGHBOUR_STATES = {0x01: "incomplete", 0x02: "reachable", 0x04: "stale", 0x08: "delay", 0x10: "probe", 0x20: "failed", 0x40: "noarp",
                    0x80: "permanent"}  # fmt: skip


def named(names: dict[int, str], number: int) -> str:
    """The number itself where it has no name."""
    return names.get(number) or str(number)
