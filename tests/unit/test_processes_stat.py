"""Lines of /proc/PID, hostile ones included, and what they are read as."""

import struct

import pytest

from services.processes import sockets
from services.processes.detail import capabilities, kind_of, limits
from services.processes.guarded import plain
from services.processes.stat import arguments, kilobytes, parse_cgroup, parse_io, parse_keys, parse_stat, terminal
from sutra_client.gen.processes import FileKind, Limit, State

TAIL = b"S 1 42 42 34816 -1 4194304 103 0 0 0 250 50 0 0 20 -5 3 0 1356719 3133440 380 18446744073709551615 1 1"


@pytest.mark.parametrize("name", [b"cat", b"a) R 1 (b", b"two\nlines", b"\x1b[2J", b"caf\xe9", b"", b"((", b"))"])
def test_a_name_may_hold_whatever_ends_one_elsewhere(name: bytes) -> None:
    read = parse_stat(b"7 (" + name + b") " + TAIL + b"\n")
    assert read is not None
    assert read.name == name and read.state == State.SLEEPING and read.ppid == 1
    assert (read.ticks, read.priority, read.nice, read.threads) == (300, 20, -5, 3)
    assert (read.started, read.virtual, read.pages, read.tty, read.kernel) == (1356719, 3133440, 380, "pts/0", False)


@pytest.mark.parametrize("line", [b"", b"7 (cat", b"7 (cat) S 1", b"7 cat S 1 2", b"7 (cat) " + TAIL.replace(b"250", b"x")])
def test_what_is_no_such_line_is_no_process(line: bytes) -> None:
    assert parse_stat(line) is None


def test_a_state_of_a_newer_kernel_is_other() -> None:
    read = parse_stat(b"7 (cat) Q" + TAIL[1:])
    assert read is not None and read.state == State.OTHER


@pytest.mark.parametrize(
    ("device", "name"),
    [
        (0, None),
        (34816, "pts/0"),
        (34816 + 255, "pts/255"),
        (35072, "pts/256"),
        (1025, "tty1"),
        (1088, "ttyS0"),
        (0xCC40, "ttyAMA0"),
        (0xE500, "hvc0"),
        (0x0701, "7:1"),
    ],
)
def test_terminals_have_the_names_that_people_know(device: int, name: str | None) -> None:
    assert terminal(device) == name


def test_the_control_group_is_the_one_that_says_more() -> None:
    assert parse_cgroup(b"0::/system.slice/sshd.service\n") == "/system.slice/sshd.service"
    assert parse_cgroup(b"9:name=systemd:/system.slice/a.service\n1:cpu:/x\n0::/\n") == "/system.slice/a.service"
    assert parse_cgroup(b"9:name=systemd:/\n0::/\n") == "/"
    assert parse_cgroup(b"2:cpu:/x\n") is None
    assert parse_cgroup(b"0::/a:b\xff\n") == "/a:b\\xff"


def test_arguments_are_cut_at_their_ends_and_padding_is_none() -> None:
    assert arguments(b"sh\0-c\0\0") == [b"sh", b"-c", b""]
    assert arguments(b"nginx: master process\0\0\0\0") == [b"nginx: master process"]
    assert arguments(b"no end") == [b"no end"]
    assert arguments(b"") == [] and arguments(b"\0\0") == []


def test_io_counts_what_reached_disks() -> None:
    assert parse_io(b"rchar: 9\nwchar: 9\nread_bytes: 4096\nwrite_bytes: 8192\n") == (4096, 8192)
    assert parse_io(b"") is None


def test_kilobytes_are_bytes_in_the_end() -> None:
    keys = parse_keys(b"Pss:      274 kB\nSwap:  0 kB\nOdd: x kB\n")
    assert kilobytes(keys, b"Pss", b"Swap") == 274 * 1024
    assert kilobytes(keys, b"Odd") is None and kilobytes(keys, b"Gone") is None


