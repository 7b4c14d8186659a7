"""What is on a device by its first bytes, where no udev says it: the file systems and containers that boards carry."""

from typing import NamedTuple

LENGTH = 0x10200
"""Bytes that the probes look at: the superblock of btrfs begins at 64 KiB."""


class Content(NamedTuple):
    """What is not told is None. Types are named as blkid names them."""

    type: str | None = None
    label: str | None = None
    uuid: str | None = None


def identify(head: bytes) -> Content:
    """Nothing known when no probe fits."""
    for offset, magic, kind, label, length, uuid in _PROBES:
        if head[offset : offset + len(magic)] == magic:
            return Content(kind, _text(head, label, length), _uuid(head, uuid))
    if head[510:512] == b"\x55\xaa":
        if head[82:87] == b"FAT32":
            return Content("vfat", _fat_label(head[71:82]), _serial(head[67:71]))
        if head[54:58] == b"FAT1":
            return Content("vfat", _fat_label(head[43:54]), _serial(head[39:43]))
    if head[3:11] == b"EXFAT   ":
        return Content("exfat", None, _serial(head[100:104]))
    return _ext(head)


# offset and bytes of the magic, type, offset and length of the label, offset of the UUID; -1 for what it does not have
_PROBES: tuple[tuple[int, bytes, str, int, int, int], ...] = (
    (0, b"LUKS\xba\xbe\x00\x02", "crypto_LUKS", 24, 48, -1),
    (0, b"LUKS\xba\xbe", "crypto_LUKS", -1, 0, -1),
    (0, b"XFSB", "xfs", 108, 12, 32),
    (0x10040, b"_BHRfS_M", "btrfs", 0x1012B, 256, 0x10020),
    (4086, b"SWAPSPACE2", "swap", 1052, 16, 1036),
    (0, b"hsqs", "squashfs", -1, 0, -1),
    (1024, b"\xe2\xe1\xf5\xe0", "erofs", 1088, 16, 1072),
    (1024, b"\x10\x20\xf5\xf2", "f2fs", -1, 0, 1132),
    (512, b"LABELONE", "LVM2_member", -1, 0, -1),
    (32769, b"CD001", "iso9660", 32808, 32, -1),
    (4096, b"\xfc\x4e\x2b\xa9", "linux_raid_member", 4128, 32, 4112),
)


def _ext(head: bytes) -> Content:
    if head[1080:1082] != b"\x53\xef":
        return Content()
    compatible, incompatible = (int.from_bytes(head[at : at + 4], "little") for at in (1116, 1120))
    kind = "ext4" if incompatible & 0x2C0 else "ext3" if compatible & 0x4 else "ext2"
    return Content(kind, _text(head, 1144, 16), _uuid(head, 1128))


def _text(head: bytes, offset: int, length: int) -> str | None:
    if offset < 0:
        return None
    return head[offset : offset + length].split(b"\0", 1)[0].decode("utf-8", "backslashreplace").strip() or None


def _uuid(head: bytes, offset: int) -> str | None:
    raw = head[offset : offset + 16].hex() if offset >= 0 else ""
    return f"{raw[:8]}-{raw[8:12]}-{raw[12:16]}-{raw[16:20]}-{raw[20:]}" if len(raw) == 32 and any(digit != "0" for digit in raw) else None


def _serial(raw: bytes) -> str | None:
    text = raw[::-1].hex().upper()
    return f"{text[:4]}-{text[4:]}" if any(raw) else None


def _fat_label(raw: bytes) -> str | None:
    text = raw.decode("utf-8", "backslashreplace").strip()
    return text if text and text != "NO NAME" else None
