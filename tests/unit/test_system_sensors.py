"""Temperatures, fans, throttling and voltage of planted boards."""

from pathlib import Path

from planted import plant
from services.core.tree import Tree
from services.system.sensors import MOST, Heat, discover, read_heat
from sutra_client.gen.system import Fan, Temperature

PROC = {"/proc/stat": "cpu  1 1 1 1\n"}
HWMON = "/sys/class/hwmon/"
THERMAL = "/sys/class/thermal/"


def board(root: Path, files: dict[str, str | bytes]) -> Tree:
    return Tree(plant(root, {**PROC, **files}))


def heat(tree: Tree, before: int | None = None) -> Heat:
    return read_heat(tree, discover(tree), before)


def test_a_pc_shows_its_chips_with_labels_and_limits(tmp_path: Path) -> None:
    chip = HWMON + "hwmon0/"
    tree = board(
        tmp_path,
        {
            chip + "name": "coretemp\n",
            chip + "temp1_input": "52500\n",
            chip + "temp1_label": "Package id 0\n",
            chip + "temp1_max": "80000\n",
            chip + "temp1_crit": "100000\n",
            chip + "temp2_input": "51000\n",
            chip + "fan1_input": "1800\n",
            chip + "fan1_min": "300\n",
            chip + "fan2_input": "0\n",
        },
    )
    found = heat(tree)
    assert found.temperatures == [Temperature("coretemp", "Package id 0", 52.5, 80.0, 100.0), Temperature("coretemp", "", 51.0)]
    assert found.fans == [Fan("coretemp", "", 1800, 300), Fan("coretemp", "", 0)]
    assert (found.throttled, found.undervoltage) == (None, None)


def test_a_raspberry_pi_tells_heat_throttling_and_voltage(tmp_path: Path) -> None:
    zone, cooler = THERMAL + "thermal_zone0/", THERMAL + "cooling_device0/"
    firmware = "/sys/devices/platform/soc/soc:firmware/get_throttled"
    tree = board(
        tmp_path,
        {
            zone + "type": "cpu-thermal\n",
            zone + "temp": "61322\n",
            zone + "trip_point_0_type": "critical\n",
            zone + "trip_point_0_temp": "110000\n",
            cooler + "type": "cpufreq-cpu0\n",
            cooler + "cur_state": "0\n",
            HWMON + "hwmon0/name": "cpu_thermal\n",
            HWMON + "hwmon0/temp1_input": "61322\n",
            HWMON + "hwmon0/device": "-> ../../thermal/thermal_zone0",
            HWMON + "hwmon1/name": "rpi_volt\n",
            HWMON + "hwmon1/in0_lcrit_alarm": "1\n",
            firmware: "50000\n",
        },
    )
    found = heat(tree)
    assert found.temperatures == [Temperature("cpu-thermal", "", 61.322, None, 110.0)]
    assert (found.throttled, found.undervoltage) == (False, True)
    plant_again = tmp_path / firmware.lstrip("/")
    plant_again.write_text("0x50004\n")
    assert heat(tree).throttled is True


def test_throttling_of_a_pc_is_a_counter_that_rises(tmp_path: Path) -> None:
    count = "/sys/devices/system/cpu/cpu%d/thermal_throttle/core_throttle_count"
    tree = board(tmp_path, {count % 0: "3\n", count % 1: "4\n"})
    assert (heat(tree).events, heat(tree).throttled) == (7, False)
    assert heat(tree, 7).throttled is False
    assert heat(tree, 6).throttled is True


def test_sensors_that_are_absent_broken_or_garbage_are_left_out(tmp_path: Path) -> None:
    chip = HWMON + "hwmon0/"
    files = {chip + f"temp{number}_input": text for number, text in enumerate(("", "hot\n", "-273150\n", "9999999999999\n", "40000\n"))}
    tree = board(tmp_path, {**files, chip + "name": b"ch\xffip\n", chip + "fan1_input": "-1\n", chip + "temp9_input/x": ""})
    found = heat(tree)
    assert found.temperatures == [Temperature("ch\\xffip 5", "", 40.0)]
    assert found.fans == []
    assert any("temp1_input holds something else" in problem for problem in tree.problems.values())


def test_two_drives_of_one_kind_are_told_apart_and_a_thousand_sensors_are_bounded(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {}
    for number in range(MOST + 10):
        files[f"{HWMON}hwmon{number:03}/name"] = "nvme\n"
        files[f"{HWMON}hwmon{number:03}/temp1_input"] = "40000\n"
    found = heat(board(tmp_path, files))
    assert [sensor.name for sensor in found.temperatures[:3]] == ["nvme", "nvme 2", "nvme 3"]
    assert len(found.temperatures) == MOST


def test_a_host_without_sensors_has_none(tmp_path: Path) -> None:
    tree = board(tmp_path, {})
    assert heat(tree) == Heat([], [], None, None, None)
    assert tree.problems == {}
