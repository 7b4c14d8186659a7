"""Deployments of OSTree, and so of bootc and rpm-ostree: from files alone, as any user, without OSTree's lock."""

import os

from msgspec.structs import replace

from services.core import inotify, keyfile
from services.core.files import Found, of_findings
from services.core.release import Release, parse_release
from services.core.tree import Tree, shown
from services.deployments import commit, locks
from services.deployments.backend import FileDeployments
from services.deployments.bls import Name
from services.deployments.ostree_findings import judge
from services.deployments.summary import by_id, in_words
from services.deployments.sysroot import HOMES, STAGED, Sysroot
from sutra_client.events import Key
from sutra_client.gen.deployments import Deployment, Engine, Unlocked

_VERSIONS = ("OSTREE_VERSION", "IMAGE_VERSION", "VERSION", "VERSION_ID", "BUILD_ID")
_ORIGINS = ("container-image-reference", "refspec", "baserefspec")


def probe(root: str = "/") -> tuple[bool, str]:
    """Fits where there is a sysroot, booted or not."""
    tree = Tree(root)
    for home in HOMES:
        if tree.exists(f"{home}/deploy"):
            return True, f"OSTree sysroot at {home}"
    return False, f"no OSTree sysroot: {', '.join(tree.lack(f'{home}/deploy') for home in HOMES)}"


def make(root: str = "/") -> FileDeployments:
    """The backend for the sysroot below `root`."""
    return FileDeployments(Engine.OSTREE, "the OSTree deployments", read, root)


def read(tree: Tree) -> Found[Deployment]:
    """Sleeps as long as the file systems do."""
    sysroot = Sysroot(tree)
    names = sysroot.names()
    twice = {name for name in names if any(name[1:] == other[1:] and name != other for other in names)}
    rows = [_row(sysroot, name, index, name in twice) for index, name in enumerate(names)]
    rows = [replace(row, state=in_words(row)) for row in _related(rows)]
    unseen = sorted({*sysroot.unseen, *tree.problems.values()})
    busy = locks.owner(tree, f"{sysroot.home}/lock")
    trees: dict[Key, str] = {(row.id,): tree.at(sysroot.path(name)) for row, name in zip(rows, names, strict=True)}
    return Found(by_id(rows), of_findings(judge(sysroot, rows)), unseen, _watched(sysroot), trees, busy)


def _row(sysroot: Sysroot, name: Name, index: int, twice: bool) -> Deployment:
    tree, path, entry = sysroot.tree, sysroot.path(name), sysroot.entries.get(name)
    origin = keyfile.parse(tree.read(f"{path}.origin") or b"")
    told = commit.read(tree, f"{sysroot.home}/repo", name.checksum)
    release = _release(tree, path)
    staged = sysroot.staged if sysroot.staged and sysroot.staged.name == name else None
    identity = f"{name.checksum}.{name.serial}"
    return Deployment(
        id=f"{shown(name.stateroot)}/{identity}" if twice else identity,
        index=index if sysroot.ordered else None,
        version=told.version or _version(release),
        made=told.made,
        kernel=_kernel(tree, path, entry.kernel if entry else ""),
        engine=Engine.OSTREE,
        stateroot=shown(name.stateroot),
        origin=keyfile.get(origin, "origin", *_ORIGINS),
        checksum=name.checksum,
        subject=told.subject,
        os=release.get("PRETTY_NAME", "NAME"),
        booted=name == sysroot.booted,
        staged=staged is not None,
        pinned=keyfile.get(origin, "libostree-transient", "pinned") == "true",
        unlocked=_unlocked(tree, identity, origin),
        usable=name in sysroot.folders and (name in sysroot.linked or staged is not None),
        signature=told.signature,
        kernel_arguments=entry.options if entry else staged.arguments if staged else None,
        path=os.fsencode(path),
    )


def _related(rows: list[Deployment]) -> list[Deployment]:
    """As libostree tells them: pending is the first of the same stateroot before the booted one, rollback the first after it."""
    at = next((index for index, row in enumerate(rows) if row.booted), None)
    if at is None or rows[at].index is None:
        return rows
    same = [index for index, row in enumerate(rows) if row.stateroot == rows[at].stateroot]
    before, after = [index for index in same if index < at], [index for index in same if index > at]
    if before:
        rows[before[0]] = replace(rows[before[0]], pending=True)
    if after:
        rows[after[0]] = replace(rows[after[0]], rollback=True)
    return rows


def _release(tree: Tree, path: str) -> Release:
    # As the deployment itself sees it: its links must not lead to the files of this host.
    within = Tree(tree.at(path))
    for place in ("/usr/lib/os-release", "/usr/etc/os-release"):
        data = within.read(place)
        if data is not None:
            return Release(place, parse_release(data))
    return Release(None, {})


def _version(release: Release) -> str | None:
    version = release.get(*_VERSIONS)
    if release.get("ID") == "arkes" and release.get("VERSION") and release.get("VERSION_ID"):
        return f"{release.fields['VERSION']}.{release.fields['VERSION_ID']}"  # what Arkēs' own `os status` shows
    return version


def _kernel(tree: Tree, path: str, file: str) -> str | None:
    """The release whose modules and kernel the tree holds, else the one in the name of the boot entry's kernel."""
    modules = f"{path}/usr/lib/modules"
    found = [shown(name) for name in tree.names(modules) if tree.exists(f"{modules}/{name}/vmlinuz")]
    if found:
        return found[-1]
    return file.rpartition("/vmlinuz-")[2] or None if "/vmlinuz-" in file else None


def _unlocked(tree: Tree, identity: str, origin: keyfile.Groups) -> Unlocked:
    marks = f"/run/ostree/deployment-state/{identity}"
    for mark, kind in (("unlocked-development", Unlocked.DEVELOPMENT), ("unlocked-transient", Unlocked.TRANSIENT)):
        if tree.exists(f"{marks}/{mark}"):
            return kind
    return Unlocked.HOTFIX if keyfile.get(origin, "origin", "unlocked") == "hotfix" else Unlocked.NONE


def _watched(sysroot: Sysroot) -> dict[str, int]:
    """OSTree touches <home>/deploy after every change; the others are for what is changed by other hands."""
    tree, deploy = sysroot.tree, f"{sysroot.home}/deploy"
    paths = {deploy: inotify.ATTRIB | inotify.ENTRIES, sysroot.home: inotify.ENTRIES, sysroot.boot: inotify.ENTRIES}
    paths |= {f"{deploy}/{stateroot}/deploy": inotify.ENTRIES for stateroot in tree.names(deploy)}
    run = STAGED.rpartition("/")[0]
    paths |= {sysroot.entries_folder: inotify.ENTRIES | inotify.CLOSE_WRITE}
    paths |= {run: inotify.ENTRIES | inotify.CLOSE_WRITE, f"{run}/deployment-state": inotify.ENTRIES}
    return {tree.at(path): mask for path, mask in paths.items()}
