"""Makes an OSTree deployment the root of this mount namespace, as if the machine had booted it, and becomes the command in it.

`python -m boxes.booted SYSROOT DEPLOYMENT COMMAND...`, inside a mount namespace of its own.
"""

import os
import subprocess
import sys
from pathlib import Path

from boxes.bound import bound


def main(sysroot: Path, tree: Path, command: list[str]) -> None:
    """`sysroot` and `tree` are absolute."""
    stateroot = tree.parent.parent
    _mount("--bind", sysroot, sysroot)
    _mount("--rbind", Path("/usr"), tree / "usr")  # the deployments have no programs
    _mount("--rbind", Path("/dev"), tree / "dev")
    for name, kind in {"proc": "proc", "run": "tmpfs", "tmp": "tmpfs"}.items():
        _mount("--types", Path(kind), Path(kind), tree / name)
    (tree / "run/ostree-booted").touch()
    _mount("--bind", sysroot, tree / "sysroot")
    _mount("--bind", sysroot / "boot", tree / "boot")
    _mount("--bind", stateroot / "var", tree / "var")
    roomy = {"run", "tmp", "usr", "var"}
    for path in bound():
        top = Path(path).parts[1]
        if top not in roomy:
            _mount("--types", Path("tmpfs"), Path("tmpfs"), tree / top)
            roomy.add(top)
        if top != "usr":
            (tree / path.lstrip("/")).mkdir(parents=True, exist_ok=True)
            _mount("--rbind", Path(path), tree / path.lstrip("/"))
    os.chroot(tree)
    os.chdir("/")
    os.environ.pop("PYTHONPATH", None)
    os.execvp(command[0], command)


def _mount(*words: str | Path) -> None:
    subprocess.run(["mount", *words], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
