"""Real OSTree sysroots, made by the ostree command as any user, and a way to count as booted into one of their deployments."""

import os
import shutil
import subprocess
from pathlib import Path

REF = "arkes/system"
OS = "arkes"
ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"}


class Sysroot:
    """Below `path`; gone after remove()."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._tree = path.with_name(f"{path.name}.tree")
        path.mkdir()
        self.ostree("admin", "init-fs", "--modern", str(path))
        self.repository("config", "set", "sysroot.bootloader", "none")
        if os.geteuid() != 0:
            self.repository("config", "set", "core.mode", "bare-user-only")
        self.admin("os-init", OS)

    def ostree(self, *words: str) -> str:
        """What the command says; fails the test when it fails."""
        done = _run(["ostree", *words])
        assert done.returncode == 0, f"ostree {' '.join(words)}: {done.stderr.decode()}"
        return done.stdout.decode()

    def admin(self, verb: str, *words: str) -> str:
        return self.ostree("admin", verb, f"--sysroot={self.path}", *words)

    def repository(self, *words: str) -> str:
        return self.ostree(f"--repo={self.path}/ostree/repo", *words)

    def commit(self, number: int) -> str:
        """A version of the system; its checksum."""
        for folder in ("bin", "sbin", "lib", "etc", f"lib/modules/6.1.0-{number}"):
            (self._tree / "usr" / folder).mkdir(parents=True, exist_ok=True)
        for folder in ("dev", "proc", "sys", "run", "tmp", "var", "sysroot", "boot"):
            (self._tree / folder).mkdir()
        for link in ("bin", "sbin", "lib", "lib64"):
            (self._tree / link).symlink_to(f"usr/{link}")
        (self._tree / "usr/lib64").mkdir()
        (self._tree / "ostree").symlink_to("sysroot/ostree")
        (self._tree / f"usr/lib/modules/6.1.0-{number}/vmlinuz").write_text(f"kernel {number}")
        (self._tree / f"usr/lib/modules/6.1.0-{number}/initramfs.img").write_text(f"initramfs {number}")
        (self._tree / "usr/lib/os-release").write_text(f'ID=arkes\nPRETTY_NAME="Arkes"\nVERSION=2026.08\nVERSION_ID={number}\n')
        version = f"--add-metadata-string=version=2026.08.{number}"
        when = f"--timestamp=2026-08-{number:02} 12:00:00 +0000"
        words = ["commit", f"--branch={REF}", f"--subject=build {number}", version, when, f"--tree=dir={self._tree}"]
        checksum = self.repository(*words).strip()
        shutil.rmtree(self._tree)
        return checksum

    def deploy(self, number: int) -> str:
        """Commits and deploys, keeping the others; the checksum."""
        checksum = self.commit(number)
        self.admin("deploy", f"--os={OS}", "--retain", "--karg=root=LABEL=SYS_ROOT", "--karg=quiet", REF)
        return checksum

    def booted(self, folder: str, *argv: str) -> str:
        """What a command says with the deployment `folder` as its /, in namespaces of its own."""
        tree = self.path / "ostree/deploy" / OS / "deploy" / folder
        mounts = [
            ["--bind", self.path, self.path],
            ["--rbind", "/usr", tree / "usr"],
            ["-t", "proc", "proc", tree / "proc"],
            ["--rbind", "/dev", tree / "dev"],
            ["-t", "tmpfs", "tmpfs", tree / "run"],
            ["--bind", self.path, tree / "sysroot"],
            ["--bind", self.path / "boot", tree / "boot"],
        ]
        script = "".join("mount " + " ".join(f"'{word}'" for word in words) + " && " for words in mounts)
        script += f"touch '{tree}/run/ostree-booted' && exec chroot '{tree}' \"$@\""
        user = [] if os.geteuid() == 0 else ["--map-root-user"]
        command = ["unshare", *user, "--mount", "--pid", "--fork", "--propagation", "private", "sh", "-c", script, "sh", *argv]
        done = _run(command)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode("utf-8", "backslashreplace")

    def remove(self) -> None:
        """Deployments of root are immutable until told otherwise."""
        if os.geteuid() == 0:
            for tree in self.path.glob("ostree/deploy/*/deploy/*.[0-9]"):
                subprocess.run(["chattr", "-i", str(tree)], check=True, capture_output=True, timeout=10)
        shutil.rmtree(self.path)


def _run(command: list[str]) -> "subprocess.CompletedProcess[bytes]":
    # A session of its own: ostree leaves helpers behind, which end by themselves and are then nobody's.
    return subprocess.run(command, capture_output=True, check=False, env=ENVIRONMENT, timeout=60, start_new_session=True)
