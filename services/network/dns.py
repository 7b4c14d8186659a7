"""DNS servers and search domains as configured, from resolv.conf and the file behind a local stub; nothing is asked."""

import ipaddress
from typing import NamedTuple

from services.core.tree import Tree, shown
from sutra_client.gen.network import Server

RESOLV = "/etc/resolv.conf"
UPLINKS = ("systemd/resolve/resolv.conf", "NetworkManager/no-stub-resolv.conf")
"""Below /run: where systemd-resolved and NetworkManager write the servers behind their stubs."""
WRITERS = (
    ("systemd-resolved", "resolved"),
    ("NetworkManager", "NetworkManager"),
    ("resolvconf", "resolvconf"),
    ("dhclient", "dhclient"),
    ("dhcpcd", "dhcpcd"),
    ("udhcpc", "udhcpc"),
    ("connman", "connman"),
    ("tailscale", "tailscale"),
)
"""Words in the head of the file, and who writes them."""
MOST = 32
DOMAIN_PORT = ":0035"


class Names(NamedTuple):
    """What resolv.conf comes to."""

    servers: list[Server]
    search: list[str]
    present: bool
    """Whether resolv.conf could be read."""
    stub: bool
    """It names only servers on this host."""


def read_names(tree: Tree) -> Names:
    """A missing resolv.conf has a sentence in the tree's problems."""
    text = tree.read(RESOLV, "which DNS servers there are")
    if text is None:
        return Names([], [], False, False)
    servers, search = parse_resolv(text, RESOLV)
    stub = bool(servers) and all(is_local(server.address) for server in servers)
    for name in UPLINKS if stub else ():
        behind = tree.read(f"{tree.run}/{name}")
        if behind is not None:
            servers += parse_resolv(behind, f"{tree.run}/{name}")[0]
            break
    return Names(servers, search, True, stub)


def parse_resolv(text: bytes, source: str) -> tuple[list[Server], list[str]]:
    """Servers and search domains, resolv.conf(5); what is no address is no server."""
    found, search, head = [], [], ""
    for line in text.split(b"\n"):
        words = shown(line).split()
        if line[:1] in b"#;" and line:
            head += shown(line)
        elif len(words) > 1 and words[0] == "nameserver" and is_address(words[1]):
            found.append(words[1])
        elif words and words[0] in ("search", "domain"):
            search = words[1:]
    by = next((who for word, who in WRITERS if word.lower() in head.lower()), None)
    return [Server(address, source.encode(), by) for address in found[:MOST]], search[:MOST]


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_local(address: str) -> bool:
    return ipaddress.ip_address(address).is_loopback


def listens(tree: Tree) -> bool | None:
    """Whether anything on this host takes DNS questions by UDP; None where that cannot be known."""
    found = [tree.read(f"{tree.proc}/net/{name}") for name in ("udp", "udp6")]
    if found[0] is None:
        return None
    rows = [line.split() for text in found if text is not None for line in shown(text).split("\n")[1:]]
    return any(len(row) > 1 and row[1].endswith(DOMAIN_PORT) for row in rows)
