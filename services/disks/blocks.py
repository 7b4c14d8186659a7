"""Block devices by sysfs, and what udev remembers of them. Reading sleeps as long as the slowest sensor of a disk does."""

import re
from typing import NamedTuple

from services.core.tree import Tree, shown
from services.disks.superblock import Content
from sutra_client.gen.disks import Kind

SECTOR = 512
"""Bytes that sysfs counts in, whatever the device's own sectors are."""
MOST = 4096
_KINDS = (("loop", Kind.LOOP), ("zram", Kind.ZRAM), ("sr", Kind.ROM), ("md", Kind.MD), ("ram", Kind.OTHER))
_BUSES = (("usb", "/usb"), ("nvme", "/nvme"), ("mmc", "/mmc"), ("ata", "/ata"), ("virtio", "/virtio"), ("scsi", "/host"))
_ESCAPE = re.compile(r"\\x([0-9a-fA-F]{2})")


class Block(NamedTuple):
    """One device; None for what the host does not tell."""

    name: str
    kind: Kind
    size: int
    number: str
    read_only: bool
    removable: bool
    parents: tuple[str, ...] = ()
    content: Content = Content()
    bus: str | None = None
    model: str | None = None
    serial: str | None = None
    rotational: bool | None = None
    temperature: float | None = None
    wear: float | None = None
    end_of_life: int | None = None
    """What eMMC says of its reserved blocks: 1 normal, 2 warning, 3 urgent."""
    file: bytes | None = None
    mapped_name: str | None = None
    io_errors: int | None = None
    fs_errors: int | None = None
    """Errors that ext4 noted since they were last cleared."""
    missing: int | None = None
    """Disks that a RAID array lacks."""


def read_blocks(tree: Tree) -> list[Block]:
    """Parents before what stands on them; devices without a size and RAM disks are left out."""
    folder = f"{tree.sys}/class/block"
    blocks = {}
    for name in sorted(tree.names(folder)[:MOST], key=_natural):
        block = _block(tree, f"{folder}/{name}", shown(name))
        if block is not None:
            blocks[block.name] = block
    return in_order(blocks)


def in_order(blocks: dict[str, Block]) -> list[Block]:
    """Depth first; what stands on several is placed below the first."""
    children: dict[str, list[Block]] = {}
    for block in blocks.values():
        if block.parents and block.parents[0] in blocks:
            children.setdefault(block.parents[0], []).append(block)
    placed: dict[str, Block] = {}

    def place(block: Block) -> None:
        if block.name not in placed:
            placed[block.name] = block
            for child in children.get(block.name, ()):
                place(child)

    for block in blocks.values():
        if not block.parents or block.parents[0] not in blocks:
            place(block)
    return list(placed.values())


def _block(tree: Tree, path: str, name: str) -> Block | None:
    size = tree.number(f"{path}/size")
    number = tree.text(f"{path}/dev")
    if not size or number is None or size < 0 or name.startswith("ram"):
        return None
    place = tree.link(path) or ""
    known = udev(tree, number)
    parents = _parents(tree, path, place)
    kind = _kind(tree, path, name)
    whole = kind != Kind.PARTITION
    mapped = tree.text(f"{path}/dm/name")
    return Block(
        name,
        kind,
        size * SECTOR,
        number,
        tree.text(f"{path}/ro") == "1",
        tree.text(f"{path}/removable") == "1",
        parents,
        Content(known.get("ID_FS_TYPE"), _plain(known.get("ID_FS_LABEL_ENC")), known.get("ID_FS_UUID")),
        next((bus for bus, part in _BUSES if part in place), None) if whole else None,
        _plain(known.get("ID_MODEL_ENC")) or tree.text(f"{path}/device/model") or tree.text(f"{path}/device/name") if whole else None,
        known.get("ID_SERIAL_SHORT") or tree.text(f"{path}/serial") or tree.text(f"{path}/device/serial") if whole else None,
        _flag(tree.text(f"{path}/queue/rotational")) if whole else None,
        _temperature(tree, path) if whole else None,
        _wear(tree.text(f"{path}/device/life_time")),
        _hexadecimal(tree.text(f"{path}/device/pre_eol_info")),
        _file(tree.read(f"{path}/loop/backing_file")),
        mapped,
        _hexadecimal(tree.text(f"{path}/device/ioerr_cnt")) if whole else None,
        tree.number(f"{tree.sys}/fs/ext4/{name}/errors_count"),
        tree.number(f"{path}/md/degraded"),
    )


def _kind(tree: Tree, path: str, name: str) -> Kind:
    if tree.exists(f"{path}/partition"):
        return Kind.PARTITION
    if tree.exists(f"{path}/dm"):
        uuid = tree.text(f"{path}/dm/uuid") or ""
        return Kind.CRYPT if uuid.startswith("CRYPT-") else Kind.LVM if uuid.startswith("LVM-") else Kind.MAPPED
    return next((kind for prefix, kind in _KINDS if re.fullmatch(rf"{prefix}\d.*", name)), Kind.DISK)


def _parents(tree: Tree, path: str, place: str) -> tuple[str, ...]:
    """A partition lies in its disk's folder; what is mapped names what it stands on."""
    if tree.exists(f"{path}/partition"):
        return (place.split("/")[-2],) if place.count("/") > 1 else ()
    return tuple(shown(name) for name in tree.names(f"{path}/slaves"))


def udev(tree: Tree, number: str) -> dict[str, str]:
    """The properties that udev noted of a block device; empty where it does not run."""
    text = tree.read(f"{tree.run}/udev/data/b{number}") or b""
    lines = [shown(line[2:]).partition("=") for line in text.split(b"\n") if line.startswith(b"E:")]
    return {name: value for name, separator, value in lines if separator and value}


def _plain(text: str | None) -> str | None:
    """What is no plain letter udev writes as a backslash, an x and two digits, byte by byte."""
    if text is None:
        return None
    raw = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    try:
        return raw.encode("latin-1").decode("utf-8", "backslashreplace").strip() or None
    except UnicodeEncodeError:
        return text  # not written by udev after all


def _temperature(tree: Tree, path: str) -> float | None:
    for folder in (f"{path}/device", f"{path}/device/hwmon", f"{path}/device/device/hwmon"):
        for name in tree.names(folder):
            value = tree.number(f"{folder}/{name}/temp1_input") if name.startswith("hwmon") else None
            if value is not None:
                return value / 1000
    return None


def _wear(text: str | None) -> float | None:
    """Two estimates of eMMC (types A and B), each in tenths from 1; the worse counts. 0 is not told."""
    steps = [step for word in (text or "").split() if (step := _hexadecimal(word)) is not None]
    return min(100.0, 10.0 * max(steps)) if any(steps) else None


def _hexadecimal(text: str | None) -> int | None:
    try:
        return int(text, 16) if text is not None else None
    except ValueError:
        return None


def _flag(text: str | None) -> bool | None:
    return text == "1" if text in ("0", "1") else None


def _file(text: bytes | None) -> bytes | None:
    return text.removesuffix(b"\n") or None if text is not None else None


def _natural(name: str) -> tuple[str, int, str]:
    """sda2 before sda10."""
    word = name.rstrip("0123456789")
    return word, int(name[len(word) :][:18] or -1), name
