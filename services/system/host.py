"""Which family of systems a host belongs to, decided by files alone.

The marks of each are those of the systems' own sources: avyos' init, Arkēs' Systemfile, moss' state id, Spectrum's s6 with a verified
root, IceNet's init or its installed extras, and libostree's /run/ostree-booted.
"""

from services.core.release import Release
from services.core.tree import Tree
from sutra_client.gen.system import HostSystem, InitSystem

_ICENET_MARKS = ("/etc/icenet", "/sbin/icenet-init", "/etc/icenet-version", "/usr/local/bin/icenet-services", "/run/icenet/live-boot")
_ARKES_MARKS = ("/usr/lib/system/_os", "/etc/system/Systemfile")
_NAMED = {
    "arkes": HostSystem.ARKES,
    "aerynos": HostSystem.AERYNOS,
    "serpentos": HostSystem.AERYNOS,
    "spectrum": HostSystem.SPECTRUM,
}
_INITS = {
    "systemd": InitSystem.SYSTEMD,
    "icenet-init": InitSystem.ICENET,
    "s6-svscan": InitSystem.S6,
    "s6-linux-init": InitSystem.S6,
    "openrc-init": InitSystem.OPENRC,
    "runit": InitSystem.RUNIT,
    "runit-init": InitSystem.RUNIT,
    "dinit": InitSystem.DINIT,
    "busybox": InitSystem.BUSYBOX,
}


def init_name(tree: Tree) -> str | None:
    """Process 1 as the kernel has it (comm)."""
    return tree.text(f"{tree.proc}/1/comm", "process 1")


def init_system(tree: Tree, name: str | None) -> InitSystem:
    """A process 1 that is only called `init` is told by what its program is or what runs below it."""
    if name is None:
        return InitSystem.OTHER
    if name != "init":
        return _INITS.get(name, InitSystem.OTHER)
    if tree.exists("/avyos/cmd/init"):
        return InitSystem.AVYOS
    if tree.exists("/run/openrc"):
        return InitSystem.OPENRC
    program = tree.link("/sbin/init") or ""
    base = program.rpartition("/")[2]
    if base in _INITS:
        return _INITS[base]
    return InitSystem.SYSVINIT if tree.exists("/etc/inittab") else InitSystem.OTHER


def detect(tree: Tree, release: Release, name: str | None) -> tuple[HostSystem, str]:
    """The kind and the facts that decided it; `name` is that of process 1. The most particular mark wins."""
    named = release.get("ID") or ""
    by_name = f"ID={named} in {release.source}"
    if name == "init" and tree.exists("/avyos/cmd/init"):
        return HostSystem.AVYOS, "/avyos/cmd/init exists and process 1 is init"
    if name == "icenet-init":
        return HostSystem.ICENET, "process 1 is icenet-init"
    state = tree.text("/usr/.stateID")
    if state is not None:
        return HostSystem.AERYNOS, f"/usr/.stateID names moss state {state}"
    if named in _NAMED:
        return _NAMED[named], by_name
    deployed = _ostree(tree)
    mark = _first(tree, _ARKES_MARKS) if deployed else None
    if mark:
        return HostSystem.ARKES, f"{mark} exists and {deployed}"
    if name in ("s6-svscan", "s6-linux-init") and "roothash=" in _command_line(tree) and tree.exists("/run/service/vmm"):
        return HostSystem.SPECTRUM, "process 1 is s6, the root is verified (roothash=) and /run/service/vmm exists"
    mark = _first(tree, _ICENET_MARKS)
    if mark:
        return HostSystem.ICENET, f"{mark} exists"
    if deployed:
        return HostSystem.OSTREE, deployed
    return HostSystem.LINUX, "no mark of a known image-based system was found" + (f"; {by_name}" if named else "")


def _first(tree: Tree, marks: tuple[str, ...]) -> str | None:
    return next((mark for mark in marks if tree.exists(mark)), None)


def _ostree(tree: Tree) -> str:
    """Why it was booted by OSTree; empty when it was not."""
    if tree.exists("/run/ostree-booted"):
        return "/run/ostree-booted exists"
    if any(word.startswith("ostree=") for word in _command_line(tree).split()):
        return "ostree= is on the kernel command line"
    return ""


def _command_line(tree: Tree) -> str:
    return tree.text(f"{tree.proc}/cmdline") or ""
