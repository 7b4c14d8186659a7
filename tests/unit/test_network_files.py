"""What files say of the network: resolvers, managers, counters."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planted import plant
from services.core.tree import Tree
from services.network.dns import Names, listens, parse_resolv, read_names
from services.network.managers import read_managers
from services.network.rules import FLAPS, WINDOW, Judge, Past, View
from services.network.traffic import Count, Counts, parse_dev, rates
from sutra_client.gen.core import Severity
from sutra_client.gen.network import Address, Family, Link, Origin, Route, Server, State

STUB = "# This is /run/systemd/resolve/stub-resolv.conf managed by man:systemd-resolved(8).\nnameserver 127.0.0.53\nsearch lan home\n"
UDP = "  sl  local_address rem_address   st\n  1: 3500007F:0035 00000000:0000 07\n"
DEV = (
    "Inter-|   Receive  | Transmit\n face |bytes\n    lo: 100 1 0 0 0 0 0 0 200 2 0 0 0 0 0 0\n"
    "  a..x: 1000 10 1 2 0 0 0 0 2000 20 3 4 0 0 0 0\nbroken: 1 2\n bad: x 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n"
)
ETH = Link("eth0", State.UP, True, 2, 1500, "ethernet", True, carrier_changes=1)
LO = Link("lo", State.UNKNOWN, True, 1, 65536, "loopback", True)
WAY = Route("default", "main", "dhcp", Family.IPV4, "unicast", "global", "x", "192.0.2.1", "eth0")
ASKED = Names([Server("192.0.2.53", b"/etc/resolv.conf")], [], True, False)


def test_servers_behind_a_stub_are_told_with_who_set_them(tmp_path: Path) -> None:
    behind = "# managed by man:systemd-resolved(8)\nnameserver 192.0.2.53\nnameserver what\n"
    tree = Tree(plant(tmp_path, {"/etc/resolv.conf": STUB, "/run/systemd/resolve/resolv.conf": behind}))
    names = read_names(tree)
    assert [(server.address, server.by, server.source) for server in names.servers] == [
        ("127.0.0.53", "resolved", b"/etc/resolv.conf"),
        ("192.0.2.53", "resolved", b"/run/systemd/resolve/resolv.conf"),
    ]
    assert names.search == ["lan", "home"] and names.stub


def test_a_missing_resolv_conf_is_said(tmp_path: Path) -> None:
    tree = Tree(str(tmp_path))
    assert read_names(tree) == Names([], [], False, False)
    assert any("/etc/resolv.conf is absent" in sentence for sentence in tree.problems.values())


@given(st.binary(max_size=300))
def test_garbage_in_files_is_never_an_exception(text: bytes) -> None:
    parse_resolv(b"nameserver " + text, "/x")
    parse_dev(b"\n\n" + text + b"\n a:" + text)


def test_whether_a_local_resolver_runs_is_seen_by_its_socket(tmp_path: Path) -> None:
    assert listens(Tree(plant(tmp_path, {"/proc/net/udp": UDP}))) is True
    (tmp_path / "proc/net/udp").write_text("header\n")
    assert listens(Tree(str(tmp_path))) is False
    (tmp_path / "proc/net/udp").unlink()
    assert listens(Tree(str(tmp_path))) is None


def test_each_manager_names_its_links(tmp_path: Path) -> None:
    tree = Tree(
        plant(
            tmp_path,
            {
                "/run/network/ifstate": "lo=lo\neth1=eth1\n",
                "/run/systemd/netif/links/3": "ADMIN_STATE=configured\n",
                "/run/systemd/netif/links/4": "ADMIN_STATE=unmanaged\n",
                "/run/systemd/netif/links/x": "ADMIN_STATE=configured\n",
                "/run/NetworkManager/devices/2": "[device]\nmanaged=true\nconnection-uuid=x\n",
                "/run/NetworkManager/devices/5": "[device]\nmanaged=false\n",
            },
        )
    )
    assert read_managers(tree) == {"eth1": "ifupdown", 3: "networkd", 2: "NetworkManager"}


def test_counters_become_rates_and_a_new_link_has_none() -> None:
    counts = parse_dev(DEV.encode())
    assert counts == {"lo": Count(100, 200, 1, 2, 0, 0), "a..x": Count(1000, 2000, 10, 20, 4, 6)}
    now = {"lo": Count(1100, 200, 3, 2, 0, 0), "new": Count(1, 1, 1, 1, 0, 0), "a..x": Count(0, 0, 0, 0, 0, 0)}
    lo, new, again = rates(Counts(0, counts), Counts(2_000_000, now))
    assert (lo.rx, lo.tx, lo.rx_packets) == (500, 0, 1.0)
    assert new.rx is None and again.rx is None


def ids(view: View) -> set[str]:
    return set(Judge().rows(view, 1))


def view(**changes: Any) -> View:
    fine = View(0, {"lo": LO, "eth0": ETH}, (), (WAY,), ASKED)
    return fine._replace(**changes)


def test_a_network_that_works_has_no_findings() -> None:
    assert ids(view()) == set()
    assert ids(view(links={"lo": LO}, defaults=())) == set(), "a host without links needs no way out"


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"defaults": ()}, "route"),
        ({"defaults": (Route("default", "main", "dhcp", Family.IPV4, "unicast", "global", "x", link="eth0", down=True),)}, "route"),
        ({"defaults": (Route("default", "main", "static", Family.IPV4, "unreachable", "global", "x"),)}, "route"),
        ({"names": Names([], [], True, False)}, "dns"),
        ({"names": Names([Server("127.0.0.53", b"/x")], [], True, True), "listens": False}, "dns"),
        ({"changes": {"eth0": FLAPS}}, "flapping:eth0"),
        ({"bad": {"eth0": (Count(0, 0, 100, 100, 10, 0), 60_000_000)}}, "errors:eth0"),
        ({"bad": {"eth0": (Count(0, 0, 1000, 1000, 0, 100), 60_000_000)}}, "drops:eth0"),
        ({"addresses": (Address("eth0", "2001:db8::1", 64, Family.IPV6, Origin.STATIC, "global", True, True, False),)},
         "duplicate:eth0:2001:db8::1"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found(changes: dict[str, Any], found: str) -> None:
    assert found in ids(view(**changes))


def test_a_few_drops_and_a_stub_that_cannot_be_judged_are_no_findings() -> None:
    assert not ids(view(bad={"eth0": (Count(0, 0, 100_000, 0, 9, 500), 60_000_000)}))
    assert not ids(view(names=Names([Server("127.0.0.53", b"/x")], [], True, True), listens=None))


def test_carrier_changes_count_within_the_window_alone() -> None:
    past = Past()

    def count(at: int, changes: int) -> int:
        return past.changes(at, {"eth0": Link("eth0", State.UP, True, 2, 1500, carrier_changes=changes)})["eth0"]

    assert [count(0, 4), count(1, 9), count(WINDOW // 2, 10), count(WINDOW + 2, 10), count(2 * WINDOW, 12)] == [0, 5, 6, 1, 2]
    assert count(2 * WINDOW + 1, 0) == 0, "another link of the same name"


def test_a_finding_that_was_there_at_first_has_no_beginning() -> None:
    judge = Judge()
    assert judge.rows(view(defaults=()), 5)["route"].since is None
    later = judge.rows(view(defaults=(), changes={"eth0": 9}), 6)
    assert later["route"].since is None and later["flapping:eth0"].since == 6
    assert later["flapping:eth0"].severity == Severity.WARNING
