"""What about OSTree's deployments needs attention."""

import os
from collections.abc import Iterator

from services.core import keyfile
from services.core.kernel import Kernel, Usage
from services.core.tree import shown
from services.deployments.bls import Name
from services.deployments.sysroot import STAGED, Sysroot
from sutra_client.gen.core import Finding, Severity
from sutra_client.gen.deployments import Deployment, Unlocked
from sutra_client.text import amount

LIST = "avyctl deployments list -o wide"
REFUSES = 3
"""Percent of free space below which OSTree writes nothing more, unless its repository is configured otherwise."""


def judge(sysroot: Sysroot, rows: list[Deployment]) -> list[Finding]:
    """In no particular order."""
    found = [*_waiting(sysroot, rows), *_each(rows), *_files(sysroot)]
    if not sysroot.tree.root:
        found += space(*_usages(sysroot), _reserve(sysroot))
    return found


def label(row: Deployment) -> str:
    """A deployment as a sentence names it."""
    return row.version or f"{(row.checksum or row.id)[:12]}"


def _waiting(sysroot: Sysroot, rows: list[Deployment]) -> Iterator[Finding]:
    booted = next((row for row in rows if row.booted), None)
    staged = next((row for row in rows if row.staged), None)
    pending = next((row for row in rows if row.pending and not row.staged), None)
    if staged:
        seconds = sysroot.tree.modified(STAGED)
        evidence = f"{label(staged)} is staged and takes over at the next reboot"
        since = seconds * 1_000_000 if seconds else None
        yield Finding("staged", Severity.INFO, label(staged), evidence, "Reboot when it suits.", LIST, since)
    elif pending and booted:
        evidence = f"the next boot starts {label(pending)}, and {label(booted)} runs now"
        yield Finding(
            "not-default", Severity.INFO, label(pending), evidence, "Reboot into it, or make the running one the default again.", LIST
        )
    if booted and booted.index is not None and not booted.usable:
        evidence = f"{label(booted)} runs, but the boot loader has no entry for it"
        yield Finding("booted-unlisted", Severity.ERROR, label(booted), evidence, "Deploy it again before you reboot.", LIST)
    if booted and not any(row.rollback or row.pending for row in rows) and sysroot.ordered:
        evidence = "no other deployment can be started if the next one fails"
        yield Finding(
            "no-rollback", Severity.INFO, label(booted), evidence, "Keep one: the next update leaves this one as the way back.", LIST
        )


def _each(rows: list[Deployment]) -> Iterator[Finding]:
    for row in rows:
        if row.origin is None:
            evidence = "it has no origin: an update would not know what to follow"
            yield Finding(f"no-origin:{row.id}", Severity.WARNING, label(row), evidence, "Deploy again from a branch or image.", LIST)
        if row.booted and row.unlocked not in (None, Unlocked.NONE):
            evidence = f"its /usr is unlocked ({row.unlocked}): what is changed there does not last"
            yield Finding(f"unlocked:{row.id}", Severity.WARNING, label(row), evidence, "Reboot to lock it again.", LIST)


def _files(sysroot: Sysroot) -> Iterator[Finding]:
    listed = set(sysroot.names())
    for name in sorted(listed - sysroot.folders):
        evidence = f"its boot entry is there, but {shown(sysroot.path(name))} is not"
        yield Finding(f"no-tree:{_id(name)}", Severity.ERROR, name.checksum[:12], evidence, "Do not start it; undeploy it.", LIST)
    for broken in sysroot.broken:
        file = shown(broken.file)
        next_step = f"Look at {sysroot.entries_folder}/{file}; the next deployment writes all entries anew."
        yield Finding(f"entry:{file}", Severity.ERROR, file, f"the boot entry cannot be started: {broken.why}", next_step, LIST)
    if not sysroot.ordered:
        return
    for name in sorted(sysroot.folders - listed):
        evidence = f"{shown(sysroot.path(name))} has no boot entry: it was not finished, or not cleaned up"
        yield Finding(f"leftover:{_id(name)}", Severity.WARNING, name.checksum[:12], evidence, "`ostree admin cleanup` removes it.", LIST)


def _id(name: Name) -> str:
    return f"{shown(name.stateroot)}/{name.checksum}.{name.serial}"


def space(boot: Usage | None, kernel: int | None, sysroot: Usage | None, reserve: float) -> Iterator[Finding]:
    """`boot` is None where it is no file system of its own; `kernel` is what kernel and initramfs of the default entry take."""
    if boot is not None and boot.total:
        free = f"{amount(boot.available, 'B')} of {amount(boot.total, 'B')} are free"
        if kernel is not None and boot.available < kernel:
            evidence = f"{free}, and kernel and initramfs of a deployment take {amount(kernel, 'B')}"
            yield Finding("space:/boot", Severity.WARNING, "/boot", evidence, "Undeploy what is not needed before the next update.", LIST)
    if sysroot is not None and sysroot.total:
        share = 100 * sysroot.available / sysroot.total
        if share < reserve + 5:
            evidence = (
                f"{amount(sysroot.available, 'B')} of {amount(sysroot.total, 'B')} are free; below {reserve:g} % OSTree writes nothing more"
            )
            severity = Severity.ERROR if share < reserve else Severity.WARNING
            yield Finding("space:/sysroot", severity, "/sysroot", evidence, "Undeploy what is not needed, or clean up elsewhere.", LIST)


def _usages(sysroot: Sysroot) -> tuple[Usage | None, int | None, Usage | None]:
    tree, kernel = sysroot.tree, Kernel()
    try:
        whole = kernel.usage(tree.at(f"{sysroot.home}/deploy"))
        apart = os.stat(tree.at(sysroot.boot)).st_dev != os.stat(tree.at(f"{sysroot.home}/deploy")).st_dev
        boot = kernel.usage(tree.at(sysroot.boot)) if apart else None
    except OSError:
        return None, None, None
    first = next(iter(sysroot.entries.values()), None)
    if first is None:
        return boot, None, whole
    try:
        needed = sum(os.stat(tree.at(sysroot.boot + file)).st_size for file in (first.kernel, *first.initrds))
    except OSError:
        return boot, None, whole
    return boot, needed, whole


def _reserve(sysroot: Sysroot) -> float:
    config = keyfile.parse(sysroot.tree.read(f"{sysroot.home}/repo/config") or b"")
    percent = keyfile.get(config, "core", "min-free-space-percent") or ""
    return float(percent) if percent.isdecimal() and percent.isascii() and len(percent) < 3 else REFUSES
