"""The rows of the disks service, put together from what sysfs, the mounts and the file systems say."""

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from services.core.kernel import Usage
from services.core.mounts import unescaped
from services.core.tree import Tree, shown
from services.disks.blocks import Block
from services.disks.mounts import Mounted
from sutra_client.events import Key
from sutra_client.gen.disks import Device, Mount

HERE, SYSTEM = "you are here", "system"
SYSTEM_PLACES = frozenset(b"/boot /boot/efi /boot/firmware /efi /usr /var /etc /sysroot /nix /cache /avyos /ostree [SWAP]".split())
SWAP = b"[SWAP]"


class Swap(NamedTuple):
    """A line of /proc/swaps; bytes."""

    device: str
    size: int
    used: int


class State(NamedTuple):
    """All that was read at one moment."""

    blocks: tuple[Block, ...]
    mounts: tuple[Mounted, ...]
    swaps: tuple[Swap, ...]


class Answers(NamedTuple):
    """How full the mounts are, by mount point."""

    known: Mapping[bytes, Usage]
    problems: Mapping[bytes, str]
    hung: Iterable[bytes]


def read_swaps(tree: Tree) -> tuple[Swap, ...]:
    """In kB in the file."""
    rows = [line.split() for line in (tree.read(f"{tree.proc}/swaps") or b"").split(b"\n")[1:]]
    return tuple(
        Swap(shown(os.path.basename(unescaped(row[0]))), int(row[2]) * 1024, int(row[3]) * 1024)
        for row in rows
        if len(row) >= 4 and row[2].isdigit() and row[3].isdigit()
    )


def below(mounts: Iterable[Mounted], blocks: Iterable[Block]) -> dict[int, str]:
    """Mount id -> the block device below it: by number, and for file systems with numbers of their own (btrfs) by the source's name."""
    by_number = {block.number: block.name for block in blocks}
    by_path = {f"/dev/{block.name}": block.name for block in blocks}
    by_path.update((f"/dev/mapper/{block.mapped_name}", block.name) for block in blocks if block.mapped_name)
    found = {}
    for mount in mounts:
        name = by_number.get(mount.number) or by_path.get(mount.source)
        if name is not None:
            found[mount.id] = name
    return found


def mount_rows(state: State, answers: Answers) -> dict[Key, Mount]:
    devices = below(state.mounts, state.blocks)
    top = {mount.target: mount.id for mount in state.mounts}
    hung = set(answers.hung)
    rows: dict[Key, Mount] = {}
    for mount in state.mounts:
        seen = top[mount.target] == mount.id
        usage = answers.known.get(mount.target) if seen else None
        held = usage is not None and usage.total > 0
        rows[mount.id,] = Mount(
            mount.target,
            mount.kind,
            mount.source,
            mount.id,
            mount.read_only,
            seen and mount.target in hung,
            mount.options,
            mount.number,
            usage.total if usage and held else None,
            usage.used if usage and held else None,
            usage.available if usage and held else None,
            round(usage.share, 1) if usage and held else None,
            usage.inodes if usage and usage.inodes else None,
            usage.inodes_free if usage and usage.inodes else None,
            devices.get(mount.id),
            answers.problems.get(mount.target) if seen else "another file system is mounted over it",
        )
    return rows


def device_rows(state: State, answers: Answers) -> dict[Key, Device]:
    devices = below(state.mounts, state.blocks)
    points: dict[str, list[Mounted]] = {}
    for mount in state.mounts:
        if mount.id in devices:
            points.setdefault(devices[mount.id], []).append(mount)
    swaps = {swap.device: swap for swap in state.swaps}
    places = {name: [mount.target for mount in held] for name, held in points.items()}
    for name in swaps:
        places.setdefault(name, []).append(SWAP)
    guard = protected(state.blocks, places)
    hung = set(answers.hung)
    rows: dict[Key, Device] = {}
    for block in state.blocks:
        own = sorted(dict.fromkeys(places.get(block.name, [])), key=lambda place: (len(place), place))
        usage = next((answers.known[place] for place in own if place in answers.known), None)
        swap = swaps.get(block.name)
        held = points.get(block.name, [])
        rows[block.name,] = Device(
            block.name,
            block.kind,
            block.size,
            block.number,
            block.read_only,
            block.removable,
            parent=block.parents[0] if block.parents else None,
            type=block.content.type or (held[0].kind if held else "swap" if swap else None),
            label=block.content.label,
            used=swap.used if swap else usage.used if usage else None,
            use=round(100.0 * swap.used / swap.size, 1) if swap and swap.size else round(usage.share, 1) if usage else None,
            mounts=own,
            protected=guard.get(block.name),
            bus=block.bus,
            model=block.model,
            serial=block.serial,
            uuid=block.content.uuid,
            rotational=block.rotational,
            temperature=block.temperature,
            wear=block.wear,
            healthy=False if block.end_of_life == 3 else None if block.end_of_life is None else True,
            parents=list(block.parents),
            file=block.file,
            mapped_name=block.mapped_name,
            hung=any(place in hung for place in own),
        )
    return rows


def protected(blocks: Iterable[Block], places: Mapping[str, list[bytes]]) -> dict[str, str]:
    """Device -> why nothing destructive should be done to it, for what the system lies on and all that this stands on."""
    parents = {block.name: block.parents for block in blocks}
    found: dict[str, str] = {}

    def mark(name: str, why: str) -> None:
        if name not in found:
            found[name] = why
            for parent in parents.get(name, ()):
                mark(parent, SYSTEM)

    for name, own in places.items():
        if b"/" in own:
            mark(name, HERE)
    for name, own in places.items():
        if SYSTEM_PLACES & set(own):
            mark(name, SYSTEM)
    return found
