"""What a test of the real thing needs from the machine, and what is done where it is missing."""

import os
import platform
import shutil
import tomllib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest

from boxes import image

ABSENT = Path(__file__).parent / "real/ABSENT.toml"


def _listed(folder: str) -> bool:
    return os.path.isdir(folder) and bool(os.listdir(folder))


FACILITIES: dict[str, Callable[[], bool]] = {
    "root": lambda: os.geteuid() == 0,
    "bash": lambda: shutil.which("bash") is not None,
    "dbus-daemon": lambda: shutil.which("dbus-daemon") is not None,
    "box": lambda: not image.missing() and image.path().is_dir(),
    **{name: partial(lambda name: shutil.which(name) is not None, name) for name in ("ostree", "ip", "lsblk", "mkfs.ext4")},
    "sensors": lambda: _listed("/sys/class/hwmon"),
    "battery": lambda: _listed("/sys/class/power_supply"),
    "throttling": lambda: os.path.exists("/sys/devices/platform/soc/soc:firmware/get_throttled"),
    "arm": lambda: platform.machine() in ("aarch64", "armv7l", "armv6l"),
}
"""Name to whether this machine has it now."""


def reasons() -> dict[str, str]:
    """What CI's machine is known to lack, and why."""
    return {name: entry["reason"] for name, entry in tomllib.loads(ABSENT.read_text()).items()}


def verdict(name: str, present: bool, absent: Mapping[str, str], ci: bool) -> tuple[str, str]:
    """("go" | "skip" | "fail", why) for a test that needs the facility `name`."""
    if not ci:
        return ("go", "") if present else ("skip", f"this machine has no {name}")
    if present and name in absent:
        return "fail", f"CI has {name} now: take it out of {ABSENT.name}"
    if present:
        return "go", ""
    if name in absent:
        return "skip", f"CI has no {name}: {absent[name]}"
    return "fail", f"CI must have {name}, or say in {ABSENT.name} why it cannot"


def require(name: str) -> None:
    """Skips or fails the test, or what asks for it, where the facility is not there."""
    decision, why = verdict(name, FACILITIES[name](), reasons(), os.environ.get("CI") == "true")
    if decision == "skip":
        pytest.skip(why)
    if decision == "fail":
        pytest.fail(why, pytrace=False)
