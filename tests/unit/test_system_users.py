"""Who is logged in, from utmp of both layouts and from logind's files."""

import struct
from pathlib import Path

import pytest

from planted import plant
from services.system.linux import LinuxSystem
from services.system.users import parse_session, parse_utmp
from sutra_client.errors import SutraError
from sutra_client.gen.system import Session

PROC = {"/proc/stat": "cpu  1 1 1 1\n"}
SINCE = 1_751_234_567
ANN = Session("ann", "pts/0", "10.0.0.9", SINCE * 1_000_000 + 25, 4711)


def record(kind: int, pid: int, line: bytes, user: bytes, host: bytes, seconds: int, *, wide: bool) -> bytes:
    """One struct utmp, put together field by field as bits/utmp.h has it."""
    number = "q" if wide else "i"
    body = struct.pack("=h2xi32s4s32s256s", kind, pid, line, b"ts/0", user, host) + struct.pack("=hh", 0, 0)
    body += struct.pack(f"={number}{number}{number}", pid, seconds, 25) + bytes(16) + bytes(20)
    return body + bytes(-len(body) % (8 if wide else 4))


@pytest.mark.parametrize(("wide", "size"), [(False, 384), (True, 400)])
def test_utmp_of_either_layout_names_who_is_logged_in(wide: bool, size: int) -> None:
    boot = record(2, 0, b"~", b"reboot", b"6.12.40", SINCE - 60, wide=wide)
    root = record(7, 812, b"tty1", b"root", b"", SINCE - 30, wide=wide)
    ann = record(7, 4711, b"pts/0", b"ann", b"10.0.0.9", SINCE, wide=wide)
    gone = record(8, 99, b"pts/1", b"", b"", SINCE, wide=wide)
    assert len(ann) == size
    assert parse_utmp(boot + ann + root + gone) == [Session("root", "tty1", None, (SINCE - 30) * 1_000_000 + 25, 812), ANN]


def test_25_short_records_are_not_taken_for_24_long_ones() -> None:
    short = record(7, 4711, b"pts/0", b"ann", b"10.0.0.9", SINCE, wide=False)
    assert parse_utmp(short * 25) == [ANN] * 25
    long = record(7, 4711, b"pts/0", b"ann", b"10.0.0.9", SINCE, wide=True)
    assert parse_utmp(long * 24) == [ANN] * 24


def test_a_full_field_without_its_nul_and_bad_utf8_are_text() -> None:
    (session,) = parse_utmp(record(7, 1, b"l" * 32, b"\xff" + b"u" * 31, b"h" * 256, SINCE, wide=False)) or []
    assert session.user == "\\xff" + "u" * 31
    assert session.tty == "l" * 32
    assert session.host == "h" * 256


def test_a_time_after_2038_is_read_unsigned() -> None:
    (session,) = parse_utmp(record(7, 1, b"tty1", b"root", b"", 2_200_000_000 - (1 << 32), wide=False)) or []
    assert session.since == 2_200_000_000 * 1_000_000 + 25


@pytest.mark.parametrize("data", [b"x", b"\x7f" * 384, b"\x7f" * 400, bytes(383)])
def test_what_is_no_utmp_is_refused(data: bytes) -> None:
    assert parse_utmp(data) is None


async def test_logind_is_asked_where_there_is_no_utmp(tmp_path: Path) -> None:
    text = (
        b"# private\nUID=1000\nUSER=ann\nACTIVE=1\nSTATE=active\nREMOTE=1\n"
        b"REMOTE_HOST=10.0.0.9\nTTY=pts/0\nLEADER=4711\nCLASS=user\nREALTIME=%d\n"
    )
    manager = b"USER=ann\nCLASS=manager\nSTATE=active\n"
    root = plant(tmp_path, {**PROC, "/run/systemd/sessions/3": text % (SINCE * 1_000_000 + 25), "/run/systemd/sessions/4": manager})
    assert await LinuxSystem(root).users() == [ANN]


async def test_a_broken_utmp_does_not_hide_logind(tmp_path: Path) -> None:
    root = plant(tmp_path, {**PROC, "/run/utmp": b"broken", "/run/systemd/sessions/3": b"USER=ann\nTTY=tty1\n"})
    system = LinuxSystem(root)
    assert [session.user for session in await system.users()] == ["ann"]
    assert system.unseen == ["Who is logged in is unknown: /run/utmp holds something else than expected."]


async def test_a_host_without_any_record_of_logins_says_so(tmp_path: Path) -> None:
    with pytest.raises(SutraError, match="neither /run/utmp nor /run/systemd/sessions") as caught:
        await LinuxSystem(plant(tmp_path, PROC)).users()
    assert caught.value.code == "UNSUPPORTED"


def test_closing_and_nameless_sessions_are_left_out() -> None:
    assert parse_session(b"USER=ann\nSTATE=closing\n") is None
    assert parse_session(b"STATE=active\n\xff\x00=") is None
    assert parse_session(b"USER=ann\nLEADER=-1\nREALTIME=\xc2\xb2\n") == Session("ann")
