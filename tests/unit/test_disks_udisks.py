"""What UDisks2 says of drives, and a bus that is absent, denied, hung or garbage."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from services.core.tree import Tree
from services.disks.udisks import ATA, BLOCK, BLOCKS, DRIVE, NAME, NVME, ROOT, Drive, Udisks, drives_of

OBJECTS: dict[str, dict[str, dict[str, Any]]] = {
    f"{BLOCKS}sda": {BLOCK: {"Device": b"/dev/sda\0", "Drive": f"{ROOT}/drives/old"}},
    f"{BLOCKS}sda1": {BLOCK: {"Device": b"/dev/sda1\0", "Drive": f"{ROOT}/drives/old"}, f"{NAME}.Partition": {}},
    f"{BLOCKS}nvme0n1": {BLOCK: {"Device": b"/dev/nvme0n1\0", "Drive": f"{ROOT}/drives/fast"}},
    f"{BLOCKS}loop0": {BLOCK: {"Device": b"/dev/loop0\0", "Drive": "/"}},
    f"{ROOT}/drives/old": {
        DRIVE: {"Vendor": "ATA", "Model": "Old", "Serial": "S1"},
        ATA: {"SmartUpdated": 5, "SmartFailing": True, "SmartTemperature": 313.15, "SmartNumBadSectors": 8},
    },
    f"{ROOT}/drives/fast": {
        DRIVE: {"Vendor": "", "Model": "SSD 980", "Serial": ""},
        NVME: {"SmartUpdated": 5, "SmartTemperature": 314, "SmartCriticalWarning": []},
    },
}
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def test_drives_are_told_by_their_disks() -> None:
    drives = drives_of(OBJECTS, {f"{ROOT}/drives/fast": 7.0})
    assert drives == {
        "sda": Drive("ATA Old", "S1", 40.0, None, False, "SMART says that it fails, 8 bad sectors"),
        "nvme0n1": Drive("SSD 980", None, 40.9, 7.0, True, None),
    }


@asynccontextmanager
async def bus(path: Path, serve: Serve) -> AsyncIterator[str]:
    """A socket where a bus should be."""
    async with await asyncio.start_unix_server(serve, path):
        yield str(path)


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\0\xff what\r\n" * 10)
    await reader.read(1)
    writer.close()


async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(100):
        writer.write(b"REJECTED EXTERNAL\r\n")
    writer.close()


@pytest.mark.parametrize("serve", [hang, babble, refuse])
async def test_a_bus_that_fails_is_said_and_left_alone_for_a_while(tmp_path: Path, serve: Serve) -> None:
    async with bus(tmp_path / "bus", serve) as path:
        udisks = Udisks(Tree(), path, 0.3)
        await udisks.refresh()
        assert udisks.drives == {} and len(udisks.unseen) == 1 and "UDisks2" in udisks.unseen[0]
        said = udisks.unseen
        await udisks.refresh()
        assert udisks.unseen is said


async def test_where_no_bus_runs_nothing_is_missed(tmp_path: Path) -> None:
    udisks = Udisks(Tree(), str(tmp_path / "none"))
    await udisks.refresh()
    assert (udisks.drives, udisks.unseen) == ({}, [])
