"""Disks in words: what screens and line mode say about them. Plain functions; strings from the host stay raw here."""

from collections.abc import Sequence

from sutra_client.gen.disks import Device, Kind, Mount, Status
from sutra_client.glyphs import Glyphs
from sutra_client.text import NIL, amount

RATE_FIELDS = ["read", "write"]
"""What a screen names in `fields` to see rates."""
LUKS = "crypto_LUKS"
NEARLY_FULL, FULL = 90.0, 97.0


def summary(devices: Sequence[Device], status: Status | None, glyphs: Glyphs) -> str:
    """How full / is, then what the disks say of themselves."""
    words = []
    if status is not None and status.root_use is not None and status.root_size is not None:
        words.append(f"/ {status.root_use:.0f} % of {amount(status.root_size, 'B')}")
    disks = [device for device in devices if device.kind == Kind.DISK]
    words += [f"{disk.model or disk.name} {', '.join(facts)}" for disk in disks if (facts := health(disk, glyphs))]
    return "   ".join(words) or f"{len(disks)} disk" + ("" if len(disks) == 1 else "s")


def health(device: Device, glyphs: Glyphs) -> list[str]:
    """What a disk says of itself; nothing where it says nothing."""
    facts = [f"{device.temperature:.0f} {glyphs.degree}C"] if device.temperature is not None else []
    facts += [f"worn {device.wear:.0f} %"] if device.wear is not None else []
    facts += ["healthy" if device.healthy else "failing"] if device.healthy is not None else []
    return facts


def nested(devices: Sequence[Device]) -> list[tuple[int, Device]]:
    """(depth, device), in the order of the rows: parents come first."""
    depths: dict[str, int] = {}
    rows = []
    for device in devices:
        depth = depths.get(device.parent, -1) + 1 if device.parent is not None else 0
        depths[device.name] = depth
        rows.append((depth, device))
    return rows


def kind(device: Device, devices: Sequence[Device]) -> str:
    """What is on it; of a whole disk how it is connected; a locked container says that it is."""
    if device.type == LUKS:
        return "luks" if any(device.name in other.parents for other in devices) else "luks, locked"
    if device.type is not None:
        return device.type
    if device.kind == Kind.DISK and device.bus is not None:
        return {"mmc": "SD/eMMC", "nvme": "NVMe", "usb": "USB", "ata": "ATA", "scsi": "SCSI"}.get(device.bus, device.bus)
    return str(device.kind)


def places(device: Device) -> str:
    """Where it is mounted, and why to keep off it."""
    words = [place.decode("utf-8", "backslashreplace") for place in device.mounts]
    if device.protected is not None:
        words.append(device.protected if device.mounts else f"protected: {device.protected}")
    if device.hung:
        words.append("does not answer")
    return ", ".join(words) or NIL


def tone(device: Device | Mount) -> str:
    """The tone of a row."""
    if device.hung or (isinstance(device, Device) and device.healthy is False):
        return "error"
    if device.use is None or (isinstance(device, Device) and device.type == "swap"):
        return ""
    return "error" if device.use >= FULL else "warning" if device.use >= NEARLY_FULL else ""


def detail(device: Device, mounts: Sequence[Mount], glyphs: Glyphs) -> list[str]:
    """All that is known of a device, a fact or a few a line."""
    first = [device.name, str(device.kind), amount(device.size, "B")]
    first += [word for word in (device.bus, device.model, device.serial) if word is not None]
    lines = ["  ".join(first)]
    facts = health(device, glyphs)
    facts += [
        word
        for word, holds in (("read-only", device.read_only), ("removable", device.removable), ("rotational", device.rotational))
        if holds
    ]
    lines += ["  ".join(facts)] if facts else []
    content = [f"{word} {value}" for word, value in (("label", device.label), ("uuid", device.uuid)) if value is not None]
    if device.type is not None or content:
        lines.append("  ".join([device.type or "no known file system", *content]))
    if device.file is not None:
        lines.append(f"file {device.file.decode('utf-8', 'backslashreplace')}")
    lines += [_mount(mount) for mount in mounts if mount.device == device.name]
    if device.read is not None and device.write is not None:
        lines.append(f"reads {amount(device.read, 'B/s')}  writes {amount(device.write, 'B/s')}")
    return [*lines, f"protected: {device.protected}"] if device.protected is not None else lines


def about(mount: Mount) -> list[str]:
    """All that is known of a mount, a fact or a few a line."""
    lines = [f"{mount.target.decode('utf-8', 'backslashreplace')}  {mount.type}  {mount.source}"]
    if mount.device is not None:
        lines.append(f"device {mount.device}  {mount.number}")
    if mount.used is not None and mount.size is not None and mount.available is not None and mount.use is not None:
        used, size, free = (amount(figure, "B") for figure in (mount.used, mount.size, mount.available))
        lines.append(f"used {used} of {size} ({mount.use:.0f} %), {free} to be had")
    if mount.inodes is not None and mount.inodes_free is not None:
        lines.append(f"inodes {mount.inodes - mount.inodes_free} of {mount.inodes}")
    lines.append(f"options {mount.options}")
    lines += ["read-only"] if mount.read_only else []
    lines += ["does not answer"] if mount.hung else []
    return [*lines, mount.problem] if mount.problem is not None else lines


def _mount(mount: Mount) -> str:
    words = [mount.target.decode("utf-8", "backslashreplace"), mount.options]
    if mount.used is not None and mount.size is not None and mount.use is not None:
        words.insert(1, f"{amount(mount.used, 'B')} of {amount(mount.size, 'B')} ({mount.use:.0f} %)")
    return "  ".join([*words, mount.problem] if mount.problem is not None else words)
