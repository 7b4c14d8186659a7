"""Services and log records in words."""

import pytest
from msgspec.structs import replace

from services.init.fake import FakeInit, service
from services.logs.fake import RECORDS, record
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


def test_a_records_detail_has_its_other_fields() -> None:
    assert ("_UID", "0") in logs_text.detail(RECORDS[3])
