"""The processes of a host as far as it takes to tell what they belong to: their program, folder, root and words."""

import os
from collections.abc import Iterator
from typing import NamedTuple

from services.core.tree import Tree

MOST_WORDS = 65536


class Program(NamedTuple):
    """One process. Links that this user may not read are None."""

    pid: int
    exe: bytes | None
    cwd: bytes | None
    root: bytes | None
    words: list[bytes]


def pids(tree: Tree) -> list[int]:
    """In ascending order; empty where procfs cannot be listed."""
    return sorted(int(name) for name in tree.names(tree.proc) if name.isdecimal() and name.isascii())


def programs(tree: Tree) -> Iterator[Program]:
    """All but kernel threads; those that end meanwhile are left out."""
    for pid in pids(tree):
        words = tree.read(f"{tree.proc}/{pid}/cmdline", limit=MOST_WORDS)
        tree.problems.pop(f"{tree.proc}/{pid}/cmdline", None)  # it ended while it was looked at
        if words:
            exe, cwd, root = (link(tree, pid, name) for name in ("exe", "cwd", "root"))
            yield Program(pid, exe, cwd, root, words.rstrip(b"\0").split(b"\0"))


def link(tree: Tree, pid: int, name: str) -> bytes | None:
    """One of exe, cwd, root as the kernel gives it."""
    try:
        return os.readlink(os.fsencode(tree.at(f"{tree.proc}/{pid}/{name}", follow=False)))
    except OSError:
        return None


def within(path: bytes | None, folder: bytes) -> bool:
    """Whether a path is a folder or below it."""
    return path is not None and (path == folder or path.startswith(folder + b"/"))
