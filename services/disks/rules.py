"""When disks need attention. Each rule is a pure function of the newest state.

How full file systems are, their inodes, and those that went read-only are the system service's findings.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from services.core.tree import shown
from services.disks.blocks import Block
from sutra_client.gen.core import Finding, Severity

WORN, VERY_WORN = 80.0, 100.0
"""Percent of a disk's life."""
DETAIL = "avyctl disks list -o wide"


class View(NamedTuple):
    """The disks at one moment."""

    blocks: tuple[Block, ...]
    hung: tuple[bytes, ...] = ()
    first_errors: Mapping[str, int] = {}
    """Disk -> failed requests when watching began."""
    failing: Mapping[str, str] = {}
    """Disk -> what it says of its own failing health."""


def worn(now: View) -> Iterator[Finding]:
    """Flash that has spent its life."""
    for block in now.blocks:
        if block.wear is None and block.end_of_life in (None, 1):
            continue
        spent = f"{block.wear:.0f} % of its life is spent" if block.wear is not None else "its reserve is used up"
        urgent = block.end_of_life == 3 or (block.wear or 0) >= VERY_WORN
        if urgent or block.end_of_life == 2 or (block.wear or 0) >= WORN:
            severity = Severity.ERROR if urgent else Severity.WARNING
            yield Finding(f"worn:{block.name}", severity, block.name, spent, "Back up what is on it, and replace it.", DETAIL)


def failing(now: View) -> Iterator[Finding]:
    """Disks that say of themselves that they fail."""
    for name, text in now.failing.items():
        yield Finding(f"failing:{name}", Severity.CRITICAL, name, text, "Back up what is on it now, and replace it.", DETAIL)


def fs_errors(now: View) -> Iterator[Finding]:
    """Errors that a file system noted in itself."""
    for block in now.blocks:
        if block.fs_errors:
            text = f"its file system noted {block.fs_errors} error{'s' if block.fs_errors > 1 else ''}"
            advice = "Unmount it and let fsck check it; look for errors of its disk in the kernel's log."
            yield Finding(f"fs-errors:{block.name}", Severity.ERROR, block.name, text, advice, DETAIL)


def io_errors(now: View) -> Iterator[Finding]:
    """Requests that failed while this was watched: the count since boot holds harmless ones, of commands a disk does not know."""
    for block in now.blocks:
        count = (block.io_errors or 0) - now.first_errors.get(block.name, block.io_errors or 0)
        if count > 0:
            text = f"{count} request{'s' if count > 1 else ''} failed"
            advice = "Look for its errors in the kernel's log; check cable and power; back up what is on it."
            yield Finding(f"io-errors:{block.name}", Severity.ERROR, block.name, text, advice, "avyctl disks metrics -w")


def degraded(now: View) -> Iterator[Finding]:
    """RAID arrays without all their disks."""
    for block in now.blocks:
        if block.missing:
            text = f"{block.missing} of its disks {'are' if block.missing > 1 else 'is'} missing"
            yield Finding(
                f"degraded:{block.name}", Severity.ERROR, block.name, text, "Replace what failed and add it to the array.", DETAIL
            )


def hung(now: View) -> Iterator[Finding]:
    """Mounts that do not answer."""
    for target in now.hung:
        name = shown(target)
        advice = "See whether its server or program runs; unmount it with umount -l if it is gone."
        yield Finding(f"hung:{name}", Severity.ERROR, name, "it does not answer", advice, "avyctl disks mounts")


RULES = (failing, worn, fs_errors, io_errors, degraded, hung)


class Judge:
    """Findings by id, each with the time it began where that was seen."""

    def __init__(self) -> None:
        self._rows: dict[str, Finding] | None = None
        self._first_errors: dict[str, int] = {}

    def watch(self, blocks: Iterable[Block]) -> Mapping[str, int]:
        """Failed requests of each disk when it was first seen."""
        present = {block.name: block.io_errors for block in blocks if block.io_errors is not None}
        self._first_errors = {name: self._first_errors.get(name, count) for name, count in present.items()}
        return self._first_errors

    def rows(self, now: View, wall: int) -> dict[str, Finding]:
        """`wall` in unix microseconds."""
        before = self._rows
        found: dict[str, Finding] = {}
        for finding in (finding for rule in RULES for finding in rule(now)):
            old = before.get(finding.id) if before is not None else None
            found[finding.id] = replace(finding, since=old.since if old is not None else None if before is None else wall)
        self._rows = found
        return found
