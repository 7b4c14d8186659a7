"""Who holds a lock file, told by the kernel's list of locks: looking does not touch the lock."""

import os

from services.core.tree import Tree


def owner(tree: Tree, path: str) -> str | None:
    """Such as "ostree (pid 812)"; None when nobody holds it, or the kernel does not say."""
    try:
        about = os.stat(tree.at(path))
    except OSError:
        return None
    file = f"{os.major(about.st_dev):02x}:{os.minor(about.st_dev):02x}:{about.st_ino}"
    for line in (tree.read(f"{tree.proc}/locks") or b"").decode("ascii", "replace").splitlines():
        words = line.split()
        if file in words and "->" not in words:
            pid = words[words.index(file) - 1]
            name = tree.text(f"{tree.proc}/{pid}/comm") if pid.isdecimal() else None
            return f"{name or 'a program'} (pid {pid})" if pid.isdecimal() else "a program"
    return None
