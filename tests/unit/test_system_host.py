"""Which family a host belongs to, what it calls itself, and what it runs on."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from planted import plant
from services.core.release import parse_release, read_release
from services.core.tree import Tree
from services.system.board import board_model, virtualisation
from services.system.host import detect, init_name, init_system
from services.system.linux import probe
from sutra_client.gen.system import HostSystem, InitSystem

PROC = {"/proc/stat": "cpu  1 1 1 1\n"}
HOSTS: dict[str, tuple[HostSystem, InitSystem, Mapping[str, str | bytes], str]] = {
    "avyos": (
        HostSystem.AVYOS,
        InitSystem.AVYOS,
        {
            "/cache/kernel/processes/stat": "cpu  1 1 1 1\n",
            "/cache/kernel/processes/1/comm": "init\n",
            "/avyos/cmd/init": "",
            "/config/release.conf": 'ID="avyos"\nNAME="avyos"\n',
        },
        "/avyos/cmd/init exists",
    ),
    "arkes": (
        HostSystem.ARKES,
        InitSystem.SYSTEMD,
        {**PROC, "/proc/1/comm": "systemd\n", "/run/ostree-booted": "", "/etc/os-release": "ID=arkes\n"},
        "ID=arkes in /etc/os-release",
    ),
    "arkes without its name": (
        HostSystem.ARKES,
        InitSystem.SYSTEMD,
        {
            **PROC,
            "/proc/1/comm": "systemd\n",
            "/run/ostree-booted": "",
            "/etc/system/Systemfile": "FROM x\n",
            "/etc/os-release": "ID=arch\n",
        },
        "/etc/system/Systemfile exists and /run/ostree-booted exists",
    ),
    "aerynos": (
        HostSystem.AERYNOS,
        InitSystem.SYSTEMD,
        {**PROC, "/proc/1/comm": "systemd\n", "/usr/.stateID": "42", "/usr/lib/os-release": "ID=aerynos\n"},
        "moss state 42",
    ),
    "spectrum": (
        HostSystem.SPECTRUM,
        InitSystem.S6,
        {**PROC, "/proc/1/comm": "s6-svscan\n", "/proc/cmdline": "ro intel_iommu=on roothash=ab12\n", "/run/service/vmm/run": ""},
        "roothash=",
    ),
    "icenet native": (HostSystem.ICENET, InitSystem.ICENET, {**PROC, "/proc/1/comm": "icenet-init\n"}, "process 1 is icenet-init"),
    "icenet shipped": (
        HostSystem.ICENET,
        InitSystem.SYSTEMD,
        {**PROC, "/proc/1/comm": "systemd\n", "/etc/os-release": "ID=debian\n", "/etc/icenet/thermal-mgmt.conf": ""},
        "/etc/icenet exists",
    ),
    "ostree": (
        HostSystem.OSTREE,
        InitSystem.SYSTEMD,
        {
            **PROC,
            "/proc/1/comm": "systemd\n",
            "/etc/os-release": "ID=fedora\n",
            "/proc/cmdline": "quiet ostree=/ostree/boot.1/fedora/ab/0\n",
        },
        "ostree= is on the kernel command line",
    ),
    "debian": (
        HostSystem.LINUX,
        InitSystem.SYSTEMD,
        {**PROC, "/proc/1/comm": "systemd\n", "/etc/os-release": "ID=debian\n"},
        "ID=debian in /etc/os-release",
    ),
    "alpine": (
        HostSystem.LINUX,
        InitSystem.OPENRC,
        {
            **PROC,
            "/proc/1/comm": "init\n",
            "/run/openrc/softlevel": "default",
            "/sbin/init": "-> /bin/busybox",
            "/etc/os-release": "ID=alpine\n",
        },
        "no mark",
    ),
    "empty": (HostSystem.LINUX, InitSystem.OTHER, PROC, "no mark"),
}


@pytest.mark.parametrize("name", HOSTS)
def test_a_host_is_known_by_its_marks(name: str, tmp_path: Path) -> None:
    kind, init, files, reason = HOSTS[name]
    tree = Tree(plant(tmp_path, files))
    process = init_name(tree)
    found, why = detect(tree, read_release(tree), process)
    assert found == kind
    assert reason in why
    assert init_system(tree, process) == init
    assert probe(str(tmp_path))[0]


def test_avyos_has_its_proc_elsewhere(tmp_path: Path) -> None:
    fits, why = probe(plant(tmp_path, HOSTS["avyos"][2]))
    assert fits
    assert "/cache/kernel/processes" in why


def test_a_host_without_proc_does_not_fit(tmp_path: Path) -> None:
    assert probe(str(tmp_path)) == (False, "no Linux procfs: /proc/stat is absent")


def test_an_init_called_init_is_told_by_its_program(tmp_path: Path) -> None:
    tree = Tree(plant(tmp_path, {**PROC, "/sbin/init": "-> ../lib/runit/runit-init"}))
    assert init_system(tree, "init") == InitSystem.RUNIT
    assert init_system(Tree(plant(tmp_path / "old", {**PROC, "/etc/inittab": ""})), "init") == InitSystem.SYSVINIT


def test_a_release_file_is_read_as_a_shell_would() -> None:
    fields = parse_release(b'# a comment\nNAME=\'One Two\'\nPRETTY_NAME="a \\"b\\" \\$c \\n"\nID=x\nID=y\nBAD LINE\nHOME URL=z\nN=\xff\n')
    assert fields == {"NAME": "One Two", "PRETTY_NAME": 'a "b" $c \\n', "ID": "y", "N": "\\xff"}


def test_the_board_is_the_device_trees_model(tmp_path: Path) -> None:
    tree = Tree(plant(tmp_path, {**PROC, "/sys/firmware/devicetree/base/model": b"Raspberry Pi 4 Model B Rev 1.4\0"}))
    assert board_model(tree) == "Raspberry Pi 4 Model B Rev 1.4"


def test_the_firmwares_fillers_are_no_board(tmp_path: Path) -> None:
    dmi = "/sys/class/dmi/id/"
    filled = {dmi + "sys_vendor": "To Be Filled By O.E.M.\n", dmi + "product_name": "Default string\n"}
    assert board_model(Tree(plant(tmp_path / "a", {**PROC, **filled}))) is None
    zima = {dmi + "sys_vendor": "IceWhale\n", dmi + "product_name": "ZimaBoard\n"}
    assert board_model(Tree(plant(tmp_path / "b", {**PROC, **zima}))) == "IceWhale ZimaBoard"


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({}, None),
        ({"/run/systemd/container": "lxc\n"}, "lxc"),
        ({"/.dockerenv": ""}, "docker"),
        ({"/.dockerenv": "", "/proc/2/comm": "kthreadd\n"}, None),
        ({"/sys/class/dmi/id/sys_vendor": "QEMU\n"}, "qemu"),
        ({"/sys/class/dmi/id/sys_vendor": "Microsoft Corporation\n", "/sys/class/dmi/id/product_name": "Virtual Machine\n"}, "microsoft"),
        ({"/sys/hypervisor/type": "xen\n"}, "xen"),
        ({"/sys/hypervisor/type": "xen\n", "/proc/xen/capabilities": "control_d\n"}, None),
        ({"/proc/device-tree/hypervisor/compatible": b"linux,kvm\0"}, "kvm"),
        ({"/sys/devices/system/clocksource/clocksource0/available_clocksource": "tsc kvm-clock\n"}, "kvm"),
        ({"/proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu hypervisor lahf\nbugs\t:\n"}, "vm"),
        ({"/proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu lahf\nmodel: hypervisor\n"}, None),
    ],
)
def test_what_a_host_runs_inside_is_said_only_where_something_tells(
    files: dict[str, str | bytes], found: str | None, tmp_path: Path
) -> None:
    assert virtualisation(Tree(plant(tmp_path, {**PROC, **files}))) == found
