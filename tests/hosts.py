"""The family of systems as trees of files, one scratch root each, made from what is known of their layouts."""

import json
import os
import sqlite3
import struct
from collections.abc import Mapping
from pathlib import Path

from planted import plant

CHECKSUMS = ("a" * 64, "b" * 64, "c" * 64)
"""Commits of the OSTree deployments of arkes(), newest first."""
BOOT_CHECKSUM = "e" * 64
HOSTILE = "\x1b]52;c;aGk=\x07\u202eevil"
"""What a terminal would act on."""


def release(**fields: str) -> str:
    """An os-release file."""
    return "".join(f'{name.upper()}="{value}"\n' for name, value in fields.items())


def proc(root: Path, comm: str, cmdline: str = "") -> None:
    """As much of procfs as tells that it is there, what process 1 is, and how the kernel was started."""
    plant(root, {"/proc/stat": "cpu 0 0 0 0\n", "/proc/1/comm": f"{comm}\n", "/proc/cmdline": f"{cmdline}\n"})


def program(root: Path, pid: int, words: list[str], cwd: str = "/", tree: str = "/", procfs: str = "/proc") -> None:
    """A process; its exe, cwd and root are links as the kernel shows them."""
    plant(root, {f"{procfs}/{pid}/cmdline": "\0".join(words) + "\0", f"{procfs}/{pid}/exe": f"-> {words[0]}"})
    plant(root, {f"{procfs}/{pid}/cwd": f"-> {cwd}", f"{procfs}/{pid}/root": f"-> {tree}"})


def avyos(root: Path) -> str:
    """avyos with apps in both places and a distro."""
    manifest = {"id": "dev.avyos.files", "name": "Files", "exec": "./files"}
    own = {"id": "dev.avyos.files", "name": "My Files"}
    plant(
        root,
        {
            "/avyos/cmd/init": "",
            "/avyos/cmd/edit": "",
            "/config/release.conf": release(name="avyos", id="avyos", version="0.4", pretty_name="avyos 0.4"),
            "/cache/kernel/processes/stat": "cpu 0 0 0 0\n",
            "/cache/kernel/processes/1/comm": "init\n",
            "/cache/kernel/processes/sys/kernel/osrelease": "6.12.40-avyos\n",
            "/avyos/apps/dev.avyos.files/manifest.json": json.dumps(manifest),
            "/avyos/apps/dev.avyos.files/files": "",
            "/avyos/apps/dev.avyos.files/icon.svg": "<svg/>",
            "/apps/dev.avyos.files/manifest.json": json.dumps(own),
            "/apps/dev.avyos.files/exec": "",
            "/apps/dev.avyos.edit/manifest.json": json.dumps({"name": "Edit", "exec": "edit"}),
            "/apps/dev.avyos.gone/manifest.json": json.dumps({"name": HOSTILE, "exec": "./gone"}),
            "/apps/not-an-app/readme": "",
            "/linux/alpine/bin/busybox": "",
            "/linux/alpine/etc/os-release": release(
                name="Alpine Linux", id="alpine", version_id="3.22.1", pretty_name="Alpine Linux v3.22"
            ),
            "/linux/half/tmp/part": "",
        },
    )
    program(root, 40, ["/avyos/apps/dev.avyos.files/files"], "/avyos/apps/dev.avyos.files", procfs="/cache/kernel/processes")
    program(root, 41, ["/bin/sh"], tree="/linux/alpine", procfs="/cache/kernel/processes")
    return str(root)


def aerynos(root: Path, active: int = 5, started: int | None = 5) -> str:
    """AerynOS with three moss states, the last of which was never finished; `started` is what the boot entry named."""
    proc(root, "systemd", f"root=UUID=x rw moss.fstx={started}" if started is not None else "root=UUID=x rw")
    plant(
        root,
        {
            "/usr/.stateID": str(active),
            "/usr/lib/os-release": release(name="AerynOS", id="aerynos", version="2026.10", pretty_name="AerynOS 2026.10"),
            "/usr/lib/kernel/6.12.40-1.desktop/vmlinuz": "",
            "/.moss/root/4/usr/lib/os-release": release(name="AerynOS", id="aerynos", version="2026.09", pretty_name="AerynOS 2026.09"),
            "/.moss/root/4/usr/lib/kernel/6.12.36-1.desktop/vmlinuz": "",
            "/.moss/.moss-lockfile": "",
            "/.moss/db/placeholder": "",
        },
    )
    with_states(root / ".moss/db/state", [(4, 1_780_000_000, "Install"), (5, 1_785_000_000, "Sync"), (6, 1_786_000_000, HOSTILE)])
    return str(root)


def with_states(path: Path, states: list[tuple[int, object, object]]) -> None:
    """A state database as moss makes it; each state holds two packages."""
    database = sqlite3.connect(path)
    database.executescript(
        """pragma user_version = 1;
        create table state (id integer primary key autoincrement, type text not null default 'transaction',
            created bigint not null default (unixepoch()), summary text, description text);
        create table state_selections (state_id integer not null references state (id) on delete cascade, package_id text not null,
            explicit boolean not null, reason text, primary key (state_id, package_id));"""
    )
    database.executemany("insert into state (id, created, summary) values (?, ?, ?)", states)
    for number, *_ in states:
        database.executemany("insert into state_selections values (?, ?, 1, null)", [(number, "a"), (number, "b")])
    database.commit()
    database.close()


