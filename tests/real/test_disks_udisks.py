"""The disks service and a real UDisks2."""

import asyncio
import json

from boxes.box import Box
from services.core.tree import Tree
from services.disks.udisks import Udisks


async def test_a_real_udisks_is_asked_and_answers(device_box: Box) -> None:
    await asyncio.to_thread(device_box.text, "systemctl", "start", "udisks2.service")
    udisks = Udisks(Tree(), device_box.bus.removeprefix("unix:path="))
    await udisks.refresh()
    assert udisks.unseen == []


async def test_disks_in_a_box_agree_with_its_lsblk(device_box: Box) -> None:
    ours = await asyncio.to_thread(device_box.avyctl, "disks", "list", "-o", "json")
    theirs = json.loads(device_box.text("lsblk", "-J", "-b", "-l", "-o", "NAME,SIZE"))["blockdevices"]
    assert {row["name"]: row["size"] for row in json.loads(ours.out)} == {row["name"]: row["size"] for row in theirs if row["size"]}


async def test_the_network_of_a_box_agrees_with_ip(device_box: Box) -> None:
    ours = await asyncio.to_thread(device_box.avyctl, "network", "list", "-o", "json")
    theirs = json.loads(device_box.text("ip", "-j", "link"))
    assert {(row["name"], row["index"], row["mtu"]) for row in json.loads(ours.out)} == {
        (row["ifname"], row["ifindex"], row["mtu"]) for row in theirs
    }
