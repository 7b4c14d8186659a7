"""What the host runs on: the board's model, and the hypervisor or container around it.

Signs are those of the kernel's own interfaces: device tree, DMI, /sys/hypervisor, cpuinfo's hypervisor flag, the clock source, and the
files that container managers leave.
"""

from services.core.tree import Tree

_PLACEHOLDERS = ("", "to be filled by o.e.m.", "system manufacturer", "system product name", "default string", "not specified", "unknown")
_DMI_VENDORS = (
    ("qemu", "qemu"),
    ("kvm", "kvm"),
    ("vmware", "vmware"),
    ("innotek gmbh", "virtualbox"),
    ("virtualbox", "virtualbox"),
    ("amazon ec2", "amazon"),
    ("google compute engine", "google"),
    ("openstack", "openstack"),
    ("parallels", "parallels"),
    ("bhyve", "bhyve"),
    ("hvm domu", "xen"),
    ("apple virtualization", "apple"),
    ("firecracker", "firecracker"),
    ("cloud hypervisor", "cloud-hypervisor"),
)
_CPUINFO_HEAD = 4096
"""Enough for the first processor: reading cpuinfo of all of them wakes every core."""


def board_model(tree: Tree) -> str | None:
    """The device tree's model, else DMI vendor and product without the fillers that some firmware leaves."""
    for place in (f"{tree.sys}/firmware/devicetree/base/model", f"{tree.proc}/device-tree/model"):
        model = tree.text(place)
        if model:
            return model
    vendor = _meaningful(tree.text(f"{tree.sys}/class/dmi/id/sys_vendor"))
    product = _meaningful(tree.text(f"{tree.sys}/class/dmi/id/product_name"))
    if not vendor or product.startswith(vendor):
        return product or _meaningful(tree.text(f"{tree.sys}/class/dmi/id/board_name")) or None
    return f"{vendor} {product}".strip()


def _meaningful(text: str | None) -> str:
    return "" if text is None or text.lower() in _PLACEHOLDERS else text


def virtualisation(tree: Tree) -> str | None:
    """A container counts before the machine it runs on; `vm` is a hypervisor that does not say which it is."""
    return _container(tree) or _hypervisor(tree)


def _container(tree: Tree) -> str | None:
    """The marks of image builders stay in images that are booted as machines, where process 2 is the kernel's own."""
    if tree.text(f"{tree.proc}/2/comm") == "kthreadd":
        return None
    named = tree.text("/run/systemd/container")
    if named:
        return named
    if tree.exists("/run/.containerenv"):
        return "podman"
    if tree.exists("/.dockerenv"):
        return "docker"
    release = tree.text(f"{tree.proc}/sys/kernel/osrelease") or ""
    return "wsl" if "microsoft" in release.lower() else None


def _hypervisor(tree: Tree) -> str | None:
    xen = tree.text(f"{tree.sys}/hypervisor/type")
    if xen:
        control = tree.text(f"{tree.proc}/xen/capabilities") or ""
        return None if "control_d" in control else xen
    compatible = tree.text(f"{tree.proc}/device-tree/hypervisor/compatible")
    if compatible:
        return "kvm" if "kvm" in compatible else compatible
    dmi = " ".join(tree.text(f"{tree.sys}/class/dmi/id/{name}") or "" for name in ("sys_vendor", "product_name", "bios_vendor")).lower()
    for sign, name in _DMI_VENDORS:
        if sign in dmi:
            return name
    if "microsoft corporation virtual machine" in dmi:
        return "microsoft"
    sources = tree.text(f"{tree.sys}/devices/system/clocksource/clocksource0/available_clocksource") or ""
    for sign, name in (("kvm-clock", "kvm"), ("hyperv", "microsoft"), ("xen", "xen")):
        if sign in sources:
            return name
    return "vm" if _hypervisor_flag(tree) else None


def _hypervisor_flag(tree: Tree) -> bool:
    head = tree.read(f"{tree.proc}/cpuinfo", limit=_CPUINFO_HEAD) or b""
    flags = head.partition(b"\nflags")[2].partition(b"\n")[0]
    return b"hypervisor" in flags.split()
