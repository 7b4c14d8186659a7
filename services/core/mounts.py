"""The mounted file systems: what /proc/self/mountinfo and /etc/fstab say of them, and how full they are.

Only local file systems are ever asked how full they are: statvfs on a dead server hangs, and nothing can end it.
"""

from typing import NamedTuple

from services.core.kernel import Kernel, Usage
from services.core.tree import shown

LOCAL = frozenset(
    "ext2 ext3 ext4 xfs btrfs f2fs vfat msdos exfat ntfs3 bcachefs zfs jfs reiserfs nilfs2 ubifs jffs2 minix hfsplus ufs tmpfs".split()
)
"""Types on a device of this machine, or in its memory, that can be written and so can fill."""
REMOTE = ("nfs", "cifs", "smb", "fuse", "9p", "ceph", "afs", "gfs2", "ocfs2", "lustre", "glusterfs", "virtiofs", "coda", "ncpfs")
"""How the names of types begin whose statvfs asks another machine or program."""
STATE_PLACES = ("/var", "/cache", "/ext", "/sysroot", "/home")
"""Where image-based systems keep what changes, the likeliest first."""
MOST = 256
"""Mounts that are watched; a container host can have thousands, nearly all of them bind mounts and overlays."""


class Mount(NamedTuple):
    """One mount of this mount namespace."""

    point: str
    """Valid UTF-8, to be shown."""
    path: bytes
    """The same as the kernel has it."""
    device: str
    """major:minor of the file system."""
    kind: str
    source: str
    readonly: bool
    """Of the mount itself."""
    frozen: bool
    """Read-only as a whole file system, whichever way it is mounted."""
    remounts: bool
    """Goes read-only by itself on an error (errors=remount-ro)."""


def parse_mountinfo(text: bytes) -> list[Mount]:
    """In mount order, at most one a mount point: the one on top. proc_pid_mountinfo(5)."""
    mounts: dict[bytes, Mount] = {}
    for line in text.split(b"\n"):
        front, separator, back = line.partition(b" - ")
        fields, rest = front.split(b" "), back.split(b" ")
        if not separator or len(fields) < 6 or len(rest) < 3:
            continue
        path = unescaped(fields[4])
        options, whole = fields[5].split(b","), rest[2].split(b",")
        mounts.pop(path, None)
        mounts[path] = Mount(
            shown(path),
            path,
            shown(fields[2]),
            shown(rest[0]),
            shown(unescaped(rest[1])),
            b"ro" in options,
            b"ro" in whole,
            b"errors=remount-ro" in whole,
        )
    return list(mounts.values())


def unescaped(field: bytes) -> bytes:
    """The kernel writes space, tab, newline and backslash as three octal digits."""
    first, *parts = field.split(b"\\")
    plain = first
    for part in parts:
        octal = part[:3]
        if len(octal) == 3 and all(digit in b"01234567" for digit in octal) and octal[0] in b"0123":
            plain += bytes((int(octal, 8),)) + part[3:]
        else:
            plain += b"\\" + part
    return plain


def parse_fstab(text: bytes) -> frozenset[str]:
    """Mount points that are to be mounted writable at boot."""
    writable = set()
    for line in text.split(b"\n"):
        fields = line.split()
        if len(fields) < 3 or fields[0].startswith(b"#") or not fields[1].startswith(b"/"):
            continue
        options = fields[3].split(b",") if len(fields) > 3 else []
        if b"ro" not in options and b"noauto" not in options:
            writable.add(shown(unescaped(fields[1])))
    return frozenset(writable)


def watched(mounts: list[Mount]) -> list[Mount]:
    """Local file systems, each once, by its shortest mount point. An overlay counts only as the root."""
    chosen: dict[str, Mount] = {}
    for mount in mounts:
        if mount.kind not in LOCAL and not (mount.kind == "overlay" and mount.point == "/"):
            continue
        other = chosen.get(mount.device)
        if other is None or len(mount.path) < len(other.path):
            chosen[mount.device] = mount
    return list(chosen.values())[:MOST]


def unwatched(mounts: list[Mount]) -> list[str]:
    """A sentence for each file system that is not asked how full it is because the answer may never come."""
    return [
        f"How full {mount.point} is ({mount.kind}) is not watched: asking could hang."
        for mount in mounts
        if mount.kind.startswith(REMOTE) and mount.kind != "fusectl"
    ][:MOST]


def root_mount(mounts: list[Mount]) -> Mount | None:
    """What the root figures describe: /, or where / cannot be written, the writable place of the host's state."""
    by_point = {mount.point: mount for mount in mounts}
    root = by_point.get("/")
    if root is not None and not root.frozen and (root.kind in LOCAL or root.kind == "overlay"):
        return root
    for place in STATE_PLACES:
        mount = by_point.get(place)
        if mount is not None and mount.kind in LOCAL and not mount.frozen:
            return mount
    return root if root is not None and root.kind in LOCAL else None


def measure(mounts: list[Mount], kernel: Kernel, root: str = "") -> dict[str, Usage]:
    """Mount point -> how full; those that do not answer are left out. Sleeps as long as the slowest file system does."""
    found: dict[str, Usage] = {}
    for mount in mounts:
        try:
            usage = kernel.usage(root.encode() + mount.path)
        except OSError:
            continue
        if usage.total:
            found[mount.point] = usage
    return found
