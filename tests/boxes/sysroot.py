"""A real OSTree sysroot with a few small deployments, and a way to be "booted" into one of them. Works as any user."""

import os
import subprocess
import sys
from pathlib import Path

from boxes.bound import PROJECT, bound
from oneshots import Ended

NAME = "arkes"
REF = "arkes/system"
KERNEL_ARGUMENTS = ("root=LABEL=SYS_ROOT", "rw", "quiet")


class Sysroot:
    """Deployments in the order of `ostree admin status`, the newest first.

    Which of them is pending, booted and rollback depends on which one `booted` is asked to be in.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.repository = path / "ostree/repo"
        path.mkdir()
        self.admin("init-fs", "--modern", str(path), sysroot=False)
        self._repo("config", "set", "sysroot.bootloader", "none")
        if os.geteuid() != 0:
            self._repo("config", "set", "core.mode", "bare-user-only")
        self.admin("os-init", NAME)

    def commit(self, number: int) -> str:
        """A version more, 2026.08.2NUMBER of 2026-08-2NUMBER; its checksum. Kernel, packages.txt and one file differ between versions."""
        tree = self.path.with_name(f"{self.path.name}.tree-{number}")
        _grow(tree, number)
        about = [f"--subject=build {number}", f"--add-metadata-string=version=2026.08.2{number}", "--generate-sizes"]
        made = self._repo("commit", f"--branch={REF}", *about, f"--timestamp=2026-08-2{number} 12:00:00 +0000", f"--tree=dir={tree}")
        return made.strip()

    def deploy(self, revision: str = REF) -> None:
        """Puts it first and keeps all others."""
        arguments = [f"--karg={argument}" for argument in KERNEL_ARGUMENTS]
        self.admin("deploy", f"--os={NAME}", "--retain", *arguments, revision)

    def pin(self, index: int, on: bool = True) -> None:
        self.admin("pin", *([] if on else ["--unpin"]), str(index))

    def undeploy(self, index: int) -> None:
        self.admin("undeploy", str(index))

    def status(self) -> str:
        """As an administrator of another, running system would see it: nothing of it is booted."""
        return self.admin("status")

    def deployments(self) -> list[str]:
        """CHECKSUM.SERIAL of each, by index."""
        words = (line.split() for line in self.status().splitlines())
        return [line[-1] if line[-1] != "(pending)" else line[-2] for line in words if line and line[0] == NAME]

    def tree(self, index: int) -> Path:
        return self.path / f"ostree/deploy/{NAME}/deploy" / self.deployments()[index]

    def booted(self, index: int, *argv: str, timeout: float = 30) -> Ended:
        """A command inside that deployment, in namespaces where it is what booted: / is the deployment, /sysroot this, /usr the machine's.

        The checkout and the interpreter of the tests are at their own paths. It runs as root, or seems to.
        """
        person = [] if os.geteuid() == 0 else ["--map-root-user"]
        alone = ["unshare", *person, "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"]
        command = [*alone, sys.executable, "-S", "-m", "boxes.booted", str(self.path), str(self.tree(index)), *argv]
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/", "LANG": "C.UTF-8", "PYTHONPATH": str(PROJECT / "tests")}
        done = subprocess.run(
            command, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False, start_new_session=True
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def remove(self) -> None:
        """Lets go of what cannot be deleted otherwise: root's deployments are immutable."""
        for tree in self.path.glob("ostree/deploy/*/deploy/*.[0-9]"):
            subprocess.run(["chattr", "-i", str(tree)], check=False, capture_output=True)  # other users' are not

    def admin(self, verb: str, *words: str, sysroot: bool = True) -> str:
        """`ostree admin VERB` on it, from outside; what it printed."""
        return _ostree("admin", *([f"--sysroot={self.path}"] if sysroot else []), verb, *words)

    def _repo(self, verb: str, *words: str) -> str:
        return _ostree(f"--repo={self.repository}", verb, *words)


def _ostree(*words: str) -> str:
    # Its own session: tests/leaks.py then waits for the child that some verbs leave behind.
    done = subprocess.run(["ostree", *words], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, start_new_session=True)
    assert done.returncode == 0, f"ostree {' '.join(words)}: {done.stderr}"
    return done.stdout


def _grow(tree: Path, number: int) -> None:
    tops = {Path(path).parts[1] for path in bound()} - {"usr"}
    for name in ("dev", "proc", "sys", "run", "tmp", "var", "sysroot", "boot", *tops):
        (tree / name).mkdir(parents=True, exist_ok=True)
    for name in ("bin", "sbin", "lib", "lib64"):
        (tree / "usr" / name).mkdir(parents=True)
        (tree / name).symlink_to(f"usr/{name}")
    (tree / "ostree").symlink_to("sysroot/ostree")
    version = f"2026.08.2{number}"
    os_release = f'NAME="Arkes"\nPRETTY_NAME="Arkes Arch Linux"\nID=arkes\nVERSION={version}\nVERSION_ID={number}\nVARIANT_ID=base\n'
    kernel = f"usr/lib/modules/6.1.0-{number}"
    for name, text in {
        f"{kernel}/vmlinuz": f"kernel {number}\n",
        f"{kernel}/initramfs.img": f"initrd {number}\n",
        "usr/lib/os-release": os_release,
        "usr/etc/system/Systemfile": "FROM arkes:base\n",
        "usr/bin/tool": "x" * 1000 * number,
        "usr/lib/packages.txt": f"pkg-a 1.{number}\npkg-b 1.0\n",
    }.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
