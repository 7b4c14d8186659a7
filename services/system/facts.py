"""What the host is and how it fares, read once: the Status."""

from msgspec.structs import replace

from services.core.kernel import Kernel
from services.core.release import Release, read_release
from services.core.tree import Tree
from services.system.board import board_model, virtualisation
from services.system.clock import clock_state, timezone
from services.system.host import detect, init_name, init_system
from services.system.readings import parse_loadavg, parse_meminfo, parse_pressure
from services.system.users import read_sessions
from sutra_client.gen.system import Address, ClockState, Pressure, Status


def read_status(tree: Tree, kernel: Kernel) -> Status:
    """Never raises for what a host lacks: that is None, and a sentence in the tree's problems."""
    release = read_release(tree)
    memory = parse_meminfo(tree.read(f"{tree.proc}/meminfo", "memory") or b"")
    load = parse_loadavg(tree.read(f"{tree.proc}/loadavg", "load") or b"") or (None, None, None)
    sessions = read_sessions(tree)
    clock, error = clock_state(tree, kernel, release)
    uptime = kernel.boottime()
    status = replace(
        _identity(tree, kernel, release),
        clock=clock,
        clock_error=error,
        boot_time=kernel.wall() - uptime,
        uptime=uptime,
        boot_id=tree.text(f"{tree.proc}/sys/kernel/random/boot_id", "the boot id"),
        load1=load[0],
        load5=load[1],
        load15=load[2],
        memory_total=memory.total,
        memory_available=memory.available,
        swap_total=memory.swap_total,
        swap_used=memory.swap_used,
        users=len(sessions) if sessions is not None else None,
        timezone=timezone(tree),
        pressure=pressure(tree),
        addresses=addresses(tree, kernel),
    )
    return replace(status, unseen=sorted(tree.problems.values()))


def _identity(tree: Tree, kernel: Kernel, release: Release) -> Status:
    """What does not change while the host runs."""
    process = init_name(tree)
    kind, reason = detect(tree, release, process)
    hostname, version, machine = kernel.identity()
    return Status(
        hostname=tree.text(f"{tree.proc}/sys/kernel/hostname") or hostname,
        os=release.get("PRETTY_NAME", "NAME") or "Linux",
        kind=kind,
        host_reason=reason,
        kernel=tree.text(f"{tree.proc}/sys/kernel/osrelease") or version,
        architecture=machine,
        init=init_system(tree, process),
        cpus=cpus(tree, kernel),
        clock=ClockState.UNKNOWN,
        addresses=[],
        unseen=[],
        os_name=release.get("NAME"),
        os_id=release.get("ID"),
        os_version=release.get("VERSION", "VERSION_ID", "BUILD_ID"),
        os_variant=release.get("VARIANT", "VARIANT_ID"),
        os_source=release.source,
        init_name=process,
        board=board_model(tree),
        virtualisation=virtualisation(tree),
    )


def cpus(tree: Tree, kernel: Kernel) -> int:
    """Processors that are online, by /sys, else by the C library."""
    return parse_ranges(tree.text(f"{tree.sys}/devices/system/cpu/online") or "") or kernel.cpus()


def parse_ranges(text: str) -> int:
    """How many numbers a list such as `0-3,5` names; 0 when it is none."""
    count = 0
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if not (first.isdigit() and (last.isdigit() or not dash)):
            return 0
        count += int(last or first) - int(first) + 1
    return count


def pressure(tree: Tree) -> Pressure | None:
    """None where the kernel does not account it."""
    values: list[float | None] = []
    for name in ("cpu", "memory", "io"):
        stall = parse_pressure(tree.read(f"{tree.proc}/pressure/{name}") or b"")
        values.append(stall.ten if stall else None)
    return None if values == [None, None, None] else Pressure(*values)


def addresses(tree: Tree, kernel: Kernel) -> list[Address]:
    """Those an administrator could use: of links that are up, without loopback and IPv6 link-local ones."""
    try:
        found = kernel.addresses()
    except OSError as error:
        tree.problems["addresses"] = f"Addresses are unknown: netlink does not answer ({error.strerror or error})."
        return []
    tree.problems.pop("addresses", None)
    up: dict[str, bool] = {}
    usable = []
    for row in found:
        if row.address.startswith(("127.", "fe80:")) or row.address == "::1":
            continue
        if row.link not in up:
            state = tree.text(f"{tree.sys}/class/net/{row.link}/operstate")
            up[row.link] = state in (None, "up", "unknown")
        if up[row.link]:
            usable.append(row)
    return usable
