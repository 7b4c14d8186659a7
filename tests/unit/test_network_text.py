"""What is said of links and disks in words."""

from typing import Any

from msgspec.structs import replace

from services.disks import fake as disks
from services.network import fake as network
from sutra_client import disks_text, network_text
from sutra_client.gen.disks import Device, Kind
from sutra_client.gen.network import Link, State
from sutra_client.glyphs import ASCII, FULL


def link(name: str, master: str | None = None) -> Link:
    return Link(name, State.UP, True, 1, 1500, master=master)


def test_the_network_in_one_line() -> None:
    line = network_text.summary(network.LINKS, network.STATUS)
    assert line == "6 links   default 192.168.7.1 via eth0   DNS 192.168.7.1"
    assert network_text.summary([], None) == "0 links"


def test_ports_follow_their_bridge_and_a_circle_ends() -> None:
    assert [(depth, row.name) for depth, row in network_text.nested(network.LINKS)][-2:] == [(0, "br0"), (1, "veth3")]
    circle = [link("a", "b"), link("b", "a"), link("c", "gone")]
    assert sorted(row.name for _, row in network_text.nested(circle)) == ["a", "b", "c"]


def test_the_state_of_a_link_is_one_word() -> None:
    words = {row.name: network_text.state(row) for row in network.LINKS}
    assert words == {"lo": "up", "eth0": "up", "wg0": "up", "wlan0": "off", "br0": "up", "veth3": "up"}
    assert network_text.state(Link("x", State.DOWN, True, 1, 1, carrier=False)) == "no carrier"
    assert network_text.glyph(network.LINKS[3], ASCII)[1] == "dim"


def test_a_link_shows_its_first_address_or_where_its_other_end_is() -> None:
    shown = [network_text.address(row) for row in network.LINKS]
    assert shown == ["127.0.0.1/8 +1", "192.168.7.42/24 +1", "10.8.0.7/24", "-", "172.20.0.1/16", "-> netns 0"]
    assert network_text.title(network.LINKS[1]) == "eth0 (you)"


def test_the_detail_of_a_link_has_addresses_and_neighbours() -> None:
    lines = "\n".join(network_text.detail(network.LINKS[1], network.ADDRESSES, network.NEIGHBOURS, network.NOW / 1e6))
    assert "1000 Mbit/s full" in lines and "192.168.7.42/24  dynamic  until" in lines and "neighbour 192.168.7.1" in lines


def test_the_disks_in_one_line() -> None:
    line = disks_text.summary(disks.DEVICES, disks.STATUS, FULL)
    assert line == "/ 61 % of 29G   SN128 worn 12 %, healthy   Samsung SSD 980 41 °C, worn 3 %, healthy"
    assert disks_text.summary([], None, FULL) == "0 disks"


def test_devices_are_told_by_what_is_on_them() -> None:
    kinds = [disks_text.kind(row, disks.DEVICES) for row in disks.DEVICES]
    assert kinds == ["SD/eMMC", "vfat", "ext4", "NVMe", "luks, locked", "vfat"]
    opened = Device("dm-0", Kind.CRYPT, 1, "253:0", False, False, "nvme0n1p1", parents=["nvme0n1p1"])
    assert disks_text.kind(disks.DEVICES[4], [*disks.DEVICES, opened]) == "luks"
    assert [depth for depth, _ in disks_text.nested(disks.DEVICES)] == [0, 1, 1, 0, 1, 0]


def test_what_to_keep_off_is_said_where_it_is_mounted() -> None:
    assert [disks_text.places(row) for row in disks.DEVICES] == [
        "protected: system", "/boot, system", "/, you are here", "-", "-", "/media/ph\\xfcne, does not answer",
    ]  # fmt: skip
    assert [disks_text.tone(row) for row in disks.DEVICES][-1] == "error"


def test_the_detail_of_a_device_has_its_mounts() -> None:
    lines = disks_text.detail(disks.DEVICES[2], disks.MOUNTS, ASCII)
    assert "/  17G of 29G (61 %)  rw,relatime" in lines and lines[-1] == "protected: you are here"
    assert "it did not answer within 2 s" in "\n".join(disks_text.detail(disks.DEVICES[5], disks.MOUNTS, ASCII))


def test_a_route_is_told_with_all_that_is_not_usual_about_it() -> None:
    usual, local = network.ROUTES
    assert network_text.routes("eth0", [usual]) == ["route default  via 192.168.7.1  metric 100  by dhcp"]
    odd = replace(local, table="77", type="blackhole", metric=None, down=True)
    assert network_text.routes("eth0", [odd]) == ["route 192.168.7.0/24  blackhole  table 77  by kernel  not used"]
    assert network_text.routes("wlan0", [usual]) == []


def test_what_is_wrong_with_a_row_gives_its_tone() -> None:
    address, neighbour = network.ADDRESSES[2], network.NEIGHBOURS[0]
    rows: list[Any] = [
        replace(address, duplicate=True),
        replace(neighbour, state="failed"),
        replace(network.ROUTES[0], down=True),
        network.LINKS[3],
    ]
    assert [network_text.tone(row) for row in rows] == ["error", "warning", "dim", "dim"]
    assert {network_text.tone(row) for row in (address, neighbour, network.ROUTES[0], network.LINKS[1])} == {""}


def test_a_mount_tells_how_full_it_is_and_what_is_wrong_with_it() -> None:
    lines = disks_text.about(disks.MOUNTS[0])
    assert lines[:3] == ["/  ext4  /dev/mmcblk0p2", "device mmcblk0p2  179:2", "used 17G of 29G (61 %), 11G to be had"]
    assert "inodes 400000 of 1900000" in lines
    hung = disks_text.about(disks.MOUNTS[2])
    assert hung[-2:] == ["does not answer", "it did not answer within 2 s"] and "options rw,relatime" in hung
