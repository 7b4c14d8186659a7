"""What is on a device, by its first bytes."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.disks.probe import read_head
from services.disks.superblock import LENGTH, Content, identify

UUID = bytes(range(1, 17))
TEXT = "01020304-0506-0708-090a-0b0c0d0e0f10"


def image(*parts: tuple[int, bytes]) -> bytes:
    data = bytearray(LENGTH)
    for offset, content in parts:
        data[offset : offset + len(content)] = content
    return bytes(data)


@pytest.mark.parametrize(
    ("head", "content"),
    [
        (image((0x10040, b"_BHRfS_M"), (0x10020, UUID), (0x1012B, b"pool")), Content("btrfs", "pool", TEXT)),
        (image((0, b"XFSB"), (32, UUID), (108, b"data")), Content("xfs", "data", TEXT)),
        (image((1080, b"\x53\xef"), (1120, b"\x40\0\0\0"), (1128, UUID), (1144, b"r\xff")), Content("ext4", "r\\xff", TEXT)),
        (image((1080, b"\x53\xef"), (1116, b"\4\0\0\0")), Content("ext3", None, None)),
        (
            image((510, b"\x55\xaa"), (82, b"FAT32   "), (71, b"BOOT       "), (67, b"\x9c\x7a\x11\x8b")),
            Content("vfat", "BOOT", "8B11-7A9C"),
        ),
        (image((4086, b"SWAPSPACE2"), (1036, UUID)), Content("swap", None, TEXT)),
        (image((0, b"LUKS\xba\xbe\x00\x02"), (24, b"vault")), Content("crypto_LUKS", "vault", None)),
        (image((0, b"hsqs")), Content("squashfs", None, None)),
        (image((510, b"\x55\xaa")), Content()),
        (b"", Content()),
    ],
)
def test_file_systems_are_known_by_their_magic(head: bytes, content: Content) -> None:
    assert identify(head) == content


@given(st.binary(max_size=2000))
def test_garbage_is_nothing_known(head: bytes) -> None:
    identify(head)


@pytest.mark.needs("mkfs.ext4")
def test_what_mkfs_made_is_known(tmp_path: Path) -> None:
    path = tmp_path / "image"
    path.write_bytes(bytes(2 << 20))
    uuid = "6d0c1c2a-52d1-4a9e-9d0f-2b6c8a3f4e51"
    subprocess.run(["mkfs.ext4", "-q", "-L", "lab", "-U", uuid, str(path)], check=True, capture_output=True)
    assert identify(read_head(str(path))) == Content("ext4", "lab", uuid)
