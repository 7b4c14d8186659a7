"""An OSTree sysroot as its files tell it: boot entries, deployment folders, what is staged, and which deployment runs.

The layout and its rules are libostree's (ostree-sysroot.c, ostree-sysroot-deploy.c); nothing is locked and no program is run.
"""

import os
from typing import NamedTuple

from services.core.gvariant import decode, lookup
from services.core.tree import Tree
from services.deployments import bls
from services.deployments.bls import Entry, Name

BOOTS = ("/boot", "/sysroot/boot")
HOMES = ("/ostree", "/sysroot/ostree")
STAGED = "/run/ostree/staged-deployment"
MOST = 10_000
"""Boot entries and folders that are looked at."""


class Staged(NamedTuple):
    """What is deployed at shutdown."""

    name: Name
    arguments: list[str] | None


class Broken(NamedTuple):
    """A boot entry that leads to no deployment."""

    file: str
    why: str


class Sysroot:
    """One reading of it."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.home = next((home for home in HOMES if tree.exists(f"{home}/deploy")), HOMES[0])
        self.boot = next((boot for boot in BOOTS if os.path.lexists(tree.at(f"{boot}/loader", follow=False))), BOOTS[0])
        loader = tree.link(f"{self.boot}/loader") or "loader"
        self.entries_folder = f"{self.boot}/{loader}/entries"
        self.unseen: list[str] = []
        self.broken: list[Broken] = []
        self.entries: dict[Name, Entry] = {}
        """In boot order."""
        self.ordered = self._read_entries()
        self.folders = self._read_folders()
        self.linked = set(self.entries) | (set() if self.ordered else self._read_links())
        self.staged = self._read_staged()
        self.booted = self._find_booted()

    def path(self, name: Name) -> str:
        """The folder of a deployment."""
        return f"{self.home}/deploy/{name.folder}"

    def names(self) -> list[Name]:
        """All deployments, the staged one first, then in boot order; without an order the newest folder first."""
        first = [self.staged.name] if self.staged else []
        if self.ordered:
            rest = list(self.entries)
        else:
            rest = sorted(self.linked, key=lambda name: -(self.tree.modified(self.path(name)) or 0))
        if self.booted and self.booted not in rest:
            rest.append(self.booted)
        return first + [name for name in rest if name not in first]

    def _read_entries(self) -> bool:
        """Whether the boot loader's list could be read."""
        try:
            files = sorted(os.listdir(self.tree.at(self.entries_folder)))[:MOST]
        except FileNotFoundError:
            return True
        except OSError as error:
            self.unseen.append(
                f"The order of the deployments and their kernel arguments are unknown: {self.entries_folder}: {error.strerror}."
            )
            return False
        found = []
        for file in files:
            if not file.startswith("ostree-") or not file.endswith(".conf"):
                continue
            data = self.tree.read(f"{self.entries_folder}/{file}", f"the boot entry {file}", 1 << 16)
            if data is not None:
                found.append(bls.parse(file, data))
        for entry in sorted(found, key=lambda entry: -entry.version):
            self._place(entry)
        return True

    def _place(self, entry: Entry) -> None:
        name = bls.target(self.tree, entry.link)
        if name is not None and name not in self.entries:
            self.entries[name] = entry
        elif name is not None:
            self.broken.append(Broken(entry.file, f"leads to the same deployment as {self.entries[name].file}"))
        else:
            self.broken.append(Broken(entry.file, f"{entry.link} leads nowhere" if entry.link else "it names no deployment (ostree=)"))

    def _read_links(self) -> set[Name]:
        """Deployments of the present boot set, where the boot loader's own list may not be read."""
        found: set[Name] = set()
        for number in "01":
            boot = f"{self.home}/boot.{number}"
            for stateroot in self.tree.names(boot):
                for checksum in self.tree.names(f"{boot}/{stateroot}"):
                    links = self.tree.names(f"{boot}/{stateroot}/{checksum}")
                    targets = (bls.target(self.tree, f"/ostree/boot.{number}/{stateroot}/{checksum}/{link}") for link in links[:MOST])
                    found |= {name for name in targets if name is not None}
        return found

    def _read_folders(self) -> set[Name]:
        found = set()
        for stateroot in self.tree.names(f"{self.home}/deploy")[:MOST]:
            place = f"{self.home}/deploy/{stateroot}/deploy"
            for folder in self.tree.names(place)[:MOST]:
                name = bls.named(stateroot, folder)
                if name is not None and os.path.isdir(self.tree.at(f"{place}/{folder}")):
                    found.add(name)
        return found

    def _read_staged(self) -> Staged | None:
        data = self.tree.read(STAGED)
        if data is None:
            return None
        try:
            entries = decode("a{sv}", data)
            target = lookup(entries, "target", "a{sv}") or {}
            folder, stateroot = lookup(target, "name", "s"), lookup(target, "osname", "s")
        except (ValueError, AttributeError):
            folder = stateroot = None
        name = bls.named(stateroot, folder) if folder and stateroot else None
        if name is None:
            self.unseen.append(f"A deployment is staged, but {STAGED} holds something else than expected.")
            return None
        return Staged(name, lookup(entries, "kargs", "as"))

    def _find_booted(self) -> Name | None:
        """By what / is, as libostree does; else by the kernel's command line."""
        roots = {self._identity("/")} | self._backing()
        for name in self.folders:
            if self._identity(self.path(name)) in roots:
                return name
        words = (self.tree.text(f"{self.tree.proc}/cmdline") or "").split()
        link = next((word[7:] for word in words if word.startswith("ostree=")), "")
        if not link:
            return None
        # The link of the running system is gone as soon as another boot set was written; its checksum of kernel and initramfs stays.
        linked = bls.target(self.tree, link)
        if linked is not None:
            return linked
        checksum = bls.Entry("", 0, [], link, "", []).boot_checksum
        same = [name for name, entry in self.entries.items() if entry.boot_checksum == checksum and f"/{name.stateroot}/" in link]
        return same[0] if checksum and len(same) == 1 else None

    def _identity(self, path: str) -> tuple[int, int] | None:
        try:
            about = os.stat(self.tree.at(path) or "/")
        except OSError:
            return None
        return about.st_dev, about.st_ino

    def _backing(self) -> set[tuple[int, int] | None]:
        """With composefs / is an overlay; what it stands on was noted at boot."""
        data = self.tree.read("/run/ostree-booted")
        if not data:
            return set()
        try:
            pair = lookup(decode("a{sv}", data), "backing-root-device-inode", "(tt)")
        except (ValueError, AttributeError):
            return set()
        return {pair} if pair else set()
