"""Units in systemd's terms."""

from typing import Any

import pytest

from services.init import units
from services.init.cgroups import Groups, Rates
from services.init.detail import _command, _text
from sutra_client.gen.init import Active, Kind, Load

LISTED: list[Any] = ["ssh.service", "OpenSSH server", "loaded", "active", "running", "", units.UNIT_PATHS + "ssh_2eservice", 0, "", "/"]


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("ssh", "ssh.service"),
        ("ssh.socket", "ssh.socket"),
        ("getty@tty1", "getty@tty1.service"),
        ("org.example.thing", "org.example.thing.service"),
        ("dev-disk-by\\x2dlabel.device", "dev-disk-by\\x2dlabel.device"),
        ("-o", "-o.service"),
        ("--force", "--force.service"),
        ("../x", None),
        ("a b", None),
        ("*", None),
        ("", ".service"),
        ("x" * 256, None),
        ("\x1b[2J", None),
    ],
)
def test_a_name_means_a_service_unless_it_says_otherwise(asked: str, name: str | None) -> None:
    assert units.full_name(asked) == name


def test_paths_of_the_bus_are_names_again() -> None:
    assert units.name_at(units.UNIT_PATHS + "dbus_2dbroker_2eservice") == "dbus-broker.service"
    assert units.name_at(units.UNIT_PATHS + "getty_40tty1_2eservice") == "getty@tty1.service"
    assert units.name_at("/org/freedesktop/systemd1/job/12") is None


def test_what_the_list_does_not_tell_is_absent() -> None:
    row = units.row("system", LISTED)
    assert (row.kind, row.active, row.sub, row.load, row.job) == (Kind.SERVICE, Active.ACTIVE, "running", Load.LOADED, None)
    assert (row.since, row.pid, row.memory, row.restarts, row.result, row.enabled) == (None,) * 6


def test_unset_and_never_are_absent() -> None:
    told = {"StateChangeTimestamp": 0, "MainPID": 0, "NRestarts": (1 << 64) - 1}
    row = units.filled(units.row("system", LISTED), told)
    assert (row.since, row.pid, row.restarts) == (None, None, None)
    assert units.filled(row, {"MainPID": 12, "StateChangeTimestamp": 5}).pid == 12


def test_a_state_of_a_newer_systemd_is_kept() -> None:
    row = units.row("system", [*LISTED[:3], "dreaming", "deep", *LISTED[5:]])
    assert str(row.active) == "dreaming"


def test_names_that_others_only_mention_are_left_out() -> None:
    assert units.mentioned(["x.service", "", "not-found", "inactive", "dead", "", "/", 0, "", "/"])
    assert not units.mentioned(["x.service", "", "not-found", "failed", "failed", "", "/", 0, "", "/"])


@pytest.mark.parametrize(
    ("line", "own"),
    [
        ("0::/system.slice/ssh.service", ("ssh.service", None)),
        ("0::/user.slice/user-1000.slice/session-3.scope\n", ("session-3.scope", None)),
        ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/shell.scope", ("user@1000.service", "shell.scope")),
        ("1:name=systemd:/user.slice/user-1000.slice/user@1000.service/init.scope", ("user@1000.service", "init.scope")),
        ("0::/", (None, None)),
        ("", (None, None)),
    ],
)
def test_a_session_knows_the_unit_it_is_in(line: str, own: tuple[str | None, str | None]) -> None:
    assert units.own_unit(line) == own


def test_counters_come_from_either_hierarchy(tmp_path: Any) -> None:
    from planted import plant

    group = "/system.slice/ssh.service"
    v2 = plant(
        tmp_path / "v2",
        {
            "/sys/fs/cgroup/cgroup.controllers": "",
            f"/sys/fs/cgroup{group}/memory.current": "4096\n",
            f"/sys/fs/cgroup{group}/cpu.stat": "usage_usec 1500000\nuser_usec 1\n",
            f"/sys/fs/cgroup{group}/pids.current": "3\n",
        },
    )
    assert Groups(v2).counts(group) == (4096, 1_500_000, 3)
    v1 = plant(
        tmp_path / "v1",
        {
            f"/sys/fs/cgroup/memory{group}/memory.usage_in_bytes": "8192\n",
            f"/sys/fs/cgroup/cpuacct{group}/cpuacct.usage": "2000000\n",
            f"/sys/fs/cgroup/pids{group}/pids.current": "max\n",
        },
    )
    assert Groups(v1).counts(group) == (8192, 2000, None)
    assert Groups(v1).counts("/../../etc") == (None, None, None)
    assert Groups(str(tmp_path)).counts(group) == (None, None, None)


def test_a_rate_needs_two_readings_and_some_time_between() -> None:
    rates = Rates()
    assert rates.share("/a", 1_000_000, now=10.0) is None
    assert rates.share("/a", 2_000_000, now=12.0) == 50.0
    assert rates.share("/a", 2_900_000, now=12.1) == 50.0
    assert rates.share("/a", 1, now=14.0) is None
    assert rates.share("/a", None, now=16.0) is None
    rates.keep(set())
    assert rates.share("/a", 5, now=18.0) is None


def test_properties_are_told_in_words() -> None:
    assert [_text(value, False) for value in (True, 5, (1 << 64) - 1, "", "x", [["Stream", "/run/x"]], [], 1.5)] == [
        "yes",
        "5",
        None,
        None,
        "x",
        "Stream /run/x",
        None,
        None,
    ]
    assert _text(0, True) is None
    assert _command([["/bin/sh", ["/bin/sh", "-c"], False, 0, 0, 0, 0, 0, 0, 0]]) == [b"/bin/sh", b"-c"]
    assert _command(None) == []
