"""Which manager looks after which link, by the files that managers keep below /run."""

from services.core.tree import Tree, shown

IFSTATES = ("network/ifstate", "ifstate")


def read_managers(tree: Tree) -> dict[int | str, str]:
    """Link index or name -> manager."""
    found: dict[int | str, str] = {}
    for name in IFSTATES:
        for line in shown(tree.read(f"{tree.run}/{name}") or b"").split("\n"):
            link = line.partition("=")[0].strip()
            if link and link != "lo":
                found[link] = "ifupdown"
    for name in tree.names(f"{tree.run}/systemd/netif/links"):
        state = _values(tree, f"{tree.run}/systemd/netif/links/{name}").get("ADMIN_STATE")
        if name.isdecimal() and state not in (None, "unmanaged", "pending", "initialized", "linger"):
            found[int(name)] = "networkd"
    for name in tree.names(f"{tree.run}/NetworkManager/devices"):
        values = _values(tree, f"{tree.run}/NetworkManager/devices/{name}")
        if name.isdecimal() and values.get("managed") == "true" and "connection-uuid" in values:
            found[int(name)] = "NetworkManager"
    return found


def _values(tree: Tree, path: str) -> dict[str, str]:
    """NAME=value lines; sections do not matter here."""
    lines = [line.partition("=") for line in shown(tree.read(path) or b"").split("\n")]
    return {name.strip(): value.strip() for name, separator, value in lines if separator}
