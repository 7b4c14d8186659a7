"""Boot Loader Specification entries as OSTree writes them, and where their `ostree=` leads."""

import os
import re
from typing import NamedTuple

from services.core.tree import Tree, shown

_TARGET = re.compile(r"(?:^|/)deploy/([^/]+)/deploy/([0-9a-f]{64})\.(\d{1,9})/?$")
_BOOT_LINK = re.compile(r"/ostree/boot\.[01](?:\.[01])?/([^/]+)/([0-9a-f]{64})/(\d{1,9})$")


class Name(NamedTuple):
    """What tells deployments of one sysroot apart."""

    stateroot: str
    """With bytes that are no UTF-8 as os.fsdecode leaves them."""
    checksum: str
    serial: int

    @property
    def folder(self) -> str:
        """Below /ostree/deploy."""
        return f"{self.stateroot}/deploy/{self.checksum}.{self.serial}"


class Entry(NamedTuple):
    """One boot entry."""

    file: str
    version: int
    """The highest is the default."""
    options: list[str]
    """Without ostree=."""
    link: str
    """The value of ostree=; empty where there is none."""
    kernel: str
    """Path of the kernel below /boot."""
    initrds: list[str]

    @property
    def boot_checksum(self) -> str | None:
        """The checksum of kernel and initramfs that the link names."""
        found = _BOOT_LINK.match(self.link)
        return found[2] if found else None


def parse(file: str, data: bytes) -> Entry:
    """Unknown keys are passed over; a key of one value keeps the last."""
    values: dict[str, str] = {}
    initrds: list[str] = []
    for line in shown(data).splitlines():
        key, _, value = line.strip().replace("\t", " ").partition(" ")
        value = value.strip()
        if key == "initrd":
            initrds.append(value)
        elif key and key[0] != "#":
            values[key] = f"{values[key]} {value}" if key == "options" and key in values else value
    words = values.get("options", "").split()
    link = next((word[7:] for word in words if word.startswith("ostree=")), "")
    number = values.get("version", "")
    version = int(number) if number.isdecimal() and number.isascii() and len(number) < 10 else -1
    return Entry(file, version, [word for word in words if not word.startswith("ostree=")], link, values.get("linux", ""), initrds)


def target(tree: Tree, link: str) -> Name | None:
    """The deployment that a boot link (/ostree/boot.1/os/checksum/0) leads to, read without following it to the tree itself."""
    if not _BOOT_LINK.match(link):
        return None
    for place in (link, f"/sysroot{link}"):
        try:
            found = _TARGET.search(os.readlink(tree.at(place, follow=False)))
        except (OSError, ValueError):
            continue
        return Name(found[1], found[2], int(found[3])) if found else None
    return None


def named(stateroot: str, folder: str) -> Name | None:
    """From the name of a folder below /ostree/deploy/<stateroot>/deploy."""
    found = _TARGET.search(f"deploy/{stateroot}/deploy/{folder}")
    return Name(found[1], found[2], int(found[3])) if found else None