@pytest.mark.parametrize(
    ("uid", "gid", "capabilities", "gid_of_account", "may"),
    [
        (b"1000\t1000\t1000", b"5\t5\t5", b"0000000000000000", 5, True),
        (b"1000\t0\t0", b"5\t5\t5", b"0000000000000000", 5, False),
        (b"1000\t1000\t1000", b"5\t6\t6", b"0000000000000000", 5, False),
        (b"1000\t1000\t1000", b"5\t5\t5", b"0000000000000000", 6, False),
        (b"1000\t1000\t1000", b"5\t5\t5", b"0000000000000000", None, False),
        (b"1000\t1000\t1000", b"5\t5\t5", b"0000000000002000", 5, False),
    ],
)
def test_only_the_one_whose_rights_it_has_may_look_into_a_process(
    uid: bytes, gid: bytes, capabilities: bytes, gid_of_account: int | None, may: bool
) -> None:
    status = b"Uid:\t%s\t0\nGid:\t%s\t0\nCapPrm:\t%s\n" % (uid, gid, capabilities)
    assert plain(status, 1000, gid_of_account) == may
    assert not plain(b"", 1000, 5)


def test_limits_are_read_by_the_columns_of_their_head() -> None:
    text = (
        b"Limit                     Soft Limit           Hard Limit           Units     \n"
        b"Max open files            1024                 524288               files     \n"
        b"Max core file size        0                    unlimited            bytes     \n"
        b"Max nice priority         0                    0                    \n"
    )
    assert limits(text) == [
        Limit("Max open files", 1024, 524288, "files"),
        Limit("Max core file size", 0, None, "bytes"),
        Limit("Max nice priority", 0, 0, None),
    ]
    assert limits(b"") == []


def test_capabilities_have_names_and_new_ones_numbers() -> None:
    assert capabilities(b"0000000000000021") == ["chown", "kill"]
    assert capabilities(b"0000060000000000") == ["41", "42"]
    assert capabilities(b"") is None


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        (b"socket:[7]", FileKind.SOCKET),
        (b"pipe:[7]", FileKind.PIPE),
        (b"anon_inode:[eventpoll]", FileKind.ANONYMOUS),
        (b"/dev/null", FileKind.DEVICE),
        (b"/tmp/a (deleted)", FileKind.DELETED),
        (b"/tmp/\xff", FileKind.FILE),
        (b"net:[7]", FileKind.OTHER),
    ],
)
def test_descriptors_are_told_apart_without_looking_at_files(target: bytes, kind: FileKind) -> None:
    assert kind_of(target) == kind


def words(*parts: int) -> bytes:
    """An address as this machine's kernel writes it."""
    return b"".join(b"%08X" % struct.unpack("=I", struct.pack("!I", part))[0] for part in parts)


def test_sockets_of_both_protocols_are_found_by_their_inode() -> None:
    head = b"  sl  local_address rem_address   st ...\n"
    four = head + b"   0: %s:0016 00000000:0000 0A 0:0 0:0 0 0 0 4711 1 x\n" % words(0x7F000001)
    six = head + b"   0: %s:01BB %s:C000 01 0:0 0:0 0 0 0 4712 1 x\n   1: cut" % (words(0, 0, 0, 1), words(0x20010DB8, 0, 0, 2))
    assert sockets.internet("tcp", four, {4711}) == {4711: sockets.Found("tcp", "LISTEN", "127.0.0.1:22")}
    assert sockets.internet("tcp", four, {4712}) == {}
    assert sockets.internet("tcp6", six, {4712}) == {4712: sockets.Found("tcp6", "ESTAB", "[::1]:443", "[2001:db8::2]:49152")}


def test_a_unix_socket_whose_path_forges_a_line_stays_one_socket() -> None:
    text = (
        b"Num       RefCount Protocol Flags    Type St Inode Path\n"
        b"0000: 00000002 00000000 00010000 0001 01 17 /run/a b\n"
        b"0000: 00000003 00000000 00000000 0001 03 18 @abs\xfftract\n"
        b"0000: 00000003 00000000 00000000 0001 03 19\n"
        b"not a socket at all\n"
    )
    found = sockets.local(text, {17, 18, 19})
    assert found[17] == sockets.Found("unix", "LISTEN", "/run/a b")
    assert found[18] == sockets.Found("unix", "ESTAB", "@abs\\xfftract")
    assert found[19] == sockets.Found("unix", "ESTAB", None)