def icenet(root: Path) -> str:
    """IceNet-OS in its native form: ice-pkg, nothing that could be deployed or rolled back."""
    proc(root, "icenet-init")
    plant(
        root,
        {
            "/sbin/icenet-init": "",
            "/etc/icenet/services/sshd": "exec=/usr/sbin/sshd -D\nrespawn=yes\n",
            "/var/lib/ice-pkg/hello.installed": "name=hello\nversion=latest\ninstalled=1795216032\n",
            "/etc/hostname": "icebox\n",
        },
    )
    return str(root)


def spectrum(root: Path) -> str:
    """Spectrum OS: s6, a verified root, one VM a program."""
    proc(root, "s6-svscan", "ro intel_iommu=on roothash=0123456789abcdef")
    plant(
        root,
        {
            "/etc/os-release": release(name="Spectrum", pretty_name="Spectrum"),
            "/run/service/vmm/run": "",
            "/ext/svc/data/browser/vmlinux": "",
        },
    )
    return str(root)


def entry(version: int, number: int, name: str = "arkes") -> str:
    """A boot entry as OSTree writes it."""
    link = f"/ostree/boot.1/{name}/{BOOT_CHECKSUM}/{number}"
    kernel = f"/ostree/{name}-{BOOT_CHECKSUM}/vmlinuz-6.12.{number}"
    return f"title Arkes (ostree:{number})\nversion {version}\noptions root=LABEL=SYS_ROOT rw ostree={link}\nlinux {kernel}\n"


def arkes(root: Path, booted: int | None = 1, cmdline: str | None = None) -> str:
    """Arkēs with three deployments in the stateroot arkes; `booted` by the kernel's command line, as no tree can be / of its own."""
    link = f"/ostree/boot.1/arkes/{BOOT_CHECKSUM}/{booted}"
    proc(root, "systemd", cmdline if cmdline is not None else f"root=LABEL=SYS_ROOT rw ostree={link}" if booted is not None else "rw")
    files: dict[str, str | bytes] = {
        "/run/ostree-booted": "",
        "/ostree/repo/config": "[core]\nrepo_version=1\nmode=bare\n",
        "/boot/loader": "-> loader.1",
        "/ostree/boot.1": "-> boot.1.1",
        "/usr/lib/system/_os/__init__.py": "",
    }
    for number, checksum in enumerate(CHECKSUMS):
        tree = f"/ostree/deploy/arkes/deploy/{checksum}.0"
        files |= {
            f"/boot/loader.1/entries/ostree-{3 - number}-arkes.conf": entry(3 - number, number),
            f"/ostree/boot.1.1/arkes/{BOOT_CHECKSUM}/{number}": f"-> ../../../deploy/arkes/deploy/{checksum}.0",
            f"{tree}/usr/lib/os-release": release(
                id="arkes", pretty_name="Arkes Arch Linux", version="2026.08.2", version_id=str(3 - number)
            ),
            f"{tree}/usr/lib/modules/6.12.{number}/vmlinuz": "kernel",
            f"{tree}.origin": "[origin]\nrefspec=arkes/system\n",
        }
    files["/usr/lib/os-release"] = release(id="arkes", pretty_name="Arkes Arch Linux")
    return plant(root, files)


def entries(values: Mapping[str, tuple[str, bytes]]) -> bytes:
    """A GVariant a{sv}, as GLib writes it: values by name, each with its type and serialised form."""
    body, ends = b"", []
    for name, (kind, value) in values.items():
        body += b"\0" * (-len(body) % 8)
        item = name.encode() + b"\0"
        key_end = len(item)
        item += b"\0" * (-len(item) % 8) + value + b"\0" + kind.encode()
        body += item + key_end.to_bytes(width(len(item), 1), "little")
        ends.append(len(body))
    size = width(len(body), len(ends))
    return body + b"".join(end.to_bytes(size, "little") for end in ends)


def width(length: int, offsets: int) -> int:
    """Bytes of each of the offsets that follow so many bytes."""
    return next(size for size in (1, 2, 4, 8) if length + offsets * size < 1 << 8 * size)


def staged(stateroot: str, folder: str) -> bytes:
    """/run/ostree/staged-deployment."""
    target = entries({"name": ("s", folder.encode() + b"\0"), "osname": ("s", stateroot.encode() + b"\0")})
    return entries({"target": ("a{sv}", target), "kargs": ("as", b"rw\0quiet\0\x03\x09")})


def device_of(path: Path) -> bytes:
    """(device, inode) as /run/ostree-booted of a composefs host notes it."""
    about = os.stat(path)
    return entries({"backing-root-device-inode": ("(tt)", struct.pack("<QQ", about.st_dev, about.st_ino))})


SYSTEMS = {"avyos": avyos, "aerynos": aerynos, "icenet": icenet, "arkes": arkes, "spectrum": spectrum}
"""Kind as the system service names it -> what plants it."""
