"""Which units are installed and enabled, as systemd's folders tell."""

from pathlib import Path

import pytest

from planted import plant
from services.init.unit_files import UnitFiles
from sutra_client.gen.init import Enabled

FOLDERS = ["/run/systemd/transient", "/etc/systemd/system", "/run/systemd/system", "/run/systemd/generator", "/lib/systemd/system"]
LIB = "/lib/systemd/system"
INSTALL = "[Unit]\nWantedBy=nothing\n[Install]\n# WantedBy=no\nWantedBy=multi-user.target\n"
HOST: dict[str, str | bytes] = {
    f"{LIB}/plain.service": "[Service]\nExecStart=/bin/x\n",
    f"{LIB}/on.service": INSTALL,
    f"{LIB}/off.service": INSTALL,
    f"{LIB}/also.service": "[Install]\nAlso=on.service\n",
    f"{LIB}/empty-rule.service": "[Install]\nWantedBy=\n",
    f"{LIB}/here.service": INSTALL,
    f"{LIB}/vendor.service": INSTALL,
    f"{LIB}/other-name.service": "-> on.service",
    f"{LIB}/hidden.service": INSTALL,
    f"{LIB}/of-hidden.service": "-> hidden.service",
    f"{LIB}/getty@.service": INSTALL,
    f"{LIB}/amended.service": "[Service]\n",
    f"{LIB}/multi-user.target.wants/vendor.service": "-> ../vendor.service",
    "/etc/systemd/system/multi-user.target.wants/on.service": "-> /lib/systemd/system/on.service",
    "/etc/systemd/system/getty.target.wants/getty@tty1.service": "-> /lib/systemd/system/getty@.service",
    "/etc/systemd/system/hidden.service": "-> /dev/null",
    "/etc/systemd/system/nothing.service": "",
    "/etc/systemd/system/amended.service.d/x.conf": "[Install]\nWantedBy=multi-user.target\n",
    "/etc/systemd/system/called.service": "-> /lib/systemd/system/vendor.service",
    "/etc/systemd/system/linked.service": "-> /opt/linked.service",
    "/opt/linked.service": INSTALL,
    "/run/systemd/system/multi-user.target.wants/here.service": "-> /lib/systemd/system/here.service",
    "/run/systemd/system/gone.service": "-> /dev/null",
    "/run/systemd/generator/made.service": "[Service]\n",
    "/run/systemd/transient/run-1.service": "[Service]\n",
    f"{LIB}/notes.txt": "",
    f"{LIB}/bad name.service": INSTALL,
}


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("plain.service", Enabled.STATIC),
        ("on.service", Enabled.ENABLED),
        ("off.service", Enabled.DISABLED),
        ("also.service", Enabled.INDIRECT),
        ("empty-rule.service", Enabled.STATIC),
        ("here.service", Enabled.ENABLED_RUNTIME),
        ("vendor.service", Enabled.ENABLED),
        ("other-name.service", Enabled.ALIAS),
        ("hidden.service", Enabled.MASKED),
        ("of-hidden.service", Enabled.MASKED),
        ("nothing.service", Enabled.MASKED),
        ("gone.service", Enabled.MASKED_RUNTIME),
        ("amended.service", Enabled.DISABLED),
        ("linked.service", Enabled.LINKED),
        ("made.service", Enabled.GENERATED),
        ("run-1.service", Enabled.TRANSIENT),
        ("getty@tty1.service", Enabled.ENABLED),
        ("getty@tty2.service", Enabled.DISABLED),
        ("absent.service", None),
        ("notes.txt", None),
        ("bad name.service", None),
    ],
)
def test_a_state_is_what_systemctl_would_say(name: str, state: Enabled | None, tmp_path: Path) -> None:
    assert UnitFiles(FOLDERS, plant(tmp_path, HOST)).state(name) == state


def test_templates_and_aliases_are_not_listed(tmp_path: Path) -> None:
    listed = UnitFiles(FOLDERS, plant(tmp_path, HOST)).installed()
    assert {"on.service", "off.service", "hidden.service", "made.service"} <= set(listed)
    assert not {"getty@.service", "other-name.service", "called.service", "bad name.service"} & set(listed)


def test_absent_and_odd_folders_are_passed_over(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {"/etc/systemd/system": "a file", f"{LIB}/x.service": b"\xff[Install]\n\xff=\xff\n", f"{LIB}/loop.service": "-> loop.service"},
    )
    assert UnitFiles([*FOLDERS, "", "/../.."], str(tmp_path)).state("x.service") == Enabled.STATIC
