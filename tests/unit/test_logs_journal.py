"""journalctl as a child: what it is asked, what it says, and what becomes of one that is absent, refuses, hangs or talks nonsense."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from planted import plant
from recorded import JOURNAL, NOW, entry, program, says
from services.logs import journal
from services.logs.child import LONGEST, Lines
from services.logs.journal import Journal, arguments, parse
from services.logs.query import Query
from sutra_client import errors
from sutra_client.errors import SutraError
from sutra_client.gen.logs import Priority

FOLDER = "/var/log/journal/4c2f1d0a9b8e4f6db1f0a1b2c3d4e5f6"


def parsed(**fields: object) -> Any:
    [record] = parse([json.dumps({**entry(1, "x"), **fields}).encode()])
    return record


def test_an_entry_is_a_record() -> None:
    record = parsed(PRIORITY="3", _UID="0", _EXE="/usr/sbin/sshd")
    assert (record.time, record.boottime, record.priority) == ((NOW + 1) * 1_000_000, 1_000_000, Priority.ERR)
    assert (record.identifier, record.pid, record.unit, record.message) == ("sshd", 812, "ssh.service", "x")
    assert record.fields == {"_UID": "0", "_EXE": "/usr/sbin/sshd"}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("text", "text"),
        (None, None),
        ([97, 255, 27], "a\\xff\x1b"),
        (["first", "second"], "first"),
        ([[97, 98], "x"], "ab"),
        ([], None),
        ("x" * 20_000, "x" * 16_383 + "…"),
        ([300, -1], "\\,".replace("\\,", ",") + "\\xff"),
    ],
)
def test_a_message_that_is_no_plain_text_comes_through(value: object, message: str | None) -> None:
    assert parsed(MESSAGE=value).message == message


@pytest.mark.parametrize("fields", [{"PRIORITY": "9"}, {"PRIORITY": "x"}, {"_PID": "99999999999"}, {"__REALTIME_TIMESTAMP": "soon"}])
def test_numbers_that_are_none_are_absent(fields: dict[str, object]) -> None:
    record = parsed(**fields)
    assert None in (record.priority, record.pid, record.time)


def test_names_and_texts_of_others_are_never_options() -> None:
    argv = arguments(["journalctl"], Query(5, unit="a.service", text="--x", since=1_500_000, priority=Priority.ERR, boot="ab"))
    assert all(word.startswith("--") and "=" in word for word in argv[1:] if word not in ("--all", "--no-pager", "--reverse"))
    assert {"--unit=a.service", r"--grep=\-\-x", "--since=@1.500000", "--priority=3", "--lines=5", "--boot=ab"} <= set(argv)
    assert arguments(["journalctl"], Query(), "--x")[-1] == "--after-cursor=--x"
    for unit in ("-x", "a*", "[a]", "?"):
        with pytest.raises(SutraError) as refused:
            arguments(["journalctl"], Query(unit=unit))
        assert refused.value.code == errors.INVALID


async def test_records_are_turned_to_run_forward(tmp_path: Path) -> None:
    records = await Journal(program(tmp_path, JOURNAL)).read(Query(2))
    assert [record.message for record in records] == ["message 2", "message 3"]


async def test_following_goes_on_where_reading_ended(tmp_path: Path) -> None:
    source = Journal(program(tmp_path, JOURNAL))
    follow = source.follow(Query(0))
    assert await anext(follow) == []
    waiting = asyncio.ensure_future(anext(follow))
    await asyncio.wait([waiting], timeout=0.3)
    assert not waiting.done()  # nothing is told twice
    waiting.cancel()
    await asyncio.wait([waiting])
    await follow.aclose()


async def test_a_program_that_is_not_there_is_said() -> None:
    with pytest.raises(SutraError) as refused:
        await Journal(["/nonexistent/journalctl"]).read(Query())
    assert (refused.value.code, "No such file" in refused.value.message) == (errors.UNAVAILABLE, True)


async def test_a_journal_that_may_not_be_read_is_denied() -> None:
    code = "import sys; sys.exit('No journal files were opened due to insufficient permissions.')"
    with pytest.raises(SutraError) as refused:
        await Journal(says(code)).read(Query())
    assert (refused.value.code, "systemd-journal" in refused.value.hint) == (errors.DENIED, True)


async def test_what_only_others_may_see_is_unseen(tmp_path: Path) -> None:
    code = "import sys; sys.stderr.write('Hint: You are currently not seeing messages from other users and the system.')"
    source = Journal(says(code))
    assert await source.read(Query()) == []
    assert source.unseen


async def test_a_program_that_hangs_is_ended(tmp_path: Path) -> None:
    code = f"import os, signal; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); signal.pause()"
    with pytest.raises(SutraError) as refused:
        await Journal(says(code), deadline=1.0).read(Query())
    assert refused.value.code == errors.TIMEOUT
    pid = int((tmp_path / "pid").read_text())
    assert not os.path.exists(f"/proc/{pid}")


@pytest.mark.parametrize("said", ["hello", "[1]", '{"MESSAGE": {"a": 1}}', "\\xff\\xfe"])
async def test_a_program_that_talks_nonsense_has_failed(said: str) -> None:
    with pytest.raises(SutraError) as refused:
        await Journal(says(f"import os; os.write(1, b'{said}' + bytes([10]))")).read(Query())
    assert (refused.value.code, "something else than records" in refused.value.message) == (errors.FAILED, True)


async def test_a_program_that_fails_is_quoted() -> None:
    with pytest.raises(SutraError) as refused:
        await Journal(says("import sys; sys.exit('cannot do that')")).read(Query())
    assert refused.value.message.endswith("ended with 1: cannot do that")
    assert await Journal(says("raise SystemExit(1)")).read(Query(text="nothing has it")) == []


async def test_a_stream_whose_program_ends_says_so(tmp_path: Path) -> None:
    follow = Journal(says("pass")).follow(Query())
    assert await anext(follow) == []
    with pytest.raises(SutraError) as refused:
        await anext(follow)
    assert refused.value.code == errors.UNAVAILABLE


async def test_a_line_without_end_costs_no_memory_and_is_counted() -> None:
    code = f"import os, sys; sys.stdout.write('a\\n' + 'x' * {3 * LONGEST} + '\\nb\\n')"
    lines: list[bytes] = []
    lost = 0
    async with Lines(says(code)) as child:
        while (part := await child.part()) is not None:
            lines += part[0]
            lost += part[1]
        assert await child.ended() == (0, "")
    assert (lines, lost) == ([b"a", b"b"], 1)


async def test_a_slow_reader_holds_up_the_child(tmp_path: Path) -> None:
    code = "import os\nwhile True: os.write(1, b'x' * 1023 + bytes([10]))"
    async with Lines(says(code)) as child:
        part = await child.part()
        assert part is not None
        assert sum(map(len, part[0])) <= 65_536
        assert child._child is not None
        assert child._child.returncode is None


def test_only_a_host_with_journal_files_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fits, why = journal.probe(str(tmp_path))
    assert not fits and "has a journal file" in why
    plant(tmp_path, {f"{FOLDER}/system.journal": "LPKSHHRH"})
    monkeypatch.setattr(journal, "PROGRAMS", str(tmp_path))
    fits, why = journal.probe(str(tmp_path))
    assert not fits and "no journalctl" in why
    (tmp_path / "journalctl").write_text("")
    (tmp_path / "journalctl").chmod(0o755)
    assert journal.probe(str(tmp_path))[0]
