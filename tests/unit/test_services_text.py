"""Services and log records in words."""

import time
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from services.init.fake import FakeInit, service
from services.logs.fake import RECORDS, START, record
from sutra_client import logs_text, services_text
from sutra_client.gen.init import Active, Load
from sutra_client.gen.logs import Priority, Record
from sutra_client.glyphs import FULL

ROW = service("ssh.service", pid=1)


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        (ROW, (FULL.ok, "running", "ok")),
        (replace(ROW, active=Active.FAILED, sub="failed"), (FULL.failed, "failed", "error")),
        (replace(ROW, active=Active.INACTIVE, sub="dead"), (FULL.off, "dead", "dim")),
        (replace(ROW, active=Active.INACTIVE, sub=None, load=Load.UNLOADED), (FULL.off, "not loaded", "dim")),
        (replace(ROW, active=Active.ACTIVATING, sub="auto-restart"), (FULL.busy, "auto-restart", "warning")),
        (replace(ROW, active=None, sub=None), ("-", "not known", "dim")),
    ],
)
def test_a_state_is_a_glyph_and_a_word(row: object, shown: tuple[str, str, str]) -> None:
    assert services_text.state(row, FULL) == shown  # type: ignore[arg-type]


def test_the_summary_counts_what_matters() -> None:
    rows = [ROW, replace(ROW, active=Active.FAILED), replace(ROW, active=Active.ACTIVATING)]
    assert services_text.summary(rows) == "3 services, 1 active, 1 changing, 1 failed"
    assert services_text.summary([ROW]) == "1 service, 1 active, none failed"
    assert services_text.summary(rows[:2], "timer") == "2 timers, 1 active, 1 failed"


def test_what_needs_attention_comes_first() -> None:
    states = [None, Active.INACTIVE, Active.ACTIVE, Active.ACTIVATING, Active.FAILED]
    assert sorted(states, key=lambda active: services_text.urgency(replace(ROW, active=active))) == states[::-1]


async def test_a_detail_leaves_out_what_is_not_known() -> None:
    found = await FakeInit().get("bridge")
    lines = dict(services_text.detail(found))
    assert lines["state"] == "failed (failed)"
    assert lines["main process"] == "-"
    assert lines["last end"] == "exit status 1"
    assert lines["command"] == "/usr/sbin/bridge -D \\xff"
    assert "control group" not in lines
    killed = replace(found, exit_code=None, exit_signal=9, service=replace(found.service, result="oom-kill"))
    assert services_text.ended(killed) == "ended by signal 9 (oom-kill)"


def test_a_record_is_one_line() -> None:
    line = logs_text.line(RECORDS[5])
    assert line.endswith(" E bridge[106]: cannot open /data/bridge.db: Permission denied")
    assert logs_text.tone(RECORDS[5]) == "error"
    assert logs_text.line(Record()) == "- - -: (no text, or one too long to hand on)"
    assert [logs_text.letter(record(1, "", priority)) for priority in Priority] == ["!", "A", "C", "E", "W", "n", " ", " "]


@pytest.fixture
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_records_time_is_of_day_or_has_its_day(in_utc: None) -> None:
    assert logs_text.when(START, START / 1e6) == "14:13:20"
    assert logs_text.when(START, START / 1e6 + 86_400) == "09-21 14:13:20"
    assert [logs_text.when(moment, 0.0) for moment in (None, 1 << 80)] == ["-", "-"]
    assert dict(logs_text.detail(RECORDS[3]))["time"] == "2026-09-21 14:13:24.000"


def test_lost_records_are_counted() -> None:
    assert logs_text.lost(1) == "1 record lost here: more came than could be read"
    assert logs_text.lost(2).startswith("2 records ")


@pytest.mark.parametrize(
    ("times", "cells", "counted"),
    [([], 4, []), ([7], 3, [1, None, None]), ([0, 1, 2, 9, 10], 2, [3, 2]), ([5, 0], 2, [1, 1]), ([1, 2], 0, [])],
)
def test_a_histogram_counts_records_in_equal_spans(times: list[int], cells: int, counted: list[float | None]) -> None:
    assert logs_text.histogram(times, cells) == counted


def test_a_records_detail_has_its_other_fields() -> None:
    assert ("_UID", "0") in logs_text.detail(RECORDS[3])
