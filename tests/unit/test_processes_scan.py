"""Reading all processes again and again: what is new, what is different, what is left alone."""

from pathlib import Path

import pytest

from processes_planted import Host, line
from services.processes.scan import ROTATION, YOUNG
from sutra_client.gen.processes import Process, State


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def row(host: Host, pid: int) -> Process:
    return next(row for row in host.scan.rows() if row.pid == pid)


def test_a_process_is_shown_with_what_its_files_say(host: Host) -> None:
    host.put(7, line(7, b"sshd", pages=100), b"sshd: \x1b[2J\0-D\0", b"0::/system.slice/sshd.service\n")
    host.read()
    found = row(host, 7)
    assert (found.name, found.command, found.state, found.ppid) == ("sshd", "sshd: \x1b[2J -D", State.SLEEPING, 1)
    assert (found.unit, found.cgroup, found.kernel) == ("sshd.service", "/system.slice/sshd.service", False)
    assert found.memory == 100 * host.scan.facts.page
    assert found.since is not None and found.since == 10**15 + host.scan.facts.micro(found.started)


def test_names_that_are_no_text_stay_readable_and_whole(host: Host) -> None:
    host.put(8, line(8, b"a) R\n(\xff"), b"caf\xe9\0")
    host.read()
    assert row(host, 8).name == "a) R\n(\\xff" and row(host, 8).command == "caf\\xe9"


def test_what_has_no_arguments_is_called_by_its_name_in_brackets(host: Host) -> None:
    host.put(9, line(9, b"kworker/0:1", state="I", ppid=2, flags=0x00200000), b"")
    host.put(10, line(10, b"sh", state="Z"), b"")
    host.read()
    assert row(host, 9).command == "[kworker/0:1]" and row(host, 9).kernel
    assert row(host, 10).command == "[sh]" and row(host, 10).state == State.ZOMBIE


def test_processor_time_is_a_share_of_one_processor_since_the_reading_before(host: Host) -> None:
    host.put(7, line(7, ticks=1000), b"a\0")
    host.read()
    hertz = host.scan.facts.hertz
    host.put(7, line(7, ticks=1000 + 3 * hertz))
    host.read(2.0)
    assert row(host, 7).cpu == 150.0
    host.read(2.0)
    assert row(host, 7).cpu == 0.0


def test_a_process_that_began_since_the_reading_before_shows_its_mean(host: Host) -> None:
    host.read()
    hertz = host.scan.facts.hertz
    host.put(7, line(7, ticks=hertz, started=host.now * hertz // 1_000_000), b"a\0")
    host.read(2.0)
    assert row(host, 7).cpu == 50.0


def test_rows_that_are_not_different_are_the_same_objects(host: Host) -> None:
    host.put(7, line(7), b"a\0")
    for _ in range(YOUNG + 1):
        host.read()
    before = {row.pid: row for row in host.scan.rows()}
    for _ in range(ROTATION):
        host.read()
    assert all(before[row.pid] is row for row in host.scan.rows())


def test_a_process_that_ends_is_gone_and_its_number_is_another_key(host: Host) -> None:
    host.put(7, line(7), b"a\0")
    host.read()
    host.end(7)
    host.read()
    assert [row.pid for row in host.scan.rows()] == [1]
    host.put(7, line(7, b"other", started=900), b"b\0")
    host.read()
    assert (row(host, 7).started, row(host, 7).command) == (900, "b")
    host.put(7, line(7, b"third", started=950), b"c\0")
    host.read()
    assert (row(host, 7).started, row(host, 7).command, len(host.scan.rows())) == (950, "c", 2)


def test_a_program_that_another_one_became_is_shown_at_once(host: Host) -> None:
    host.put(7, line(7, b"sh"), b"sh\0")
    for _ in range(YOUNG + 1):
        host.read()
    host.put(7, line(7, b"vim"), b"vim\0notes\0")
    host.read()
    assert row(host, 7).command == "vim notes"


def test_arguments_that_a_process_wrote_over_are_shown_in_time(host: Host) -> None:
    host.put(7, line(7), b"before\0")
    for _ in range(YOUNG + 1):
        host.read()
    host.put(7, line(7), b"after\0")
    for _ in range(ROTATION):
        host.read()
    assert row(host, 7).command == "after"


def test_a_service_without_a_control_group_is_named_by_its_supervisor(host: Host) -> None:
    host.put(20, line(20, b"s6-supervise"), b"s6-supervise\0weston\0", b"0::/\n")
    host.put(30, line(30, b"weston", ppid=20), b"weston\0", b"0::/\n")
    host.put(31, line(31, b"foot", ppid=30), b"foot\0", b"0::/\n")
    host.read()
    host.read()
    assert row(host, 31).unit == row(host, 30).unit == "weston" and row(host, 20).unit is None


def test_what_waits_in_the_kernel_is_not_asked_for_what_lies_in_its_memory(host: Host) -> None:
    host.put(7, line(7, b"rsync", state="D"), b"never read\0")
    host.read()
    assert row(host, 7).command == "[rsync]" and row(host, 7).state == State.BLOCKED
    host.put(7, line(7, b"rsync", state="S"))
    host.read()
    assert row(host, 7).command == "never read"


def test_a_process_whose_memory_hung_is_left_alone_from_then_on(host: Host) -> None:
    host.put(7, line(7), b"never read\0")
    host.scan.mute.add((7, 500))
    host.read()
    assert row(host, 7).command == "[cat]"
    host.end(7)
    host.read()
    assert not host.scan.mute


def test_io_rates_begin_with_the_second_reading(host: Host) -> None:
    host.put(7, line(7, ticks=1), b"a\0")
    io = host.root / "proc/7/io"
    io.write_text("read_bytes: 4096\nwrite_bytes: 0\n")
    host.read()
    assert row(host, 7).read is None
    io.write_text("read_bytes: 8192\nwrite_bytes: 2048\n")
    host.put(7, line(7, ticks=2))
    host.read(2.0)
    assert (row(host, 7).read, row(host, 7).write) == (2048, 1024)
    host.read(2.0)
    assert (row(host, 7).read, row(host, 7).write) == (0, 0)


def test_the_costly_field_is_read_while_it_is_wanted_and_then_forgotten(host: Host) -> None:
    host.put(7, line(7), b"a\0")
    (host.root / "proc/7/smaps_rollup").write_text("Pss: 3 kB\n")
    host.read()
    assert row(host, 7).pss is None
    host.scan.weigh(True)
    host.read()
    assert row(host, 7).pss == 3072
    host.scan.weigh(False)
    host.read()
    assert row(host, 7).pss is None


def test_a_few_processes_can_be_read_alone(host: Host) -> None:
    host.put(7, line(7), b"a\0")
    host.put(8, line(8), b"b\0")
    host.read()
    host.end(7)
    host.end(8)
    host.scan.read([8])
    assert {row.pid for row in host.scan.rows()} == {1, 7}
