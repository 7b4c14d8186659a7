"""Paths below a root as a process sees them whose / it is: a link in an image must not lead to a file of the host that looks at it."""

import os

MOST_LINKS = 40
"""As the kernel's own limit."""


def inside(root: str, path: str, follow: bool = True) -> str:
    """`root` joined with what `path` is there, links resolved below `root`; the last component's own link only with `follow`.

    What is absent stays as it is. Too many links lead to a path that does not exist.
    """
    rest = path.split("/")[::-1]
    done: list[str] = []
    links = 0
    while rest:
        name = rest.pop()
        if name in ("", "."):
            continue
        if name == "..":
            del done[-1:]
            continue
        target = None if not (rest or follow) else _link("/".join([root, *done, name]))
        if target is None:
            done.append(name)
            continue
        links += 1
        if links > MOST_LINKS:
            return f"{root}/{name}/too many links"
        if target.startswith("/"):
            done.clear()
        rest += target.split("/")[::-1]
    return "/".join([root, *done])


def _link(path: str) -> str | None:
    try:
        return os.readlink(path)
    except (OSError, ValueError):
        return None
