"""Temperatures, fans, throttling and low voltage, from hwmon, thermal zones and the Raspberry Pi's firmware (all below /sys).

Reading a sensor can sleep for as long as its bus takes: call these on a thread. Units of the files: millidegrees and rpm
(Documentation/hwmon/sysfs-interface.rst, Documentation/driver-api/thermal/sysfs-api.rst).
"""

import os
from typing import NamedTuple

from services.core.tree import Tree
from sutra_client.gen.system import Fan, Temperature

MOST = 64
"""Sensors of each kind."""
_COLDEST, _HOTTEST = -100_000, 1_000_000  # millidegrees; beyond these a sensor is broken or absent
_FIRMWARE = "/devices/platform/soc/soc:firmware/get_throttled"
_PI_UNDERVOLTAGE, _PI_SLOWED = 0x1, 0x2 | 0x4 | 0x8


class Probe(NamedTuple):
    """One temperature input with its thresholds, which do not change, read at discovery."""

    path: str
    name: str
    label: str
    high: float | None
    critical: float | None


class Rotor(NamedTuple):
    """One fan input."""

    path: str
    name: str
    label: str
    minimum: int | None


class Sensors(NamedTuple):
    """What this host has, by the paths of the files to read."""

    probes: tuple[Probe, ...]
    rotors: tuple[Rotor, ...]
    coolers: tuple[str, ...]
    """cur_state of the thermal governor's grip on processor speed."""
    counters: tuple[str, ...]
    """x86: how often a core or package was throttled."""
    alarms: tuple[str, ...]
    """Undervoltage alarms."""
    firmware: str | None


class Heat(NamedTuple):
    """One reading of all sensors."""

    temperatures: list[Temperature]
    fans: list[Fan]
    throttled: bool | None
    undervoltage: bool | None
    events: int | None
    """Throttling events so far, where the kernel counts them."""


def discover(tree: Tree) -> Sensors:
    """Looks at everything below /sys that could be a sensor."""
    probes: list[Probe] = []
    rotors: list[Rotor] = []
    alarms: list[str] = []
    hwmon = f"{tree.sys}/class/hwmon"
    for chip in tree.names(hwmon) if tree.exists(hwmon) else []:
        base = f"{hwmon}/{chip}"
        name = tree.text(f"{base}/name") or chip
        # A thermal zone's shadow in hwmon: the zone itself has the trip points.
        shadow = os.path.realpath(tree.at(f"{base}/device")).rpartition("/")[2].startswith("thermal_zone")
        for entry in tree.names(base):
            stem, _, what = entry.partition("_")
            if what == "input" and stem.startswith("temp") and not shadow:
                probes.append(_probe(tree, base, stem, name))
            elif what == "input" and stem.startswith("fan"):
                minimum = tree.number(f"{base}/{stem}_min")
                rotors.append(Rotor(f"{base}/{entry}", name, tree.text(f"{base}/{stem}_label") or "", _natural(minimum) or None))
            elif what == "lcrit_alarm" and stem.startswith("in") and name == "rpi_volt":
                alarms.append(f"{base}/{entry}")
    zones, coolers = _thermal(tree)
    firmware = tree.sys + _FIRMWARE
    return Sensors(
        tuple(_apart((probes + zones)[:MOST])),
        tuple(rotors[:MOST]),
        tuple(coolers[:MOST]),
        tuple(_counters(tree)),
        tuple(alarms),
        firmware if tree.exists(firmware) else None,
    )


def _apart(probes: list[Probe]) -> list[Probe]:
    """Chips of one kind are numbered from the second on, so that name and label together tell sensors apart."""
    seen: dict[tuple[str, str], int] = {}
    found = []
    for probe in probes:
        count = seen[probe.name, probe.label] = seen.get((probe.name, probe.label), 0) + 1
        found.append(probe if count == 1 else probe._replace(name=f"{probe.name} {count}"))
    return found


def _probe(tree: Tree, base: str, stem: str, name: str) -> Probe:
    high = _degrees(tree.number(f"{base}/{stem}_max"))
    critical = _degrees(tree.number(f"{base}/{stem}_crit"))
    return Probe(f"{base}/{stem}_input", name, tree.text(f"{base}/{stem}_label") or "", high, critical)


def _thermal(tree: Tree) -> tuple[list[Probe], list[str]]:
    probes: list[Probe] = []
    coolers: list[str] = []
    folder = f"{tree.sys}/class/thermal"
    for entry in tree.names(folder) if tree.exists(folder) else []:
        base = f"{folder}/{entry}"
        kind = tree.text(f"{base}/type") or entry
        if entry.startswith("thermal_zone"):
            trips = {
                tree.text(f"{base}/{name}"): _degrees(tree.number(f"{base}/{name[:-5]}_temp"))
                for name in tree.names(base)
                if name.startswith("trip_point_") and name.endswith("_type")
            }
            probes.append(Probe(f"{base}/temp", kind, "", trips.get("hot"), trips.get("critical")))
        elif entry.startswith("cooling_device") and ("cpufreq" in kind or kind == "Processor"):
            coolers.append(f"{base}/cur_state")
    return probes, coolers


def _counters(tree: Tree) -> list[str]:
    """One core of each package is enough for the package's counter, but core counters are per core: all are read."""
    folder = f"{tree.sys}/devices/system/cpu"
    found = []
    for entry in tree.names(folder) if tree.exists(folder) else []:
        path = f"{folder}/{entry}/thermal_throttle/core_throttle_count"
        if entry.startswith("cpu") and entry[3:].isdigit() and tree.exists(path):
            found.append(path)
    return found[:MOST]


def read_heat(tree: Tree, sensors: Sensors, events_before: int | None) -> Heat:
    """Reads every sensor once; one that does not answer is left out. `events_before` is that of the reading before."""
    temperatures = []
    for probe in sensors.probes:
        value = _degrees(tree.number(probe.path))
        if value is not None:
            temperatures.append(Temperature(probe.name, probe.label, value, probe.high, probe.critical))
    fans = []
    for rotor in sensors.rotors:
        speed = _natural(tree.number(rotor.path))
        if speed is not None:
            fans.append(Fan(rotor.name, rotor.label, speed, rotor.minimum))
    flags = _firmware_flags(tree, sensors.firmware)
    counts = [count for count in map(tree.number, sensors.counters) if count is not None]
    events = sum(counts) if counts else None
    states = [state > 0 for state in map(tree.number, sensors.coolers) if state is not None]
    if events is not None:
        states.append(events_before is not None and events > events_before)
    low = [alarm > 0 for alarm in map(tree.number, sensors.alarms) if alarm is not None]
    if flags is not None:
        states.append(bool(flags & _PI_SLOWED))
        low.append(bool(flags & _PI_UNDERVOLTAGE))
    return Heat(temperatures, fans, any(states) if states else None, any(low) if low else None, events)


def _firmware_flags(tree: Tree, path: str | None) -> int | None:
    """A hexadecimal word whose lower half is the present and upper half the past since boot."""
    text = tree.text(path) if path else None
    if text is None:
        return None
    try:
        return int(text, 16)
    except ValueError:
        return None


def _degrees(milli: int | None) -> float | None:
    """None also for the fillers of sensors that are not connected."""
    if milli is None or not _COLDEST < milli < _HOTTEST:
        return None
    return milli / 1000


def _natural(number: int | None) -> int | None:
    return number if number is not None and 0 <= number < 1 << 32 else None
